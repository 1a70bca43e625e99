"""Devices that verify codes, the names that guards tap, and their shifts."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedAdmin, ScopedRelatedFilter
from portal.listings.admin.lists import badge
from portal.listings.admin.through import ReadOnlyMixin
from services.codes import enrolling_devices
from services.codes.admin.adding import AddDevice, add_page
from services.codes.admin.cases import CaseAdmin, Deed, Fact, clock
from services.codes.looking_up import DAY
from services.codes.models import Device, GuardName, Shift

CHANGE = "codes.change_device"


def unseen() -> Q:
    """Return the condition "enrolled, and not heard of for a day"."""
    quiet = Q(seen_at=None, enrolled_at__lt=timezone.now() - DAY) | Q(seen_at__lt=timezone.now() - DAY)
    return quiet & Q(revoked_at=None, expires_at__gt=timezone.now())


class UnseenFilter(admin.SimpleListFilter):
    """Devices that are silent."""

    title = gettext_lazy("last seen")
    parameter_name = "unseen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice beside all."""
        return [("1", _("not seen for a day"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the silent ones."""
        return queryset.filter(unseen()) if self.value() == "1" else queryset


def add_device(*, by: Any, listing: Any, name: str, checkpoint: Any, **more: Any) -> tuple[Device, str]:
    """Add a phone or a turnstile; return it with the secret of a phone's link, "" for a turnstile."""
    given = {"listing": listing, "name": name, "checkpoint": checkpoint, "actor": by, "now": timezone.now()}
    if more.get("kind") == Device.Kind.TURNSTILE:
        return enrolling_devices.add_turnstile(api_key=more["api_key"], **given), ""
    return enrolling_devices.add_phone(**given)


def _invite(row: Device, user: Any, asked: dict[str, Any]) -> tuple[Device, str]:
    return row, enrolling_devices.invite(device=row, actor=user, now=timezone.now())


def _may_invite(row: Device, user: Any) -> bool:
    return user.has_perm(CHANGE) and row.kind == Device.Kind.PHONE


@admin.register(Device)
class DeviceAdmin(CaseAdmin):
    """Guards' phones and turnstiles: enrolled by a link that is shown once, ended at once."""

    list_display = ("name", "listing", "kind", "state_shown", "seen_shown", "waiting_count", "expires_at")
    list_filter = (UnseenFilter, "kind", ("listing__street", ScopedRelatedFilter))
    list_select_related = ("listing",)
    search_fields = ("name", "listing__name")
    autocomplete_fields = ("listing", "checkpoint")
    deeds = (
        Deed(
            "invite",
            gettext_lazy("Make a link for the phone"),
            _invite,
            _may_invite,
            hint=gettext_lazy(
                "For a new phone, a reset one, or to renew after 30 days. It holds for 15 minutes and once; the "
                "phone that was enrolled before ends when the new one opens it."
            ),
        ),
        Deed(
            "revoke",
            gettext_lazy("End this device"),
            lambda row, user, asked: enrolling_devices.revoke(device=row, actor=user, now=timezone.now()),
            lambda row, user: user.has_perm(CHANGE) and row.revoked_at is None,
            said=gettext_lazy(
                "Ended. The phone takes no more codes; what waits on it can still be sent after a new link."
            ),
            tone="grave",
        ),
    )

    @display(description=gettext_lazy("state"))
    def state_shown(self, row: Device) -> str:
        """Return whether the device may verify now."""
        now = timezone.now()
        if row.locked_until and row.locked_until > now:
            return badge(_("locked: digits were guessed"), "stop")
        if row.is_in_use:
            return badge(_("in use"), "open")
        if row.revoked_at:
            return badge(_("ended"), "quiet")
        if row.invited_until and row.invited_until > now:
            return badge(_("waits for its phone"), "soon")
        return badge(_("expired") if row.enrolled_at else _("not enrolled"), "quiet")

    @display(description=gettext_lazy("last seen"), ordering="seen_at")
    def seen_shown(self, row: Device) -> str:
        """Return when it was heard of."""
        if row.seen_at is None:
            return badge(_("never"), "quiet")
        is_late = row.is_in_use and row.seen_at < timezone.now() - DAY
        return badge(clock(row.seen_at), "soon" if is_late else "quiet")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission."""
        return request.user.has_perm("codes.add_device")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask which device, and show the link of a phone once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return add_page(self, request, AddDevice, add_device, self.link_page)

    def after(self, request: HttpRequest, row: Any, deed: Deed, shown: Any) -> HttpResponse:
        """Show a link that was made."""
        if isinstance(shown, tuple):
            return self.link_page(request, shown)
        return super().after(request, row, deed, shown)

    def link_page(self, request: HttpRequest, made: tuple[Device, str]) -> HttpResponse:
        """Show the one-time link of a phone as text and QR code; it cannot be read again."""
        device, secret = made
        address = (
            settings.CODES_BASE_URL.rstrip("/") + reverse("guard_enrol", args=[secret]) if secret else ""
        )
        context = {
            **self.admin_site.each_context(request),
            "title": device.name,
            "opts": self.opts,
            "device": device,
            "address": address,
            "minutes": int(enrolling_devices.LINK_LIFE.total_seconds() // 60),
            "back": reverse("admin:codes_device_change", args=[device.pk]),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        answer = TemplateResponse(request, "admin/codes/device_link.html", context)
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    def facts(self, row: Device, request: HttpRequest) -> list[Fact]:
        """Return what the property needs to know of a device."""
        return [
            (_("listing"), row.listing),
            (_("checkpoint"), row.checkpoint or _("the guard chooses")),
            (_("kind"), row.get_kind_display()),
            (_("API key"), row.api_key),
            (_("state"), self.state_shown(row)),
            (_("last seen"), self.seen_shown(row)),
            (_("list it knows"), row.list_version),
            (_("passes still waiting"), row.waiting_count),
            (_("enrolled at"), clock(row.enrolled_at)),
            (_("enrolled by"), row.enrolled_by_label),
            (_("expires at"), clock(row.expires_at)),
            (_("revoked at"), clock(row.revoked_at)),
            (_("manual codes locked until"), clock(row.locked_until)),
        ]

    def links(self, row: Device, request: HttpRequest) -> list[Fact]:
        """Return its shifts."""
        return [(_("Shifts"), reverse("admin:codes_shift_changelist") + f"?device__id__exact={row.pk}")]


@admin.register(GuardName)
class GuardNameAdmin(ScopedAdmin):
    """The names that guards tap to begin a shift; a badge number will do."""

    list_display = ("name", "listing", "is_active")
    list_filter = ("is_active", ("listing__street", ScopedRelatedFilter))
    list_select_related = ("listing",)
    search_fields = ("name", "listing__name")
    autocomplete_fields = ("listing",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Leave a name where it is."""
        return ("listing",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: whoever left is taken off the list, and earlier shifts keep the name."""
        return False


@admin.register(Shift)
class ShiftAdmin(ReadOnlyMixin, ScopedAdmin):
    """Who verified with which device from when to when."""

    list_scope = "visible_to"
    list_display = ("started_at", "guard_label", "listing", "checkpoint", "device", "ended_at")
    list_filter = (("listing__street", ScopedRelatedFilter), ("device", ScopedRelatedFilter))
    list_select_related = ("listing", "checkpoint", "device")
    search_fields = ("guard_label", "listing__name")
    fields = ("listing", "checkpoint", "device", "guard_label", "started_at", "ends_at", "ended_at")
    list_fullwidth = True
    show_full_result_count = False
    actions = None
