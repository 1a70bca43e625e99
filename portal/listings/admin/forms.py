"""The form of a listing of any kind."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from portal.listings.admin.fields import (
    PositionMixin,
    kept_position,
    plain_newlines,
    put_value,
    shown_position,
)
from portal.listings.models import Listing
from portal.listings.repeating import promise
from portal.listings.snapshots import Snapshot, field_value

MAX_VERSION = 999_999_999
POSITION = ("lat", "lng", "entered_datum")


class ListingForm(PositionMixin, forms.ModelForm):
    """A listing's own fields. `based_on` is the version that the person saw; `compared_from` where a conflict began;
    `promised` the number that a new listing will get.

    What the kernel refused after the form itself was good comes back through `request.listing_refusal`.
    """

    request: ClassVar[HttpRequest]

    based_on = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_VERSION, widget=forms.HiddenInput()
    )
    compared_from = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_VERSION, widget=forms.HiddenInput()
    )

    promised = forms.CharField(required=False, widget=forms.HiddenInput())

    class Meta:
        model = Listing
        exclude = ("lat", "lng")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listing = self.instance
        self.initial.setdefault("entered_datum", listing.entered_datum)
        self.initial.update(self.position_initial(listing.lat, listing.lng, listing.entered_datum))
        self.initial["promised"] = None if listing.pk else promise()
        self.initial["based_on"] = listing.revision_number if listing.pk else None
        self.fields["based_on"].required = listing.pk is not None
        if "entered_datum" in self.fields:
            self.fields["entered_datum"].widget.attrs["data-datum"] = ""

    def clean(self) -> dict[str, Any]:
        """Read the position, and show what the kernel refused."""
        data = super().clean() or self.cleaned_data
        plain_newlines(data)
        if "place" in self.fields:
            lat, lng, datum = self.clean_position(data)
            if "place" not in self.errors:
                self.instance.lat, self.instance.lng = lat, lng
            data["entered_datum"] = datum
        if "based_on" in self.errors:
            del self.errors["based_on"]
            self.add_error(None, _("The page is incomplete. Reload it, then enter your changes again."))
        if refusal := getattr(self.request, "listing_refusal", None):
            self.show(refusal)
        return data

    def show(self, error: ValidationError) -> None:
        """Put every fault beside its field, or above the form when it belongs to a group or to none."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, messages in error.message_dict.items():
            target = "place" if name in POSITION else name
            self.add_error(target if target in self.fields else None, messages)

    def changes(self) -> Snapshot:
        """Return the fields as a snapshot holds them."""
        return {name: field_value(self.instance, name) for name in type(self.instance).editable_fields()}

    @classmethod
    def put(cls, data: QueryDict, changes: Snapshot) -> None:
        """Write fields of a snapshot into posted data, the position by its text."""
        for name, value in changes.items():
            if name in cls.base_fields:
                put_value(data, name, cls.base_fields[name], value)
        if changes.keys() & set(POSITION):
            lat, lng = changes.get("lat"), changes.get("lng")
            data["place"] = (
                "" if lat is None or lng is None else shown_position(lat, lng, changes["entered_datum"])
            )
            data["place_was"] = kept_position(lat, lng)
