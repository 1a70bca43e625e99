"""The pass log in the administration: where, when and how codes were used, and never whose they were."""

import csv
import datetime as dt
import io
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from portal.listings.admin.lists import badge
from portal.listings.importing_cells import neutralised
from portal.listings.models import Listing
from services.codes import incidents, looking_up
from services.codes.admin.asking import LookUpForm, ReportForm
from services.codes.admin.cases import CaseAdmin, Deed, Fact, NamedListing, Said
from services.codes.models import Amendment, Incident, Pass
from services.codes.verdict_words import SAID, Word
from services.codes.xg1 import Verdict

MOST_ROWS = 50_000
MOST_PLACES = 60
DAYS = {"1": 1, "7": 7, "30": 30}
COLUMNS = (
    gettext_lazy("scanned at"),
    gettext_lazy("listing"),
    gettext_lazy("checkpoint"),
    gettext_lazy("direction"),
    gettext_lazy("method"),
    gettext_lazy("verdict"),
    gettext_lazy("assurance"),
    gettext_lazy("made offline"),
    gettext_lazy("guard"),
    gettext_lazy("why so"),
)
ASSURANCES = {
    0: gettext_lazy("no proof"),
    1: gettext_lazy("offline, with an old list"),
    2: gettext_lazy("offline, with a fresh list"),
    3: gettext_lazy("online"),
    4: gettext_lazy("online, bound to this gate"),
}


TONES = {Word.GO: "open", Word.WAIT: "soon", Word.NO: "stop"}


def verdict_badge(code: str) -> str:
    """Return a verdict as the guard's word, with what it means beside it; a code of a later version as it is."""
    said = SAID.get(Verdict(code)) if code in set(Verdict) else None
    if said is None:
        return badge(code, "quiet")
    return format_html(
        '{} <span class="nx-soft">{}</span>', badge(said.word.label, TONES[said.word]), said.guard
    )


class PlaceFilter(admin.SimpleListFilter):
    """The listings with gates that somebody sees, at most 60 of them."""

    title = gettext_lazy("listing")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the listings by name."""
        seen = Listing.objects.visible_to(request.user).filter(checkpoints__isnull=False).distinct()
        rows = seen.order_by("name").values_list("public_id", "name")
        return list(rows[:MOST_PLACES])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the passes of one listing."""
        if not self.value():
            return queryset
        return queryset.filter(listing_id__in=Listing.objects.filter(public_id=self.value()).values("pk"))


class AgeFilter(admin.SimpleListFilter):
    """How far back."""

    title = gettext_lazy("time")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return three lengths."""
        return [("1", _("last 24 hours")), ("7", _("last 7 days")), ("30", _("last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the passes since then."""
        days = DAYS.get(str(self.value()))
        return queryset.filter(scanned_at__gt=timezone.now() - dt.timedelta(days=days)) if days else queryset


def _report(kept: Pass, user: Any, asked: dict[str, Any]) -> Incident:
    return incidents.report(by=user, pass_id=kept.pk, **asked)


def _look_up(kept: Pass, user: Any, asked: dict[str, Any]) -> list[Fact]:
    person = looking_up.look_up(kept=kept, by=user, **asked)
    shown = [(_("name"), person.name or "—"), (_("platform"), person.platform or "—")]
    return [*shown, (_("phone"), person.phone)] if person.phone else shown


def _may_report(kept: Pass, user: Any) -> bool:
    keeps = Listing.objects.editable_by(user).filter(pk=kept.listing_id).exists()
    return user.has_perm(incidents.ADD) and kept.method != Pass.Method.CLAIM and keeps


def _may_look_up(kept: Pass, user: Any) -> bool:
    return bool(kept.pid) and user.has_perm(looking_up.PERMISSION)


@admin.register(Pass)
class PassAdmin(NamedListing, CaseAdmin):
    """What was let in where; the name is behind a look-up that is written down and told to the courier."""

    list_display = (
        "scanned_at",
        "listing_shown",
        "checkpoint_label",
        "direction",
        "method",
        "verdict_shown",
        "assurance_shown",
        "offline_shown",
    )
    list_filter = (PlaceFilter, AgeFilter, "direction", "method", "verdict", "made_offline")
    search_fields = ("checkpoint_label", "guard_label")
    ordering = ("-scanned_at",)
    actions_list = ("export",)
    has_own_log = True
    deeds = (
        Deed(
            "report",
            gettext_lazy("Report what happened"),
            _report,
            _may_report,
            ReportForm,
            said=gettext_lazy(
                "It was reported. You can write to the courier from here; nobody sees a number."
            ),
        ),
        Deed(
            "look_up",
            gettext_lazy("Look up whose pass it was"),
            _look_up,
            _may_look_up,
            LookUpForm,
            hint=gettext_lazy(
                "Your role, your unit, the purpose and the time are written down and shown to the courier."
            ),
            tone="grave",
        ),
    )

    @display(description=gettext_lazy("listing"))
    def listing_shown(self, row: Any) -> str:
        """Return the listing's name."""
        return row.listing_name or "—"

    @display(description=gettext_lazy("verdict"), ordering="verdict")
    def verdict_shown(self, row: Pass) -> str:
        """Return the verdict in a guard's word."""
        return (
            badge(_("own record"), "quiet") if row.method == Pass.Method.CLAIM else verdict_badge(row.verdict)
        )

    @display(description=gettext_lazy("made offline"), ordering="made_offline")
    def offline_shown(self, row: Pass) -> str:
        """Say so when the device had no network."""
        return str(_("without a network")) if row.made_offline else ""

    @display(description=gettext_lazy("assurance"), ordering="assurance")
    def assurance_shown(self, row: Pass) -> Any:
        """Return in words how sure it is."""
        return ASSURANCES.get(row.assurance, row.assurance)

    def facts(self, row: Any, request: HttpRequest) -> list[Fact]:
        """Return everything but whose it was."""
        return [
            (_("listing"), self.listing_shown(row)),
            (_("checkpoint"), row.checkpoint_label),
            (_("scanned at"), timezone.localtime(row.scanned_at).strftime("%Y-%m-%d %H:%M:%S")),
            (_("direction"), row.get_direction_display()),
            (_("method"), row.get_method_display()),
            (_("verdict"), self.verdict_shown(row)),
            (_("assurance"), self.assurance_shown(row)),
            (_("made offline"), _("yes") if row.made_offline else ""),
            (_("guard"), row.guard_label),
            (_("decided by"), row.forced_by),
            (_("why so"), row.forced_why),
        ]

    def told(self, row: Pass) -> list[Said]:
        """Return what was said of the pass afterwards."""
        rows = Amendment.objects.filter(pass_id=row.pk).order_by("made_at", "pk")
        return [
            Said(
                one.made_at,
                one.actor_label or _("server"),
                f"{one.get_kind_display()} {one.verdict} {one.note}",
            )
            for one in rows
        ]

    def get_urls(self) -> list[URLPattern]:
        """Add the table as a file."""
        view = self.admin_site.admin_view(self.file)
        return [path("passes.csv", view, name="codes_pass_file"), *super().get_urls()]

    @action(description=gettext_lazy("Download as CSV"), icon="download")
    def export(self, request: HttpRequest) -> HttpResponse:
        """Return the file of what the list shows."""
        return self.file(request)

    def file(self, request: HttpRequest) -> HttpResponse:
        """Return what the list shows, filters included, as CSV without a name or a pid; at most 50,000 rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        lines = io.StringIO(newline="")
        table = csv.writer(lines)
        table.writerow([str(title) for title in COLUMNS])
        for row in rows[:MOST_ROWS].iterator(chunk_size=2000):
            table.writerow([neutralised(str(cell)) for cell in self._cells(row)])
        answer = HttpResponse(lines.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="passes.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    def _cells(self, row: Any) -> list[Any]:
        return [
            timezone.localtime(row.scanned_at).strftime("%Y-%m-%d %H:%M:%S"),
            self.listing_shown(row),
            row.checkpoint_label,
            row.get_direction_display(),
            row.get_method_display(),
            row.verdict,
            row.assurance,
            _("yes") if row.made_offline else _("no"),
            row.guard_label,
            row.forced_why,
        ]


def pass_link(pk: Any, user: Any) -> list[Fact]:
    """Return the link to a pass for whoever may see it."""
    if pk is None or not user.has_perm("codes.view_pass"):
        return []
    if not Pass.objects.visible_to(user).filter(pk=pk).exists():
        return []
    return [(_("The pass"), reverse("admin:codes_pass_change", args=[pk]))]
