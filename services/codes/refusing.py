"""A courier was refused at a gate: a row in the street's queue, and a delay slip for the platform."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from portal.notices.telling import tell
from portal.regions.models import City
from services.codes import news
from services.codes.enrolling import holder_of
from services.codes.evidence import LET_IN
from services.codes.faults import CodeRefused
from services.codes.incidents import plain
from services.codes.models import Container, Credential, Holder, Pass, Refusal
from services.codes.naming import masked
from services.codes.revoking import label_of
from services.codes.standing import platform_of

CHANGE = "codes.change_refusal"
#: It may wait on the phone without a network for so long; a phone's clock may be ahead by so much.
OLDEST, AHEAD = dt.timedelta(days=10), dt.timedelta(minutes=10)
#: A pass of the same person at the same place within this time confirms it.
NEAR = dt.timedelta(minutes=15)
SLIP_LIFE = dt.timedelta(days=7)
#: A courier is refused a few times a day at worst.
MOST_PER_DAY = 20
State = Refusal.State


@dataclass(frozen=True, slots=True)
class Slip:
    """What a platform reads: no phone, no full name."""

    refusal: Refusal
    name: str
    platform: Any
    place: str
    is_confirmed: bool
    ends_at: dt.datetime


@transaction.atomic
def refuse(
    *,
    user: Any,
    client_id: Any,
    container: Any = None,
    reason: Any,
    happened_at: dt.datetime,
    listing: Any = "",
    place: Any = "",
    gate: Any = "",
    note: Any = "",
    now: dt.datetime | None = None,
) -> Refusal:
    """Write down that a gate refused a courier; return it. The same `client_id` again is the same refusal.

    `listing` is a place's public id, `place` free text for one that is not on the map; one of them is needed.
    `container` is the one whose code was on the phone that wrote it down, and must be the user's own. Raise CodeRefused
    for what cannot be taken: other_holder, not_enrolled, reason, place, bad_time, too_often, conflict, bad_request.
    """
    moment = now or timezone.now()
    number = _uuid(client_id)
    if container is not None:
        _check_owner(user, _uuid(container))
    holder = holder_of(user, lock=True)
    if holder is None or holder.state == Holder.State.ERASED:
        raise CodeRefused("not_enrolled", _("You have no code."), 403)
    if known := Refusal.objects.filter(client_id=number).first():
        return _same(known, holder)
    if reason not in Refusal.Reason.values:
        raise CodeRefused("reason", _("Choose what was said at the gate."), field="reason")
    if not moment - OLDEST <= happened_at <= moment + AHEAD:
        raise CodeRefused(
            "bad_time",
            _("Say when it was: within the last ten days, and not in the future."),
            field="happened_at",
        )
    found, label = _where(plain(listing), plain(place), plain(gate))
    if (
        Refusal.objects.filter(holder=holder, made_at__gt=moment - dt.timedelta(days=1)).count()
        >= MOST_PER_DAY
    ):
        raise CodeRefused("too_often", _("That is enough for today. Call your street office instead."), 429)
    shown = holder.credentials.filter(issued_at__lte=happened_at, ends_at__gt=happened_at)
    row = Refusal(
        client_id=number,
        holder=holder,
        credential=shown.order_by("-issued_at").first(),
        listing=found,
        checkpoint_label=label[:120],
        area_code=found.area_code if found and found.area_code else city_code(),
        reason=reason,
        note=plain(note)[:200],
        happened_at=happened_at,
        made_at=moment,
    )
    row.confirmed_pass_id = confirming_pass(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _same(Refusal.objects.get(client_id=number), holder)
    return row


@transaction.atomic
def answer(*, refusal: Refusal, by: Any, text: str, is_last: bool, now: dt.datetime | None = None) -> Refusal:
    """Answer a refusal, and close it with `is_last`; the courier reads it. Return it.

    Raise PermissionDenied, or ValidationError without a text or for a closed one.
    """
    if not (by.has_perm(CHANGE) and Refusal.objects.editable_by(by).filter(pk=refusal.pk).exists()):
        raise PermissionDenied
    rows = Refusal.objects.select_for_update(of=("self",)).select_related("holder__courier__user", "listing")
    held = rows.get(pk=refusal.pk)
    said = plain(text)
    if not said:
        raise ValidationError(_("Write an answer: the courier reads it."), code="empty")
    _move(held, State.CLOSED if is_last else State.ANSWERED)
    held.answer, held.answered_at = said[:300], now or timezone.now()
    held.answered_by_label = label_of(by)[:80]
    held.confirmed_pass_id = held.confirmed_pass_id or confirming_pass(held)
    held.save(update_fields=["answer", "answered_at", "answered_by_label", "confirmed_pass_id"])
    tell(
        user=held.holder.courier.user,
        kind=news.ANSWERED,
        key=f"{held.pk}:{held.state}",
        params={"where": held.listing.name if held.listing else held.number},
        url=reverse("code_refused"),
        shown_from=held.answered_at,
    )
    return held


def confirming_pass(refusal: Refusal) -> uuid.UUID | None:
    """Return the pass that bears a refusal out, None without one.

    It was made by a gate's device with a code of the same person, at the same place, within 15 minutes, and it did not
    let the person in, or only on the guard's own word. A gate that was offline may tell it later.
    """
    if refusal.listing_id is None:
        return None
    pids = Credential.objects.filter(holder_id=refusal.holder_id).values("pid")
    near = (refusal.happened_at - NEAR, refusal.happened_at + NEAR)
    rows = Pass.objects.filter(listing_id=refusal.listing_id, pid__in=pids, scanned_at__range=near)
    refused = rows.exclude(method=Pass.Method.CLAIM).filter(
        ~Q(verdict__in=LET_IN) | Q(method=Pass.Method.OVERRIDE)
    )
    return refused.order_by("scanned_at").values_list("pk", flat=True).first()


def slip(*, number: str, now: dt.datetime) -> Slip | None:
    """Return the slip of a number; None when there is none, after 7 days, or when the courier deleted the code."""
    rows = Refusal.objects.select_related("holder__courier__user", "holder__courier__platform__code_platform")
    row = rows.select_related("listing").filter(number=number, made_at__gt=now - SLIP_LIFE).first()
    if row is None or row.holder.state == Holder.State.ERASED:
        return None
    return Slip(
        refusal=row,
        name=masked(row.holder.courier.user.name),
        platform=platform_of(row.holder),
        place=row.listing.name if row.listing else "",
        is_confirmed=(row.confirmed_pass_id or confirming_pass(row)) is not None,
        ends_at=row.made_at + SLIP_LIFE,
    )


def lately(holder: Holder, now: dt.datetime) -> list[Listing]:
    """Return the places where somebody passed within two days, the latest first: likely the one that is meant."""
    passes = Pass.objects.of_holder(holder).filter(scanned_at__gt=now - dt.timedelta(days=2))
    keys = list(dict.fromkeys(passes.order_by("-scanned_at").values_list("listing_id", flat=True)[:40]))[:8]
    found = Listing.objects.published().only("name", "public_id").in_bulk(keys)
    return [found[key] for key in keys if key in found]


def city_code() -> str:
    """Return the code of the portal's city, "" before it was loaded: whose queue takes what no street has."""
    return City.objects.filter(is_current=True).order_by("pk").values_list("pk", flat=True).first() or ""


def _check_owner(user: Any, container: uuid.UUID) -> None:
    """Raise CodeRefused for what was written on the phone of somebody else than who is signed in there now."""
    if not Container.objects.filter(number=container, holder__courier__user=user).exists():
        raise CodeRefused(
            "other_holder",
            _("This was written by somebody else on this phone. It waits until they sign in again."),
            403,
        )


def _where(public_id: str, place: str, gate: str) -> tuple[Listing | None, str]:
    """Return the listing, None for one that is not on the map, and how the gate is named."""
    published = Listing.objects.published()
    found = published.filter(public_id=public_id.upper()).first() if public_id else None
    if found is None and place:
        # Two compounds of one name are none: the street's office reads which one was meant.
        named = list(published.filter(name=place)[:2])
        found = named[0] if len(named) == 1 else None
    if found is not None:
        return found, gate
    if not place:
        raise CodeRefused("place", _("Say where it was."), field="place")
    return None, f"{place} {gate}".strip()


def _same(known: Refusal, holder: Holder) -> Refusal:
    if known.holder_id != holder.pk:
        raise CodeRefused("conflict", _("This record exists already with other contents."), 409)
    return known


def _move(refusal: Refusal, to: str) -> None:
    if to not in Refusal.MOVES[refusal.state]:
        raise ValidationError(_("That is not possible any more: it has changed meanwhile."), code="moved")
    refusal.state = to
    refusal.save(update_fields=["state"])


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise CodeRefused(
            "bad_request", _("This could not be read. Reload the page and try again.")
        ) from None
