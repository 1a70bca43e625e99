"""Upkeep: what keeps listings true."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UpkeepConfig(AppConfig):
    """Upkeep: what keeps listings true."""

    name = "portal.upkeep"
    label = "upkeep"
    verbose_name = _("Upkeep")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is handed over when somebody leaves an office, what people are told, what the clock does."""
        from portal.notices.kinds import register
        from portal.running import chores
        from portal.upkeep import asking, contacts, corrections_told, reminding, scoreboard
        from portal.upkeep.leaving import register_all

        register_all()
        corrections_told.register()
        register(reminding.OFFICE_DIGEST)
        register(asking.OPERATOR_ASKED)
        chores.every(900, "remind_offices", reminding.remind_offices)
        chores.every(900, "ask_operators", asking.ask_weekly)
        chores.every(86_400, "forget_operators", contacts.forget_old)
        # Every four hours, so that the last look of a day is near its end and a clock that stood still misses little.
        chores.every(4 * 3600, "keep_how_offices_stand", scoreboard.keep_day)
