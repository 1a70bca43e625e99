"""The page that exports the audit for an inspector."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.admin_scope import scoped
from portal.accounts.scope import acts_everywhere, area_of, covers
from portal.accounts.staff_pages import StaffPage, add_page
from portal.listings.admin.audit_form import day_field
from portal.listings.inspecting import PERMISSION, archive, begin
from portal.listings.timeline import Asked, day_start
from portal.regions.models import District, Street


class ExportForm(forms.Form):
    """From which day to which, and of which area."""

    since = day_field(gettext_lazy("from"), required=True)
    until = day_field(gettext_lazy("to"), required=True)
    area = forms.ChoiceField(
        label=gettext_lazy("area"), required=False, widget=forms.Select({"class": "nx-input"})
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inside = [
            (row.code, f"{'　' if model is Street else ''}{row.name}")
            for model in (District, Street)
            for row in scoped(model, user).filter(is_current=True).order_by("code")
            if covers(user, row.code)
        ]
        everything = (
            _("the whole city") if acts_everywhere(user) or len(area_of(user) or "") == 4 else _("all I keep")
        )
        self.fields["area"].choices = [("", everything), *sorted(inside)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin."""
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return given

    def asked(self) -> Asked:
        """Return what of the timeline is wanted; a valid form only."""
        given = self.cleaned_data
        after = day_start(given["until"] + dt.timedelta(days=1))
        return Asked(since=day_start(given["since"]), until=after, area=given["area"])


def export_view(request: HttpRequest) -> HttpResponseBase:
    """Ask for days and area, and send the archive while it is made."""
    today = timezone.localdate()
    month = {"since": today.replace(day=1), "until": today}
    form = ExportForm(request.POST if request.method == "POST" else None, user=request.user, initial=month)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        export = begin(by=request.user, since=given["since"], until=given["until"], asked=form.asked())
        answer = StreamingHttpResponse(archive(export), content_type="application/zip")
        name = f"audit-{given['since']:%Y%m%d}-{given['until']:%Y%m%d}-{export.number}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store"
        answer["X-Accel-Buffering"] = "no"
        return answer
    context = {**admin.site.each_context(request), "title": _("Export for an inspector"), "form": form}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/audit/export.html", context)


def may_export(user: Any) -> bool:
    """Say whether somebody may export the audit."""
    return user.has_perm(PERMISSION)


add_page(
    StaffPage(
        "audit/export/", "audit_export", gettext_lazy("Export for an inspector"), export_view, may_export
    )
)
