"""A partner with a source and keys of it, and how its system writes."""

from typing import Any

from django.test import Client

from portal.accounts.models import Organisation
from portal.listings.models import ChangeCounter, Listing
from portal.partners.models import ApiKey, Source
from tests.personas import KANGQIAO, PartnerKey

WRITE, PUBLISH = "listings:write", "listings:publish"


def make_source(name: str = "kitchen", *, organisation: Any = None) -> Source:
    """Return a source of an organisation, of its own unless one is given."""
    ChangeCounter.objects.get_or_create(id=1)
    if organisation is None:
        organisation, _made = Organisation.objects.get_or_create(kind="platform", name=f"{name}公司")
    return Source.objects.create(name=name, label=f"{name}库", organisation=organisation)


def key_for(source: Source, *scopes: str, area_code: str = "") -> PartnerKey:
    """Return a key that may write a source, with these scopes (writing alone unless any is given)."""
    key, secret = ApiKey.issue(
        organisation=source.organisation,
        name="同步",
        scopes=list(scopes or (WRITE,)),
        sources=[source.name],
        area_code=area_code,
    )
    return PartnerKey(key, secret)


def body(**changes: Any) -> dict[str, Any]:
    """Return what a source says of a place in 康桥街道."""
    return {
        "name": "康桥食堂",
        "street": KANGQIAO,
        "address": "康桥路1号",
        "phone": "0571-1",
        "position": {"lat": 30.3461, "lng": 120.1602, "datum": "wgs84"},
        **changes,
    }


def address(number: str = "A-1", source: str = "kitchen", kind: str = "canteen") -> str:
    """Return the address of a row."""
    return f"/api/v1/sources/{source}/{kind}/{number}/"


def put(key: PartnerKey | None, said: Any, number: str = "A-1", **more: Any) -> Any:
    """Write a row; `version` becomes If-Match, `source` and `kind` are of the address."""
    headers = dict(key.headers) if key else {}
    if "version" in more:
        headers["If-Match"] = f'"{more.pop("version")}"'
    return Client().put(address(number, **more), said, content_type="application/json", headers=headers)


def withdraw(key: PartnerKey, number: str = "A-1", **more: Any) -> Any:
    """Withdraw a row."""
    return Client().delete(address(number, **more), headers=key.headers)


def read(key: PartnerKey, number: str = "A-1", **more: Any) -> Any:
    """Read a row."""
    return Client().get(address(number, **more), headers=key.headers)


def batch(key: PartnerKey, rows: Any, source: str = "kitchen", **headers: str) -> Any:
    """Write rows in a batch."""
    return Client().post(
        f"/api/v1/sources/{source}/",
        {"rows": rows},
        content_type="application/json",
        headers={**key.headers, **headers},
    )


def row(number: str = "A-1", kind: str = "canteen", **changes: Any) -> dict[str, Any]:
    """Return a row of a batch."""
    return {"kind": kind, "external_id": number, **body(**changes)}


def stored(number: str = "A-1", source: str = "kitchen") -> Any:
    """Return the listing of a row as stored."""
    return Listing.objects.get(source=source, external_id=number).as_kind
