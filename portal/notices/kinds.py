"""The kinds of notices: what each says, how urgent it is, and what of it may leave the portal."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Urgency(Enum):
    """How a kind is told beside the portal's own page."""

    NOW = "now"
    DIGEST = "digest"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice; `sentence` is lazy and takes the notice's params by name.

    NOW: a text message at once, quiet hours aside; DIGEST: one e-mail a day for staff; HERE: the portal alone.
    `is_sensitive`: whatever leaves the portal says only that there is something to read.
    """

    name: str
    sentence: Any
    urgency: Urgency = Urgency.HERE
    is_sensitive: bool = False

    def said(self, params: dict[str, Any]) -> str:
        """Return the sentence in the active language."""
        return str(self.sentence) % params


SENSITIVE = _("There is a message for you at Nuanxin. Sign in to read it.")
OUTDATED = _("Something that is no longer open.")
_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind; an app does this once, in its `ready`."""
    _KINDS[kind.name] = kind
    return kind


def names_of(urgency: Urgency) -> list[str]:
    """Return the names of the kinds of one urgency."""
    return [kind.name for kind in _KINDS.values() if kind.urgency == urgency]


def said(name: str, params: dict[str, Any]) -> str:
    """Return what a notice says in the active language; one of a kind that went with a version says only that it is."""
    kind = _KINDS.get(name)
    return kind.said(params) if kind else str(OUTDATED)


def kind_of(name: str) -> Kind:
    """Return the kind of that name. Raises KeyError for one that nobody registered."""
    return _KINDS[name]
