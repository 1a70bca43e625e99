"""The admin of every kind of listing: a kind adds a few lines, or none."""

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.overrides import FORMFIELD_OVERRIDES

from portal.accounts.admin_scope import ScopedAdmin
from portal.accounts.scope import area_of
from portal.listings.admin.doing import DeedsMixin
from portal.listings.admin.fields import ClockField, ClockInput
from portal.listings.admin.forms import ListingForm
from portal.listings.admin.history import HistoryMixin
from portal.listings.admin.hours import ExceptionInline, HoursInline
from portal.listings.admin.lists import ListingListMixin
from portal.listings.admin.pages import PagesMixin
from portal.listings.admin.photos import PhotoInline
from portal.listings.admin.proposed import ProposedMixin
from portal.listings.admin.rows import RowInline, row_inline
from portal.listings.admin.saving import SavingMixin, Unlocked
from portal.listings.admin.sources_pages import SourcesMixin
from portal.listings.admin.transfer import TransferMixin

SHORTEST_STREET = 9


class ListingAdmin(  # type: ignore[misc]
    SavingMixin,
    PagesMixin,
    SourcesMixin,
    ProposedMixin,
    HistoryMixin,
    TransferMixin,
    DeedsMixin,
    ListingListMixin,
    ScopedAdmin,
    Unlocked,
):
    """Keep the listings of one kind. Fields, groups and photos come from the model; every save goes through the kernel.

    A kind may name other inlines for its groups in `group_inlines` (relation → RowInline) and the roles of its photos.
    """

    form = ListingForm
    change_form_template = "admin/listings/change_form.html"
    group_inlines: ClassVar[dict[str, type[RowInline]]] = {}
    photo_roles: ClassVar[tuple[str, ...]] = ("picture",)
    warn_unsaved_form = True
    view_on_site = False
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        **FORMFIELD_OVERRIDES,
        models.TimeField: {"form_class": ClockField, "widget": ClockInput},
    }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what it is, where it is, the kind's own fields, and where the facts come from."""
        own = tuple(self.model.own_fields)
        where = ("district", "street", "community", "address", "place", "entered_datum", "accuracy")
        sections: list[Any] = [
            (None, {"fields": ("name", "name_en", "phone", "notice", "notice_en")}),
            (_("Where it is"), {"fields": where}),
        ]
        if own:
            sections.append((capfirst(self.model._meta.verbose_name), {"fields": own}))
        return [*sections, (_("Source"), {"fields": ("provenance",)})]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return one inline for each relation of the kind's groups, the kind's own groups first."""
        bases = {
            "weekly_hours": HoursInline,
            "hours_exceptions": ExceptionInline,
            "photos": type(
                "KindPhotoInline", (PhotoInline,), {"__doc__": "Photos.", "roles": self.photo_roles}
            ),
            **self.group_inlines,
        }
        names = sorted(self.model.groups, key=lambda name: (name == "photos", name == "hours"))
        return [
            row_inline(self.model, relation, fields, bases.get(relation, RowInline))
            for name in names
            for relation, fields in self.model.groups[name].relations.items()
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form class, which knows the request and the listing that it is for."""
        request.listing_in_form = obj  # type: ignore[attr-defined]
        kwargs["fields"] = [name for name in self.model.editable_fields() if name not in {"lat", "lng"}]
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request, "__doc__": ListingForm.__doc__})

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search for streets and communities where the post covers too many for a list."""
        area = area_of(request.user) or ""
        return () if len(area) >= SHORTEST_STREET else ("street", "community")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the regions of the post's area, and the one that the listing already has."""
        regions = db_field.remote_field.model._default_manager.all()
        inside = regions.visible_to(request.user).filter(is_current=True)
        if kept := getattr(getattr(request, "listing_in_form", None), db_field.attname, None):
            inside = regions.filter(models.Q(pk__in=inside.values("pk")) | models.Q(pk=kept))
        kwargs["queryset"] = inside
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field without the buttons that open other tables."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(field.widget, "can_add_related"):
            field.widget = field.widget.widget
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in the post's own area."""
        area = area_of(request.user) or ""
        levels = {"district": 6, "street": 9, "community": 12}
        own = {name: area[:length] for name, length in levels.items() if len(area) >= length}
        return {**own, **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: listings are archived, never deleted."""
        return False


__all__ = ["ListingAdmin"]
