"""The forms in which people say how they want to be told."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.notices.models import Preference


class WishesForm(forms.ModelForm):
    """How to be told; a courier is asked nothing about e-mail, which goes to staff alone."""

    class Meta:
        model = Preference
        fields = ("by_sms", "by_email", "quiet_from", "quiet_until", "language")
        widgets: ClassVar[Any] = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts: ClassVar[Any] = {
            "by_sms": _("Only what has a deadline, such as 48 hours to appeal; never what it says."),
            "by_email": _("At half past eight, and only when there is something to read."),
        }

    def __init__(self, *args: Any, with_email: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_email:
            del self.fields["by_email"]


class AddressForm(forms.Form):
    """An address of e-mail."""

    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=120,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a link there; your e-mail comes once you have opened it."),
    )
