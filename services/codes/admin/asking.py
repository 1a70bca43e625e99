"""The forms of what staff do about codes. Rules are in the deeds; a form only reads what was typed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from services.codes.faults import CodeRefused
from services.codes.incidents import REPORTED
from services.codes.looking_up import LONGEST_DELAY
from services.codes.models import ConductCase, LookUp


class Asked(forms.Form):
    """A form whose labels begin with a capital letter; `about` is what it is asked about."""

    def __init__(self, *args: Any, about: Any = None, **kwargs: Any) -> None:
        self.about = about
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))


def line(label: Any, length: int, **more: Any) -> forms.CharField:
    """Return a field for one line of text."""
    return forms.CharField(label=label, max_length=length, widget=UnfoldAdminTextInputWidget(), **more)


def text(label: Any, length: int, **more: Any) -> forms.CharField:
    """Return a field for a few lines of text."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=length, widget=widget, **more)


def choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    """Return a field to choose from, with nothing chosen to begin with."""
    return forms.ChoiceField(
        label=label, choices=[("", "—"), *choices], widget=UnfoldAdminSelectWidget(), **more
    )


class ReportForm(Asked):
    """What happened at a pass."""

    kind = choice(_("what happened"), [(kind.value, kind.label) for kind in REPORTED])
    note = line(_("note"), 300, required=False)


class MessageForm(Asked):
    """What a courier is to read."""

    text = text(
        _("message"), 300, help_text=_("The portal passes it on. Neither side sees a name or a number.")
    )


class OutcomeForm(Asked):
    """What came of it."""

    outcome = line(_("what came of it"), 200, help_text=_("The courier reads this."))


class CaseForm(Asked):
    """Which grade, and why."""

    grade = choice(
        _("grade"), ConductCase.Grade.choices, help_text=_("One step above what is in force, at most.")
    )
    is_danger = forms.BooleanField(
        label=_("there is danger to people"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=_("Only then may a grade be skipped. Say in the reason what the danger is."),
    )
    reason = text(_("reason"), 300, help_text=_("The courier reads this."))


class DecisionForm(Asked):
    """Why it was decided so."""

    decision = text(_("decision"), 300, help_text=_("The courier reads this."))


class NoteForm(Asked):
    """What somebody found."""

    note = line(_("what you found"), 200)


class AnswerForm(Asked):
    """An answer to a courier who was refused."""

    text = text(_("answer"), 300, help_text=_("The courier reads this."))


class LookUpForm(Asked):
    """What for, and whether the courier is told later."""

    purpose = choice(_("purpose"), LookUp.Purpose.choices, help_text=_("The courier reads this."))
    note = line(_("which incident, request or complaint"), 200)
    delay_days = forms.IntegerField(
        label=_("tell the courier later, by so many days"),
        required=False,
        min_value=0,
        max_value=LONGEST_DELAY.days,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_(
            "Only for the police or in danger. A colleague with the same permission must agree within a day; "
            "otherwise the courier is told then. Empty: told at once."
        ),
    )
    delay_why = line(_("why the courier is told later"), 200, required=False)

    def clean_delay_days(self) -> int:
        """Return 0 for nothing."""
        return self.cleaned_data["delay_days"] or 0


class Nothing(Asked):
    """Nothing is asked."""


def say_why(form: forms.Form, error: ValidationError | CodeRefused) -> None:
    """Put beside the fields why a deed was refused; above them what is about none of them."""
    if isinstance(error, CodeRefused):
        form.add_error(error.field if error.field in form.fields else None, str(error.sentence))
        return
    is_known = not hasattr(error, "error_dict") or set(error.error_dict) <= set(form.fields)
    form.add_error(None, error if is_known else ValidationError(error.messages))
