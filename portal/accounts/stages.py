"""A stage of signing in: whoever returns with a number that was idle proves to be the same person."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStage
from allauth.mfa.utils import is_mfa_enabled
from django.shortcuts import redirect


class ReturningStage(LoginStage):
    """Stop a sign-in by SMS code when the number was idle for 90 days: it may belong to somebody else by now.

    A password or a second factor is proof enough, since neither comes with the number; so is a link from the console.
    """

    key = "returning"
    urlname = "account_returning"

    def handle(self) -> tuple[Any, bool]:
        """Lead to the page that asks, or go on."""
        user = self.login.user
        if user is None or not user.is_phone_idle or is_mfa_enabled(user):
            return None, True
        methods = {record["method"] for record in get_authentication_records(self.request, user)}
        if methods & {"password", "link"}:
            return None, True
        return redirect(self.urlname), True
