"""Imports in the admin: how far each is, every row's verdict, what is to be decided, and undoing."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedAdmin
from portal.listings import exporting, importing_batches
from portal.listings import importing_files as files
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import badge
from portal.listings.admin.through import ReadOnlyMixin
from portal.listings.admin.transfer import as_file
from portal.listings.importing_checking import page_of
from portal.listings.importing_tables import MAX_LINES, TableError
from portal.listings.importing_verdicts import ARCHIVED, CHANGED, NEW, REFUSED, UNCHANGED
from portal.listings.kinds import listing_model
from portal.listings.models import ImportBatch, ImportRow

State = ImportBatch.State
PAGE = 50
#: The order in which verdicts are shown: what somebody must do something about comes first.
ORDER = (REFUSED, ARCHIVED, CHANGED, NEW, UNCHANGED)
LABELS = {
    NEW: gettext_lazy("new row"),
    CHANGED: gettext_lazy("changed row"),
    UNCHANGED: gettext_lazy("row without a change"),
    REFUSED: gettext_lazy("refused row"),
    ARCHIVED: gettext_lazy("place to be archived"),
}
TONES = {NEW: "open", CHANGED: "soon", UNCHANGED: "quiet", REFUSED: "stop", ARCHIVED: "stop"}
STATE_TONES = {State.DONE: "open", State.FAILED: "stop", State.UNDONE: "quiet", State.DROPPED: "quiet"}


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyMixin, ScopedAdmin):
    """Who imported which file, for which post and when; its page leads from the check to the undo."""

    list_display = ("file_shown", "kind_shown", "state_shown", "actor_label", "post_label", "made_at")
    list_filter = ("state", "kind")
    search_fields = ("file_name", "actor_label")
    list_fullwidth = True
    actions = None
    ordering = ("-made_at", "-pk")

    @display(description=gettext_lazy("file"), ordering="file_name")
    def file_shown(self, obj: ImportBatch) -> str:
        """Return the file's name."""
        return obj.file_name

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_shown(self, obj: ImportBatch) -> str:
        """Return the kind in words."""
        return str(listing_model(obj.kind)._meta.verbose_name)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, obj: ImportBatch) -> str:
        """Return the state as a badge."""
        return badge(obj.get_state_display(), STATE_TONES.get(State(obj.state), "soon"))

    def get_urls(self) -> list[URLPattern]:
        """Add the deeds, the progress and the downloads of one import."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/do/", wrap(self.do_view), name="listings_importbatch_do"),
            path("<int:pk>/progress/", wrap(self.progress_view), name="listings_importbatch_progress"),
            path("<int:pk>/file/", wrap(self.file_view), name="listings_importbatch_file"),
            path("<int:pk>/lines/", wrap(self.lines_view), name="listings_importbatch_lines"),
            *super().get_urls(),
        ]

    def found(self, request: HttpRequest, pk: int | str) -> ImportBatch:
        """Return an import in scope. Raises Http404."""
        batch = self.get_object(request, str(pk))
        if batch is None or not self.has_view_permission(request, batch):
            raise Http404
        return batch

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how far an import is and what is to be done about it."""
        batch: Any = self.get_object(request, object_id)
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        user = request.user
        mine = importing_batches.may_go_on(batch, user)
        counts = dict(batch.rows.order_by().values_list("verdict").annotate(Count("pk")))
        asked = request.GET.get("verdict", "")
        asked = asked if asked in counts else ""
        shown = Paginator(in_order(batch.rows.all(), asked), PAGE).get_page(request.GET.get("p"))
        decide = Paginator(batch.rows.filter(verdict=NEW).exclude(near=[]).order_by("row"), PAGE).get_page(
            request.GET.get("n")
        )
        to_archive = counts.get(ARCHIVED, 0)
        context = {
            **self.admin_site.each_context(request),
            "title": batch.file_name,
            "opts": self.opts,
            "media": self.media,
            "batch": batch,
            "kind": listing_model(batch.kind)._meta.verbose_name_plural,
            "tone": STATE_TONES.get(State(batch.state), "soon"),
            "counts": [(name, LABELS[name], TONES[name], counts[name]) for name in ORDER if name in counts],
            "asked": asked,
            "page": shown,
            "rows": [row_shown(row) for row in shown.object_list],
            "decide": decide,
            "undecided": batch.rows.undecided().count(),
            "writes": batch.rows.wanted().count(),
            "refused": counts.get(REFUSED, 0),
            "to_archive": to_archive,
            "must_type": importing_batches.must_type(to_archive, batch.counts.get("kept", 0)),
            "notes": files.said_here(batch.notes),
            "failure": failure_of(batch),
            "may_confirm": mine and batch.state == State.CHECKED,
            "may_take_over": not mine and batch.state == State.CHECKED,
            "may_undo": batch.state == State.DONE and importing_batches.may_undo(batch, user),
            "written": batch.rows.exclude(written_number=None).count(),
            "left": batch.rows.to_undo().count() if batch.undone_at else 0,
            "formats": list(exporting.FORMATS),
            "import_url": import_url(batch),
            "list_url": import_url(batch).removesuffix("import/"),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/import_batch.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Say how far it is."""
        batch = self.found(request, pk)
        return JsonResponse(
            {
                "state": batch.state,
                "done": batch.done_count,
                "total": batch.total_count,
                "said": _("%(done)d of %(total)d rows")
                % {"done": batch.done_count, "total": batch.total_count},
            },
            headers={"Cache-Control": "no-store"},
        )

    def do_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Choose, confirm, take over, call off or undo."""
        batch = self.found(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("listings.import_listing"):
            raise PermissionDenied
        deed = DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            raise Http404
        try:
            deed(request, batch)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(page_of(batch))

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Return the file as it was uploaded."""
        batch = self.found(request, pk)
        try:
            content = files.content_of(batch)
        except TableError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(page_of(batch))
        response = HttpResponse(content, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = (
            content_disposition_header(True, batch.file_name) or "attachment"
        )
        response["Cache-Control"] = "no-store"
        return response

    def lines_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Return the refused rows to be put right, or what became of every row (`?of=report`), `?as=` a format."""
        batch = self.found(request, pk)
        what, format_name = request.GET.get("of", "refused"), request.GET.get("as", "xlsx")
        writers: dict[str, Callable[[ImportBatch, str], bytes]] = {
            "refused": files.refused_lines,
            "report": files.report_lines,
        }
        if what not in writers or format_name not in exporting.FORMATS:
            raise Http404
        words = {"refused": _("refused rows"), "report": _("report")}
        try:
            content = writers[what](batch, format_name)
        except TableError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(page_of(batch))
        stem = batch.file_name.rpartition(".")[0] or batch.file_name
        return as_file(content, f"{stem}-{words[what]}.{format_name}", format_name)


def in_order(rows: QuerySet, verdict: str) -> QuerySet:
    """Return rows in the order of their verdicts, or those of one verdict."""
    if verdict:
        return rows.filter(verdict=verdict).select_related("listing").order_by("row")
    whens = [When(verdict=name, then=Value(place)) for place, name in enumerate(ORDER)]
    order = Case(*whens, default=Value(len(ORDER)), output_field=IntegerField())
    return rows.select_related("listing").order_by(order, "row")


def row_shown(row: ImportRow) -> dict[str, Any]:
    """Return a row as the page shows it."""
    return {
        "number": row.row if row.row <= MAX_LINES else "",
        "name": row.name,
        "label": LABELS[row.verdict],
        "tone": TONES[row.verdict],
        "reasons": files.reasons_of(row),
        "labels": files.said_here(row.labels),
        "is_proposal": row.is_proposal,
        "is_skipped": row.choice == ImportRow.SKIP,
        "url": admin_url(row.listing) if row.listing is not None else "",
    }


def failure_of(batch: ImportBatch) -> str:
    """Return why it could not be read, in the active language."""
    kept = [{"zh-hans": batch.failure, "en": batch.failure_en}]
    return files.said_here(kept)[0]


def import_url(batch: ImportBatch) -> str:
    """Return the page on which a file of this kind is chosen."""
    meta = listing_model(batch.kind)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_import")


def _choose(request: HttpRequest, batch: ImportBatch) -> None:
    user: Any = request.user
    if not importing_batches.may_go_on(batch, user):
        raise PermissionDenied
    choices = {
        int(name.removeprefix("choice-")): str(value)
        for name, value in request.POST.items()
        if name.startswith("choice-")
        and name.removeprefix("choice-").isascii()
        and name.removeprefix("choice-").isdigit()
        and len(name) < 25
    }
    importing_batches.choose(batch=batch, choices=choices, rest=request.POST.get("rest", ""), user=user)


def _confirm(request: HttpRequest, batch: ImportBatch) -> None:
    user: Any = request.user
    importing_batches.confirm(
        batch=batch,
        user=user,
        skip_refused="skip_refused" in request.POST,
        typed=request.POST.get("typed", ""),
    )


def _take_over(request: HttpRequest, batch: ImportBatch) -> None:
    user: Any = request.user
    importing_batches.take_over(batch=batch, user=user)


def _drop(request: HttpRequest, batch: ImportBatch) -> None:
    importing_batches.drop(batch=batch)


def _undo(request: HttpRequest, batch: ImportBatch) -> None:
    user: Any = request.user
    importing_batches.undo(batch=batch, user=user)


DEEDS: dict[str, Callable[[HttpRequest, ImportBatch], None]] = {
    "choose": _choose,
    "confirm": _confirm,
    "take_over": _take_over,
    "drop": _drop,
    "undo": _undo,
}
