"""Keys that tell what is free, and places of which they may tell."""

import datetime as dt
from typing import Any

from django.test import Client
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.partners.models import ApiKey, Source
from tests.personas import PartnerKey

ADDRESS = "/api/v1/availability/"


def make_key(
    organisation: Organisation | str = "西湖餐饮",
    *,
    sources: list[str] | None = None,
    scopes: tuple[str, ...] = ("availability:write", "listings:read"),
    **more: Any,
) -> PartnerKey:
    """Return a key of an organisation, which is made if it is given by name."""
    if isinstance(organisation, str):
        organisation, _made = Organisation.objects.get_or_create(
            name=organisation, defaults={"kind": "operator"}
        )
    key, secret = ApiKey.issue(
        organisation=organisation, name="余量", scopes=list(scopes), sources=sources or [], **more
    )
    return PartnerKey(key, secret)


def make_source(key: PartnerKey, name: str = "canteens") -> Source:
    """Return a source of the key's organisation, which the key names."""
    key.key.sources = [*key.key.sources, name]
    key.key.save()
    return Source.objects.create(name=name, label=f"来源{name}", organisation=key.key.organisation)


def moments(*, ago: float = 0, hours: float = 2) -> dict[str, str]:
    """Return as_of so many minutes ago, and until when it holds after that."""
    as_of = timezone.now() - dt.timedelta(minutes=ago)
    return {"as_of": as_of.isoformat(), "valid_until": (as_of + dt.timedelta(hours=hours)).isoformat()}


def counts(*items: tuple[str, int], **when: float) -> dict[str, Any]:
    """Return a report of counts."""
    return {**moments(**when), "items": [{"item": name, "count": count} for name, count in items]}


def status(name: str, **when: float) -> dict[str, Any]:
    """Return a report of how full a place is."""
    return {**moments(**when), "status": name}


def put(key: PartnerKey, listing: Any, body: Any) -> Any:
    """Report of one place."""
    public_id = listing if isinstance(listing, str) else listing.public_id
    return Client().put(f"{ADDRESS}{public_id}/", body, "application/json", headers=key.headers)


def post(key: PartnerKey, rows: Any, **headers: str) -> Any:
    """Report of many places."""
    return Client().post(ADDRESS, {"rows": rows}, "application/json", headers={**key.headers, **headers})


def said(listing: Any, item: str | None = None) -> Any:
    """Return what the API says to be free at a place: an item's row, or all."""
    items = Client().get(f"{ADDRESS}{listing.public_id}/").json()["items"]
    return items if item is None else next(row for row in items if row["item"] == item)
