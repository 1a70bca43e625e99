"""An office and a partner's source: a listing taken over, given back, linked to a row of a source and parted from it.

Every deed locks the listing first, as a source's write does, so whoever comes second finds what the first has made: a
source whose listing was taken over meanwhile is refused, an office that was slower takes over what the source has just
written. Linking and parting lock the source before that, in the order of a source's write: the row that it is about to
make and the listing that an office is about to link cannot both get the same number.
"""

import copy
import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings.authors import actor_label, post_label
from portal.listings.models import Channel, Listing, SourceRecord, State
from portal.listings.parts import parts_in
from portal.listings.publishing import publish
from portal.listings.revising import changes_since, check_base, edit, lock
from portal.listings.snapshots import Snapshot, check_snapshot, from_json, read_snapshot
from portal.listings.sources.bodies import aligned
from portal.listings.sources.merging import by_part
from portal.listings.sources.naming import external_id_of
from portal.listings.sources.vocabulary import STATUS
from portal.listings.states import move
from portal.partners.models import Source

if TYPE_CHECKING:
    from portal.accounts.models import User

MOST_SIGNS = 120


@dataclass(slots=True)
class Sent:
    """One part that a source sent while an office kept the listing, and that reads otherwise here.

    `is_ours` says that the office has changed the part since the source's last accepted write, `who` by whose hand.
    """

    part: str
    now: Snapshot
    sent: Snapshot
    is_ours: bool = False
    who: str = ""


def sent_meanwhile(listing: Listing) -> list[Sent]:
    """Return what the source sent last in vain and where that differs, in the order of the form; few queries."""
    kept = SourceRecord.objects.filter(listing_id=listing.pk).first()
    if kept is None or not kept.refused:
        return []
    model = type(listing)
    now = read_snapshot(model.objects.with_groups().get(pk=listing.pk), with_status=True)
    said = {key: value for key, value in kept.refused.items() if key in now}
    parts = by_part(fit_region(aligned(model, said, now), now))
    order = [*parts_in(model, said)]
    changes = changes_since(listing, kept.sent_number)
    found = []
    for part in sorted(parts, key=lambda name: order.index(name) if name in order else len(order)):
        sent, stands = parts[part], {key: now[key] for key in parts[part]}
        if sent == stands:
            continue
        ours = [changes[key] for key in sent if key in changes and stands[key] != kept.sent.get(key)]
        who = max(ours, key=lambda change: change["number"])["who"] if ours else ""
        found.append(Sent(part, stands, sent, bool(ours), who))
    return found


def fit_region(said: Snapshot, now: Snapshot) -> Snapshot:
    """Return what is said, without the community of another street where none is said."""
    street, community = said.get("street"), now["community"] or ""
    is_elsewhere = "street" in said and community and not (street and community.startswith(street))
    return {**said, "community": None} if is_elsewhere and "community" not in said else said


@transaction.atomic
def take_over(*, listing: Listing, by: "User") -> SourceRecord:
    """Let an office keep a listing of a source: from now on the source's writes are refused.

    Permission is the caller's (`publishable_by`). What is taken over already stays as it is: sent twice, or somebody
    else was faster. Raises ValidationError for a listing without a source.
    """
    listing = lock(listing)
    if not listing.source:
        raise ValidationError(_("No source keeps “%(name)s”.") % {"name": listing.name})
    kept, _made = SourceRecord.objects.get_or_create(listing_id=listing.pk)
    if kept.taken_over_at is None:
        kept.taken_over_at = timezone.now()
        kept.taken_over_by_label, kept.taken_over_post_label = actor_label(by), post_label(by)
        kept.refused, kept.refused_at = {}, None
        kept.save()
        record(Action.TAKEN_OVER, by=by, about=listing, after=named(listing))
        _publish(listing)
    return kept


@transaction.atomic
def release(
    *,
    listing: Listing,
    by: "User",
    parts: Collection[Sent] = (),
    seen_at: dt.datetime | None = None,
    base_number: int | None = None,
) -> SourceRecord | None:
    """Give a listing back to its source, with those parts of what the source sent meanwhile that the office takes.

    `parts` come from `sent_meanwhile`, read at the version `base_number` of what was refused at `seen_at`. What the
    office takes is the partner's word with the office's consent, as an accepted proposal is. What it has seen and not
    taken is settled too: only when the source changes it again are the two compared anew. Returns None where nobody
    has taken the listing over. Raises Conflict, and ValidationError when the source has sent something else since, or
    for what does not fit any more.
    """
    listing = lock(listing)
    kept = SourceRecord.objects.filter(listing_id=listing.pk).first()
    if kept is None or kept.taken_over_at is None:
        return None
    if kept.refused_at != seen_at:
        raise ValidationError(
            _("The source has sent something else meanwhile. Look again, then give it back.")
        )
    kept.sent |= kept.refused
    kept.taken_over_at, kept.taken_over_by_label, kept.taken_over_post_label = None, "", ""
    kept.refused, kept.refused_at = {}, None
    kept.save()
    record(Action.RELEASED, by=by, about=listing, after=named(listing))
    if not parts or not _take(listing, parts, by, base_number):
        _publish(listing)
    return kept


def _take(listing: Listing, parts: Collection[Sent], by: "User", base_number: int | None) -> bool:
    """Write what an office takes of what a source sent; say whether that made a version."""
    changes = {key: value for one in parts for key, value in one.sent.items()}
    status = {key: changes.pop(key) for key in STATUS if key in changes}
    with override(settings.LANGUAGE_CODE):
        note = _("Taken from the source when it was given back.")
    made: dict[str, Any] = {"listing": listing, "actor": by, "channel": Channel.PARTNER, "note": note}
    check_base(listing, base_number)
    check_snapshot(copy.copy(listing), {**changes, **status})
    edited = bool(changes) and edit(**made, changes=changes) is not None
    if "state" not in status:
        return edited
    until = from_json(Listing._meta.get_field("paused_until"), status.get("paused_until"))
    reasons = {"reason": status.get("pause_reason", ""), "reason_en": status.get("pause_reason_en", "")}
    return move(**made, to=status["state"], until=until, **reasons) is not None or edited


@transaction.atomic
def link(*, listing: Listing, source: Source, external_id: str, by: "User") -> SourceRecord:
    """Say that a listing is a row of a source, which keeps it from now on: what stands here is where it goes on from.

    Permission is the caller's. Sent twice it is done once. Raises ValidationError by field where the listing has
    another source, is archived, or the row belongs to another listing.
    """
    external_id = clean_external_id(external_id)
    Source.objects.select_for_update().get(pk=source.pk)
    listing = lock(listing)
    if (listing.source, listing.external_id) == (source.name, external_id):
        return SourceRecord.objects.get_or_create(listing_id=listing.pk)[0]
    if listing.source:
        raise ValidationError(_("“%(name)s” has a source already.") % {"name": listing.name})
    if listing.state == State.ARCHIVED:
        raise ValidationError(_("An archived listing is linked to no source."))
    check_free(listing, source, external_id)
    Listing.objects.filter(pk=listing.pk).update(source=source.name, external_id=external_id)
    listing.source, listing.external_id = source.name, external_id
    stands = read_snapshot(type(listing).objects.with_groups().get(pk=listing.pk))
    SourceRecord.objects.filter(listing_id=listing.pk).delete()
    kept = SourceRecord.objects.create(
        listing_id=listing.pk, sent=stands, sent_number=listing.revision_number
    )
    record(Action.LINKED, by=by, about=listing, after=named(listing))
    _publish(listing)
    return kept


@transaction.atomic
def unlink(*, listing: Listing, by: "User") -> bool:
    """Part a listing from its source; say whether there was one. What the source sends from then on is another row."""
    Source.objects.select_for_update().filter(name=listing.source).first()
    wanted, listing = listing.source, lock(listing)
    if not listing.source:
        return False
    if listing.source != wanted:
        raise ValidationError(_("That is not possible any more: the listing has changed."))
    before = named(listing)
    Listing.objects.filter(pk=listing.pk).update(source="", external_id="")
    listing.source = listing.external_id = ""
    SourceRecord.objects.filter(listing_id=listing.pk).delete()
    record(Action.UNLINKED, by=by, about=listing, before=before)
    _publish(listing)
    return True


def clean_external_id(text: str) -> str:
    """Return a row's number at a source. Raises ValidationError for one that no address can name."""
    found = external_id_of(text.strip())
    if not found:
        sentence = _("The number at the source has 1 to %(most)d signs, no space and no “/”.")
        raise ValidationError({"external_id": sentence % {"most": MOST_SIGNS}})
    return found


def check_free(listing: Listing, source: Source, external_id: str) -> None:
    """Raise ValidationError when another listing is this row of the source; which, is not everybody's to know."""
    rows = Listing.objects.filter(source=source.name, external_id=external_id).exclude(pk=listing.pk)
    if rows.exists():
        raise ValidationError({"external_id": _("This source already has a listing with that number.")})


def named(listing: Listing) -> dict[str, Any]:
    """Return the row of the source that a listing is, as the audit keeps it."""
    return {"source": listing.source, "external_id": listing.external_id}


def _publish(listing: Listing) -> None:
    if listing.is_public:
        publish(type(listing).objects.with_groups().filter(pk=listing.pk))
