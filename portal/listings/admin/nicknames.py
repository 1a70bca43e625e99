"""Nicknames of areas. They stand here, above the listings, since these are found by them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_scope import ScopedAdmin
from portal.accounts.scope import covers
from portal.listings.kinds import listing_models
from portal.listings.meanings import renew_catalogue
from portal.listings.publishing import renew_search
from portal.regions.models import Nickname


def nickname_changed(*area_codes: str) -> None:
    """Let what lies in these areas be found by its nicknames as they are now."""
    for model in listing_models():
        pks: set[int] = set()
        for code in filter(None, area_codes):
            pks.update(model.objects.in_area(code).values_list("pk", flat=True))
        renew_search(model, pks)
    renew_catalogue()


class NicknameForm(forms.ModelForm):
    """A nickname of an area that lies within the reach of whoever writes it."""

    by: ClassVar[Any]

    class Meta:
        model = Nickname
        fields = ("name", "district", "street", "is_used")

    def clean(self) -> dict[str, Any]:
        """Refuse an area outside one's own: the pickers offer the district above it as well."""
        data = super().clean() or self.cleaned_data
        area = data.get("street") or data.get("district")
        if area is not None and not covers(self.by, area.pk):
            raise ValidationError(
                _("This area reaches beyond your own: choose a street within it."), code="area_beyond"
            )
        return data


@admin.register(Nickname)
class NicknameAdmin(ScopedAdmin):
    """What people call an area; one that is wrong is ended by unticking it, so that it is not loaded again."""

    form = NicknameForm
    list_display = ("name", "district", "street", "is_used")
    list_select_related = ("district", "street")
    list_filter = ("is_used",)
    search_fields = ("name", "district__name", "street__name", "street__pinyin")
    autocomplete_fields = ("district", "street")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who fills it in."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a nickname is ended, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; then let the listings of the old and the new area be found accordingly.

        A district has thousands: nobody else waits for them, and saving once more goes on where a stopped run ended.
        """
        before = (
            Nickname.objects.filter(pk=obj.pk).values_list("area_code", flat=True).first() if change else ""
        )
        super().save_model(request, obj, form, change)
        after = obj.street_id or obj.district_id
        transaction.on_commit(lambda: nickname_changed(before or "", after))
