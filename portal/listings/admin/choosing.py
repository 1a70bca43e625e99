"""What a decider has chosen on the page of a proposal, read from the form."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from portal.listings.admin.merging import version_of
from portal.listings.admin.waiting import Card
from portal.listings.deciding import accept_all
from portal.listings.kinds import listing_model
from portal.listings.models import Proposal
from portal.listings.parts import parts_in

ACCEPT, CHANGE, REFUSE = "accept", "change", "refuse"
#: Reasons that are given again and again; they are kept in the portal's own language, like words typed by hand.
REASONS: dict[str, Any] = {
    "wrong": gettext_lazy("It is not so, as far as we know."),
    "checked": gettext_lazy("We looked on the spot: the present facts are right."),
    "unclear": gettext_lazy("Please say it more exactly."),
    "elsewhere": gettext_lazy("This belongs in another field."),
    "old": gettext_lazy("This is out of date by now."),
}
MOST_BESIDE = 200


def ready_reasons() -> list[tuple[str, str]]:
    """Return the ready-made reasons as choices."""
    return [(code, str(label)) for code, label in REASONS.items()]


@dataclass(slots=True)
class Choice:
    """The decisions by key, the parts to be changed in the form, and what the decider had seen."""

    decisions: dict[str, dict[str, Any]]
    edits: list[str]
    keys: set[str]
    typed: dict[str, tuple[str, str, str]]
    seen: int | None = None
    beside: tuple[int, ...] = ()

    @classmethod
    def of(cls, data: QueryDict, proposal: Proposal) -> "Choice":
        """Read the posted form; whatever does not belong there counts as nothing chosen."""
        beside = tuple(
            number
            for text in data.getlist("beside")[:MOST_BESIDE]
            if (number := version_of(text)) is not None
        )
        if "accept_all" in data:
            decisions = accept_all(proposal)
            return cls(decisions, [], set(decisions), {}, None, beside)
        decisions, edits, keys, typed = {}, [], set(), {}
        # Of everything proposed, so that who was slower is told of what somebody else has decided.
        for part, names in parts_in(listing_model(proposal.listing.kind), proposal.changes).items():
            what = data.get(f"do-{part}", "")
            reason, words = (
                " ".join(data.get(f"{name}-{part}", "").replace("\0", "").split())[:200]
                for name in ("reason", "words")
            )
            typed[part] = what, reason, words
            if what == CHANGE:
                edits.append(part)
            elif what in (ACCEPT, REFUSE):
                outcome = Proposal.Part.ACCEPTED if what == ACCEPT else Proposal.Part.REFUSED
                decisions[part] = {
                    "outcome": outcome,
                    "reason": _reason(reason, words) if what == REFUSE else "",
                }
                keys |= set(names)
        return cls(decisions, edits, keys, typed, version_of(data.get("seen")), beside)

    def check(self) -> None:
        """Raise ValidationError when nothing was chosen."""
        if not self.decisions and not self.edits:
            raise ValidationError(_("Choose for at least one part what is to become of it."))

    def put(self, card: Card) -> None:
        """Put what was chosen and typed back into the page."""
        for part in card.parts:
            part.choice, part.reason, part.words = self.typed.get(part.name, ("", "", ""))


def _reason(code: str, words: str) -> str:
    """Return the reason as it is kept: own words, else the ready-made ones."""
    if words or code not in REASONS:
        return words
    with override(settings.LANGUAGE_CODE):
        return str(REASONS[code])
