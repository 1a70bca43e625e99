"""What staff say of a key, when it is issued and later."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from portal.partners.models import ApiKey, Source
from portal.partners.scopes import SCOPES


class KeyForm(forms.ModelForm):
    """What a key may do. Its area stays as it was issued: a mirror of one area would not notice that it changed."""

    by: Any = None
    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=list(SCOPES.items()), widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )
    sources = forms.MultipleChoiceField(
        label=_("sources"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("Whose rows it may write; they must be its own organisation's."),
    )

    class Meta:
        model = ApiKey
        fields = ("organisation", "name", "scopes", "sources", "area_code", "per_minute", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "sources" in self.fields:
            self._offer_sources()
        if "per_minute" in self.fields:
            number: Any = self.fields["per_minute"]
            number.min_value, number.widget.attrs["min"] = 1, 1

    def _offer_sources(self) -> None:
        rows = Source.objects.visible_to(self.by).select_related("organisation")
        if self.instance.pk:
            rows = rows.filter(organisation=self.instance.organisation_id)
        offered = {row.name: f"{row.label} ({row.name}) · {row.organisation}" for row in rows}
        # What a key names that is no source (any more) is shown, so that saving does not drop it unseen.
        for name in self.instance.sources:
            offered.setdefault(name, str(_("%(name)s: no source of this organisation") % {"name": name}))
        field: Any = self.fields["sources"]
        field.choices = list(offered.items())

    def clean_per_minute(self) -> int | None:
        """Refuse a limit that lets nothing through."""
        limit = self.cleaned_data["per_minute"]
        if limit == 0:
            raise forms.ValidationError(_("A key that may ask nothing is revoked instead."), code="no_limit")
        return limit

    def clean_expires_at(self) -> Any:
        """Refuse an end that has passed already."""
        moment = self.cleaned_data["expires_at"]
        if moment is not None and moment <= timezone.now() and "expires_at" in self.changed_data:
            raise forms.ValidationError(_("This moment has passed already."), code="expires_past")
        return moment

    def clean(self) -> dict[str, Any]:
        """Refuse another organisation's sources."""
        data = super().clean() or self.cleaned_data
        owner = data.get("organisation") or getattr(self.instance, "organisation", None)
        names = set(data.get("sources") or []) - set(self.instance.sources if self.instance.pk else [])
        if owner is not None and names:
            own = Source.objects.filter(name__in=names, organisation=owner).values_list("name", flat=True)
            foreign = sorted(names - set(own))
            if foreign:
                told = _("Not a source of %(organisation)s: %(names)s.")
                params = {"organisation": owner, "names": ", ".join(foreign)}
                self.add_error("sources", forms.ValidationError(told, code="source_foreign", params=params))
        return data
