"""Forms of an office's page: give a post, hand one over."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from portal.accounts.giving import grantable_groups, may_give, person_for
from portal.accounts.handing_over import successors
from portal.accounts.models import Organisation, Post

NOBODY, NEWCOMER = "", "new"


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput({"class": "nx-input", **attrs})


def _day() -> forms.DateInput:
    return forms.DateInput({"class": "nx-input", "type": "date"}, format="%Y-%m-%d")


class ColleagueForm(forms.Form):
    """Whoever has a phone number, with a name for somebody new."""

    phone = PhoneNumberField(
        label=_("mobile phone"), region="CN", widget=_text(inputmode="tel", autocomplete="off")
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("Used when the number is not known yet."),
        widget=_text(autocomplete="off"),
    )

    def post_for(self, by: Any, data: dict[str, Any], **fields: Any) -> Post | None:
        """Return the post to give, checked; None after saying in the form what is wrong with it."""
        post = Post(user=person_for(data["phone"], data.get("name", "")), **fields)
        try:
            post.full_clean(exclude=["user"] if post.user._state.adding else [])
        except ValidationError as error:
            self.add_error(None, error.messages)  # type: ignore[arg-type]
            return None
        if by.phone == data["phone"]:
            self.add_error("phone", _("Nobody gives a post to themselves."))
        elif not may_give(by, post):
            self.add_error(None, _("This post would reach beyond your own area."))
        else:
            return post
        return None


class GivePostForm(ColleagueForm):
    """A new post in one office."""

    group = forms.ModelChoiceField(
        Group.objects.none(), label=_("permissions"), widget=forms.Select({"class": "nx-input"})
    )
    starts_on = forms.DateField(label=_("starts on"), widget=_day(), initial=timezone.localdate)
    ends_on = forms.DateField(
        label=_("ends on"),
        required=False,
        help_text=_("The last day; empty means open."),
        widget=_day(),
    )

    def __init__(self, *args: Any, office: Organisation, by: Any, **kwargs: Any) -> None:
        """Offer the groups that may do no more than whoever gives the post."""
        super().__init__(*args, **kwargs)
        self.office, self.by = office, by
        self.post: Post | None = None
        groups: Any = self.fields["group"]
        groups.queryset = grantable_groups(by)

    def clean(self) -> dict[str, Any]:
        """Put the post together."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            dates = {"starts_on": data["starts_on"], "ends_on": data["ends_on"]}
            self.post = self.post_for(self.by, data, organisation=self.office, group=data["group"], **dates)
        return data


class HandOverForm(ColleagueForm):
    """Who takes over: a colleague, somebody new, or nobody yet."""

    to = forms.ChoiceField(label=_("Who takes over?"), required=False, widget=forms.RadioSelect)

    field_order = ("to", "phone", "name")

    def __init__(self, *args: Any, post: Post, by: Any, **kwargs: Any) -> None:
        """Offer the colleagues in the same office."""
        super().__init__(*args, **kwargs)
        self.post, self.by = post, by
        self.colleagues = {str(other.pk): other for other in successors(post)}
        known = [(key, f"{other.user} · {other.group}") for key, other in self.colleagues.items()]
        new = [(NEWCOMER, _("somebody new, by phone number"))] if by.has_perm("accounts.add_post") else []
        nobody = [] if post.ended_at else [(NOBODY, _("nobody yet: the work waits in the office"))]
        choices: Any = self.fields["to"]
        choices.choices = [*known, *new, *nobody]
        self.fields["phone"].required = False

    def clean(self) -> dict[str, Any]:
        """Ask for a number where somebody new takes over, and for anybody where only left work is handed on."""
        data = super().clean() or self.cleaned_data
        if data.get("to") == NEWCOMER and "phone" in data:
            if not data["phone"]:
                self.add_error("phone", _("Enter the number of whoever takes over."))
            else:
                same = {"group": self.post.group, "area_code": self.post.area_code}
                self.post_for(self.by, data, organisation=self.post.organisation, **same)
        elif not data.get("to") and self.post.ended_at:
            self.add_error("to", _("Choose who takes over."))
        return data
