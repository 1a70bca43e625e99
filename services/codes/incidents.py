"""What happened at a gate: reported from a pass in three taps, talked over without names or numbers, closed.

A property never learns who the courier is, and a courier never learns a number: the portal passes messages on.
"""

import datetime as dt
import re
import unicodedata
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from portal.notices.reading import read_all
from portal.notices.telling import tell
from services.codes import news
from services.codes.evidence import holder_of_incident, pass_of
from services.codes.faults import CodeRefused
from services.codes.models import Device, Holder, Incident, IncidentMessage, Pass, Shift
from services.codes.revoking import label_of

CHANGE = "codes.change_incident"
ADD = "codes.add_incident"
#: What people report; alarms are raised by devices.
REPORTED = tuple(kind for kind in Incident.Kind if kind != Incident.Kind.GUESSING)
#: A report may wait on a guard's phone without a network for as long as passes may.
OLDEST, AHEAD = dt.timedelta(days=10), dt.timedelta(minutes=10)
#: The same alarm of the same device within an hour is one alarm.
ALARM_AGAIN = dt.timedelta(hours=1)
_NUMBER = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")


@transaction.atomic
def report(
    *,
    kind: Any,
    note: Any = "",
    pass_id: Any = None,
    device: Device | None = None,
    shift: Shift | None = None,
    by: Any = None,
    listing: Listing | None = None,
    client_id: Any = None,
    happened_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Incident:
    """Write down what happened, told by a guard's device or by a member of staff; return the incident.

    With a pass the incident is about that pass, which may come later than the report: devices work offline. The same
    `client_id`, or the same kind of the same pass while nobody has dealt with it, is one incident. Raise CodeRefused
    for what cannot be read, PermissionDenied for a listing or pass out of reach.
    """
    moment = now or timezone.now()
    if kind not in [choice.value for choice in REPORTED]:
        raise CodeRefused("kind", _("Choose what happened."), field="kind")
    number, pass_number = _uuid(client_id), _uuid(pass_id)
    place, label = _place(device, shift, by, listing, pass_number)
    if number is not None and (known := Incident.objects.filter(client_id=number).first()):
        if known.listing_id != place:
            raise CodeRefused("conflict", _("This record exists already with other contents."), 409)
        return known
    kept = Pass.objects.filter(pk=pass_number, listing_id=place).first() if pass_number else None
    if kept is not None and by is None and kept.device_id is None:
        raise CodeRefused("not_yours", _("This is a courier's own record, and no pass of this gate."), 403)
    if pass_number is not None:
        same = Incident.objects.filter(
            listing_id=place, pass_id=pass_number, kind=kind, state=Incident.State.OPEN
        )
        if found := same.first():
            return found
    at = happened_at or (kept.scanned_at if kept else moment)
    if not moment - OLDEST <= at <= moment + AHEAD:
        at = moment
    row = Incident(
        client_id=number,
        listing_id=place,
        pass_id=pass_number,
        pid=kept.pid if kept else "",
        kind=kind,
        note=plain(note)[:300],
        happened_at=kept.scanned_at if kept else at,
        made_at=moment,
        actor_label=label[:80],
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # The same report came through two doors at once.
        return Incident.objects.get(client_id=number, listing_id=place)
    return row


@transaction.atomic
def alarm(*, device: Device, now: dt.datetime | None = None, note: str = "") -> Incident:
    """Raise an alarm: manual codes are being guessed on a device. Within an hour it is one alarm; return it."""
    moment = now or timezone.now()
    Device.objects.select_for_update().get(pk=device.pk)
    label = str(device)[:80]
    recent = Incident.objects.filter(
        listing_id=device.listing_id,
        kind=Incident.Kind.GUESSING,
        actor_label=label,
        made_at__gt=moment - ALARM_AGAIN,
    )
    if found := recent.first():
        return found
    return Incident.objects.create(
        listing_id=device.listing_id,
        kind=Incident.Kind.GUESSING,
        note=note[:300],
        happened_at=moment,
        made_at=moment,
        actor_label=label,
    )


@transaction.atomic
def write_to_courier(
    *, incident: Incident, by: Any, text: str, now: dt.datetime | None = None
) -> IncidentMessage:
    """Send a courier a message of the property or the street; the portal passes it on. Return it.

    Raise PermissionDenied, or ValidationError for a closed incident, one about nobody, or a text with a phone number.
    """
    held = locked(incident, by)
    if held.state == Incident.State.CLOSED:
        raise ValidationError(_("This is closed; nobody reads what is written here."), code="closed")
    holder = holder_of_incident(held)
    if holder is None:
        raise ValidationError(
            _("Nobody can be reached: there is no pass, or it is no longer known whose it was."),
            code="nobody",
        )
    post = by.acting_post
    side = IncidentMessage.Side.STREET if post is None or post.area else IncidentMessage.Side.PROPERTY
    if held.state == Incident.State.OPEN:
        move(held, Incident.State.TALKING)
    message = _written(held, side, text, now)
    tell(
        user=holder.courier.user,
        kind=news.MESSAGE,
        key=str(message.pk),
        url=reverse("code_messages"),
        shown_from=message.made_at,
    )
    return message


@transaction.atomic
def answer(
    *, incident: Incident, holder: Holder, text: str, now: dt.datetime | None = None
) -> IncidentMessage:
    """Write a courier's answer; return it.

    Raise CodeRefused for somebody else's incident, ValidationError when it is closed or the text cannot be sent.
    """
    held = Incident.objects.select_for_update().get(pk=incident.pk)
    if not Incident.objects.about(holder).filter(pk=held.pk).exists():
        raise CodeRefused("unknown_incident", _("There is no such message."), 404)
    if held.state == Incident.State.CLOSED:
        raise ValidationError(_("This is closed; nobody reads what is written here."), code="closed")
    if held.state == Incident.State.OPEN:
        move(held, Incident.State.TALKING)
    return _written(held, IncidentMessage.Side.COURIER, text, now)


@transaction.atomic
def close(*, incident: Incident, by: Any, outcome: str) -> Incident:
    """Close an incident with what came of it, which the courier reads. Raise PermissionDenied or ValidationError."""
    held = locked(incident, by)
    said = plain(outcome)
    if not said:
        raise ValidationError(_("Say what came of it."), code="outcome_missing")
    if held.cases.undecided().exists():
        raise ValidationError(_("A conduct case about this is not decided yet."), code="case_open")
    move(held, Incident.State.CLOSED)
    held.outcome = said[:200]
    held.save(update_fields=["outcome"])
    return held


@transaction.atomic
def read(*, incidents: list[Incident], side: str, reader: Any = None, now: dt.datetime | None = None) -> int:
    """Mark as read what the other side wrote; return how many messages that were.

    `reader` is the courier's person, whose notices of these messages are read with them.
    """
    unread = IncidentMessage.objects.filter(incident__in=incidents, read_at=None).exclude(side__in=_own(side))
    keys = [str(pk) for pk in unread.values_list("pk", flat=True)]
    if reader is not None and keys:
        read_all(user=reader, kind=news.MESSAGE, keys=keys)
    return unread.update(read_at=now or timezone.now()) if keys else 0


def locked(incident: Incident, by: Any) -> Incident:
    """Return the incident, held until the transaction ends; raise PermissionDenied for who may not deal with it."""
    reach = Incident.objects.editable_by(by).filter(pk=incident.pk)
    if not (by.has_perm(CHANGE) and reach.exists()):
        raise PermissionDenied
    held = Incident.objects.select_for_update().get(pk=incident.pk)
    if held.pass_id and not held.pid and (kept := pass_of(held)):
        held.pid = kept.pid
        held.save(update_fields=["pid"])
    return held


def move(incident: Incident, to: str) -> None:
    """Move an incident to a state and save it; raise ValidationError when that is not possible any more."""
    if to not in Incident.MOVES[incident.state]:
        raise ValidationError(_("That is not possible any more: it has changed meanwhile."), code="moved")
    incident.state = to
    incident.save(update_fields=["state"])


def plain(text: Any) -> str:
    """Return a text on one line, without what no database keeps."""
    return " ".join(text.replace("\0", "").split()) if isinstance(text, str) else ""


def _own(side: str) -> tuple[str, ...]:
    """Return the sides that count as one's own: property and street read for each other."""
    if side == IncidentMessage.Side.COURIER:
        return (IncidentMessage.Side.COURIER,)
    return (IncidentMessage.Side.PROPERTY, IncidentMessage.Side.STREET)


def _written(incident: Incident, side: str, text: str, now: dt.datetime | None) -> IncidentMessage:
    said = plain(text)
    if not said:
        raise ValidationError(_("Write something first."), code="empty")
    # Chinese keyboards write digits as wide as characters.
    if _NUMBER.search(re.sub(r"[\s\-–—.]", "", unicodedata.normalize("NFKC", said))):
        raise ValidationError(
            _("Leave out the phone number: the portal passes messages on, so nobody needs one."),
            code="number",
        )
    return IncidentMessage.objects.create(
        incident=incident, side=side, text=said[:300], made_at=now or timezone.now()
    )


def _place(
    device: Device | None, shift: Shift | None, by: Any, listing: Listing | None, pass_id: uuid.UUID | None
) -> tuple[int, str]:
    """Return the listing's key and who reports; raise PermissionDenied for whoever may not."""
    if device is not None:
        return device.listing_id, f"{device} · {shift.guard_label}" if shift else str(device)
    if by is None or not by.has_perm(ADD):
        raise PermissionDenied
    place = listing.pk if listing is not None else None
    if pass_id is not None:
        seen = Pass.objects.visible_to(by).filter(pk=pass_id).values_list("listing_id", flat=True).first()
        if seen is None or place not in (None, seen):
            raise PermissionDenied
        place = seen
    if place is None or not Listing.objects.editable_by(by).filter(pk=place).exists():
        raise PermissionDenied
    return place, label_of(by)


def _uuid(value: Any) -> uuid.UUID | None:
    if value in (None, ""):
        return None
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise CodeRefused(
            "bad_request", _("This could not be read. Reload the page and try again.")
        ) from None
