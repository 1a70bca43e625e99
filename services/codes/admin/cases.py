"""The base of what staff read and deal with around codes: a list, a page of facts, and deeds with their forms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_scope import ScopedAdmin
from portal.listings.admin.through import ReadOnlyMixin
from portal.listings.models import Listing
from services.codes.admin.asking import Asked, Nothing, say_why
from services.codes.faults import CodeRefused

#: What stands on a page: a label and what is said beside it.
Fact = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do about a row. `run(row, user, asked)` calls a deed of the app and may return facts to show once.

    `fits(row, user)` says whether it is offered; the deed itself decides whether it is done.
    """

    name: str
    label: Any
    run: Callable[[Any, Any, dict[str, Any]], Any]
    fits: Callable[[Any, Any], bool]
    form: type[Asked] = Nothing
    said: Any = _("Done.")
    hint: Any = ""
    tone: str = "main"


@dataclass(slots=True)
class Asking:
    """A deed's form on a page."""

    deed: Deed
    url: str
    form: Asked


@dataclass(frozen=True, slots=True)
class Said:
    """One contribution to what was talked about or decided."""

    when: Any
    who: Any
    text: Any
    side: str = field(default="")


class CaseAdmin(ReadOnlyMixin, ScopedAdmin):
    """Rows that are read and dealt with by deeds, never edited by hand.

    Each deed is kept as an event; those of a table that `has_own_log` write down themselves who did them.
    """

    list_scope = "visible_to"
    list_fullwidth = True
    show_full_result_count = False
    list_per_page = 40
    actions = None
    deeds: tuple[Deed, ...] = ()
    has_own_log = False

    def facts(self, row: Any, request: HttpRequest) -> list[Fact]:
        """Return what is known of a row."""
        raise NotImplementedError

    def told(self, row: Any) -> list[Said]:
        """Return what was said about a row, the earliest first."""
        return []

    def links(self, row: Any, request: HttpRequest) -> list[Fact]:
        """Return (text, address) of what belongs to a row and may be opened."""
        return []

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each deed."""
        return [*(self._address(deed) for deed in self.deeds), *super().get_urls()]

    def _address(self, deed: Deed) -> URLPattern:
        def view(request: HttpRequest, object_id: str) -> HttpResponseBase:
            return self.deed_view(request, object_id, deed)

        name = f"codes_{self.opts.model_name}_{deed.name}"
        return path(f"<path:object_id>/{deed.name}/", self.admin_site.admin_view(view), name=name)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a row with what may be done about it."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        self.opened(row, request)
        return self.page(request, row)

    def opened(self, row: Any, request: HttpRequest) -> None:
        """Do what opening a row means."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A row's page tells its history: show that."""
        return self.change_view(request, object_id)

    def deed_view(self, request: HttpRequest, object_id: str, deed: Deed) -> HttpResponseBase:
        """Do what was posted; what was typed stays when it is refused."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = deed.form(request.POST, about=row, prefix=deed.name)
        if not form.is_valid():
            return self.page(request, row, bound=form, deed=deed)
        try:
            with transaction.atomic():
                shown = deed.run(row, request.user, form.cleaned_data)
                if not self.has_own_log:
                    self.log_change(request, row, deed.label)
        except (CodeRefused, ValidationError) as error:
            say_why(form, error)
        else:
            return self.after(request, row, deed, shown)
        return self.page(request, row, bound=form, deed=deed)

    def after(self, request: HttpRequest, row: Any, deed: Deed, shown: Any) -> HttpResponse:
        """Show what a deed tells once, or lead to where one goes on."""
        if isinstance(shown, list):
            return self.page(request, row, shown=shown)
        messages.success(request, deed.said)
        if (
            isinstance(shown, Model)
            and shown._meta.model in self.admin_site._registry
            and shown._meta.model is not self.model
        ):
            meta = shown._meta
            return redirect(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[shown.pk]))
        return redirect(reverse(f"admin:codes_{self.opts.model_name}_change", args=[row.pk]))

    def page(
        self,
        request: HttpRequest,
        row: Any,
        *,
        bound: Asked | None = None,
        deed: Deed | None = None,
        shown: list[Fact] | None = None,
    ) -> HttpResponse:
        """Return the page of a row; `bound` is a form that was refused, `shown` what a deed tells once."""
        asking = [
            Asking(
                one,
                self._url(one, row),
                bound if bound is not None and one is deed else one.form(about=row, prefix=one.name),
            )
            for one in self.deeds
            if one is deed or one.fits(row, request.user)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "facts": [(label, value) for label, value in self.facts(row, request) if value not in ("", None)],
            "told": self.told(row),
            "links": self.links(row, request),
            "asking": asking,
            "shown": shown,
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        answer = TemplateResponse(request, "admin/codes/case.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def _url(self, deed: Deed, row: Any) -> str:
        return reverse(f"admin:codes_{self.opts.model_name}_{deed.name}", args=[row.pk])


class NamedListing:
    """For tables that hold a listing's plain key: its name and address in the lists, by one subquery."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add `listing_name`."""
        rows = super().get_queryset(request)  # type: ignore[misc]
        names = Listing.objects.filter(pk=OuterRef("listing_id")).values("name")[:1]
        return rows.annotate(listing_name=Subquery(names))


def clock(moment: Any) -> str:
    """Return a moment by the city's clock, "" without one."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
