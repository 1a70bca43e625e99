"""Messages that leave, in the administration: what failed first; numbers in part, and never what a message says."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts.admin_scope import KeyedAdmin
from portal.notices.models import Channel, Delivery
from portal.notices.sending import send_again


@admin.register(Delivery)
class DeliveryAdmin(KeyedAdmin):
    """What left, waits or failed; who may see it may send what failed once more."""

    list_display: ClassVar[Any] = (
        "about",
        "to_shown",
        "channel",
        "state",
        "tries",
        "failure",
        "due_at",
        "sent_at",
    )
    list_filter: ClassVar[Any] = ("state", "channel")
    list_select_related: ClassVar[Any] = ("user", "notice")
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = list_display
    actions: ClassVar[Any] = ("again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Put first what somebody should look at."""
        return Delivery.objects.failed_first()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order of `failed_first`."""
        return Delivery.FAILED_FIRST

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: messages come from notices."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """Return False: what a message says is nobody's to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """Return False: they are forgotten by the clock."""
        return False

    @admin.display(description=_("about"))
    def about(self, row: Delivery) -> Any:
        """Return what kind of message it is."""
        if row.digest_on:
            return _("e-mail of the day")
        return _("notice") if row.notice_id else _("a link")

    @admin.display(description=_("sent to"))
    def to_shown(self, row: Delivery) -> str:
        """Return to whom, with the number or the address in part."""
        if row.user is None or row.to_label:
            return row.to_label
        if row.channel == Channel.SMS:
            return f"{row.user} · {row.user.masked_phone}" if row.user.name else row.user.masked_phone
        name, _at, host = row.user.email.partition("@")
        return f"{row.user} · {name[:1]}***@{host}" if host else str(row.user)

    @admin.action(description=_("Send again"), permissions=["view"])
    def again(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Send those of the chosen again that failed."""
        count = sum(send_again(delivery=row) for row in queryset)
        if count:
            told = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count)
            messages.success(request, told % {"count": count})
        else:
            messages.warning(request, _("Nothing to send: only what failed within a week can be sent again."))
