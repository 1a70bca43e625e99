"""The yearly calendar of day types, confirmed once a year."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import display

from portal.accounts.admin_scope import KeyedAdmin
from portal.listings.admin.lists import badge
from portal.listings.calendars import load_year
from portal.listings.clock import renew_intervals
from portal.listings.models import CalendarDay, CalendarYear


class CalendarDayInline(TabularInline):
    """The days that differ from their weekday."""

    model = CalendarDay
    extra = 1
    fields = ("date", "day_type", "name")


@admin.register(CalendarYear)
class CalendarYearAdmin(KeyedAdmin):
    """A year counts from the moment it is confirmed against the State Council's notice."""

    list_display = ("year", "confirmed_shown", "days_shown")
    fields = ("year",)
    inlines = (CalendarDayInline,)
    change_form_template = "admin/listings/calendar.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the year once it exists: it is the key."""
        return ("year",) if obj else ()

    @display(description=gettext_lazy("confirmed"))
    def confirmed_shown(self, obj: CalendarYear) -> str:
        """Return whether and when the year was confirmed."""
        if obj.confirmed_at is None:
            return badge(_("not confirmed"), "soon")
        return badge(timezone.localtime(obj.confirmed_at).strftime("%Y-%m-%d"), "open")

    @display(description=gettext_lazy("days"))
    def days_shown(self, obj: CalendarYear) -> int:
        """Return how many days differ from their weekday."""
        return len(obj.days.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the years with their days."""
        return super().get_queryset(request).prefetch_related("days")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Resolve the hours anew when a confirmed year changes, after the administration's own transaction."""
        super().save_related(request, form, formsets, change)
        if form.instance.confirmed_at and any(formset.has_changed() for formset in formsets):
            transaction.on_commit(renew_intervals)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that confirm and load."""
        confirm = self.admin_site.admin_view(self.confirm_view)
        load = self.admin_site.admin_view(self.load_view)
        return [
            path("<path:object_id>/confirm/", confirm, name="listings_calendaryear_confirm"),
            path("<path:object_id>/load/", load, name="listings_calendaryear_load"),
            *super().get_urls(),
        ]

    def _year(self, request: HttpRequest, object_id: str) -> CalendarYear:
        year: Any = self.get_object(request, object_id)
        if year is None or not self.has_change_permission(request, year):
            raise PermissionDenied
        return year

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Let the year count from now on."""
        year = self._year(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            year.confirmed_at = year.confirmed_at or timezone.now()
            year.save(update_fields=["confirmed_at"])
            self.log_change(request, year, gettext_lazy("confirmed"))
        renew_intervals()
        messages.success(request, _("%(year)s is confirmed; opening hours follow it now.") % {"year": year})
        return redirect("admin:listings_calendaryear_change", year.pk)

    def load_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Fill the year from the library; it has to be checked and confirmed afterwards."""
        year = self._year(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if year.confirmed_at is not None:
            messages.warning(request, _("This year is confirmed already. Change single days below."))
        else:
            count = load_year(year=year.year, confirm=False)
            text = _(
                "%(count)d days were filled in. Compare them with the State Council's notice, then confirm."
            )
            messages.success(request, text % {"count": count})
        return redirect("admin:listings_calendaryear_change", year.pk)
