"""Stations and the catalogue of amenities in the administration."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from portal.accounts.admin_scope import KeyedAdmin
from portal.listings.admin import ListingAdmin
from portal.listings.admin.deeds import EDIT, Deed, DeedForm, ahead, channel_of, public, register
from portal.listings.admin.fields import MomentInput
from portal.listings.meanings import renew_catalogue
from portal.listings.publishing import publish_locked
from services.stations.live import say_live
from services.stations.models import Amenity, LiveStatus, Station


class LiveForm(DeedForm):
    """How it is right now, and how long that holds."""

    status = forms.ChoiceField(
        label=_("right now"), choices=LiveStatus.choices, widget=UnfoldAdminSelectWidget()
    )
    until = forms.DateTimeField(label=_("holds until"), widget=MomentInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = timezone.localtime() + dt.timedelta(hours=2)

    def clean_until(self) -> dt.datetime | None:
        """Refuse an end in the past."""
        return ahead(self.cleaned_data.get("until"))


def _say(station: Any, actor: Any, asked: dict[str, Any]) -> Any:
    channel = channel_of(actor)
    return say_live(
        station=station, status=asked["status"], until=asked["until"], actor=actor, channel=channel
    )


register(Deed("live", _("Say how it is now"), EDIT, public, _say, form=LiveForm, kinds=(Station.kind_name,)))


@admin.register(Station)
class StationAdmin(ListingAdmin):
    """Amenities are a group of the model; the live status is a deed."""


@admin.register(Amenity)
class AmenityAdmin(KeyedAdmin):
    """What a station may offer; a new name goes into every document that shows it."""

    list_display = ("name", "name_en", "code", "position")
    search_fields = ("name", "name_en", "also_called", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the code once it exists: it is the key."""
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and publish the stations that offer it again.

        In the same transaction, so that a crash cannot leave the old name behind; a few hundred stations at most.
        """
        super().save_model(request, obj, form, change)
        renew_catalogue()
        if change and form.changed_data:
            publish_locked(Station, obj.offers.values_list("station", flat=True))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete what no station offers, and forget its words."""
        super().delete_model(request, obj)
        renew_catalogue()
