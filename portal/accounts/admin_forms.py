"""Forms of the administration for posts."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.accounts.giving import person_for, reaches
from portal.accounts.models import Post
from portal.accounts.offices import may_open
from portal.accounts.scope import acts_everywhere


class OrganisationForm(forms.ModelForm):
    """An organisation that lies where whoever fills the form in may have one."""

    by: ClassVar[Any]

    def clean(self) -> dict[str, Any]:
        """Refuse what lies beyond one's own area, and for a district all but the offices below it."""
        data = super().clean() or self.cleaned_data
        if {"kind", "area_code"} <= data.keys() and not may_open(self.by, data["kind"], data["area_code"]):
            raise ValidationError(
                _(
                    "Within your own area you enter street offices and community offices, with the code of their area."
                ),
                code="area_beyond",
            )
        return data


class PostForm(forms.ModelForm):
    """A post that may reach no further than whoever fills the form in."""

    by: ClassVar[Any]

    class Meta:
        model = Post
        fields = ("organisation", "group", "area_code", "starts_on", "ends_on")

    def clean(self) -> dict[str, Any]:
        """Refuse an area outside one's own, which a picker of organisations alone would let through."""
        data = super().clean() or self.cleaned_data
        organisation = data.get("organisation")
        if organisation is not None and not reaches(self.by, organisation, data.get("area_code") or ""):
            raise ValidationError(_("This post would reach beyond your own area."), code="area_beyond")
        return data

    def clean_ends_on(self) -> Any:
        """Refuse a last day that is over: a post ends at once by being handed over, which ends the sessions too."""
        ends_on = self.cleaned_data["ends_on"]
        if ends_on is not None and ends_on < timezone.localdate():
            raise ValidationError(_("This day is over. To end a post at once, hand it over."), code="over")
        return ends_on


class NewPostForm(PostForm):
    """A new post, given to whoever has a phone number; somebody unknown is entered with it."""

    phone = PhoneNumberField(label=_("phone"), region="CN", widget=UnfoldAdminTextInputWidget())
    name = forms.CharField(
        label=_("name"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Used when the number is not known yet."),
    )

    def clean_phone(self) -> Any:
        """Refuse giving oneself a post."""
        phone = self.cleaned_data["phone"]
        if self.by.phone == phone and not acts_everywhere(self.by):
            raise ValidationError(_("Nobody gives a post to themselves."), code="own_post")
        return phone

    def _post_clean(self) -> None:
        """Find or prepare the person before the post's own constraints are checked."""
        phone = self.cleaned_data.get("phone")
        if phone:
            self.instance.user = person_for(phone, self.cleaned_data.get("name", ""))
        super()._post_clean()  # type: ignore[misc]
