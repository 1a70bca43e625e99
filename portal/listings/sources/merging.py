"""What a source says, what it said before, what stands: which of it is written, which stays the office's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from portal.listings.models import Channel, Listing, Revision
from portal.listings.parts import part_of
from portal.listings.snapshots import Snapshot, field_value
from portal.listings.sources.bodies import Fault
from portal.listings.sources.vocabulary import STATUS

CHANGED_HERE = gettext_lazy(
    "Both sides changed this: the source, and {who} here. Compare, then send what is meant with the version."
)


@dataclass(slots=True)
class Contested:
    """A part that both sides changed: what the source says, what stands, and which office wrote that, when."""

    part: str
    yours: Snapshot
    ours: Snapshot
    who: str = ""
    at: Any = None
    number: int | None = None


@dataclass(slots=True)
class Merged:
    """`wanted` is to be written; `kept` names parts that stay as an office left them."""

    wanted: Snapshot = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    contested: list[Contested] = field(default_factory=list)


def merge(
    listing: Listing,
    ours: Snapshot,
    said: Snapshot,
    sent: Snapshot,
    *,
    wins: bool,
    waiting: Collection[str] = (),
) -> Merged:
    """Compare part by part what a row says with what the source said before (`sent`) and with what stands (`ours`).

    What the source says as it did before stays as it stands, whoever changed it. What only the source changed is
    written. What both changed is contested, unless the last to write it was the source itself. With `wins` everything
    that is said is written: the sender has seen what stands. `waiting` are keys that the source has proposed and may
    write by now: said again, they are written.
    """
    merged, doubtful = Merged(), []
    for part, yours in by_part(said).items():
        stands = {key: ours.get(key) for key in yours}
        before = {key: sent[key] if key in sent else blank(listing, key) for key in yours}
        if yours == stands:
            continue
        if wins or before == stands or not set(waiting).isdisjoint(yours):
            merged.wanted |= yours
        elif yours == before and all(key in sent for key in yours):
            merged.kept.append(part)
        else:
            doubtful.append(Contested(part, yours, stands))
    if doubtful:
        _settle(listing, merged, doubtful)
    _fit_regions(ours, said, merged)
    return merged


def by_part(said: Snapshot) -> dict[str, Snapshot]:
    """Return the parts of what is said: a position is one, a state goes with its reason."""
    found: dict[str, Snapshot] = {}
    for key, value in said.items():
        part = "state" if key in STATUS else part_of(key)
        found.setdefault(part, {})[key] = value
    return found


def blank(listing: Listing, key: str) -> Any:
    """Return what a new listing says of a field or group."""
    if key in listing.groups:
        return {relation: [] for relation in listing.groups[key].relations}
    return field_value(type(listing)(), key)


def _settle(listing: Listing, merged: Merged, doubtful: Iterable[Contested]) -> None:
    """Find out who wrote last what is in doubt: the source's own words give way to its new ones."""
    for one in doubtful:
        last = Revision.objects.filter(listing_id=listing.pk, after__has_any_keys=list(one.yours))
        revision = last.order_by("-number").first()
        if revision is not None and is_own(revision):
            merged.wanted |= one.yours
            continue
        one.who = who(revision)
        one.at = revision.made_at if revision else None
        one.number = revision.number if revision else None
        merged.contested.append(one)


def is_own(revision: Revision) -> bool:
    """Say whether a source wrote this version itself, and no office on its behalf."""
    return revision.channel == Channel.PARTNER and revision.actor_id is None


def who(revision: Revision | None) -> str:
    """Return which office wrote a version, never which person: a partner needs to know whom to ask."""
    return (revision.post_label if revision else "") or str(Channel.OFFICE.label)


def _fit_regions(ours: Snapshot, said: Snapshot, merged: Merged) -> None:
    """Take a community away that does not lie in the street any more, where the source says none."""
    street, community = merged.wanted.get("street"), ours.get("community")
    lies_elsewhere = community and not (street and community.startswith(street))
    if "street" in merged.wanted and "community" not in said and lies_elsewhere:
        merged.wanted["community"] = None


def faults_of(contested: Iterable[Contested]) -> list[Fault]:
    """Return what is contested, as errors by field."""
    return [(one.part, "conflict", format_lazy(CHANGED_HERE, who=one.who)) for one in contested]
