"""What an operator answers about one place: each group of facts is still true, or how it is now."""

import copy
import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.listings.groups import Numbers
from portal.listings.importing_cells import plain
from portal.listings.importing_hours import read_weekly, write_weekly
from portal.listings.models import FactGroup, Listing
from portal.listings.snapshots import Snapshot, check_snapshot, read_snapshot, singles

TRUE, WRONG = "true", "wrong"
MOST_WORDS = 150


class AnswerForm(forms.Form):
    """Questions about the facts of one listing, read with its groups; `groups` are those that were asked about.

    When it is valid, `true_groups` still hold, `changes` is a snapshot of what differs and can be read as fields, and
    `words` holds fact group → what was said in words.
    """

    def __init__(self, *args: Any, listing: Listing, groups: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = str(listing.public_id)
        self.listing = listing
        self.groups = groups
        self.stored = read_snapshot(listing)
        self.changes: Snapshot = {}
        self.words: dict[str, str] = {}
        for group in groups:
            self.fields[f"{group}_said"] = forms.ChoiceField(
                choices=((TRUE, gettext_lazy("Still true")), (WRONG, gettext_lazy("Has changed"))),
                error_messages={
                    "required": gettext_lazy("Say whether this is still true."),
                    "invalid_choice": gettext_lazy("Say whether this is still true."),
                },
            )
            self.fields.update(self._details(group))
            self.fields[f"{group}_words"] = forms.CharField(
                label=gettext_lazy("in your own words"), required=False, max_length=MOST_WORDS
            )

    def _details(self, group: str) -> dict[str, forms.Field]:
        """Return the fields by which a group's facts can be said anew."""
        if group == FactGroup.CONTACT:
            return {"phone": forms.CharField(label=gettext_lazy("new phone"), required=False, max_length=40)}
        if group == FactGroup.HOURS:
            example = write_weekly(self.stored["hours"]["weekly_hours"]) or "周一至周五 10:30-13:30"
            field = forms.CharField(
                label=gettext_lazy("new opening hours"), required=False, max_length=300, help_text=example
            )
            return {"hours": field}
        return {
            f"{group}_{number}": forms.DecimalField(
                label=str(row.get("name", "")),
                required=False,
                min_value=0,
                max_digits=8,
                decimal_places=2,
                help_text=str(row[numbers.field] or ""),
            )
            for numbers in filter(None, [self._numbers(group)])
            for number, row in enumerate(self.stored[numbers.group][numbers.relation])
        }

    def _numbers(self, group: str) -> Numbers | None:
        return type(self.listing).numbers.get(group)

    def questions(self) -> list[dict[str, Any]]:
        """Return the form group by group, for the template."""
        return [
            {
                "group": group,
                "name": FactGroup(group).label,
                "said": self[f"{group}_said"],
                "details": [self[name] for name in self._details(group)],
                "words": self[f"{group}_words"],
                "is_number": self._numbers(group) is not None,
            }
            for group in self.groups
        ]

    @property
    def true_groups(self) -> list[str]:
        """Return the groups that still hold."""
        return [group for group in self.groups if self.cleaned_data.get(f"{group}_said") == TRUE]

    @property
    def answers(self) -> dict[str, str]:
        """Return fact group → "true" or "wrong"."""
        return {group: self.cleaned_data[f"{group}_said"] for group in self.groups}

    def clean(self) -> dict[str, Any]:
        """Read what has changed; say what cannot be read, and ask for at least a word about each change."""
        data = super().clean() or self.cleaned_data
        wanted = copy.deepcopy(self.stored)
        for group in self.groups:
            if data.get(f"{group}_said") != WRONG:
                continue
            said = " ".join(data.get(f"{group}_words", "").split())
            if said:
                self.words[group] = said
            before = copy.deepcopy(wanted)
            self._read(group, data, wanted)
            details = [f"{group}_words", *self._details(group)]
            if not said and wanted == before and not any(name in self.errors for name in details):
                self.add_error(f"{group}_said", _("Say what has changed: fill in one of the lines below it."))
        self.changes = {key: value for key, value in wanted.items() if value != self.stored[key]}
        self._check()
        return data

    def _read(self, group: str, data: dict[str, Any], wanted: Snapshot) -> None:
        """Write what was said of a group into the snapshot."""
        if group == FactGroup.CONTACT:
            wanted["phone"] = plain(data.get("phone", "")) or wanted["phone"]
        elif group == FactGroup.HOURS:
            try:
                rows = read_weekly(data.get("hours", ""))
            except ValidationError as error:
                self.add_error("hours", error)
                return
            wanted["hours"]["weekly_hours"] = rows or wanted["hours"]["weekly_hours"]
        elif numbers := self._numbers(group):
            for number, row in enumerate(wanted[numbers.group][numbers.relation]):
                value = data.get(f"{group}_{number}")
                if value is None:
                    continue
                row[numbers.field] = str(value) if "yuan" in numbers.field else int(value)
                if numbers.as_of:
                    row[numbers.as_of] = timezone.now().astimezone(dt.UTC).isoformat()

    def _check(self) -> None:
        """Let the kernel check what differs, so that nobody is offered a proposal that cannot be accepted."""
        if not self.changes or self.errors:
            return
        try:
            check_snapshot(type(self.listing).objects.get(pk=self.listing.pk), self.changes)
        except ValidationError as error:
            for single in singles(error):
                self.add_error(None, ValidationError(single.messages))
