"""Forms of signing in and signing up."""

import unicodedata
from typing import Any

from allauth.account.fields import PasswordField
from allauth.account.forms import LoginForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Courier, User


class CourierSignupForm(forms.Form):
    """What signing up asks beside the phone number; allauth builds its own form on this one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("You may leave it out. A guard sees it only in part, as in 李*明."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    work_type = forms.ChoiceField(label=_("Work type"), choices=Courier.WorkType.choices)

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the answers; a sign-up begun twice keeps the last ones."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        Courier.objects.update_or_create(user=user, defaults={"work_type": self.cleaned_data["work_type"]})


class StaffLoginForm(LoginForm):
    """Phone and password, for staff; the second factor follows."""

    field_order = ("login", "password")

    def _setup_password_field(self) -> None:
        self.fields["password"] = PasswordField(label=_("Password"), autocomplete="current-password")
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(self.field_order)


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
