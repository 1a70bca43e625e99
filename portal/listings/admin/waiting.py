"""Proposals as people read them: part by part, what stood, what stands by now, what is proposed and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.listings.admin.wording import Difference, Words, key_label
from portal.listings.models import Listing, Proposal
from portal.listings.parts import keys_of, part_of, parts_in, section_of
from portal.listings.revising import folded, versions_since
from portal.listings.snapshots import Snapshot, read_snapshot

TONES = {
    Proposal.Part.ACCEPTED: "open",
    Proposal.Part.REFUSED: "stop",
    Proposal.Part.OVERTAKEN: "quiet",
    Proposal.Part.WITHDRAWN: "quiet",
    Proposal.Part.REPLACED: "quiet",
}
SECTIONS = {
    "": gettext_lazy("What it is"),
    "where": gettext_lazy("Where it is"),
    "source": gettext_lazy("Source"),
}


@dataclass(slots=True)
class PartShown:
    """One part of a proposal. `now` are lines when it has moved on; `outcome` is empty while it waits.

    `choice`, `reason` and `words` are what a form that was refused had in it.
    """

    name: str
    label: str
    differences: list[Difference]
    now: list[Difference] = field(default_factory=list)
    who: str = ""
    rivals: list[Proposal] = field(default_factory=list)
    outcome: str = ""
    tone: str = ""
    by: str = ""
    why: str = ""
    instead: list[Difference] = field(default_factory=list)
    choice: str = ""
    reason: str = ""
    words: str = ""


@dataclass(slots=True)
class Card:
    """One proposal with its parts by section of the form."""

    proposal: Proposal
    sections: list[tuple[str, list[PartShown]]]

    @property
    def parts(self) -> list[PartShown]:
        """Return the parts in the order of the form."""
        return [part for _title, parts in self.sections for part in parts]

    @property
    def waiting(self) -> list[PartShown]:
        """Return the parts that still wait."""
        return [part for part in self.parts if not part.outcome]


def cards(listing: Listing, proposals: Sequence[Proposal]) -> list[Card]:
    """Return proposals for one listing, in the order given; read with its groups. A fixed number of queries."""
    if not proposals:
        return []
    model = type(listing)
    stored = read_snapshot(listing)
    versions = versions_since(listing, min(one.base_number for one in proposals))
    halves = [
        _Half(one, folded(row for row in versions if row[0] > one.base_number), stored) for one in proposals
    ]
    words = Words((model, snapshot) for half in halves for snapshot in half.snapshots())
    return [Card(half.proposal, _sections(model, half, proposals, words)) for half in halves]


class _Half:
    """A proposal with what its fields and groups said when it was made, and what they say now."""

    def __init__(self, proposal: Proposal, theirs: dict[str, Any], stored: Snapshot) -> None:
        self.proposal, self.theirs, self.now = proposal, theirs, stored
        keys = {key for name in proposal.changes for key in (*keys_of(part_of(name)), name)}
        self.before = {
            key: theirs[key]["before"] if key in theirs else stored.get(key)
            for key in keys & (stored.keys() | theirs.keys())
        }
        self.after = {**self.before, **proposal.changes}
        self.instead = {key: one["value"] for key, one in proposal.decisions.items() if "value" in one}

    def snapshots(self) -> Iterable[Snapshot]:
        return self.before, self.after, self.instead, {key: self.now.get(key) for key in self.before}

    def moved(self, part: str) -> str:
        """Return who has changed the part since, otherwise than proposed; "" for nobody."""
        for key in keys_of(part):
            change = self.theirs.get(key)
            wanted = self.proposal.changes.get(key, object)
            if change and change["after"] != change["before"] and change["after"] != wanted:
                return str(change["who"])
        return ""


def _sections(
    model: type[Listing], half: _Half, proposals: Sequence[Proposal], words: Words
) -> list[tuple[str, list[PartShown]]]:
    titles = {**SECTIONS, "own": capfirst(str(model._meta.verbose_name))}
    found: dict[str, list[PartShown]] = {}
    for part, keys in parts_in(model, half.proposal.changes).items():
        section = section_of(model, part)
        title = str(titles.get(section, capfirst(key_label(model, section))))
        found.setdefault(title, []).append(_part(model, half, part, keys, proposals, words))
    return list(found.items())


def _part(
    model: type[Listing],
    half: _Half,
    part: str,
    keys: list[str],
    proposals: Sequence[Proposal],
    words: Words,
) -> PartShown:
    shown = _whole(part, keys)
    before, after = _only(half.before, shown), _only(half.after, shown)
    one = PartShown(part, capfirst(key_label(model, part)), words.differences(model, before, after))
    decision = half.proposal.decisions.get(keys[0])
    if decision is None and half.proposal.outcome == Proposal.Outcome.WAITING:
        one.who = half.moved(part)
        one.now = words.differences(model, {}, _only(half.now, shown)) if one.who else []
        one.rivals = [
            other
            for other in proposals
            if other.pk != half.proposal.pk and part in {part_of(key) for key in other.undecided}
        ]
        return one
    # What was decided before parts were decided has the outcome of the whole.
    said = decision or {
        "outcome": half.proposal.outcome,
        "by": half.proposal.decided_by_label,
        "reason": half.proposal.reason,
    }
    outcome = Proposal.Part(said["outcome"])
    one.outcome, one.tone, one.by, one.why = str(outcome.label), TONES[outcome], said["by"], said["reason"]
    if instead := _only(half.instead, keys):
        one.outcome = _("accepted in other words")
        one.instead = words.differences(model, {}, instead)
    return one


def _whole(part: str, keys: list[str]) -> list[str]:
    """Return the keys to show: of a position both halves, whichever changed."""
    return [*keys, *({"lat", "lng"} - {*keys})] if {*keys} & {"lat", "lng"} else keys


def _only(snapshot: Snapshot, keys: Iterable[str]) -> Snapshot:
    return {key: snapshot[key] for key in keys if key in snapshot}
