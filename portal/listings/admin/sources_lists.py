"""Where listings come from, in their lists: a badge and two filters."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.partners.models import Source

TAKEN, SENT, SOURCES = "taken", "sent", "sources"


def with_registers(rows: QuerySet) -> QuerySet:
    """Return rows with what `register_part` asks, at no further query."""
    label = Source.objects.filter(name=OuterRef("source")).values("label")[:1]
    return rows.select_related("source_record").annotate(register_label=Subquery(label))


def register_part(listing: Any) -> tuple[str, str] | None:
    """Return (text, tone) of a badge that says whose data a listing is, None for an office's own."""
    if not listing.source:
        return None
    label = getattr(listing, "register_label", None) or listing.source
    kept = getattr(listing, "source_record", None)
    if kept is None or kept.taken_over_at is None:
        return _("data from %(source)s") % {"source": label}, "quiet"
    return _("taken over from %(source)s") % {"source": label}, "soon"


class SourceFilter(admin.SimpleListFilter):
    """The sources of what is listed; where nothing has one there is no filter."""

    title = gettext_lazy("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return (name, label) of the sources in reach."""
        rows = model_admin.model.objects.editable_by(request.user).exclude(source="")
        names = rows.order_by().values("source").distinct()
        return list(Source.objects.filter(name__in=names).order_by("label").values_list("name", "label"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the listings of one source."""
        return queryset.filter(source=self.value()) if self.value() else queryset


class KeptFilter(admin.SimpleListFilter):
    """Who keeps what a source has sent."""

    title = gettext_lazy("kept by")
    parameter_name = "kept"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the answers."""
        return [
            (SOURCES, _("sources")),
            (TAKEN, _("an office that took over")),
            (SENT, _("taken over, and the source has sent something since")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what sources keep, or what offices took over."""
        if self.value() == SOURCES:
            return queryset.kept_by_sources()
        if self.value() in {TAKEN, SENT}:
            found = queryset.filter(source_record__taken_over_at__isnull=False)
            return found.filter(source_record__refused_at__isnull=False) if self.value() == SENT else found
        return queryset
