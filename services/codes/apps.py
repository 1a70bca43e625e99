"""Compounds, their gates, and the identity codes that open them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.listings import guards


class CodesConfig(AppConfig):
    """Compounds, their gates, and the identity codes that open them."""

    name = "services.codes"
    label = "codes"
    verbose_name = _("Compounds and codes")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let nobody change the pass log, whose rows may be deleted past their time; check keys at the start."""
        for table in ("codes_pass", "codes_amendment", "codes_lookup"):
            guards.guard(table, kept_until="retention_until")
        from services.codes import checks  # noqa: F401
