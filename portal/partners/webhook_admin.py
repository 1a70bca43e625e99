"""Webhooks and their messages in the administration: the same deeds as on the partners' own pages."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables
from unfold.widgets import UnfoldAdminURLInputWidget

from portal.accounts.admin_scope import KeyedAdmin, ScopedAdmin, ScopedRelatedFilter
from portal.accounts.models import Organisation
from portal.partners.models import Nudge, Webhook
from portal.partners.once import keep_for_next_page, take_once
from portal.partners.webhooks import keeping
from portal.partners.webhooks.showing import (
    messages_of,
    said,
    standing_of,
    standing_of_message,
    tries_of,
    with_standing,
)


class NewWebhookForm(forms.ModelForm):
    """Whose webhook it is and where it leads; the deed that adds it has the last word, here in the form already."""

    by: Any = None
    secret = ""
    url = forms.URLField(
        label=gettext_lazy("address"),
        max_length=500,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget(attrs={"placeholder": "https://…"}),
    )

    class Meta:
        model = Webhook
        # The address is declared above: Django would warn of the scheme that its own field assumes.
        fields = ("organisation",)

    @sensitive_variables("secret")
    def save(self, commit: bool = True) -> Any:
        """Add the webhook."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        row, secret = keeping.add_webhook(
            organisation=self.cleaned_data["organisation"], url=self.cleaned_data["url"], by=self.by
        )
        self.secret = secret
        return row

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be added, at the field that it concerns."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                keeping.check_new(organisation=cleaned["organisation"], url=cleaned["url"])
            except ValidationError as error:
                self.add_error("url", error.messages)
        return cleaned


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    """Webhooks of the organisations that one keeps. A secret is shown once, when it is made."""

    list_display: ClassVar[Any] = ("host", "organisation", "standing", "told_seq", "created_at", "stopped_at")
    list_filter: ClassVar[Any] = (
        ("organisation", ScopedRelatedFilter),
        ("stopped_at", admin.EmptyFieldListFilter),
    )
    list_select_related: ClassVar[Any] = ("organisation",)
    search_fields: ClassVar[Any] = ("url", "organisation__name")
    change_form_template = "admin/partners/webhook.html"
    actions: ClassVar[Any] = ("send_test", "new_secret", "start", "stop", "send_again")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the webhooks in scope, with what says where each stands."""
        return with_standing(super().get_queryset(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form of a new webhook, which knows who fills it in; an old one has nothing left to choose."""
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        made = super().get_form(request, obj, change, form=NewWebhookForm, **kwargs)
        return type(made.__name__, (made,), {"by": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields."""
        if obj is None:
            return ["organisation", "url"]
        return [
            "organisation",
            "url",
            "standing",
            "told_seq",
            "created_at",
            "stopped_at",
            "two_secrets",
            "sent",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return everything of a webhook that exists: another address is another webhook."""
        return [] if obj is None else self.get_fields(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Take an address without a scheme for https, as the form does."""
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the organisations that one keeps."""
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @sensitive_variables()
    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Keep the secret of a webhook that the form has added for the page that follows."""
        if not change:
            keep_for_next_page(request, f"webhook {obj.pk}", form.secret)

    @sensitive_variables("secret")
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a webhook, and its secret right after it was made."""
        obj = self.get_object(request, unquote(object_id))
        seen = obj is not None and self.has_view_permission(request, obj)
        secret = take_once(request, f"webhook {obj.pk}") if seen else ""
        answer = super().change_view(
            request, object_id, form_url, {"secret": secret, **(extra_context or {})}
        )
        if secret:
            answer["Cache-Control"] = "no-store"
        return answer

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep nothing: the deed has done so."""

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        """Take a webhook away."""
        keeping.remove_webhook(webhook=obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take webhooks away."""
        for row in queryset:
            keeping.remove_webhook(webhook=row, by=request.user)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to the webhook's own page."""
        return redirect("admin:partners_webhook_change", obj.pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the webhooks alone: their messages go with them, and nobody deletes those by themselves."""
        return [str(row) for row in objs], {Webhook._meta.verbose_name_plural: len(objs)}, set(), []

    @admin.display(description=gettext_lazy("host"), ordering="url")
    def host(self, obj: Webhook) -> str:
        """Return the host of its address."""
        return obj.host

    @admin.display(description=gettext_lazy("state"))
    def standing(self, obj: Webhook) -> str:
        """Return where it stands."""
        return _badge(standing_of(obj))

    @admin.display(description=gettext_lazy("the old secret signs until"))
    def two_secrets(self, obj: Webhook) -> Any:
        """Return until when two secrets hold."""
        return obj.old_secret_until if obj.has_two_secrets else None

    @admin.display(description=gettext_lazy("what was sent"))
    def sent(self, obj: Webhook) -> str:
        """Return the newest messages with what came of each."""
        rows = [
            (_moment(row.message.made_at), _badge(row.standing), row.tries[0].said if row.tries else "")
            for row in messages_of(obj)
        ]
        return format_html_join("", "<div>{} {} {}</div>", rows) or "—"

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Send a test to each, and say what came of it."""
        for row in queryset[: keeping.MOST_WEBHOOKS]:
            sent = keeping.send_test(webhook=row)
            last = sent.tries.first() if sent is not None else None
            told = said(last) if last is not None else _("A test was sent a moment ago. Wait a few seconds.")
            arrived = sent is not None and sent.state == Nudge.State.DELIVERED
            self.message_user(
                request, f"{row.host}: {told}", messages.SUCCESS if arrived else messages.WARNING
            )

    @admin.action(description=gettext_lazy("Make a new secret"), permissions=["change"])
    def new_secret(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Give one a new secret and show it once; the old one signs beside it for a day."""
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.message_user(request, _("Choose one webhook: a secret is shown once."), messages.WARNING)
            return None
        secret = keeping.rotate_secret(webhook=rows[0], by=request.user)
        keep_for_next_page(request, f"webhook {rows[0].pk}", secret)
        return redirect("admin:partners_webhook_change", rows[0].pk)

    @admin.action(description=gettext_lazy("Stop"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Stop them."""
        count = sum(keeping.stop_webhook(webhook=row, by=request.user) for row in queryset)
        told = ngettext("%(count)d webhook is stopped.", "%(count)d webhooks are stopped.", count)
        self.message_user(request, told % {"count": count})

    @admin.action(description=gettext_lazy("Start again"), permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Start them; each is told at once of what it has missed."""
        count = sum(keeping.start_webhook(webhook=row, by=request.user) for row in queryset)
        told = ngettext("%(count)d webhook is started.", "%(count)d webhooks are started.", count)
        self.message_user(request, told % {"count": count})

    @admin.action(description=gettext_lazy("Send again what was given up"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Send again what was given up."""
        _replay(self, request, Nudge.objects.filter(webhook__in=queryset))


@admin.register(Nudge)
class NudgeAdmin(KeyedAdmin):
    """What was sent to webhooks, waits or was given up; nobody writes or deletes it by hand."""

    list_display: ClassVar[Any] = (
        "webhook",
        "kind",
        "after_seq",
        "standing",
        "try_count",
        "made_at",
        "next_try_at",
    )
    list_filter: ClassVar[Any] = ("state", "kind", ("webhook", ScopedRelatedFilter))
    list_select_related: ClassVar[Any] = ("webhook",)
    search_fields: ClassVar[Any] = ("message_id",)
    fields: ClassVar[Any] = ("message_id", *list_display, "finished_at", "all_tries")
    readonly_fields: ClassVar[Any] = fields
    actions: ClassVar[Any] = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return those of the webhooks that one keeps."""
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: changes make messages."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the clock forgets them."""
        return False

    @admin.display(description=gettext_lazy("state"))
    def standing(self, obj: Nudge) -> str:
        """Return where it stands."""
        return _badge(standing_of_message(obj))

    @admin.display(description=gettext_lazy("tries"))
    def all_tries(self, obj: Nudge) -> str:
        """Return every try."""
        rows = ((_moment(row.made_at), row.said, row.milliseconds) for row in tries_of(obj.tries.all()))
        return format_html_join("", "<div>{} · {} · {} ms</div>", rows) or "—"

    @admin.action(description=gettext_lazy("Send again what was given up"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Send those of the chosen again that were given up."""
        _replay(self, request, queryset)


def _replay(model_admin: Any, request: HttpRequest, nudges: QuerySet) -> None:
    # Paged and ordered as the list was: the deed narrows it further.
    count = keeping.send_again(nudges=Nudge.objects.filter(pk__in=nudges.values("pk")), by=request.user)
    if count:
        told = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count)
        model_admin.message_user(request, told % {"count": count}, messages.SUCCESS)
    else:
        model_admin.message_user(
            request, _("There is nothing to send again, or the webhook is stopped."), messages.WARNING
        )


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i:s")


def _badge(standing: Any) -> str:
    return format_html('<span class="nx-badge nx-{}">{}</span>', standing.tone, standing.word)
