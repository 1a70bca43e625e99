"""Pages of signing in that allauth does not bring."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login, stash_login
from allauth.account.models import Login
from allauth.account.views import (
    ConfirmLoginCodeView,
    LoginView,
    SignupView,
    _VerifyPhoneChangeView,
    _VerifyPhoneSignupView,
)
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from portal.accounts.acting import choose, posts_of
from portal.accounts.forms import ReturningForm, StaffLoginForm
from portal.accounts.limits import refusal
from portal.accounts.models import LoginLink, User
from portal.accounts.sign_ins import link_refused, tell
from portal.accounts.stages import ReturningStage
from portal.audit.models import Action

PROOF_ATTEMPTS = 3


class StartOver:
    """Let whoever opens the page again start again, as after a mistyped number; allauth would lead back to the code."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        clear_login(request)


class AsksForCode:
    """Show the form again with a sentence when too many codes were asked for, before anything is stored."""

    phone_field = "phone"
    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the code, or refuse with status 429."""
        if refused := refusal(self.request, form.cleaned_data[self.phone_field]):
            form.add_error(None, refused)
            answer = self.form_invalid(form)  # type: ignore[attr-defined]
            answer.status_code = 429
            return answer
        return super().form_valid(form)  # type: ignore[misc]


class CourierLoginView(StartOver, AsksForCode, LoginView):
    """A phone number; the code follows."""

    phone_field = "login"


class CourierSignupView(StartOver, AsksForCode, SignupView):
    """A phone number and what somebody does; the code follows."""


class ConfirmLoginCode(ConfirmLoginCodeView):
    """The code of a sign-in; a number that nobody has gets the same answer to "Send a new code"."""

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        process = self._process
        back = redirect(self.passthrough_next_url(reverse("account_confirm_login_code")))
        if refused := refusal(self.request, process.state["phone"]):
            messages.error(self.request, refused)
            return back
        if process.user is not None:
            return super()._resend_form_valid(form)
        process.send(skip_enumeration_mails=True)
        process.record_resend()
        process.persist()
        return back


class ResendsToPhone:
    """Limit "Send a new code" on the page that proves a number, alike for new and for known ones."""

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        view: Any = self
        if refused := refusal(view.request, view.process.phone):
            messages.error(view.request, refused)
            return redirect(view.passthrough_next_url(reverse("account_verify_phone")))
        return super()._resend_form_valid(form)  # type: ignore[misc]


class VerifySignup(ResendsToPhone, _VerifyPhoneSignupView):
    """The code of a sign-up."""


class VerifyChange(ResendsToPhone, _VerifyPhoneChangeView):
    """The code of a changed number."""


def verify_phone(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a sign-up, or of the number that a signed-in person wants to have."""
    view = VerifyChange if request.user.is_authenticated else VerifySignup
    return view.as_view()(request)


class StaffLoginView(StartOver, LoginView):
    """Phone and password; allauth asks for the second factor next."""

    template_name = "account/staff_login.html"

    def get_form_class(self) -> type[StaffLoginForm]:
        """Return the form with a password; allauth's own setting names the couriers' form."""
        return StaffLoginForm


@require_GET
@never_cache
@sensitive_variables("token")
def login_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a link of `manage.py login_link`; refused while a second factor is required."""
    user = None if settings.STAFF_SECOND_FACTOR else LoginLink.redeem(token)
    if user is None:
        link_refused(token)
        return render(request, "account/link_refused.html", status=410)
    clear_login(request)
    record_authentication(request, user, method="link")
    return perform_login(request, Login(user=user))


@never_cache
@login_required
def choose_post(request: HttpRequest) -> HttpResponse:
    """Let somebody with several posts say for which one they act."""
    user: Any = request.user
    posts = posts_of(user)
    wanted = request.GET.get("next", "") or request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if not (allowed and wanted.startswith("/")):
        wanted = ""
    if request.method == "POST":
        post = posts.filter(pk=_number(request.POST.get("post", ""))).first()
        if post is None:
            messages.error(request, _("Choose one of your posts."))
            return redirect("account_post")
        choose(request, post)
        return redirect(wanted or ("admin:index" if user.is_staff else settings.LOGIN_REDIRECT_URL))
    context = {
        "posts": posts,
        "next": wanted,
        "acting": user.acting_post,
        "has_ended": getattr(request, "must_choose_post", "") == "ended",
    }
    return render(request, "account/choose_post.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


@login_stage_required(stage=ReturningStage.key, redirect_urlname="account_login")
def returning(request: HttpRequest) -> HttpResponse:
    """Ask somebody whose number was idle who they are; without proof they start anew and see nothing old."""
    stage = request._login_stage  # type: ignore[attr-defined]
    user = stage.login.user
    if request.method == "POST" and request.POST.get("action") == "new":
        return _start_anew(request, user)
    form = ReturningForm(request.POST or None, user=user)
    if request.method == "POST" and form.can_prove:
        if form.is_valid():
            return stage.exit()
        stage.state["attempts"] = stage.state.get("attempts", 0) + 1
        if stage.state["attempts"] >= PROOF_ATTEMPTS:
            messages.error(request, _("That did not match three times. Ask your street office for help."))
            return stage.abort()
        stash_login(request, stage.login)
    return render(request, "account/returning.html", {"form": form})


def _start_anew(request: HttpRequest, before: User) -> HttpResponse:
    """Take the number off the person who had it and sign its holder in as somebody new."""
    phone, now = before.phone, timezone.now()
    with transaction.atomic():
        tell(Action.CHANGED, before, before={"phone": before.masked_phone}, after={"phone": None})
        before.phone, before.phone_verified_at = None, None
        before.save(update_fields=["phone", "phone_verified_at"])
        user = User.objects.create_user(phone, phone_verified_at=now, phone_seen_at=now)
    clear_login(request)
    record_authentication(request, user, method="code", phone=phone.as_e164)
    return perform_login(request, Login(user=user))
