"""Notices: the one place from which people are told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.running import chores


class NoticesConfig(AppConfig):
    """Notices: the one place from which people are told."""

    name = "portal.notices"
    label = "notices"
    verbose_name = _("What people are told")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the chores: what leaves by the clock, and what is forgotten."""
        chores.every(60, "send_messages", _send)
        chores.every(3600, "clean_notices", _clean)


def _send() -> None:
    from portal.notices.digests import make_digests
    from portal.notices.sending import send_due

    make_digests()
    send_due()


def _clean() -> None:
    from portal.notices.cleaning import clean

    clean()
