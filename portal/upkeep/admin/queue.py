"""The freshness queue: what is past its lifetime, and one tap to say that it is still true."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from portal.accounts.admin_scope import BIGINT
from portal.accounts.staff_pages import StaffPage, add_page
from portal.listings import confirming
from portal.listings.admin.dashboard import lifetime_text
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import age_text
from portal.listings.admin.many import MOST_AT_ONCE
from portal.listings.kinds import listing_model, listing_models
from portal.listings.models import FactGroup, Listing
from portal.upkeep import due
from portal.upkeep.admin import operators
from portal.upkeep.asking import ask

Fact = tuple[int, str]


def asked_by(request: HttpRequest) -> due.Asked:
    """Return what the address narrows the queue by; what it cannot mean is left out."""
    given = request.GET
    group, kind, area = given.get("facts", ""), given.get("kind", ""), given.get("area", "")
    return due.Asked(
        group=group if group in FactGroup.values else "",
        kind=kind if kind in {model.kind_name for model in listing_models()} else "",
        area=area if area.isascii() and area.isdecimal() else "",
        is_soon=given.get("tab") == "soon",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def queue_view(request: HttpRequest) -> HttpResponseBase:
    """Show the queue; confirm one fact, the chosen ones or the whole page; take back what was just confirmed."""
    if request.method == "POST":
        if "undo" in request.POST:
            _undo(request)
        elif "ask" in request.POST:
            _ask(request)
        else:
            _confirm(request)
        return redirect(f"{request.get_full_path()}{_next_row(request)}")
    return _page(request)


def chosen(request: HttpRequest) -> list[Fact]:
    """Return the facts that a form names: the one that was tapped, the whole page, or those with a mark."""
    given = request.POST
    if "only" in given:
        names = given.getlist("only")
    else:
        names = given.getlist("shown" if "whole" in given else "fact")
    return [fact for fact in map(_fact, names) if fact is not None]


def _fact(name: str) -> Fact | None:
    key, _colon, group = name.partition(":")
    if not (key.isascii() and key.isdecimal() and len(key) < 20 and int(key) < BIGINT):
        return None
    return (int(key), group) if group in FactGroup.values else None


def in_reach(user: Any, facts: list[Fact]) -> list[Fact]:
    """Return the facts of public listings that the person may change."""
    rows = Listing.objects.editable_by(user).published().filter(pk__in={pk for pk, _group in facts})
    kinds = dict(rows.values_list("pk", "kind"))
    return [
        (pk, group) for pk, group in facts if pk in kinds and group in listing_model(kinds[pk]).fact_groups
    ]


def _wanted(request: HttpRequest) -> list[Fact]:
    """Return the facts that a form names, each once; say why when that are none or too many."""
    wanted = list(dict.fromkeys(chosen(request)))
    if not wanted:
        messages.warning(request, _("Choose at least one row first."))
    if len(wanted) > MOST_AT_ONCE:
        messages.error(request, _("Choose at most %(count)d rows at once.") % {"count": MOST_AT_ONCE})
        return []
    return wanted


def _confirm(request: HttpRequest) -> None:
    user: Any = request.user
    wanted = _wanted(request)
    facts = in_reach(user, wanted)
    confirming.confirm_many(facts=facts, actor=user, channel=channel_of(user))
    if facts:
        text = ngettext("%(count)d fact is still true.", "%(count)d facts are still true.", len(facts))
        messages.success(request, text % {"count": len(facts)})
    if left := len(wanted) - len(facts):
        text = ngettext(
            "%(count)d row was left as it is: it is no longer public, or not yours to change.",
            "%(count)d rows were left as they are: they are no longer public, or not yours to change.",
            left,
        )
        messages.warning(request, text % {"count": left})


def _ask(request: HttpRequest) -> None:
    """Ask the operators of the chosen rows instead."""
    if not request.user.has_perm(operators.ASK):
        raise PermissionDenied
    wanted = _wanted(request)
    if facts := in_reach(request.user, wanted):
        operators.told(request, ask(facts=facts, actor=request.user))


def _undo(request: HttpRequest) -> None:
    user: Any = request.user
    found = due.tapped(user, request.POST["undo"])
    taken = confirming.take_back(confirmations=found, actor=user)
    if not taken:
        messages.warning(request, _("It is too late to take this back, or somebody has done so already."))
        return
    text = ngettext("Taken back: %(count)d confirmation.", "Taken back: %(count)d confirmations.", taken)
    messages.success(request, text % {"count": taken})


def _next_row(request: HttpRequest) -> str:
    """Return the anchor of the row after the one that was tapped, so that a page without scripts stays in place."""
    shown, tapped = request.POST.getlist("shown"), request.POST.get("only", "")
    after = shown.index(tapped) + 1 if tapped in shown else 0
    return f"#q-{shown[after].replace(':', '-')}" if 0 < after < len(shown) and _fact(shown[after]) else ""


def _page(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    now = timezone.now()
    queue = due.queue_of(user, asked_by(request), now)
    page = Paginator(queue.facts, due.PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": _("Freshness queue"),
        "queue": queue,
        "asked": queue.asked,
        "page": page,
        "sections": _sections(due.rows_of(page.object_list), queue, now),
        "groups": [
            {
                "code": code,
                "name": name,
                "count": queue.by_group[code],
                "is_chosen": code == queue.asked.group,
            }
            for code, name in FactGroup.choices
            if queue.by_group[code] or code == queue.asked.group
        ],
        "total": sum(queue.by_group.values()),
        "kinds": [
            (model.kind_name, model._meta.verbose_name_plural)
            for model in listing_models()
            if model.kind_name in queue.kinds
        ],
        "taps": due.taps_of(user, now),
        "may_ask": user.has_perm(operators.ASK),
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/upkeep/queue.html", context)


def _sections(rows: list[due.Row], queue: due.Queue, now: dt.datetime) -> list[dict[str, Any]]:
    """Return the page's rows under their groups of facts, with the words that the template shows."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.fact.group, []).append(_shown(row, now))
    return [
        {
            "name": FactGroup(group).label,
            "count": queue.by_group[group],
            "holds": lifetime_text(group),
            "rows": shown,
        }
        for group, shown in found.items()
    ]


def _shown(row: due.Row, now: dt.datetime) -> dict[str, Any]:
    fact, doc = row.fact, row.doc
    photo = next((photo for photo in doc["photos"] if photo["role"] == "picture"), None)
    path = photo["small"] if photo else doc["drawing"]
    return {
        "key": row.key,
        "anchor": f"q-{row.key.replace(':', '-')}",
        "name": doc["name"],
        "where": " · ".join(
            filter(None, [str(listing_model(fact.kind)._meta.verbose_name), (doc["street"] or {}).get("zh")])
        ),
        "picture": storages["public"].url(path) if path else "",
        "lines": row.lines,
        "age": age_text(fact.confirmed_at, now, fact.is_due(now)),
        "is_due": fact.is_due(now),
        "ends_at": fact.ends_at,
        "who": row.said_by and (row.said_by.actor_label or row.said_by.get_channel_display()),
        "asked_at": row.asked_at,
        "post": row.said_by.post_label if row.said_by else "",
        "url": admin_url(Listing(pk=fact.listing_id, kind=fact.kind)),
    }


def may_confirm(user: Any) -> bool:
    """Say whether the person keeps listings at all; which ones is asked of `editable_by`."""
    return user.is_active and user.is_staff and user.has_perm("listings.change_listing")


QUEUE = add_page(
    StaffPage(
        "queue/", "upkeep_queue", gettext_lazy("Freshness queue"), queue_view, may_confirm, "fact_check"
    )
)
