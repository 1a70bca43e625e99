"""The sidebar: what the acting post may open, and nothing else."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.accounts.staff_pages import all_pages
from portal.listings.kinds import listing_models
from portal.listings.models import (
    CalendarYear,
    ImportBatch,
    Listing,
    PlannedMove,
    Proposal,
    Revision,
    Stewardship,
)

ICONS = {
    "listing": "format_list_bulleted",
    "apartmentproject": "bed",
    "canteen": "restaurant",
    "station": "storefront",
    "compound": "gate",
    "checkpoint": "where_to_vote",
    "device": "smartphone",
    "guardname": "local_police",
    "shift": "schedule",
    "pass": "sensor_door",
    "amendment": "rule",
    "quarantined": "report",
    "incident": "warning",
    "conductcase": "balance",
    "refusal": "block",
    "lookup": "person_search",
    "proposal": "rate_review",
    "revision": "history",
    "importbatch": "upload_file",
    "plannedmove": "event_upcoming",
    "correction": "campaign",
    "operatorcontact": "contact_phone",
    "operatorlink": "link",
    "event": "policy",
    "delivery": "outgoing_mail",
    "stewardship": "handshake",
    "calendaryear": "calendar_month",
    "amenity": "power",
    "user": "person",
    "post": "badge",
    "organisation": "apartment",
    "group": "lock_person",
    "apikey": "key",
    "dump": "archive",
    "webhook": "webhook",
    "nudge": "notifications_active",
    "source": "dataset",
    "rightscard": "gavel",
    "city": "location_city",
    "district": "map",
    "street": "signpost",
    "community": "holiday_village",
    "nickname": "label",
    "holder": "qr_code_2",
    "platform": "local_shipping",
}


#: The order of codes and gates: what is read daily first.
ORDER = (
    "pass",
    "incident",
    "refusal",
    "conductcase",
    "amendment",
    "quarantined",
    "device",
    "guardname",
    "shift",
    "checkpoint",
    "holder",
    "platform",
    "lookup",
)


#: Apps whose tables stand under “To decide and to read”, with their pages.
KEEPING_TRUE = ("upkeep", "audit", "notices")


def _order(model: type[Model]) -> int:
    name = str(model._meta.model_name)
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _item(request: HttpRequest, model: type[Model]) -> dict[str, Any] | None:
    model_admin = admin.site._registry.get(model)
    if model_admin is None or not model_admin.has_view_or_change_permission(request):
        return None
    meta = model._meta
    return {
        "title": capfirst(str(getattr(model_admin, "sidebar_title", meta.verbose_name_plural))),
        "icon": ICONS.get(str(meta.model_name), "circle"),
        "link": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
    }


def pages_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return links to the pages that belong to no single table, as far as the person may open them."""
    return [
        {"title": capfirst(str(page.title)), "icon": page.icon, "link": reverse(f"admin:{page.name}")}
        for page in all_pages()
        if page.icon and page.allowed(request.user)
    ]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of links; a model that no group names stands under its app."""
    if not request.user.is_authenticated:
        return []
    kinds = list(listing_models())
    groups: list[tuple[str, list[type[Model]]]] = [
        (_("Listings"), [Listing, *kinds]),
        (_("To decide and to read"), [PlannedMove, Proposal, Revision, ImportBatch, Stewardship]),
    ]
    # What apps above and below the kernel keep true with it stands beside what is decided here.
    groups[1][1].extend(model for model in admin.site._registry if model._meta.app_label in KEEPING_TRUE)
    named = {model for _title, models in groups for model in models} | {CalendarYear}
    people: list[type[Model]] = []
    places: list[type[Model]] = []
    codes: list[type[Model]] = []
    rest: list[type[Model]] = []
    group_of = {"accounts": people, "auth": people, "partners": people, "regions": places, "codes": codes}
    for model in admin.site._registry:
        if model not in named:
            group_of.get(model._meta.app_label, rest).append(model)
    codes.sort(key=_order)
    groups += [
        (_("Codes and gates"), codes),
        (_("Contents and tables"), [*rest, CalendarYear]),
        (_("People and offices"), people),
        (_("Regions"), places),
    ]
    first: dict[str, Any] = {
        "title": "",
        "items": [{"title": _("What is due today"), "icon": "today", "link": reverse("admin:index")}],
    }
    shown = [first]
    for title, models in groups:
        items = [item for item in (_item(request, model) for model in models) if item]
        if title == groups[1][0]:
            items = [*pages_for(request), *items]
        if items:
            shown.append(
                {"title": title, "items": items, "separator": True, "collapsible": title == _("Regions")}
            )
    return shown
