"""Edits that wait for somebody who may publish: kept once, replaced by their author's next words, announced."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from portal.accounts.offices import offices_of, posts_with
from portal.listings.authors import signed
from portal.listings.models import Listing, Proposal
from portal.listings.snapshots import Snapshot
from portal.notices.models import Notice
from portal.notices.telling import tell, withdraw

if TYPE_CHECKING:
    from portal.accounts.models import Post, User

WAITING = "proposal_waiting"
PUBLISH = "listings.publish_listing"
#: How many names a notice gives before it only counts.
NAMES = 5


def needs_proposal(listing: Listing, actor: "User | None") -> bool:
    """Say whether an edit by `actor` must wait: the listing is public and he may not publish it."""
    if not listing.is_public or actor is None:
        return False
    return Listing.objects.needing_proposal(actor).filter(pk=listing.pk).exists()


def propose(
    *, listing: Listing, changes: Snapshot, actor: "User | None", channel: str, author: str = ""
) -> Proposal:
    """Keep an edit until someone who may publish decides it; the same one waits only once.

    What the same hand has proposed for the same field or group, and still waits, is replaced. Without an actor `author`
    names who proposes (an operator who answered by a link). Call it in a transaction, the listing locked.
    """
    signature = signed(actor) if actor else {**signed(None), "actor_label": author[:80]}
    return propose_many(edits=[(listing, changes)], signature=signature, channel=channel)[0]


@transaction.atomic
def propose_many(
    *,
    edits: Sequence[tuple[Listing, Snapshot]],
    signature: dict[str, Any],
    channel: str,
) -> list[Proposal]:
    """Keep edits as proposals, in the order given; the listings are locked.

    `signature` is that of `authors.signed`, with the `batch_id` of an import.
    """
    by_listing: dict[int, list[Proposal]] = {}
    waiting = Proposal.objects.waiting().filter(listing_id__in=[listing.pk for listing, _changes in edits])
    for proposal in waiting.order_by("made_at", "pk"):
        by_listing.setdefault(proposal.listing_id, []).append(proposal)
    kept: list[Proposal] = []
    new: list[Proposal] = []
    replaced: list[Proposal] = []
    now = timezone.now()
    for listing, changes in edits:
        own = [one for one in by_listing.get(listing.pk, []) if one.is_by(channel=channel, **signature)]
        same = [one for one in own if one.base_number == listing.revision_number and one.undecided == changes]
        if same:
            kept.append(same[-1])
            continue
        for one in own:
            if one.close(
                one.undecided.keys() & changes.keys(), Proposal.Part.REPLACED, by=signature["actor_label"]
            ):
                replaced.append(one)
        made = Proposal(
            listing_id=listing.pk,
            base_number=listing.revision_number,
            changes=changes,
            made_at=now,
            channel=channel,
            **signature,
        )
        new.append(made)
        kept.append(made)
    Proposal.objects.bulk_update(replaced, Proposal.DECIDED_FIELDS, batch_size=500)
    Proposal.objects.bulk_create(new, batch_size=500)
    unheard = {made.listing_id for made in new} - by_listing.keys()
    announce([listing for listing, _changes in edits if listing.pk in unheard])
    return kept


def announce(listings: Iterable[Listing]) -> None:
    """Tell those who may publish these listings, in the nearest office that has such people, that something waits."""
    by_area: dict[str, list[Listing]] = {}
    for listing in listings:
        by_area.setdefault(listing.area_code[:9], []).append(listing)
    for area, waiting in by_area.items():
        oldest = Proposal.objects.waiting().filter(listing=waiting[0].pk).order_by("pk").first()
        names = "、".join(listing.name for listing in waiting[:NAMES])
        for post in publishers(area):
            tell(
                user=post.user,
                kind=WAITING,
                key=str(oldest.pk if oldest else waiting[0].pk),
                params={"names": f"{names}…" if len(waiting) > NAMES else names, "count": len(waiting)},
                url=reverse("admin:listings_proposal_changelist") + "?outcome__exact=waiting",
                post=post,
            )


def publishers(area: str) -> list["Post"]:
    """Return the posts that publish in an area: those of the street office, else of the next wider one."""
    for office in offices_of(area):
        if posts := list(posts_with(PUBLISH, [office])):
            return posts
    return []


def hush(listing_id: int) -> None:
    """Take back the unread news that something waits for a listing, where nothing does any more."""
    if Proposal.objects.waiting().filter(listing_id=listing_id).exists():
        return
    keys = Proposal.objects.filter(listing_id=listing_id).values_list("pk", flat=True)
    for notice in Notice.objects.unread().filter(kind=WAITING, key__in=[str(key) for key in keys]):
        if notice.params["count"] == 1:
            withdraw(user_id=notice.user_id, kind=WAITING, key=notice.key)
