"""A listing as HSDS has it, from its stored document: a service, its location, and the link between both."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from portal.hsds.identifiers import row_id, service_id
from portal.hsds.keepers import Keeper, Keepers, organization
from portal.hsds.provinces import province
from portal.hsds.taxonomies import terms
from portal.hsds.weeks import schedules
from portal.hsds.words import alert, standing, status
from portal.listings.api.rows import address
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME, Calendar
from portal.regions.areas import area_names

#: What is read of a listing.
COLUMNS = ("public_id", "changed_at", "area_code", "document")


class Around:
    """What the rows of an answer share; each is read when a row asks for it, once."""

    def __init__(self, moment: dt.datetime, keepers: Keepers, codes: set[str]) -> None:
        """Keep the moment, the offices, and the cities in which the places lie."""
        self.moment = moment
        self.today = moment.astimezone(CITY_TIME).date()
        self.keepers = keepers
        self.codes = codes

    @cached_property
    def calendar(self) -> Calendar:
        """Return the confirmed holidays and swapped days."""
        return current_calendar()

    @cached_property
    def cities(self) -> dict[str, str]:
        """Return the names of the cities by code."""
        return area_names(self.codes)


@dataclass(frozen=True, slots=True)
class Place:
    """A published listing as its rows are made of it."""

    public_id: str
    changed_at: dt.datetime | None
    area_code: str
    text: str
    doc: dict[str, Any]
    around: Around

    @property
    def service_id(self) -> str:
        """Return the UUID of the service."""
        return service_id(self.public_id)

    def row_id(self, *parts: object) -> str:
        """Return the UUID of a row that belongs to the place."""
        return row_id(self.public_id, *parts)

    @property
    def keeper(self) -> Keeper:
        """Return the office that keeps it."""
        return self.around.keepers.keeper(self.area_code)

    @property
    def city(self) -> str:
        """Return the name of the city where it is."""
        return self.around.cities.get(self.area_code[:4], "")


def places(rows: Iterable[tuple[Any, ...]], moment: dt.datetime) -> list[Place]:
    """Return places from COLUMNS of listings; one query for all offices."""
    stored = [row for row in rows if row[-1]]
    codes = {code for _public_id, _changed_at, code, _text in stored}
    around = Around(moment, Keepers.of(codes), {code[:4] for code in codes})
    return [
        Place(public_id, changed_at, code, text, orjson.loads(text), around)
        for public_id, changed_at, code, text in stored
    ]


def modified(moment: dt.datetime | None) -> str | None:
    """Return the instant of a change to the millisecond."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds") if moment else None


def least_service(place: Place) -> dict[str, Any]:
    """Return the least that is a service."""
    return {
        "id": place.service_id,
        "organization_id": place.keeper.id,
        "name": place.doc["name"],
        "status": status(place.doc, place.around.moment),
    }


def plain_service(place: Place) -> dict[str, Any]:
    """Return a service with what stands in one field each."""
    doc = place.doc
    description, fees = standing(place.text)
    confirmed = list(doc["confirmations"].values())
    assured = min(row["at"] for row in confirmed)[:10] if confirmed and all(confirmed) else None
    found = {
        "id": place.service_id,
        "organization_id": place.keeper.id,
        "name": doc["name"],
        "alternate_name": doc["name_en"],
        "description": description,
        "url": address(doc["kind"], doc["id"]),
        "status": status(place.doc, place.around.moment),
        "fees_description": fees,
        "assured_date": assured,
        "alert": alert(doc, place.around.moment),
        "last_modified": modified(place.changed_at),
    }
    return known({**found, "organization": organization(place.keeper)})


def whole_service(place: Place) -> dict[str, Any]:
    """Return a service with all that belongs to it."""
    attribute = {
        "id": place.row_id("attribute", "kind"),
        "link_id": place.service_id,
        "link_entity": "service",
        "taxonomy_term_id": terms()[place.doc["kind"]]["id"],
        "taxonomy_term": terms()[place.doc["kind"]],
    }
    link = {**plain_link(place), "location": whole_location(place)}
    return {
        **plain_service(place),
        "phones": phones(place),
        "schedules": schedule_rows(place),
        "service_at_locations": [link],
        "attributes": [attribute],
    }


def plain_link(place: Place) -> dict[str, Any]:
    """Return what joins the service to its location."""
    return {
        "id": place.row_id("service_at_location"),
        "service_id": place.service_id,
        "location_id": place.row_id("location"),
    }


def listed_link(place: Place) -> dict[str, Any]:
    """Return the link with service and location, each without what belongs to it."""
    return {**plain_link(place), "service": plain_service(place), "location": plain_location(place)}


def whole_link(place: Place) -> dict[str, Any]:
    """Return the link with all that belongs to it."""
    return {
        **plain_link(place),
        "phones": phones(place),
        "schedules": schedule_rows(place),
        "location": whole_location(place),
        "service": plain_service(place),
    }


def plain_location(place: Place) -> dict[str, Any]:
    """Return where the place is: degrees of WGS-84, as they are stored."""
    doc = place.doc
    at = doc["position"] or {}
    found = {
        "id": place.row_id("location"),
        "location_type": "physical",
        "organization_id": place.keeper.id,
        "name": doc["name"],
        "alternate_name": doc["name_en"],
        "description": "位置为大致位置。\nThe position is approximate."
        if at.get("accuracy") == "approximate"
        else "",
        "latitude": at.get("lat"),
        "longitude": at.get("lng"),
        "external_identifier": doc["id"],
        "external_identifier_type": "nuanxin",
    }
    return known(found)


def whole_location(place: Place) -> dict[str, Any]:
    """Return the location with its address; the postal code is empty, since nobody keeps it."""
    doc = place.doc
    area = [doc[level]["zh"] for level in ("district", "street", "community") if doc[level]]
    written = {
        "id": place.row_id("address"),
        "location_id": place.row_id("location"),
        "address_1": doc["address"] or "".join(area[1:]),
        "city": place.city,
        "region": area[0] if area else "",
        "state_province": province(place.area_code),
        "postal_code": "",
        "country": "CN",
        "address_type": "physical",
    }
    if doc["address_en"]:
        written["address_2"] = doc["address_en"]
    return {**plain_location(place), "addresses": [written]}


def phones(place: Place) -> list[dict[str, Any]]:
    """Return the phone number, if there is one."""
    number = place.doc["phone"]
    if not number:
        return []
    return [
        {
            "id": place.row_id("phone"),
            "service_id": place.service_id,
            "number": number,
            "type": "voice",
        }
    ]


def schedule_rows(place: Place) -> list[dict[str, Any]]:
    """Return the schedule: what is open when, from today on."""
    found = []
    for row in schedules(place.doc, place.around.calendar, place.around.today):
        names = ("valid_from", "valid_to", "byday", "opens_at", "closes_at", "description")
        number = place.row_id("schedule", *(row.get(name, "") for name in names))
        found.append({"id": number, "service_id": place.service_id, **row})
    return found


def known(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: HSDS has no nulls."""
    return {name: value for name, value in found.items() if value not in (None, "")}
