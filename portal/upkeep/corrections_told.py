"""What corrections tell: the kinds of their notices, what cards show, and what the clock does about them."""

from django.utils.translation import gettext_lazy as _

from portal.listings import doubts
from portal.notices import kinds
from portal.running import chores


def register() -> None:
    """Register notices, doubts and chores; the app does this once, when it is ready."""
    from portal.upkeep import climbing, doubting, forgetting

    kinds.register(kinds.Kind("correction_answered", _("%(place)s: %(answer)s")))
    kinds.register(
        kinds.Kind("correction_waiting", _("Somebody says that something is wrong at “%(place)s”."))
    )
    kinds.register(
        kinds.Kind(
            "corrections_overdue",
            _("In %(area)s %(count)d corrections have waited too long for an answer."),
            urgency=kinds.Urgency.DIGEST,
        )
    )
    doubts.found_by(doubting.known)
    chores.every(300, "climb_corrections", climbing.climb)
    chores.every(3600, "forget_correctors", forgetting.forget)
