"""What signing up asks; apart from the other forms, because allauth imports it while defining its own."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Courier, User


class CourierSignupForm(forms.Form):
    """What signing up asks beside the phone number; allauth builds its own form on this one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("Optional. A guard sees only part of it, as in 李*明."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    work_type = forms.ChoiceField(label=_("Work type"), choices=Courier.WorkType.choices)

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the answers; a sign-up begun twice keeps the last ones."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        Courier.objects.update_or_create(user=user, defaults={"work_type": self.cleaned_data["work_type"]})
