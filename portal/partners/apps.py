"""Keys by which other systems read and write, and webhooks by which they are told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.notices.kinds import register
from portal.running import chores


class PartnersConfig(AppConfig):
    """Keys by which other systems read and write, and webhooks by which they are told."""

    name = "portal.partners"
    label = "partners"
    verbose_name = _("Partners")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name what the clock does, and what keepers are told of their keys and webhooks."""
        from portal.partners.reminding import register_kinds
        from portal.partners.webhooks import nudging, retrying

        register_kinds()
        chores.every(3600, "remind_of_keys", _remind)
        register(retrying.WEBHOOK_DEAD)
        register(retrying.WEBHOOK_STOPPED)
        chores.every(60, "nudge_webhooks", nudging.send_due)
        chores.every(24 * 3600, "trim_nudges", nudging.trim)


def _remind() -> None:
    from portal.partners.reminding import remind

    remind()
