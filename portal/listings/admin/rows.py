"""A group's rows in the form: values without row numbers, since a group is compared and replaced whole."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, QueryDict
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE

from portal.accounts.admin_scope import ScopedTabularInline
from portal.listings.admin.fields import ClockField, ClockInput, MomentInput, plain_newlines, put_value
from portal.listings.snapshots import Snapshot, field_value


class RowForm(forms.ModelForm):
    """One row of a group. What it is compared with is the whole group, never a stored row."""

    def clean(self) -> dict[str, Any]:
        """Keep line ends as they were."""
        data = super().clean() or self.cleaned_data
        plain_newlines(data)
        return data

    def validate_unique(self) -> None:
        """Ask nothing of the table: the stored rows are the ones being replaced. The formset checks the rows."""

    def validate_constraints(self) -> None:
        """Check the row by itself, leaving out what joins it to its listing."""
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]
        exclude |= {
            field.name
            for field in self._meta.model._meta.fields
            if field.is_relation and field.name not in (self._meta.fields or ())
        }
        try:
            self.instance.validate_constraints(exclude=exclude)
        except forms.ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, row: models.Model, names: Iterable[str]) -> dict[str, Any]:
        """Return the initial values of a stored row."""
        meta: Any = row._meta
        return {name: getattr(row, meta.get_field(name).attname) for name in names}

    @classmethod
    def put_row(cls, data: QueryDict, prefix: str, row: Snapshot) -> None:
        """Write a row of a snapshot into posted data."""
        for name, value in row.items():
            if name in cls.base_fields:
                put_value(data, f"{prefix}-{name}", cls.base_fields[name], value)

    def row(self, names: Iterable[str]) -> Snapshot:
        """Return the checked row as a snapshot holds it."""
        return {name: field_value(self.instance, name) for name in names}


class RowFormSet(BaseInlineFormSet):
    """The rows of one relation, all of them new to the formset; `names` are the group's fields."""

    form: type[RowForm]
    forms: list[RowForm]  # type: ignore[assignment]

    names: ClassVar[tuple[str, ...]] = ()
    blank_rows: ClassVar[int] = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial_extra = self.initial_rows()
            self.extra = len(self.initial_extra) + self.blank_rows

    def initial_rows(self) -> list[dict[str, Any]]:
        """Return the stored rows as initial values, or those that a proposal puts in their place."""
        proposed = getattr(self.instance, "rows_in_form", {})
        rows = self.get_queryset() if self.instance.pk else []
        rows = proposed.get(self.prefix, rows)
        return [self.form.initial_of(row, self.names) for row in rows]

    def initial_form_count(self) -> int:
        """Return 0: no form stands for a stored row."""
        return 0

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the box that removes a row, and no row number: another save may have replaced the stored rows."""
        super().add_fields(form, index)
        form.fields.pop(self._pk_field.name, None)  # type: ignore[attr-defined]

    @property
    def kept(self) -> list[RowForm]:
        """Return the forms that hold a row to keep."""
        return [form for form in self.forms if form.has_changed() and not self._should_delete_form(form)]  # type: ignore[attr-defined]

    def rows(self) -> list[Snapshot]:
        """Return the rows as a snapshot holds them."""
        return [form.row(self.names) for form in self.kept]

    def errors_count(self) -> int:
        """Return how many mistakes there are, for the tab."""
        return self.total_error_count()

    @classmethod
    def put_rows(cls, data: QueryDict, prefix: str, rows: list[Snapshot]) -> None:
        """Replace the posted rows by those of a snapshot."""
        for key in [key for key in data if key.startswith(f"{prefix}-")]:
            del data[key]
        data[f"{prefix}-INITIAL_FORMS"] = "0"
        for number, row in enumerate(rows):
            cls.form.put_row(data, f"{prefix}-{number}", row)
        data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))


class RowInline(ScopedTabularInline):
    """A table of a group's rows in a tab of its own. The listing decides who may change them."""

    formset = RowFormSet
    form = RowForm
    template = "admin/listings/rows.html"
    tab = True
    extra = 0
    relation: ClassVar[str] = ""
    names: ClassVar[tuple[str, ...]] = ()
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        **FORMFIELD_OVERRIDES_INLINE,
        models.TimeField: {"form_class": ClockField, "widget": ClockInput},
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MomentInput},
    }

    def get_formset(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> Any:
        """Return the formset class, told which fields make up a row."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.names = self.names
        return formset

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field without the buttons that open other tables."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(field.widget, "can_add_related"):
            field.widget = field.widget.widget
        return field

    def formfield_for_choice_field(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Begin with nothing chosen where the model has no default: a blank row must stay blank."""
        is_open = db_field.blank or not db_field.has_default()
        kwargs["choices"] = db_field.get_choices(include_blank=is_open, blank_choice=[("", "—")])
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def _owner(self) -> Any:
        return self.admin_site._registry[self.parent_model]

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Ask the listing."""
        return self._owner().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Ask the listing."""
        if obj is None or obj.pk is None:
            return self._owner().has_add_permission(request)
        return self._owner().has_change_permission(request, obj)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


def row_inline(
    parent: type[models.Model], relation: str, names: tuple[str, ...], base: type[RowInline]
) -> type[RowInline]:
    """Return an inline of `base` for the rows of a relation of a listing's kind."""
    related: Any = parent._meta.get_field(relation)
    attributes = {
        "__doc__": f"Rows of {relation}.",
        "model": related.related_model,
        "fk_name": related.field.name,
        "relation": relation,
        "names": names,
    }
    if base.fields is None:
        attributes["fields"] = names
    return type(f"{relation.title()}Inline", (base,), attributes)
