"""The scoreboard's page, and the same figures as CSV."""

import csv
import datetime as dt
import io
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from portal.accounts.staff_pages import StaffPage, add_page
from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import age_text
from portal.listings.importing_cells import neutralised
from portal.listings.kinds import kind_names, listing_models
from portal.listings.models import FactGroup, Listing
from portal.upkeep import boards, charts, scoreboard
from portal.upkeep.boards import Board, Row, may_compare

COLUMNS = (
    ("listings", gettext_lazy("listings")),
    ("share", gettext_lazy("share within lifetime")),
    ("age", gettext_lazy("median age")),
    ("stale", gettext_lazy("overdue facts")),
    ("opened", gettext_lazy("reported in 90 days")),
    ("closed", gettext_lazy("closed in 90 days")),
    ("open", gettext_lazy("open")),
    ("overdue", gettext_lazy("overdue")),
    ("fix", gettext_lazy("median time to fix")),
)
#: What is best at the top when a heading is pressed first.
FIRST_DOWN = {"listings", "share", "opened", "closed"}


@require_safe
def scoreboard_view(request: HttpRequest) -> HttpResponse:
    """Show how the parts of an area stand, or send the same figures as CSV."""
    user: Any = request.user
    top, given = boards.top_of(user), request.GET
    area = boards.area_asked(user, given.get("area", ""))
    kind = given.get("kind", "") if given.get("kind") in kind_names() else ""
    group = given.get("facts", "") if given.get("facts") in FactGroup.values else ""
    order = given.get("sort", "") if given.get("sort", "").removeprefix("-") in boards.ORDERS else ""
    found = scoreboard.gathered()
    board = boards.board_of(found, area, top, kind=kind, group=group, order=order)
    if given.get("format") == "csv":
        record(Action.EXPORTED, by=user, area_code=area, label=str(_("Scoreboard")))
        return _csv(board, found.at)
    names = [area, *(row.code for row in board.wider[-1:])]
    days = scoreboard.trend(names, found.at)
    titles = {board.whole.code: board.whole.name, **{row.code: row.name for row in board.wider}}
    today = timezone.localdate(found.at)
    lines = [charts.line_of(titles[code], days[code], today) for code in names]
    context = {
        **admin.site.each_context(request),
        "title": _("Scoreboard"),
        "board": board,
        "table": [shown(row) for row in board.rows],
        "whole": shown(board.whole),
        "wider": [shown(row) for row in board.wider],
        "by_group": [shown(row) for row in board.by_group],
        "by_kind": [shown(row) for row in board.by_kind],
        "oldest": _oldest(board, found.at),
        "lines": [line for line in lines if line and not (kind or group)],
        "days": days[area][::-1],
        "columns": [_heading(name, label, order) for name, label in COLUMNS],
        "kinds": [(model.kind_name, model._meta.verbose_name_plural) for model in listing_models()],
        "groups": FactGroup.choices,
        "kind": kind,
        "group": group,
        "at": found.at,
        "size": (charts.WIDTH, charts.HEIGHT),
    }  # fmt: skip
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/upkeep/scoreboard.html", context)


def _heading(name: str, label: Any, order: str) -> dict[str, Any]:
    down, up = f"-{name}", name
    following = (up if order == down else down) if name in FIRST_DOWN else (down if order == up else up)
    sort = {down: "descending", up: "ascending"}.get(order, "")
    return {"label": label, "next": following, "sort": sort}


def shown(row: Row) -> dict[str, Any]:
    """Return a row in the words of the table."""
    figures = row.figures
    never = figures.fact_count and figures.median_age is None
    return {
        "row": row,
        "figures": figures,
        "age": _("mostly never") if never else span_text(figures.median_age),
        "fix": span_text(figures.median_fix),
    }


def span_text(span: dt.timedelta | None) -> str:
    """Return a span in minutes, hours or days, whichever says most; "—" for none."""
    if span is None:
        return "—"
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        return ngettext("%(count)d hour", "%(count)d hours", minutes // 60) % {"count": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _oldest(board: Board, now: dt.datetime) -> list[dict[str, Any]]:
    found = Listing.objects.in_bulk({fact.listing_id for fact in board.oldest})
    return [
        {
            "name": found[fact.listing_id].name,
            "facts": FactGroup(fact.group).label,
            "age": age_text(fact.confirmed_at, now, True),
            "url": admin_url(found[fact.listing_id]),
        }
        for fact in board.oldest
        if fact.listing_id in found
    ]


def _csv(board: Board, at: dt.datetime) -> HttpResponse:
    """Return the table as CSV in UTF-8 with the mark by which Excel knows it; ages in days, times to fix in hours."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        str(label)
        for label in (
            *(_("area code"), _("area"), _("listings"), _("facts"), _("facts within lifetime")),
            *(_("share in %"), _("median age in days"), _("overdue facts"), _("reported in 90 days")),
            *(_("closed in 90 days"), _("open"), _("overdue"), _("median time to fix in hours")),
        )
    )
    for row in [*board.rows, board.whole, *board.wider]:
        writer.writerow(neutralised(str(value)) for value in _cells(row))
    response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    name = f"{_('Scoreboard')}-{board.whole.name}-{timezone.localdate(at):%Y%m%d}.csv"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _cells(row: Row) -> list[Any]:
    figures = row.figures
    share = "" if figures.share is None else f"{figures.share * 100:.1f}"
    age = "" if figures.median_age is None else f"{figures.median_age / dt.timedelta(days=1):.1f}"
    fix = "" if figures.median_fix is None else f"{figures.median_fix / dt.timedelta(hours=1):.1f}"
    facts = [row.code, row.name, figures.listing_count, figures.fact_count, figures.fresh_count, share, age]
    cases = [figures.opened_count, figures.closed_count, figures.open_count, figures.overdue_count, fix]
    return [*facts, figures.stale_count, *cases]


SCOREBOARD = add_page(
    StaffPage(
        "scoreboard/", "scoreboard", gettext_lazy("Scoreboard"), scoreboard_view, may_compare, "monitoring"
    )
)
