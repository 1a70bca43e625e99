"""Deciding what waits, part by part: accepted, accepted in other words, refused with a reason, or taken back."""

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from portal.accounts.models import User
from portal.listings.authors import actor_label
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.parts import part_of, touched
from portal.listings.revising import changes_since, edit, lock, record
from portal.listings.snapshots import Said, Snapshot, read_snapshot, write_snapshot
from portal.notices.telling import tell

Part = Proposal.Part
GONE = gettext_lazy("Somebody else has decided this meanwhile.")
OUTSIDE = gettext_lazy("This would move the listing out of your area. Refuse it, or ask the city.")


@dataclass(slots=True)
class Decided:
    """What came of a decision; `left` says of each field or group that was asked for and not done, why."""

    proposal: Proposal
    revision: Revision | None = None
    left: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def decide_parts(
    *,
    proposal: Proposal,
    decisions: Mapping[str, Mapping[str, Any]],
    actor: User,
    seen: int | None = None,
    beside: Iterable[int] = (),
) -> Decided:
    """Decide fields, groups or whole parts: key → {"outcome", "reason", "value" to accept it in other words}.

    All that is accepted becomes one version. What was changed since the proposal was made, or since the version that
    the decider has `seen`, is left waiting, as is what has a fault. `beside` are the proposals that were seen with this
    one: what they propose for the same is overtaken. Raises PermissionDenied, and ValidationError without a reason.
    """
    listing, held = _held(proposal)
    _require_publisher(listing, actor)
    asked = _by_key(held, decisions)
    _require_reasons(asked.values())
    result = Decided(held, left={key: GONE for key in asked if key not in held.undecided})
    before = read_snapshot(listing, with_status=True)
    values = {
        key: one.get("value", held.changes[key])
        for key, one in asked.items()
        if key not in result.left and one["outcome"] == Part.ACCEPTED
    }
    result.left |= _moved(listing, values, max(held.base_number, seen or 0))
    listing = _write(listing, values, result.left, actor)
    for key, one in asked.items():
        if key not in result.left:
            held.close([key], one["outcome"], by=actor_label(actor), reason=one["reason"])
            _in_other_words(held, key, values.get(key, held.changes[key]))
    _finish([held, *_overtaken(held, values, set(beside), actor)])
    result.revision = record(
        listing=listing,
        before=before,
        actor=actor,
        channel=held.channel,
        note=credit(held),
        batch_id=held.batch_id,
    )
    return result


@transaction.atomic
def accept_edited(
    *,
    proposal: Proposal,
    parts: Collection[str],
    changes: Snapshot,
    actor: User,
    channel: str,
    base_number: int | None,
) -> Revision | Proposal | None:
    """Save an edit that began with what these parts propose, and accept them in the words it was saved in.

    A part that the edit leaves as it was still waits. Raises Conflict, ValidationError and PermissionDenied.
    """
    listing, held = _held(proposal)
    _require_publisher(listing, actor)
    before = read_snapshot(listing)
    outcome = edit(
        listing=listing,
        changes=changes,
        actor=actor,
        channel=channel,
        base_number=base_number,
        note=credit(held),
    )
    for key in touched(parts) & held.undecided.keys():
        saved = changes.get(key, before.get(key))
        if saved != before.get(key) or saved == held.changes[key]:
            held.close([key], Part.ACCEPTED, by=actor_label(actor))
            _in_other_words(held, key, saved)
    _finish([held])
    return outcome


@transaction.atomic
def withdraw(*, proposal: Proposal, parts: Collection[str], actor: User) -> Proposal:
    """Take back parts of one's own proposal that still wait. Raises PermissionDenied for anybody else."""
    _listing, held = _held(proposal)
    if held.actor_id is None or held.actor_id != actor.pk:
        raise PermissionDenied
    held.close(touched(parts), Part.WITHDRAWN, by=actor_label(actor))
    _finish([held])
    return held


def accept_all(proposal: Proposal) -> dict[str, dict[str, Any]]:
    """Return the decisions that accept everything that still waits."""
    return {key: {"outcome": Part.ACCEPTED} for key in proposal.undecided}


def credit(proposal: Proposal) -> str:
    """Return the note of a version that a proposal led to, in the portal's own language."""
    with override(settings.LANGUAGE_CODE):
        return _("Proposed by %(name)s.") % {"name": proposal.actor_label}


def _held(proposal: Proposal) -> tuple[Listing, Proposal]:
    """Lock the listing, then the proposal; return both as stored."""
    listing = lock(proposal.listing.as_kind)
    return listing, Proposal.objects.select_for_update().get(pk=proposal.pk)


def _require_publisher(listing: Listing, actor: User) -> None:
    if not Listing.objects.publishable_by(actor).filter(pk=listing.pk).exists():
        raise PermissionDenied


def _require_reasons(asked: Iterable[Mapping[str, Any]]) -> None:
    if any(one["outcome"] == Part.REFUSED and not one["reason"] for one in asked):
        raise ValidationError(_("Say why you refuse: whoever proposed it reads the reason."))
    if any(one["outcome"] not in (Part.ACCEPTED, Part.REFUSED) for one in asked):
        raise ValidationError(_("Accept or refuse each part."))


def _by_key(held: Proposal, decisions: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the decisions by field or group of the proposal: what goes together is decided alike."""
    by_part = {part_of(key): decision for key, decision in decisions.items()}
    found: dict[str, Mapping[str, Any]] = {}
    for key in held.changes:
        if alike := by_part.get(part_of(key)):
            own = {"value": decisions[key]["value"]} if "value" in decisions.get(key, {}) else {}
            found[key] = {"outcome": alike["outcome"], "reason": alike.get("reason", ""), **own}
    return found


def _in_other_words(held: Proposal, key: str, value: Any) -> None:
    """Keep beside the decision in what words something was accepted, where they are not the author's."""
    if value != held.changes[key]:
        held.decisions[key] = {**held.decisions[key], "value": value}


def _moved(listing: Listing, values: Snapshot, since: int) -> dict[str, Any]:
    """Return the keys whose part somebody has changed since a version, otherwise than wanted, with a sentence."""
    theirs = {
        key: change
        for key, change in changes_since(listing, since).items()
        if change["after"] != change["before"] and change["after"] != values.get(key, object)
    }
    who = {part_of(key): change["who"] for key, change in theirs.items()}
    said = _("%(who)s has changed this since it was proposed. Compare, then decide again.")
    return {key: said % {"who": who[part_of(key)]} for key in values if part_of(key) in who}


def _write(listing: Listing, values: Snapshot, left: dict[str, Any], actor: User) -> Listing:
    """Write what can be written; add to `left` what has a fault. Return the listing as written."""
    while wanted := {key: value for key, value in values.items() if key not in left}:
        tried = copy.copy(listing)
        try:
            with transaction.atomic():
                write_snapshot(tried, wanted)
                if not Listing.objects.publishable_by(actor).filter(pk=listing.pk).exists():
                    raise ValidationError({"street": OUTSIDE})
        except ValidationError as error:
            faults = {part_of(key): Said(ValidationError(found)) for key, found in error.error_dict.items()}
            whole = faults.get(NON_FIELD_ERRORS)
            named = {key: faults[part_of(key)] for key in wanted if part_of(key) in faults}
            left |= named or dict.fromkeys(wanted, whole or next(iter(faults.values())))
        else:
            return tried
    return listing


def _overtaken(held: Proposal, values: Snapshot, beside: set[int], actor: User) -> list[Proposal]:
    """Close what other proposals want for the parts accepted now: the same is accepted too, the rest overtaken."""
    done = {key: values[key] for key in values if held.decisions.get(key, {}).get("outcome") == Part.ACCEPTED}
    parts = {part_of(key) for key in done}
    others = Proposal.objects.waiting().filter(listing_id=held.listing_id).exclude(pk=held.pk)
    changed = []
    for other in others.select_for_update().order_by("pk") if done else ():
        same = [key for key, value in other.undecided.items() if key in done and done[key] == value]
        rest = [key for key in other.undecided if part_of(key) in parts and key not in same]
        closed = other.close(same, Part.ACCEPTED, by=actor_label(actor))
        if other.pk in beside:
            closed |= other.close(rest, Part.OVERTAKEN, by=actor_label(actor))
        changed += [other] if closed else []
    return changed


def _finish(proposals: Iterable[Proposal]) -> None:
    """Store what was decided, and tell the authors of those of which nothing waits any more."""
    for proposal in proposals:
        proposal.save(update_fields=Proposal.DECIDED_FIELDS)
        author = (
            User.objects.filter(pk=proposal.actor_id, is_active=True).first() if proposal.actor_id else None
        )
        decided = proposal.outcome not in (Proposal.Outcome.WAITING, Proposal.Outcome.WITHDRAWN)
        if author is None or not decided:
            continue
        accepted = sum(one["outcome"] == Part.ACCEPTED for one in proposal.decisions.values())
        tell(
            user=author,
            kind="proposal_decided",
            key=str(proposal.pk),
            params={
                "name": proposal.listing.name,
                "accepted": accepted,
                "total": len(proposal.changes),
                "reasons": proposal.reason,
            },
            url=reverse("admin:listings_proposal_change", args=[proposal.pk]),
        )
