"""The groups of permissions that posts refer to.

A group's name is data for people; code asks for permissions only. What a kind of listing brings is found by asking
which models descend from `listings.Listing`, so a new kind needs no line here.
"""

import logging
from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model

from portal.audit.models import Action
from portal.audit.recording import record

logger = logging.getLogger(__name__)

#: What keeping a gate takes: who verifies there, what was let in without a name, what happened.
GATE_KEEPING = {
    *(
        f"codes.{action}_{name}"
        for action in ("view", "add", "change")
        for name in ("device", "guardname", "incident")
    ),
    *(f"codes.view_{name}" for name in ("checkpoint", "shift", "pass", "amendment", "quarantined")),
}
STREET_CODES = GATE_KEEPING | {
    *(f"codes.{action}_checkpoint" for action in ("add", "change")),
    *(f"codes.{action}_conductcase" for action in ("view", "add", "change", "decide")),
    *(f"codes.{action}_refusal" for action in ("view", "change")),
    "codes.change_quarantined",
}
DISTRICT_CODES = STREET_CODES | {"codes.look_up_holder", "codes.view_lookup"}
CITY_CODES = DISTRICT_CODES | {
    *(f"codes.{action}_platform" for action in ("view", "add", "change")),
    *(f"codes.{action}_holder" for action in ("view", "check", "suspend")),
}

READ = ("view",)
EDIT = ("view", "change")
KEEP = ("view", "add", "change")
ALL = ("view", "add", "change", "delete")

ACCOUNTS_VIEW = {"accounts.view_organisation", "accounts.view_post"}
PEOPLE = {
    "accounts.view_user",
    "accounts.change_user",
    "accounts.reset_second_factor",
    "accounts.view_organisation",
    "accounts.add_organisation",
    "accounts.view_post",
    "accounts.add_post",
    "accounts.change_post",
}
REGIONS_VIEW = {f"regions.view_{name}" for name in ("city", "district", "street", "community", "nickname")}
NICKNAMES = {f"regions.{action}_nickname" for action in KEEP}
LISTINGS_VIEW = {
    f"listings.view_{name}"
    for name in (
        "listing",
        "revision",
        "proposal",
        "confirmation",
        "plannedmove",
        "calendaryear",
        "calendarday",
    )
}
#: What an office needs to keep listings true beside the listings: what couriers say, whom to ask, what was done here.
UPKEEP = {
    "upkeep.view_correction",
    "upkeep.change_correction",
    *(f"upkeep.{action}_operatorcontact" for action in ("view", "add", "change", "delete")),
    "upkeep.view_operatorlink",
    "upkeep.add_operatorlink",
    "listings.view_importbatch",
    "listings.change_importbatch",
    "audit.view_event",
}
#: An operator answers what couriers say about his own place.
UPKEEP_OWN = {"upkeep.view_correction", "upkeep.change_correction"}
#: Those whose systems read and write here keep their own keys and webhooks, and nothing else.
OWN_KEYS = "partners.keep_own"
CHILDREN_OF_ALL_KINDS = ("photo", "weeklyhours", "hoursexception")


def _codes(models: Iterable[type[Model]], actions: Iterable[str]) -> set[str]:
    actions = tuple(actions)
    return {f"{m._meta.app_label}.{action}_{m._meta.model_name}" for m in models for action in actions}


def _kinds() -> list[type[Model]]:
    """Return the models of all kinds of listing; none while the kernel is not installed."""
    try:
        listing = apps.get_model("listings", "Listing")
    except LookupError:
        return []
    return [model for model in apps.get_models() if issubclass(model, listing) and model is not listing]


def _beside_kinds() -> tuple[list[type[Model]], list[type[Model]]]:
    """Return the models edited with one listing, and the catalogues that all listings of a kind share."""
    kinds = _kinds()
    labels = {model._meta.app_label for model in kinds}
    edited = {
        kind._meta.get_field(relation).related_model
        for kind in kinds
        for group in kind.groups.values()  # type: ignore[attr-defined]
        for relation in group.relations
    }
    owned = [model for model in apps.get_models() if model in edited and model._meta.app_label in labels]
    named = {field.related_model for model in owned for field in model._meta.fields if field.is_relation}
    catalogues = [
        m for m in apps.get_models() if m in named and m._meta.app_label in labels and m not in kinds
    ]
    return owned, catalogues


def _listing_permissions(actions: Iterable[str]) -> set[str]:
    """Return what it takes to keep listings: the kinds by the actions given, what belongs to one of them wholly.

    Nobody deletes a listing: it is archived.
    """
    owned, catalogues = _beside_kinds()
    shared = {f"listings.{action}_{name}" for name in CHILDREN_OF_ALL_KINDS for action in ALL}
    return (
        _codes(_kinds(), actions)
        | _codes(owned, ALL)
        | _codes(catalogues, READ)
        | shared
        | LISTINGS_VIEW
        | {f"listings.{action}_listing" for action in actions}
        | {"listings.add_confirmation"}
    )


def wanted() -> dict[str, set[str]]:
    """Return the permissions of each group as "app.codename"."""
    stewards = {f"listings.{action}_stewardship" for action in ALL}
    exchange = {"listings.import_listing", "listings.export_listing"}
    operator = _listing_permissions(EDIT) | REGIONS_VIEW | UPKEEP_OWN
    community = _listing_permissions(KEEP) | REGIONS_VIEW | ACCOUNTS_VIEW | exchange | UPKEEP
    street = community | stewards | NICKNAMES | {"listings.publish_listing"} | STREET_CODES
    _owned, catalogues = _beside_kinds()
    pages = _codes((model for model in apps.get_models() if model._meta.app_label == "pages"), ALL)
    district = street | PEOPLE | DISTRICT_CODES | {"audit.export_event"}
    calendar = {f"listings.{action}_{name}" for name in ("calendaryear", "calendarday") for action in ALL}
    accounts = _codes(apps.get_app_config("accounts").get_models(), KEEP) - _codes(
        [apps.get_model("accounts", "LoginLink")], ALL
    )
    partners = {f"partners.{action}_{name}" for action in KEEP for name in ("apikey", "source", "webhook")}
    partners |= {"partners.view_nudge", "partners.change_nudge", "partners.delete_webhook", OWN_KEYS}
    city = (
        district
        | _codes(catalogues, ALL)
        | pages
        | calendar
        | accounts
        | partners
        | {"listings.view_dump", "listings.view_availability"}
        | CITY_CODES
        | {"auth.view_group", "notices.view_delivery"}
    )
    return {
        "街道工作人员": street,
        "社区工作人员": community,
        "区级工作人员": district,
        "城市管理员": city,
        "经营单位": operator,
        "物业": operator | GATE_KEEPING,
        "合作方": {OWN_KEYS},
    }


def _give(group: Group, codes: dict[str, int]) -> None:
    """Give a group exactly these permissions (code → key), and keep what it lost and gained."""
    held = {
        f"{label}.{codename}"
        for label, codename in group.permissions.order_by().values_list("content_type__app_label", "codename")
    }
    if held == codes.keys():
        return
    group.permissions.set(codes.values())
    before, after = sorted(held - codes.keys()), sorted(codes.keys() - held)
    record(
        Action.PERMISSIONS_CHANGED,
        by=None,
        about=group,
        before={"permissions": before},
        after={"permissions": after},
        note="ensure_groups",
    )


@transaction.atomic
def ensure_groups() -> dict[str, list[str]]:
    """Create the groups and give each exactly its permissions; return what does not exist (yet), by group."""
    known = {
        f"{label}.{codename}": pk
        for pk, label, codename in Permission.objects.order_by().values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    missing: dict[str, list[str]] = {}
    for name, codes in wanted().items():
        group, _created = Group.objects.get_or_create(name=name)
        _give(group, {code: known[code] for code in codes if code in known})
        absent = sorted(codes - known.keys())
        if absent:
            missing[name] = absent
    if missing:
        logger.warning(
            "no such permissions: %s",
            ", ".join(sorted({code for codes in missing.values() for code in codes})),
        )
    return missing
