"""Deciding what waits, part by part: accepted, accepted in other words, refused with a reason, or taken back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from portal.accounts.models import User
from portal.listings.authors import actor_label
from portal.listings.fitting import moved, write_fitting
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.outcomes import finish, overtake
from portal.listings.parts import part_of, touched
from portal.listings.revising import edit, lock, record
from portal.listings.snapshots import Snapshot, read_snapshot

Part = Proposal.Part
GONE = gettext_lazy("Somebody else has decided this meanwhile.")


RIVAL = gettext_lazy("Somebody else proposes something else for this.")


class NotWhole(Exception):
    """A proposal cannot be accepted as it is; `left` says of each field or group in the way, why."""

    def __init__(self, left: dict[str, Any]) -> None:
        super().__init__(", ".join(left))
        self.left = left


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
    result.left |= moved(listing, values, max(held.base_number, seen or 0))
    listing = write_fitting(listing, values, result.left, actor)
    for key, one in asked.items():
        if key not in result.left:
            held.close([key], one["outcome"], by=actor_label(actor), reason=one["reason"])
            _in_other_words(held, key, values.get(key, held.changes[key]))
    finish([held, *overtake(held, values, set(beside), actor)])
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
def accept_whole(*, proposal: Proposal, actor: User) -> Decided:
    """Accept everything that still waits of a proposal, or nothing of it.

    Raises NotWhole when a part was changed since, has a fault, or is proposed otherwise by somebody else.
    """
    result = decide_parts(proposal=proposal, decisions=accept_all(proposal), actor=actor)
    accepted = {part_of(key) for key in proposal.undecided}
    others = Proposal.objects.waiting().filter(listing_id=proposal.listing_id).exclude(pk=proposal.pk)
    for key in (key for other in others for key in other.undecided if part_of(key) in accepted):
        result.left[key] = RIVAL
    if result.left:
        raise NotWhole(result.left)
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
    finish([held])
    return outcome


@transaction.atomic
def withdraw(*, proposal: Proposal, parts: Collection[str], actor: User) -> Proposal:
    """Take back parts of one's own proposal that still wait. Raises PermissionDenied for anybody else."""
    _listing, held = _held(proposal)
    if held.actor_id is None or held.actor_id != actor.pk:
        raise PermissionDenied
    held.close(touched(parts), Part.WITHDRAWN, by=actor_label(actor))
    finish([held])
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
