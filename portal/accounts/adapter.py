"""How allauth finds people by phone, and what it sends them."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.fields import PhoneField
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumber_field.phonenumber import to_python

from portal.accounts.limits import refusal
from portal.accounts.models import User
from portal.accounts.sign_ins import number_changes
from portal.accounts.sms import SmsNotSent, send_sms

CODE_DIGITS = 6


class ChinesePhoneField(PhoneField):
    """A phone number as people write it; cleaned to E.164, in mainland China when no country is given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["validators"] = []
        kwargs["label"] = gettext_lazy("Phone number")
        super().__init__(*args, **kwargs)
        self.widget.attrs.pop("placeholder", None)
        self.widget.attrs["inputmode"] = "tel"

    def clean(self, value: str) -> str:
        """Return the number in E.164; raise ValidationError for anything that is no phone number."""
        value = super().clean(value)
        if not value:
            return value
        number = to_python(value, region=settings.PHONENUMBER_DEFAULT_REGION)
        if number is None or not number.is_valid():
            raise ValidationError(
                _(
                    "This is not a phone number. Write the 11 digits of a mobile phone, such as 138 0000 0001."
                ),
                code="phone_invalid",
            )
        return number.as_e164


class PhoneAdapter(DefaultAccountAdapter):
    """Sign-in and sign-up by phone and a code of six digits.

    Signing in with an unknown number and signing up with a known one look like success and send nothing, so neither
    page tells who has an account.
    """

    def phone_form_field(self, **kwargs: Any) -> ChinesePhoneField:
        """Return the field in which people write their number."""
        return ChinesePhoneField(**kwargs)

    def generate_phone_verification_code(self, *, user: Any, phone: str) -> str:
        """Return six digits; a keypad types them, and a message shows them at a glance."""
        return get_random_string(CODE_DIGITS, "0123456789")

    def generate_login_code(self) -> str:
        """Return six digits."""
        return get_random_string(CODE_DIGITS, "0123456789")

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        """Send the code; over the limits, or when the provider fails, say so and return to the form."""
        back = "account_change_phone" if self.request.user.is_authenticated else "account_login"
        if refused := refusal(self.request, phone):
            messages.error(self.request, refused)
            raise ImmediateHttpResponse(redirect(back))
        text = _("%(code)s is your code for Nuanxin. It is valid for 5 minutes. Do not share it.") % {
            "code": code
        }
        try:
            send_sms(phone, text)
        except SmsNotSent as error:
            messages.error(self.request, _("The message could not be sent. Please try again in a minute."))
            raise ImmediateHttpResponse(redirect(back)) from error

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """Send nothing to a number that has no account."""

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Send nothing: the page says to sign in when no message comes."""

    def get_user_by_phone(self, phone: str) -> User | None:
        """Return who signs in with a number; a sign-up that was never completed does not count."""
        return User.objects.reached_by(phone)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        """Make the person who signs up, or take up a sign-up that was left unfinished with the same number."""
        unfinished = User.objects.filter(phone=form.cleaned_data["phone"]).first()
        if unfinished is not None:
            unfinished.joined_at = timezone.now()
        return super().save_user(request, unfinished or user, form, commit)

    @transaction.atomic
    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        """Store the number with the person."""
        number_changes(user, phone)
        user.phone = phone
        user.phone_verified_at = timezone.now() if verified else None
        user.save(update_fields=["phone", "phone_verified_at"])

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        """Return the number in E.164 and whether it was proved."""
        return (user.phone.as_e164, user.phone_verified_at is not None) if user.phone else None

    @transaction.atomic
    def set_phone_verified(self, user: Any, phone: str) -> None:
        """Note that the number was proved just now; when it was seen before is kept until the sign-in is complete."""
        number_changes(user, phone)
        User.objects.filter(phone=phone).exclude(pk=user.pk).unfinished().update(phone=None)
        user.phone, user.phone_verified_at = phone, timezone.now()
        user.save(update_fields=["phone", "phone_verified_at"])

    def get_login_stages(self) -> list[str]:
        """Ask somebody whose number was idle for 90 days who they are, before the second factor."""
        stages = super().get_login_stages()
        place = stages.index("allauth.mfa.stages.AuthenticateStage")
        return [*stages[:place], "portal.accounts.stages.ReturningStage", *stages[place:]]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Note when the number was last used to sign in, and that a sign-up proved it, which allauth does not note."""
        if kwargs.get("signup"):
            record_authentication(request, user, method="code", phone=str(user.phone))
        user.phone_seen_at = timezone.now()
        user.save(update_fields=["phone_seen_at"])
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead staff to the administration, by way of choosing a post when they hold several."""
        user: Any = request.user
        if not getattr(user, "is_staff", False):
            return super().get_login_redirect_url(request)
        several = user.posts.current().count() > 1
        return reverse("account_post") if several else reverse("admin:index")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by phone: allauth counts by email or name, so all phones would share one counter."""
        return f"phone:{credentials.get('phone', '')}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """How a second factor names the portal and its holder."""

    def get_totp_issuer(self) -> str:
        """Return the portal's name as authenticator apps show it."""
        return str(settings.PORTAL_NAME)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user)
