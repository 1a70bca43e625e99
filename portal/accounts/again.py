"""Proving once more, in this session, to hold the phone: before what a copied cookie must not be able to do."""

from typing import Any
from urllib.parse import urlencode

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.accounts.fresh import is_fresh


@require_GET
@never_cache
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Lead to the code by text message and then to `next`, also whoever is signed in already.

    A link on another site must not sign anybody out, so it only leads on.
    """
    wanted = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    after = wanted if allowed and wanted.startswith("/") else "/"
    if request.user.is_authenticated:
        if is_fresh(request) or request.headers.get("Sec-Fetch-Site") == "cross-site":
            return redirect(after)
        logout(request)
    return redirect(f"{reverse('account_login')}?{urlencode({'next': after})}")


@login_required
def change_phone(request: HttpRequest) -> HttpResponseBase:
    """Let a person take another number who has just proved to hold the present one, or to know the password.

    Else whoever copied a cookie could move the person to a number of their own, and sign in by it from then on.
    """
    user: Any = request.user
    if user.phone and not is_fresh(request, methods={"code", "password", "mfa"}):
        messages.info(
            request,
            _(
                "To change your number, sign in once more with a code to the present one. Without that number, "
                "ask your street office."
            ),
        )
        again = urlencode({"next": reverse("account_change_phone")})
        return redirect(f"{reverse('account_again')}?{again}")
    return allauth_views.change_phone(request)
