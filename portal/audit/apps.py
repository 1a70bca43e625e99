"""What was done here, by whom, for which post, from where."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.running import guards


class AuditConfig(AppConfig):
    """What was done here, by whom, for which post, from where."""

    name = "portal.audit"
    label = "audit"
    verbose_name = _("Audit")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let nobody change a row, nor delete one before its time."""
        for table in ("audit_event", "audit_origin"):
            guards.guard(table, kept_until="kept_until")
