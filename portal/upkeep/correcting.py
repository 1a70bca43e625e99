"""What couriers say is wrong, from the first word to the answer: said, merged when alike, taken, handed on, closed.

Locks are taken in one order: the listing, then the case. A photo is read and re-encoded before either.
"""

import datetime as dt
import uuid
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from portal.accounts.models import Post
from portal.accounts.offices import offices_of, posts_with, street_office_of
from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings import private_pictures
from portal.listings.authors import actor_label, post_label
from portal.listings.calendars import current_calendar
from portal.listings.kinds import listing_model
from portal.listings.models import FactGroup, Listing
from portal.notices.telling import tell
from portal.upkeep import doubting, waiting
from portal.upkeep.clocks import due_at
from portal.upkeep.models import Correction, CorrectionReport, OperatorLink

Kind, State = Correction.Kind, Correction.State
CHANGE = "upkeep.change_correction"
PHOTO_FOLDER, PHOTO_WIDTH = "corrections", 1280
NOTE_LENGTH, ANSWER_LENGTH = 200, 300


def kinds_for(listing_kind: str) -> list[str]:
    """Return what can be wrong about a kind of listing: sold out and prices only where it has those facts."""
    facts = listing_model(listing_kind).fact_groups
    has_price = FactGroup.PRICE in facts
    left_out = set() if has_price else {Kind.SOLD_OUT, Kind.WRONG_PRICE}
    return [kind for kind in Kind.values if kind not in left_out]


def plain(text: Any) -> str:
    """Return a text on one line, without what no database keeps."""
    return " ".join(text.replace("\0", "").split()) if isinstance(text, str) else ""


def token_of(client_id: uuid.UUID) -> str:
    """Return the token that reads the outcome: whoever made the number gets it again, nobody else can make it."""
    return salted_hmac("correction token", str(client_id), algorithm="sha256").hexdigest()


def address_of(report: CorrectionReport) -> str:
    """Return the page on which the sender reads the outcome."""
    return reverse("correction", args=[token_of(report.client_id)])


def report(
    *,
    listing: Listing,
    kind: str,
    client_id: uuid.UUID,
    user: Any = None,
    note: str = "",
    photo: Any = None,
    sender: str = "",
    origin: str = "",
    now: dt.datetime | None = None,
) -> CorrectionReport:
    """Write down one word about a listing and return it; it joins the open case of the same listing and kind.

    The same `client_id` again, and the same `sender` about the same case, is the same word. `photo` is an uploaded
    file. Raises ValidationError with a sentence, PictureRefused among them.
    """
    moment, said = now or timezone.now(), plain(note)[:NOTE_LENGTH]
    if known := CorrectionReport.objects.select_related("correction").filter(client_id=client_id).first():
        return known
    if kind not in kinds_for(listing.kind):
        raise ValidationError(_("Choose what is wrong."), code="kind")
    if kind == Kind.OTHER and not said and photo is None:
        raise ValidationError(_("Say in a sentence what is wrong, or add a photo."), code="empty")
    name = private_pictures.keep(photo, folder=PHOTO_FOLDER, width=PHOTO_WIDTH) if photo is not None else ""
    row = CorrectionReport(
        client_id=client_id,
        user=user,
        token_digest=OperatorLink.digest_of(token_of(client_id)),
        note=said,
        photo=name,
        sender=sender,
        origin=origin,
        made_at=moment,
    )
    try:
        written = _write(listing, kind, row)
    except BaseException:
        private_pictures.forget(name)
        raise
    if written is not row:
        private_pictures.forget(name)
    return written


@transaction.atomic
def _write(listing: Listing, kind: str, row: CorrectionReport) -> CorrectionReport:
    place = Listing.objects.select_for_update(no_key=True).get(pk=listing.pk)
    if known := CorrectionReport.objects.filter(client_id=row.client_id).first():
        return known
    if not place.is_public:
        raise ValidationError(_("This place is no longer listed."), code="gone")
    case = _open_case(place, kind, row.made_at)
    if row.sender and (mine := case.reports.filter(sender=row.sender).first()):
        return mine
    row.correction = case
    row.save(force_insert=True)
    Correction.objects.filter(pk=case.pk).update(report_count=F("report_count") + 1, last_at=row.made_at)
    doubting.weigh(case, row.made_at)
    transaction.on_commit(partial(waiting.forget_known, place.pk))
    return row


def _open_case(place: Listing, kind: str, now: dt.datetime) -> Correction:
    """Return the case that a word joins, under a lock, else a new one; something else is always a case of its own."""
    if kind != Kind.OTHER:
        rows = Correction.objects.open().select_for_update(of=("self",))
        if found := rows.filter(listing_id=place.pk, kind=kind).first():
            return found
    case = Correction.objects.create(
        listing_id=place.pk,
        kind=kind,
        area_code=place.area_code,
        opened_at=now,
        last_at=now,
        due_at=due_at(kind, now, current_calendar()),
        assignee=_whose(place.area_code),
    )
    if case.assignee:
        tell(
            user=case.assignee.user,
            post=case.assignee,
            kind="correction_waiting",
            key=case.number,
            params={"place": place.name},
            url=reverse("admin:upkeep_correction_change", args=[case.pk]),
        )
    return case


def _whose(area_code: str) -> Post | None:
    """Return the post of the street office with the fewest open cases; None where nobody is there to take it."""
    office = street_office_of(area_code)
    if office is None:
        return None
    mine = Count("corrections", filter=Q(corrections__state__in=Correction.WAITING))
    return posts_with(CHANGE, [office]).annotate(waiting=mine).order_by("waiting", "pk").first()


def assignable(correction: Correction) -> Any:
    """Return the posts that may deal with a case: of the offices of its area, and of whoever keeps the listing."""
    kept = Post.objects.filter(stewardships__listing_id=correction.listing_id).values("organisation")
    offices = [office.pk for office in offices_of(correction.area_code)]
    rows = posts_with(CHANGE, [*offices]) | posts_with(CHANGE, kept).filter(
        stewardships__listing_id=correction.listing_id
    )
    return rows.distinct().order_by("pk")


def locked(correction: Correction, actor: Any) -> Correction:
    """Return the case under a lock; call it in a transaction. Raise PermissionDenied where it is not the actor's."""
    if not (
        actor.has_perm(CHANGE) and Correction.objects.editable_by(actor).filter(pk=correction.pk).exists()
    ):
        raise PermissionDenied
    return Correction.objects.select_for_update(of=("self",)).get(pk=correction.pk)


@transaction.atomic
def take(*, correction: Correction, post: Post, actor: Any) -> Correction:
    """Let a post deal with a case, one's own or somebody else's; return the case. Twice is once.

    Raises PermissionDenied out of scope, ValidationError for a closed case or a post that may not deal with it.
    """
    held = locked(correction, actor)
    if held.state == State.TAKEN and held.assignee_id == post.pk:
        return held
    if not assignable(held).filter(pk=post.pk).exists():
        raise ValidationError(_("This post cannot deal with it. Choose one of the list."), code="post")
    before = {"state": held.state, "assignee": str(held.assignee or "")}
    if held.state != State.TAKEN:
        _move(held, State.TAKEN)
    held.assignee = post
    held.save(update_fields=["state", "assignee"])
    after = {"state": held.state, "assignee": str(post)}
    record(Action.CHANGED, by=actor, about=held, area_code=held.area_code, before=before, after=after)
    return held


@transaction.atomic
def close(
    *, correction: Correction, state: str, answer: str, actor: Any, now: dt.datetime | None = None
) -> Correction:
    """Close a case with an answer, and tell everybody who said it, once; return the case.

    Closing it again in the same way changes nothing. Raises PermissionDenied out of scope, ValidationError without an
    answer or when somebody else has closed it meanwhile.
    """
    held = locked(correction, actor)
    said = plain(answer)[:ANSWER_LENGTH]
    if held.state == state and not held.is_open and held.closed_by_id == actor.pk:
        return held
    if state in Correction.WAITING:
        raise ValidationError(_("Choose how it ended."), code="state")
    if not said:
        raise ValidationError(_("Write an answer: whoever sent it reads it."), code="answer")
    before = held.state
    _move(held, state)
    held.answer, held.closed_at = said, now or timezone.now()
    held.closed_by_id, held.closed_by_label = actor.pk, actor_label(actor)[:80]
    held.closed_post_label, held.doubted_until = post_label(actor), None
    held.save()
    record(
        Action.DECIDED,
        by=actor,
        about=held,
        area_code=held.area_code,
        before={"state": before},
        after={"state": state, "answer": said},
    )
    _tell_senders(held)
    held.reports.update(sender="", origin="")
    transaction.on_commit(doubting.forget_known)
    transaction.on_commit(partial(waiting.forget_known, held.listing_id))
    return held


def _tell_senders(correction: Correction) -> None:
    place = correction.listing.name
    for row in correction.reports.exclude(user=None).select_related("user"):
        tell(
            user=row.user,
            kind="correction_answered",
            key=correction.number,
            params={"place": place, "answer": correction.answer},
            url=address_of(row),
        )


def _move(correction: Correction, to: str) -> None:
    if to not in Correction.MOVES[correction.state]:
        raise ValidationError(_("Somebody else has dealt with it meanwhile."), code="moved")
    correction.state = to
