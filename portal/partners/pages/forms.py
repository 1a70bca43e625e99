"""What partners are asked about their keys."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.partners.models import ApiKey

OVERLAPS = {
    "7d": (timedelta(days=7), _("7 days")),
    "3d": (timedelta(days=3), _("3 days")),
    "1d": (timedelta(days=1), _("1 day")),
    "1h": (timedelta(hours=1), _("1 hour")),
    "0": (timedelta(0), _("not at all: it is known to somebody")),
}


class RenameForm(forms.ModelForm):
    """What a key is called."""

    class Meta:
        model = ApiKey
        fields = ("name",)


class RotateForm(forms.Form):
    """How long the old key still holds beside the new one."""

    overlap = forms.ChoiceField(
        label=_("How long does the old key still hold?"),
        choices=[(value, label) for value, (_span, label) in OVERLAPS.items()],
        initial="7d",
        widget=forms.RadioSelect,
    )

    def clean_overlap(self) -> Any:
        """Return the span."""
        return OVERLAPS[self.cleaned_data["overlap"]][0]
