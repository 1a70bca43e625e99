"""What a press asks beside the case: prices as the place takes them, a pause, an answer in one's own words."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from portal.listings.admin.deeds import ahead
from portal.listings.admin.fields import MomentInput
from portal.listings.models import Listing
from portal.listings.snapshots import read_snapshot
from portal.upkeep.correcting import ANSWER_LENGTH

PAUSED = _("Not open for now")
YUAN = "_yuan"


class AnswerForm(forms.Form):
    """An answer in one's own words."""

    answer = forms.CharField(
        label=_("Answer in your own words"),
        max_length=ANSWER_LENGTH,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Left empty, they read the sentence that stands beside the button."),
    )


class PauseForm(forms.Form):
    """Why it pauses, and until when if that is known."""

    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget())
    until = forms.DateTimeField(
        label=_("until"),
        required=False,
        widget=MomentInput(),
        help_text=_("Left empty, it stays paused until you resume it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with override("zh-hans"):
            self.fields["reason"].initial = str(PAUSED)
        for one in self.fields.values():
            one.label = capfirst(str(one.label))

    def clean_until(self) -> Any:
        """Refuse an end in the past."""
        return ahead(self.cleaned_data.get("until"))


class PricesForm(forms.Form):
    """Every price in the rows of a listing's groups, as they stand; what is changed here is the whole group."""

    base_number = forms.IntegerField(widget=forms.HiddenInput(), min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, listing: Listing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = type(listing).objects.with_groups().get(pk=listing.pk)
        self.snapshot = read_snapshot(whole)
        self.paths: dict[str, tuple[str, str, int, str]] = {}
        self.fields["base_number"].initial = whole.revision_number
        for group, spec in listing.groups.items():
            for relation, names in spec.relations.items():
                related: Any = listing._meta.get_field(relation)
                for number, row in enumerate(self.snapshot[group][relation]):
                    for name in (name for name in names if name.endswith(YUAN)):
                        column = related.related_model._meta.get_field(name)
                        self._add((group, relation, number, name), row, column)

    def _add(self, path: tuple[str, str, int, str], row: dict[str, Any], column: models.Field) -> None:
        key = "-".join(map(str, path))
        label = f"{row.get('name') or path[2] + 1} · {column.verbose_name}"
        built: Any = column.formfield(
            label=label,
            initial=row[path[3]],
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        )
        self.fields[key] = built
        self.paths[key] = path

    @property
    def has_prices(self) -> bool:
        """Say whether there is a price to correct."""
        return bool(self.paths)

    def changes(self) -> dict[str, Any]:
        """Return the changed groups whole, as a snapshot holds them."""
        found: dict[str, Any] = {}
        cleaned: Any = self.cleaned_data
        stood: Any = self.snapshot
        for key, (group, relation, number, name) in self.paths.items():
            value, kept = cleaned[key], stood[group]
            text = None if value is None else f"{value:.2f}"
            if text != kept[relation][number][name]:
                rows: Any = found.setdefault(group, kept)[relation]
                rows[number] = rows[number] | {name: text}
        if not found:
            raise ValidationError(_("Nothing has changed. Write the right price first."))
        return found
