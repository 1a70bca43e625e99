"""What the list of corrections is narrowed by."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StandingFilter(admin.SimpleListFilter):
    """Open ones, unless somebody asks for others."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices beside the open ones."""
        return [
            ("overdue", _("overdue")),
            ("closed", _("answered")),
            ("all", pgettext_lazy("correction", "all")),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name what is shown without a choice."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": pgettext_lazy("correction", "open")} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what was asked for."""
        value = self.value()
        if value == "all":
            return queryset
        if value == "closed":
            return queryset.exclude(closed_at=None)
        return queryset.overdue() if value == "overdue" else queryset.open()


class MineFilter(admin.SimpleListFilter):
    """What the acting post deals with."""

    title = _("dealt with by")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two answers."""
        return [("1", pgettext_lazy("correction", "me")), ("0", _("nobody yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep one's own, or nobody's."""
        if self.value() == "1":
            post = getattr(request.user, "acting_post", None)
            return queryset.filter(assignee=post) if post else queryset.none()
        return queryset.filter(assignee=None) if self.value() == "0" else queryset
