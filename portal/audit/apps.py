"""What was done here, by whom, for which post, from where."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.running import chores, guards


class AuditConfig(AppConfig):
    """What was done here, by whom, for which post, from where."""

    name = "portal.audit"
    label = "audit"
    verbose_name = _("Audit")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let nobody change a row, nor delete one before its time; afterwards it is forgotten."""
        for table in ("audit_event", "audit_origin"):
            guards.guard(table, kept_until="kept_until")
        chores.every(3600, "forget_audit", _forget)


def _forget() -> None:
    from portal.audit.forgetting import forget_what_is_over

    forget_what_is_over()
