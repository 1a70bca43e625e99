"""How history names people: a label that stays readable after the person is gone."""

from typing import TYPE_CHECKING, Any

from portal.listings.models import Channel

if TYPE_CHECKING:
    from portal.accounts.models import User


def actor_label(actor: "User | None") -> str:
    """Return how history names a person: the name, else the masked phone; the clock without one."""
    return str(actor)[:80] if actor else str(Channel.CLOCK.label)


def post_label(actor: "User | None") -> str:
    """Return the office for which a person acts."""
    post = getattr(actor, "acting_post", None)
    return str(post)[:120] if post else ""


def signed(actor: "User | None") -> dict[str, Any]:
    """Return how a revision or a proposal names who made it, and for which office."""
    return {
        "actor_id": actor.pk if actor else None,
        "actor_label": actor_label(actor),
        "post_label": post_label(actor),
    }
