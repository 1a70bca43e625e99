"""API keys in the administration: issued, seen once, revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from portal.accounts.admin_scope import ScopedAdmin, ScopedRelatedFilter
from portal.accounts.models import Organisation
from portal.audit.changes import Changes
from portal.audit.models import Action
from portal.partners.models import ApiKey
from portal.partners.revoking import revoke_keys
from portal.partners.scopes import SCOPES


class NewKeyForm(forms.ModelForm):
    """What a new key may do."""

    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=list(SCOPES.items()), widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )
    sources = forms.CharField(
        label=_("sources"),
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Whose rows it may write; names with spaces between them."),
    )

    class Meta:
        model = ApiKey
        fields = ("organisation", "name", "scopes", "sources", "area_code", "expires_at")

    def clean_sources(self) -> list[str]:
        """Return the names as a list."""
        return self.cleaned_data["sources"].split()

    def clean_expires_at(self) -> Any:
        """Refuse a key that is over before it begins."""
        moment = self.cleaned_data["expires_at"]
        if moment is not None and moment <= timezone.now():
            raise forms.ValidationError(_("This moment has passed already."), code="expires_past")
        return moment


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    """Keys of the organisations that one keeps. The secret is shown once, when the key is issued."""

    list_display = (
        "organisation",
        "name",
        "prefix",
        "scopes",
        "area_code",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("organisation", ScopedRelatedFilter),)
    list_select_related = ("organisation",)
    search_fields = ("name", "prefix", "organisation__name")
    actions = ("revoke",)

    def event_action(self, action: str, changes: Changes) -> str:
        """Return that a key was issued where one was added."""
        return Action.KEY_ISSUED if action == Action.ADDED else action

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form of a new key; an issued one has nothing left to choose."""
        if obj is None:
            kwargs["form"] = NewKeyForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields."""
        chosen = ["organisation", "name", "scopes", "sources", "area_code", "expires_at"]
        return chosen if obj is None else [*chosen, "prefix", "created_at", "last_used_at", "revoked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what does not change: everything but the name, once the key is out."""
        return [] if obj is None else [name for name in self.get_fields(request, obj) if name != "name"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the organisations that one keeps."""
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Draw the secret of a new key and show it once."""
        text = "" if change else obj.draw_secret()
        super().save_model(request, obj, form, change)
        if text:
            told = format_html("{} <code>{}</code>", _("Copy the key now, it is not shown again:"), text)
            self.message_user(request, told, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a key is revoked, so that its uses can still be traced."""
        return False

    @admin.action(description=_("Revoke the keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        """End the keys at once."""
        revoke_keys(keys=queryset, by=request.user)  # type: ignore[arg-type]
        self.message_user(request, _("The keys do not work any more."), messages.SUCCESS)
