"""How history names people: a label that stays readable after the person is gone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.listings.models import Channel

if TYPE_CHECKING:
    from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class System:
    """A partner's system that writes: the register it writes for, and whose it is."""

    label: str
    owner: str
    pk: None = None

    def __str__(self) -> str:
        return self.label


def actor_label(actor: "User | System | None") -> str:
    """Return how history names who acts: a person by name, else the masked phone; the clock where there is nobody."""
    return str(actor)[:80] if actor else str(Channel.CLOCK.label)


def post_label(actor: "User | System | None") -> str:
    """Return the office for which a person acts, or whose a system is."""
    if isinstance(actor, System):
        return actor.owner[:120]
    post = getattr(actor, "acting_post", None)
    return str(post)[:120] if post else ""


def signed(actor: "User | System | None") -> dict[str, Any]:
    """Return how a revision or a proposal names who made it, and for which office."""
    return {
        "actor_id": actor.pk if actor else None,
        "actor_label": actor_label(actor),
        "post_label": post_label(actor),
    }
