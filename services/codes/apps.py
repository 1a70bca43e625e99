"""Compounds, their gates, and the identity codes that open them."""

from django.apps import AppConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.running import chores, guards


class CodesConfig(AppConfig):
    """Compounds, their gates, and the identity codes that open them."""

    name = "services.codes"
    label = "codes"
    verbose_name = _("Compounds and codes")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let nobody change the pass log, whose rows may be deleted past their time; check keys; name the chores."""
        for table in ("codes_pass", "codes_amendment", "codes_lookup"):
            guards.guard(table, kept_until="retention_until")
        from portal.partners.rotating import when_moved
        from services.codes import checks  # noqa: F401
        from services.codes.enrolling_devices import follow_key
        from services.codes.news import register_kinds

        register_kinds()
        when_moved(follow_key)
        chores.every(300, "match_codes", _match)
        chores.every(60, "revoke_ownerless_codes", _revoke)
        chores.every(3600, "clean_codes", _clean)


def _match() -> None:
    from services.codes.roster import match

    match(now=timezone.now())


def _revoke() -> None:
    from services.codes.revoking import revoke_ownerless

    revoke_ownerless(now=timezone.now())


def _clean() -> None:
    from services.codes.cleaning import clean

    clean()
