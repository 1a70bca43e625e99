"""Import and export in the admin: a file, every row's verdict, a confirmation; the filtered list as a file."""

import hashlib
import secrets
import time
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.enums import ActionVariant

from portal.listings import exporting, importing
from portal.listings.importing_tables import MAX_BYTES, MAX_ROWS, read_table
from portal.listings.models import Listing

SESSION_KEY = "listing_import"
FOLDER = "imports"
KEPT_SECONDS = 24 * 3600
MOST_SHOWN = 500
LABELS = {
    "new": gettext_lazy("new row"),
    "changed": gettext_lazy("changed row"),
    "unchanged": gettext_lazy("row without a change"),
    "refused": gettext_lazy("refused row"),
}
TONES = {"new": "open", "changed": "soon", "unchanged": "quiet", "refused": "stop"}


class UploadForm(forms.Form):
    """The file to import."""

    file = forms.FileField(
        label=gettext_lazy("File (.xlsx or .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "nx-input"}),
    )


class TransferMixin:
    """Give the admin of a kind import, template and export."""

    model: type[Listing]
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """Add the three addresses."""
        meta = self.model._meta
        wrap, name = self.admin_site.admin_view, f"{meta.app_label}_{meta.model_name}"
        mine = [
            path("import/", wrap(self.import_view), name=f"{name}_import"),
            path("import/template.<str:format_name>", wrap(self.template_view), name=f"{name}_template"),
            path("export.<str:format_name>", wrap(self.export_view), name=f"{name}_export"),
        ]
        return mine + super().get_urls()  # type: ignore[misc]

    def transfer_url(self, page: str, *args: str) -> str:
        """Return one of the addresses."""
        meta = self.model._meta
        return reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_{page}", args=args)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Show the list with buttons; the export takes what the list is filtered by."""
        response = super().changelist_view(request, extra_context)  # type: ignore[misc]
        context = getattr(response, "context_data", None)
        if context is not None and "_popup" not in request.GET:
            context["actions_list"] = [*(context.get("actions_list") or []), *self._buttons(request)]
        return response

    def _buttons(self, request: HttpRequest) -> list[dict[str, Any]]:
        asked = request.GET.copy()
        for name in ("p", "all", "e", "o"):
            asked.pop(name, None)
        query = f"?{asked.urlencode()}" if asked else ""
        found = []
        if importing.may_import(self.model, request.user):
            found.append((_("Import"), "upload", self.transfer_url("import")))
        if request.user.has_perm("listings.export_listing"):
            found.append((_("Export as xlsx"), "download", self.transfer_url("export", "xlsx") + query))
            found.append((_("Export as csv"), "download", self.transfer_url("export", "csv") + query))
        return [
            {"title": title, "icon": icon, "path": url, "attrs": {}, "variant": ActionVariant.DEFAULT}
            for title, icon, url in found
        ]

    def template_view(self, request: HttpRequest, format_name: str) -> HttpResponse:
        """Return the empty table."""
        if not importing.may_import(self.model, request.user):
            raise PermissionDenied
        self._known_format(format_name)
        return self._file(exporting.template(self.model, format_name), _("template"), format_name)

    def export_view(self, request: HttpRequest, format_name: str) -> HttpResponseBase:
        """Return the filtered list as a file."""
        self._known_format(format_name)
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)  # type: ignore[attr-defined]
        except IncorrectLookupParameters:
            return redirect(self.transfer_url("changelist"))
        rows = self.model.objects.filter(pk__in=listed.order_by().values("pk"))
        return self._file(exporting.export(rows, format_name, request.user), _("listings"), format_name)

    def _known_format(self, format_name: str) -> None:
        if format_name not in exporting.FORMATS:
            raise Http404

    def _file(self, content: bytes, word: str, format_name: str) -> HttpResponse:
        name = f"{self.model._meta.verbose_name}-{word}-{timezone.localdate():%Y%m%d}.{format_name}"
        response = HttpResponse(content, content_type=exporting.FORMATS[format_name])
        response.headers["Content-Disposition"] = _disposition(name)
        response["Cache-Control"] = "no-store"
        return response

    def import_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file, show what it would do, and do that once it is confirmed."""
        if not importing.may_import(self.model, request.user):
            raise PermissionDenied
        if request.method == "POST" and "confirm" in request.POST:
            return self._confirm(request)
        if request.method == "POST":
            return self._take(request)
        return self._import_page(request, form=UploadForm())

    def _take(self, request: HttpRequest) -> HttpResponseBase:
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form=form)
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MAX_BYTES:
                raise ValidationError(
                    _("The file is larger than %(most)d MB. Split it.") % {"most": MAX_BYTES // 1024 // 1024}
                )
            content = upload.read()
            table = read_table(content, upload.name)
            report = importing.check_rows(self.model, table, request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error("file", error)
            return self._import_page(request, form=form)
        request.session[SESSION_KEY] = {
            "path": _keep(content),
            "name": upload.name[:100],
            "kind": self.model.kind_name,
        }
        return self._import_page(request, form=UploadForm(), report=report, name=upload.name)

    def _confirm(self, request: HttpRequest) -> HttpResponseBase:
        kept = request.session.get(SESSION_KEY) or {}
        storage = storages["private"]
        path_ = kept.get("path", "")
        if kept.get("kind") != self.model.kind_name or not path_ or not storage.exists(path_):
            messages.error(request, _("The file is no longer here. Choose it once more."))
            return redirect(self.transfer_url("import"))
        with storage.open(path_) as file:
            table = read_table(file.read(), kept["name"])
        report = importing.check_rows(self.model, table, request.user)  # type: ignore[arg-type]
        if _digest(report) != request.POST.get("seen"):
            messages.warning(request, _("Something changed meanwhile. Look at the rows again and confirm."))
            return self._import_page(request, form=UploadForm(), report=report, name=kept["name"])
        return self._write(request, report, kept)

    def _write(
        self, request: HttpRequest, report: importing.Report, kept: dict[str, str]
    ) -> HttpResponseBase:
        skip = "skip_refused" in request.POST
        try:
            importing.write(self.model, report, request.user, skip_refused=skip)  # type: ignore[arg-type]
        except importing.RowsRefused as error:
            messages.error(request, _("Some rows are refused, so nothing was written."))
            return self._import_page(request, form=UploadForm(), report=error.report, name=kept["name"])
        storages["private"].delete(kept["path"])
        request.session.pop(SESSION_KEY, None)
        counts = report.counts
        text = ngettext(
            "%(count)d row was imported.", "%(count)d rows were imported.", counts["new"] + counts["changed"]
        )
        messages.success(request, text % {"count": counts["new"] + counts["changed"]})
        return redirect(self.transfer_url("changelist"))

    def _import_page(self, request: HttpRequest, **context: Any) -> TemplateResponse:
        report = context.get("report")
        order = {"refused": 0, "changed": 1, "new": 2, "unchanged": 3}
        rows = sorted(report.rows, key=lambda row: (order[row.verdict], row.row)) if report else []
        active = "zh-hans" if _is_chinese() else "en"
        shown = [
            {
                "row": row.row,
                "name": row.name,
                "label": LABELS[row.verdict],
                "tone": TONES[row.verdict],
                "reasons": [reason.said(active) for reason in row.reasons],
                "changes": row.labels,
                "is_proposal": row.is_proposal,
            }
            for row in rows
            if row.verdict != "unchanged"
        ]
        counts = report.counts if report else {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Import: %(kind)s") % {"kind": self.model._meta.verbose_name_plural},
            "media": self.media,  # type: ignore[attr-defined]
            "most_rows": MAX_ROWS,
            "rows": shown[:MOST_SHOWN],
            "hidden_count": max(0, len(shown) - MOST_SHOWN),
            "counts": [(LABELS[name], TONES[name], count) for name, count in counts.items()],
            "writes": counts.get("new", 0) + counts.get("changed", 0),
            "has_refused": bool(report and report.has_refused),
            "seen": _digest(report) if report else "",
            "templates": [(name, self.transfer_url("template", name)) for name in exporting.FORMATS],
            "back": self.transfer_url("changelist"),
            **context,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/listings/import.html", context)


def _is_chinese() -> bool:
    from django.utils.translation import get_language

    return (get_language() or "").startswith("zh")


def _disposition(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(True, name) or "attachment"


def _digest(report: importing.Report) -> str:
    """Return what the person saw: every verdict, and the version it was made on."""
    seen = [(row.row, row.verdict, row.listing.revision_number if row.listing else 0) for row in report.rows]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _keep(content: bytes) -> str:
    """Keep an upload until it is confirmed; forget those of yesterday."""
    storage = storages["private"]
    # Nobody kept anything yet, or another node forgot the same file.
    with suppress(FileNotFoundError):
        for name in storage.listdir(FOLDER)[1]:
            kept = f"{FOLDER}/{name}"
            if storage.get_modified_time(kept).timestamp() < time.time() - KEPT_SECONDS:
                storage.delete(kept)
    return storage.save(f"{FOLDER}/{secrets.token_hex(16)}", ContentFile(content))
