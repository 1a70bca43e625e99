"""What a decision means for others: proposals that wanted the same, and the author who hears the outcome."""

from collections.abc import Iterable

from django.urls import reverse

from portal.accounts.models import User
from portal.listings.authors import actor_label
from portal.listings.models import Proposal
from portal.listings.parts import part_of
from portal.listings.proposing import hush
from portal.listings.snapshots import Snapshot
from portal.notices.telling import tell

Part = Proposal.Part


def overtake(held: Proposal, values: Snapshot, beside: set[int], actor: User) -> list[Proposal]:
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


def finish(proposals: Iterable[Proposal]) -> None:
    """Store what was decided, and tell the authors of those of which nothing waits any more."""
    decided = list(proposals)
    for proposal in decided:
        proposal.save(update_fields=Proposal.DECIDED_FIELDS)
        _tell_author(proposal)
    for listing_id in {proposal.listing_id for proposal in decided}:
        hush(listing_id)


def _tell_author(proposal: Proposal) -> None:
    author = User.objects.filter(pk=proposal.actor_id, is_active=True).first() if proposal.actor_id else None
    decided = proposal.outcome not in (Proposal.Outcome.WAITING, Proposal.Outcome.WITHDRAWN)
    if author is None or not decided:
        return
    ends = {part_of(key): one["outcome"] for key, one in proposal.decisions.items()}
    others = [end for end in ends.values() if end not in (Part.WITHDRAWN, Part.REPLACED)]
    tell(
        user=author,
        kind="proposal_decided",
        key=str(proposal.pk),
        params={
            "name": proposal.listing.name,
            "accepted": others.count(Part.ACCEPTED),
            "total": len(others),
            "reasons": proposal.reason,
        },
        url=reverse("admin:listings_proposal_change", args=[proposal.pk]),
    )
