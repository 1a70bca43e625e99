"""The public document of a listing: the one representation that pages, API, map and exports read."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import TextChoices
from django.utils.translation import override

from portal.listings.drawings import store_drawing
from portal.listings.english import in_english
from portal.listings.hours import CITY_TIME
from portal.listings.models import Confirmation, Listing
from portal.listings.pictures import picture_paths
from portal.listings.pinyin import fold, latin, readings
from portal.listings.postal import address_en
from portal.listings.registers import register_document
from portal.regions.naming import spellings

SCHEMA_VERSION = 2


def instant(moment: dt.datetime | None) -> str | None:
    """Return an ISO 8601 instant in the city's time, to the second."""
    return moment.astimezone(CITY_TIME).isoformat(timespec="seconds") if moment else None


def clock(time: dt.time | None) -> str | None:
    """Return "HH:MM"."""
    return time.strftime("%H:%M") if time else None


def yuan(amount: Decimal | None) -> str | None:
    """Return yuan with two decimals."""
    return f"{amount:.2f}" if amount is not None else None


def coded(choices: type[TextChoices], value: str) -> dict[str, str] | None:
    """Return {code, zh, en} of a coded value, None when it is empty."""
    if not value:
        return None
    label = choices(value).label
    with override("zh-hans"):
        chinese = str(label)
    with override("en"):
        english = str(label)
    return {"code": str(value), "zh": chinese, "en": english}


def region(row: Any) -> dict[str, str] | None:
    """Return {code, zh, en} of a district, street or community."""
    return {"code": row.code, "zh": row.name, "en": row.name_en} if row else None


def position(lat: float | None, lng: float | None, accuracy: str) -> dict[str, Any] | None:
    """Return the WGS-84 position to six decimals (0.1 m)."""
    if lat is None or lng is None:
        return None
    return {"lat": round(lat, 6), "lng": round(lng, 6), "datum": "wgs84", "accuracy": accuracy}


def hours_document(listing: Listing) -> dict[str, Any]:
    """Return the hours as the document holds them and `hours.status_at` reads them."""
    weekly = [
        {
            "day": row.day,
            "rule": row.rule,
            "opens": clock(row.opens),
            "closes": clock(row.closes),
            "open_end": row.is_open_end,
            "label": row.label,
        }
        for row in listing.weekly_hours.all()
    ]
    exceptions = [
        {
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "rule": row.rule,
            "opens": clock(row.opens),
            "closes": clock(row.closes),
            "open_end": row.is_open_end,
            "reason": row.reason,
            "reason_en": in_english(row.reason),
        }
        for row in listing.hours_exceptions.all()
    ]
    known = bool(weekly or exceptions) and not all(row["rule"] == "unknown" for row in weekly + exceptions)
    return {"known": known, "weekly": weekly, "exceptions": exceptions}


def pause_documents(listing: Listing) -> list[dict[str, Any]]:
    """Return the pauses ahead; who reads them applies each from its beginning on, however late the clock is."""
    return [
        {
            "starts_at": instant(plan.at),
            "until": instant(plan.until),
            "reason": plan.reason,
            "reason_en": plan.reason_en or in_english(plan.reason),
        }
        for plan in listing.planned_pauses
    ]


def photo_documents(listing: Listing) -> list[dict[str, Any]]:
    """Return the photos in order with relative paths of their three sizes."""
    return [
        {
            **picture_paths(row.digest),
            "width": row.width,
            "height": row.height,
            "alt": row.alt,
            "role": row.role,
        }
        for row in listing.photos.all()
    ]


def confirmation_documents(listing: Listing) -> dict[str, Any]:
    """Return the latest confirmation of each fact group: {at, by} or None."""
    latest: dict[str, Any] = dict.fromkeys(str(group) for group in listing.fact_groups)
    rows = Confirmation.objects.standing().filter(listing_id=listing.pk, fact_group__in=listing.fact_groups)
    for group, at, channel in rows.order_by("confirmed_at", "pk").values_list(
        "fact_group", "confirmed_at", "channel"
    ):
        latest[group] = {"at": instant(at), "by": channel}
    return latest


def document(listing: Listing) -> dict[str, Any]:
    """Return the public document of a listing of a kind, as plain JSON values."""
    pinyin = latin(listing.name)
    shut = listing.shut_until and {
        "reason": listing.shut_reason,
        "since": instant(listing.shut_at),
        "until": instant(listing.shut_until),
    }
    pause = listing.state == "paused" and {
        "reason": listing.pause_reason,
        "reason_en": listing.pause_reason_en or in_english(listing.pause_reason),
        "until": instant(listing.paused_until),
    }
    return {
        "schema": SCHEMA_VERSION,
        "id": listing.public_id,
        "kind": listing.kind,
        "name": listing.name,
        "name_en": listing.name_en or pinyin,
        "pinyin": pinyin,
        "district": region(listing.district),
        "street": region(listing.street),
        "community": region(listing.community),
        "address": listing.address,
        "address_en": address_en(listing.address),
        "position": position(listing.lat, listing.lng, listing.accuracy),
        "phone": listing.phone,
        "notice": listing.notice,
        "notice_en": listing.notice_en or in_english(listing.notice),
        "state": listing.state,
        "pause": pause or None,
        "planned_pauses": pause_documents(listing),
        "shut": shut or None,
        "hours": hours_document(listing),
        "photos": photo_documents(listing),
        "drawing": store_drawing(listing.drawing()),
        "confirmations": confirmation_documents(listing),
        "provenance": listing.provenance,
        **register_document(listing),
        **listing.own_document(),
    }


def canonical(value: dict[str, Any]) -> str:
    """Return canonical JSON text: UTF-8, sorted keys, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest(text: str) -> str:
    """Return the SHA-256 of a stored document, empty for none."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def search_text(listing: Listing, nicknames: Mapping[str, list[str]]) -> str:
    r"""Return what the search looks in: three parts, of the name, of the street, of everything else.

    Each word stands behind a space; "\n" ends the name and "\n\n" the street, so that the ranking can tell where a
    match lies. Names and own words are written in every reading, regions and the address only as they are read;
    `nicknames` are what people call areas, by code.
    """
    own = [listing.name_en, *listing.own_words()]
    areas = [region for region in (listing.district, listing.community) if region]
    parts = (
        readings(listing.name),
        _region_words(listing.street, nicknames) if listing.street else (),
        [
            *(word for area in areas for word in _region_words(area, nicknames)),
            *(word for text in own if text for word in readings(text)),
            *_place_words(listing.address),
        ],
    )
    name, street, others = ("".join(f" {word}" for word in dict.fromkeys(part)) for part in parts)
    return f"{name}\n{street}\n\n{others}"


def _region_words(region: Any, nicknames: Mapping[str, list[str]]) -> list[str]:
    """Return a region's name folded, its stored pinyin and initials, how else it is typed, what else it is called."""
    stored = (region.pinyin.replace(" ", ""), region.initials)
    called = [word for name in nicknames.get(region.pk, ()) for word in _place_words(name)]
    return [fold(region.name), *filter(None, stored), *spellings(region.name), *called]


def _place_words(text: str) -> tuple[str, ...]:
    """Return a text that names places, folded and as it is read."""
    folded = fold(text)
    return (folded, *spellings("".join(mark for mark in folded if mark.isalnum()))) if folded else ()
