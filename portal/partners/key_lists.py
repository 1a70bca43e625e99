"""How staff narrow the list of keys."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.partners.pages.showing import SOON


class StandingFilter(admin.SimpleListFilter):
    """Narrow the keys to those that hold, end soon, were replaced, or are over."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("holds", gettext_lazy("holds")),
            ("soon", gettext_lazy("ends soon")),
            ("replaced", gettext_lazy("replaced, still holds")),
            ("unused", gettext_lazy("holds, unused for 90 days")),
            ("over", gettext_lazy("over")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the keys of the choice."""
        now = timezone.now()
        holding = queryset.usable()
        quiet = Q(last_used_at=None) | Q(last_used_at__lt=now - dt.timedelta(days=90))
        return {
            "holds": holding,
            "soon": holding.filter(successor=None, expires_at__lte=now + SOON),
            "replaced": holding.exclude(successor=None),
            "unused": holding.filter(quiet, created_at__lt=now - dt.timedelta(days=90)),
            "over": queryset.exclude(pk__in=holding.values("pk")),
        }.get(self.value() or "", queryset)
