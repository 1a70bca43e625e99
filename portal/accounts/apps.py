"""People, organisations and posts: who may act where, and for whom."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _

from portal.running.chores import every


class AccountsConfig(AppConfig):
    """People, organisations and posts: who may act where, and for whom."""

    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("People and offices")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, hear of sign-ins, and have posts end whose last day is over."""
        from portal.accounts import checks, sign_ins  # noqa: F401
        from portal.accounts.acting import keep_only_post
        from portal.accounts.handing_over import end_posts_that_are_over

        user_logged_in.connect(keep_only_post, dispatch_uid="keep_only_post")
        every(300, "end_posts_that_are_over", end_posts_that_are_over)
