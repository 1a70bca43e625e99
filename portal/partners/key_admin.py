"""API keys in the administration: issued, changed, replaced, revoked; each secret is shown once."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from portal.accounts.admin_scope import ScopedAdmin, ScopedRelatedFilter
from portal.accounts.models import Organisation
from portal.audit.changes import Changes
from portal.audit.models import Action
from portal.partners.key_forms import KeyForm
from portal.partners.key_lists import StandingFilter
from portal.partners.models import ApiKey
from portal.partners.once import keep_for_next_page, take_once
from portal.partners.pages.forms import RotateForm
from portal.partners.pages.showing import shown, standing_of
from portal.partners.reminding import forget_reminders
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import rotate_key
from portal.partners.usage import use_of

CHOSEN = ("organisation", "name", "scopes", "sources", "area_code", "per_minute", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    """Keys of the organisations that one keeps. A secret is shown once, on the page that follows."""

    list_display = ("name", "organisation", "prefix", "standing", "requests", "last_used_at", "expires_at")
    list_filter = (StandingFilter, ("organisation", ScopedRelatedFilter))
    list_select_related = ("organisation",)
    search_fields = ("name", "prefix", "organisation__name")
    actions = ("revoke",)
    change_form_template = "admin/partners/key.html"

    def event_action(self, action: str, changes: Changes) -> str:
        """Return that a key was issued where one was added."""
        return Action.KEY_ISSUED if action == Action.ADDED else action

    def get_urls(self) -> list[Any]:
        """Add the pages that ask before a key is replaced or revoked."""
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"partners_apikey_{name}",
            )
            for name, view in (("rotate", self.rotate_view), ("revoke", self.revoke_view))
        ]
        return [*own, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Put the use of the last 30 days beside each key of the page, read at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        use = use_of([row.pk for row in rows])
        for row in rows:
            row.use = use[row.pk]
        changelist.result_list = rows
        return changelist

    @admin.display(description=gettext_lazy("state"))
    def standing(self, obj: ApiKey) -> str:
        """Return where the key stands."""
        found = standing_of(obj, timezone.now())
        return format_html('<span class="nx-badge nx-{}">{}</span>', found.tone, found.word)

    @admin.display(description=gettext_lazy("requests in 30 days"))
    def requests(self, obj: Any) -> str:
        """Return how often was asked with the key."""
        use = getattr(obj, "use", None)
        return f"{use.requests:,}" if use is not None and use.requests else "—"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form that knows who fills it in; of a key that is over only the name is left to choose."""
        fixed = self.get_readonly_fields(request, obj)
        form = KeyForm if "sources" not in fixed else _without(KeyForm, fixed)
        made = super().get_form(request, obj, change, form=form, **kwargs)
        return type(made.__name__, (made,), {"by": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields."""
        return (
            list(CHOSEN) if obj is None else [*CHOSEN, "prefix", "created_at", "last_used_at", "revoked_at"]
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what does not change: whose key it is and its area; of one that was replaced or is over, the rest."""
        if obj is None:
            return []
        fixed = ["organisation", "area_code", "prefix", "created_at", "last_used_at", "revoked_at"]
        if not obj.is_usable:
            return [*fixed, "scopes", "sources", "per_minute", "expires_at"]
        return [*fixed, "expires_at"] if obj.successor_id else fixed

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the organisations that one keeps."""
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @sensitive_variables("text")
    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Draw the secret of a new key; of an old one write only what was changed, so that no revoking is undone."""
        if not change:
            text = obj.draw_secret()
            super().save_model(request, obj, form, change)
            keep_for_next_page(request, f"key {obj.pk}", text)
            return
        if form.changed_data:
            obj.save(update_fields=form.changed_data)
        if "expires_at" in form.changed_data:
            forget_reminders(obj, form.initial.get("expires_at"))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to the key's own page, which shows its text."""
        return redirect("admin:partners_apikey_change", obj.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the use of a key, its chain of successors, and its text right after it was made."""
        obj = self.get_object(request, unquote(object_id))
        more = {}
        if obj is not None and self.has_view_permission(request, obj):
            secret = take_once(request, f"key {obj.pk}")
            more = {"row": shown([obj])[0], "secret": secret, "limit": settings.API_KEY_PER_MINUTE}
        answer = super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})
        if more.get("secret"):
            answer["Cache-Control"] = "no-store"
        return answer

    @sensitive_variables("text")
    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long the old key still holds; then make the new one."""
        obj = self._key(request, object_id)
        form = RotateForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                new, text = rotate_key(key=obj, by=request.user, overlap=form.cleaned_data["overlap"])
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
                return redirect("admin:partners_apikey_change", obj.pk)
            keep_for_next_page(request, f"key {new.pk}", text)
            return redirect("admin:partners_apikey_change", new.pk)
        return self._asking(request, obj, "rotate", _("Replace the key"), form=form)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a key shall end at once; then end it."""
        obj = self._key(request, object_id)
        if request.method == "POST":
            revoke_keys(keys=ApiKey.objects.editable_by(request.user).filter(pk=obj.pk), by=request.user)
            self.message_user(request, _("The keys do not work any more."), messages.SUCCESS)
            return redirect("admin:partners_apikey_change", obj.pk)
        return self._asking(request, obj, "revoke", _("Revoke the key"))

    def _key(self, request: HttpRequest, object_id: str) -> ApiKey:
        """Return a key that the person may change. Raises Http404 or PermissionDenied."""
        obj: Any = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        return obj

    def _asking(self, request: HttpRequest, obj: ApiKey, name: str, title: str, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "row": shown([obj])[0],
            "back": reverse("admin:partners_apikey_change", args=[obj.pk]),
            "media": self.media,
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/partners/{name}.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a key is revoked, so that its uses can still be traced."""
        return False

    @admin.action(description=gettext_lazy("Revoke the keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        """End the keys at once."""
        revoke_keys(keys=queryset, by=request.user)  # type: ignore[arg-type]
        self.message_user(request, _("The keys do not work any more."), messages.SUCCESS)


def _without(form: type[KeyForm], names: list[str]) -> type[KeyForm]:
    """Return the form without the declared fields that are only read."""
    return type(form.__name__, (form,), {name: None for name in ("scopes", "sources") if name in names})
