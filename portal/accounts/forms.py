"""Forms of signing in."""

import unicodedata
from typing import Any

from allauth.account.fields import PasswordField
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, VerifyPhoneForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class StaffLoginForm(LoginForm):
    """Phone and password, for staff; the second factor follows."""

    field_order = ("login", "password")

    def _setup_password_field(self) -> None:
        self.fields["password"] = PasswordField(label=_("Password"), autocomplete="current-password")
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(self.field_order)


class _SixDigits(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Six-digit code")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "maxlength": 12, "autofocus": True}
        self.fields["code"].widget.attrs.pop("placeholder", None)


class LoginCodeForm(_SixDigits, ConfirmLoginCodeForm):
    """The code of a sign-in, typed on the digits of a phone's keypad."""


class PhoneCodeForm(_SixDigits, VerifyPhoneForm):
    """The code of a sign-up or of a changed number."""


class ReturningForm(forms.Form):
    """Ask somebody with a number that was idle to prove who they are: by password, else by the name they gave."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if user.has_usable_password():
            self.fields["proof"] = PasswordField(label=_("Password"), autocomplete="current-password")
        elif user.name and not user.is_staff:
            self.fields["proof"] = forms.CharField(
                label=_("The name you signed up with"),
                max_length=60,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def can_prove(self) -> bool:
        """Say whether there is anything to ask for."""
        return "proof" in self.fields

    def clean_proof(self) -> str:
        """Compare; raise ValidationError on a difference."""
        given = self.cleaned_data["proof"]
        if self.user.has_usable_password():
            right = self.user.check_password(given)
        else:
            right = _folded(given) == _folded(self.user.name)
        if not right:
            raise ValidationError(_("That does not match."), code="proof_mismatch")
        return given


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


class AddKeyForm(AddWebAuthnForm):
    """Add a security key under a name."""

    name = forms.CharField(label=_("Name of the key"), required=False, max_length=100)


class EditKeyForm(EditWebAuthnForm):
    """Give a security key another name."""

    name = forms.CharField(label=_("Name of the key"), max_length=100)
