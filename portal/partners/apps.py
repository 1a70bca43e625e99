"""Keys by which other systems read and write."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.running import chores


class PartnersConfig(AppConfig):
    """Keys by which other systems read and write."""

    name = "portal.partners"
    label = "partners"
    verbose_name = _("Partners")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name what the clock does, and the notices about keys that end."""
        from portal.partners.reminding import register_kinds

        register_kinds()
        chores.every(3600, "remind_of_keys", _remind)


def _remind() -> None:
    from portal.partners.reminding import remind

    remind()
