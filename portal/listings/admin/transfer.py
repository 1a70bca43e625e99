"""Import and export in the admin: choosing a file; the filtered list as a file. What follows is in `imports`."""

from typing import Any

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.enums import ActionVariant

from portal.listings import exporting, importing, importing_batches
from portal.listings.importing_checking import page_of
from portal.listings.importing_tables import MAX_BYTES, MAX_ROWS
from portal.listings.models import ImportBatch, Listing


class UploadForm(forms.Form):
    """The file to import, and what it means for places that it does not name."""

    file = forms.FileField(
        label=gettext_lazy("File (.xlsx or .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "nx-input"}),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("The file"),
        choices=ImportBatch.Mode.choices,
        initial=ImportBatch.Mode.ADD,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not importing_batches.may_archive(user):
            del self.fields["mode"]

    def clean(self) -> dict[str, Any]:
        """Take a file that nobody said anything of for additions and changes."""
        cleaned = super().clean() or {}
        return {**cleaned, "mode": cleaned.get("mode") or ImportBatch.Mode.ADD}


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
        content = exporting.export(rows, format_name, request.user)
        return self._file(content, _("listings"), format_name)

    def _known_format(self, format_name: str) -> None:
        if format_name not in exporting.FORMATS:
            raise Http404

    def _file(self, content: bytes, word: str, format_name: str) -> HttpResponse:
        name = f"{self.model._meta.verbose_name}-{word}-{timezone.localdate():%Y%m%d}.{format_name}"
        return as_file(content, name, format_name)

    def import_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file and go on to the page of its import."""
        if not importing.may_import(self.model, request.user):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, UploadForm(request.user))
        form = UploadForm(request.user, request.POST, request.FILES)
        if not form.is_valid():
            return self._import_page(request, form)
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MAX_BYTES:
                raise ValidationError(
                    _("The file is larger than %(most)d MB. Split it.") % {"most": MAX_BYTES // 1024 // 1024}
                )
            user: Any = request.user
            batch = importing_batches.begin(
                model=self.model,
                content=upload.read(),
                name=upload.name.replace("\0", ""),
                mode=form.cleaned_data["mode"],
                user=user,
            )
        except ValidationError as error:
            form.add_error("file", error)
            return self._import_page(request, form)
        return redirect(page_of(batch))

    def _import_page(self, request: HttpRequest, form: UploadForm) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Import: %(kind)s") % {"kind": self.model._meta.verbose_name_plural},
            "media": self.media,  # type: ignore[attr-defined]
            "form": form,
            "most_rows": MAX_ROWS,
            "templates": [(name, self.transfer_url("template", name)) for name in exporting.FORMATS],
            "back": self.transfer_url("changelist"),
            "earlier": reverse("admin:listings_importbatch_changelist"),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/listings/import.html", context)


def as_file(content: bytes, name: str, format_name: str) -> HttpResponse:
    """Return bytes as a download that no cache keeps."""
    response = HttpResponse(content, content_type=exporting.FORMATS[format_name])
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response
