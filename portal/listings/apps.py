"""What every kind of listing shares."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from portal.notices.kinds import Kind, Urgency, register
from portal.partners.webhooks.numbers import numbered_by
from portal.running import chores, guards


class ListingsConfig(AppConfig):
    """What every kind of listing shares."""

    name = "portal.listings"
    label = "listings"
    verbose_name = _("Listings")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let nobody change what is said once, and put guards and the counter row in place after every migration."""
        for table in ("listings_revision", "listings_confirmation", "listings_retraction"):
            guards.guard(table)
        post_migrate.connect(after_migrate, sender=self)
        register(
            Kind("proposal_waiting", _("Changes wait for your decision: %(names)s"), urgency=Urgency.DIGEST)
        )
        register(
            Kind(
                "proposal_decided",
                _("“%(name)s”: your proposal is decided, %(accepted)d of %(total)d accepted. %(reasons)s"),
                urgency=Urgency.DIGEST,
            )
        )
        register(
            Kind("plan_failed", _("“%(name)s” did not move as you had planned: %(failure)s"), Urgency.DIGEST)
        )
        from portal.listings.importing_files import forget_old
        from portal.listings.importing_work import take_up
        from portal.listings.publishing import last_number

        numbered_by(last_number)
        chores.every(60, "imports-taken-up", take_up)
        chores.every(24 * 3600, "imports-forgotten", forget_old)
        chores.every(600, "dump", _write_dump)
        for name, sentence in (
            ("import_checked", _("Your file “%(file)s” is checked: look at the rows and confirm.")),
            ("import_finished", _("“%(file)s” is imported: %(written)d rows written, %(refused)d refused.")),
        ):
            register(Kind(name, sentence))


def _write_dump() -> None:
    from portal.listings.dumping import write_daily

    write_daily()


def after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Put every app's guards and the change counter's one row in place."""
    guards.install_guards(using)
    from portal.listings.models import ChangeCounter

    if ChangeCounter._meta.db_table in connections[using].introspection.table_names():
        ChangeCounter.objects.using(using).get_or_create(id=1)
