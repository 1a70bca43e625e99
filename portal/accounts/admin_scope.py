"""Admin bases that show, offer and change only what the signed-in person's post covers."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline

from portal.accounts.recorded_admin import RecordedAdmin

#: Where the numbers of a database's widest integer column end.
BIGINT = 2**63


def scoped(model: type[Model], user: Any, scope: str = "visible_to") -> QuerySet:
    """Return the rows of a model that the user may see ("visible_to") or change ("editable_by").

    A model whose default manager knows no such method is returned whole: it belongs to nobody's area.
    """
    rows = model._default_manager.all()
    narrow = getattr(rows, scope, None)
    return narrow(user) if narrow is not None else rows


class ScopedPickers:
    """Offer in every picker, and accept from every picker, only what the user sees."""

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        """Narrow the choices of a foreign key; the form refuses any other value."""
        kwargs.setdefault("queryset", scoped(db_field.remote_field.model, request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any) -> Any:
        """Narrow the choices of a many-to-many field."""
        kwargs.setdefault("queryset", scoped(db_field.remote_field.model, request.user))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class ScopedTabularInline(ScopedPickers, TabularInline):
    """A table of children whose pickers are narrowed; the parent decides who may change them."""


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter by a related row that names only rows the user sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return (key, name) of the visible related rows."""
        rows = scoped(field.remote_field.model, request.user)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return [(row.pk, str(row)) for row in (rows.order_by(*ordering) if ordering else rows)]


def may_be_key(model: type[Model], text: str) -> bool:
    """Say whether a text from an address or form can be a key of the model: a number must fit into its column."""
    try:
        value = model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return not isinstance(value, int) or abs(value) < BIGINT


class KeyedAdmin(RecordedAdmin, ModelAdmin):
    """A model admin that takes a key which no row can have for that of an unknown row, on every page.

    What is done there is recorded (see `RecordedAdmin`).
    """

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row in scope, None when there is none."""
        if from_field is None and not may_be_key(self.model, object_id):
            return None
        return super().get_object(request, object_id, from_field)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Run the chosen action, unless something is chosen that cannot be a row."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(may_be_key(self.model, key) for key in chosen):
            messages.error(request, _("Some of what you chose no longer exists. Choose again."))
            return None
        return super().response_action(request, queryset)


class ScopedAdmin(ScopedPickers, KeyedAdmin):
    """A model admin whose every page, history included, starts from the rows that the user's post covers.

    `list_scope` names the method that decides what is listed and opened; rows outside `editable_by` are read-only.
    """

    list_scope = "editable_by"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows in scope; for the suggestions of a picker those that the user may see."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        scope = "visible_to" if match is not None and match.url_name == "autocomplete" else self.list_scope
        narrow = getattr(rows, scope, None)
        return narrow(request.user) if narrow is not None else rows

    def covers(self, request: HttpRequest, obj: Model, scope: str = "") -> bool:
        """Say whether a saved row is in scope; asked of its queryset once for a request, so there is one rule."""
        scope = scope or self.list_scope
        known = request.__dict__.setdefault("_admin_scope", {})
        key = (type(obj), obj.pk, scope)
        if key not in known:
            known[key] = scoped(type(obj), request.user, scope).filter(pk=obj.pk).exists()
        return known[key]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for the permission, and for the row to be in scope."""
        return super().has_view_permission(request, obj) and (obj is None or self.covers(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for the permission, and for the row to be one that the user may change."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or self.covers(request, obj, "editable_by"))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for the permission, and for the row to be one that the user may change."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or self.covers(request, obj, "editable_by"))
