"""An admin site that staff enter through the portal's own sign-in, with a second factor where it is required."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _


def lacks_second_factor(user: Any) -> bool:
    """Say whether a person must still set up a second factor before working in the administration."""
    # allauth's models cannot be imported while the apps, this site among them, are still being loaded.
    from allauth.mfa.utils import is_mfa_enabled

    return settings.STAFF_SECOND_FACTOR and not is_mfa_enabled(user)


def may_work_as_staff(user: Any) -> bool:
    """Say whether a person may see what only staff see: active staff, with the second factor that is required."""
    return bool(user.is_active and user.is_staff) and not lacks_second_factor(user)


class SecuredAdminSite:
    """Mix into an AdminSite: its own login page, which asks for a password alone, is never shown."""

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Hold every form to the post for which it was opened."""
        # Models cannot be imported while the apps, this site among them, are still being loaded.
        from portal.accounts.acting_forms import for_shown_post

        inner = super().admin_view(view, cacheable)  # type: ignore[misc]
        return wraps(inner)(for_shown_post(inner))

    def has_permission(self, request: HttpRequest) -> bool:
        """Let active staff in, once they have the second factor that is required."""
        return may_work_as_staff(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the staff sign-in, or to setting up a second factor; refuse people who are not staff."""
        user = request.user
        if user.is_authenticated:
            if not (user.is_active and user.is_staff):
                raise PermissionDenied
            if lacks_second_factor(user):
                messages.warning(
                    request, _("The administration needs a second factor. Set one up here first.")
                )
                return redirect("mfa_index")
            return redirect("admin:index")
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return redirect(f"{reverse('account_staff_login')}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")
