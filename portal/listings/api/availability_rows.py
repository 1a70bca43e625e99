"""Reading what systems send of what is free: shape and types; what it means is judged where it is taken."""

import datetime as dt
import re
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.api.writing import whole_number
from portal.listings.filters import EARLIEST, LATEST
from portal.listings.report_faults import Fault
from portal.listings.reporting import Named, Report

PUBLIC_ID = re.compile("[0-9A-HJKMNP-TV-Z]{10}")
SOURCE = re.compile("[-a-zA-Z0-9_]{1,60}")
MOST_ITEMS = 100
MOST_COUNT = 100_000
TOLD = ("as_of", "valid_until", "items", "status")
NAMES = ("id", "source", "external_id")

OBJECT = _("Send an object.")
UNKNOWN = _("There is no such field here.")
MOMENT = _("Write the moment with an offset, like 2026-11-23T12:30:00+08:00.")
EITHER = _("Tell either counts in `items`, or a `status`.")
ITEMS = format_lazy(_("A list of 1 to {most} objects, each with item and count."), most=MOST_ITEMS)
ITEM = _("The name of the room type or set meal, up to 60 characters.")
COUNT = format_lazy(_("A whole number from 0 to {most}."), most=f"{MOST_COUNT}")
TWICE = _("This item is there twice.")
STATUS = _("One of the words that the place's kind knows.")
NAME = _("Name the listing by its id, or by source and external_id.")


class Unreadable(Exception):
    """A row is no report; `faults` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read_report(body: Any, *, public_id: str = "") -> Report:
    """Return the report that a body is, for the listing of the address or the one that it names. Raise Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable([("", "invalid", OBJECT)])
    known = TOLD if public_id else (*TOLD, *NAMES)
    faults: list[Fault] = [(_shown(name), "unknown_field", UNKNOWN) for name in body if name not in known]
    named = Named(public_id=public_id) if public_id else _named(body, faults)
    moments = {name: _moment(body.get(name), name, faults) for name in ("as_of", "valid_until")}
    counts, status = _told(body, faults)
    if faults:
        raise Unreadable(faults)
    return Report(named, moments["as_of"], moments["valid_until"], counts, status)


def _shown(name: str) -> str:
    return "".join(letter for letter in name[:60] if letter.isprintable())


def _is_text(value: Any, most: int) -> bool:
    """Say whether a value is a text that a database can hold."""
    if not isinstance(value, str) or not 0 < len(value) <= most or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _named(body: dict[str, Any], faults: list[Fault]) -> Named:
    public_id, source, number = (body.get(name) for name in NAMES)
    if "id" in body and "source" not in body and "external_id" not in body:
        if isinstance(public_id, str) and PUBLIC_ID.fullmatch(public_id):
            return Named(public_id=public_id)
        faults.append(("id", "invalid", NAME))
    elif "id" not in body and isinstance(source, str) and SOURCE.fullmatch(source) and _is_text(number, 120):
        return Named(source=source, external_id=str(number))
    else:
        faults.append(("id" if "id" in body else "source", "invalid", NAME))
    return Named()


def _moment(value: Any, name: str, faults: list[Fault]) -> dt.datetime:
    code = "invalid"
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
        if moment is not None and timezone.is_aware(moment):
            code = "out_of_range"
            if EARLIEST <= moment < LATEST:
                return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    faults.append((name, code, MOMENT))
    return EARLIEST


def _told(body: dict[str, Any], faults: list[Fault]) -> tuple[dict[str, int], str]:
    if ("items" in body) == ("status" in body):
        faults.append(("items", "required", EITHER))
        return {}, ""
    if "status" in body:
        if not _is_text(body["status"], 10):
            faults.append(("status", "invalid", STATUS))
            return {}, ""
        return {}, body["status"]
    items = body["items"]
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        faults.append(("items", "invalid", ITEMS))
        return {}, ""
    counts: dict[str, int] = {}
    for number, item in enumerate(items):
        _count(item, f"items.{number}", counts, faults)
    return counts, ""


def _count(item: Any, place: str, counts: dict[str, int], faults: list[Fault]) -> None:
    """Add an item's count to `counts`, or say what is wrong with it."""
    if not isinstance(item, dict):
        faults.append((place, "invalid", OBJECT))
        return
    faults.extend(
        (f"{place}.{_shown(name)}", "unknown_field", UNKNOWN)
        for name in item
        if name not in ("item", "count")
    )
    name, count = item.get("item"), whole_number(item.get("count"))
    if not isinstance(name, str) or not _is_text(name, 60):
        faults.append((f"{place}.item", "invalid", ITEM))
    elif name in counts:
        faults.append((f"{place}.item", "repeated", TWICE))
    elif count is None or not 0 <= count <= MOST_COUNT:
        faults.append((f"{place}.count", "invalid", COUNT))
    else:
        counts[name] = count
