"""What a verifying device must know to judge codes by itself: keys, list, rules and terms, in one answer."""

import datetime as dt
from typing import Any

from django.db.models import Q

from portal.listings.english import name_en
from services.codes import gate_terms, publishing_list, shifts, status_list
from services.codes.keyring import KeyRing
from services.codes.models import Checkpoint, Device, GuardName, Platform, Shift
from services.codes.xg1 import ALREADY_PASSED_S, CHALLENGED_STEPS, FREE_STEPS

NEXT_POLL_S = 30
#: What a device tells of itself is written once a minute at most.
NOTED_EVERY = dt.timedelta(minutes=1)
RULES = {
    "free_steps": [FREE_STEPS[0], FREE_STEPS[-1]],
    "challenged_steps": CHALLENGED_STEPS,
    "list_ttl_s": status_list.TTL,
    "repeat_s": ALREADY_PASSED_S,
    "challenge_s": 60,
}


def milliseconds(moment: dt.datetime) -> int:
    """Return Unix milliseconds."""
    return int(moment.timestamp() * 1000)


def sync(*, device: Device, cursor: str, now: dt.datetime, waiting: int | None = None) -> dict[str, Any]:
    """Return what a device must know; the list is null when the cursor says that the device has it.

    `waiting` is how many passes it still holds. The number of queries does not grow with the listing; nothing is
    signed or compressed unless the list is more than ten minutes old.
    """
    known = _known_list(cursor)
    newest = publishing_list.newest(now=now)
    version = newest.version
    ring = KeyRing.load()
    house = gate_terms.house_of(device.listing_id)
    places = shifts.checkpoints_of(device)
    note(device=device, list_version=known, waiting=waiting, now=now)
    return {
        "cursor": f"1.{version}.{ring.version}",
        "now_ms": milliseconds(now),
        "next_poll_s": NEXT_POLL_S,
        "device": _device(device, house, places),
        "checkpoints": [_checkpoint(place) for place in places],
        "keys": ring.jwks(int(now.timestamp())),
        "keys_version": ring.version,
        "list": None if known == version else {"version": version, "token": publishing_list.text_of(newest)},
        "list_version": version,
        "platforms": [
            {"number": number, "zh": zh, "en": en or zh}
            for number, zh, en in Platform.objects.values_list("number", "short_name", "short_name_en")
        ],
        "terms": {str(place.number): gate_terms.terms_of(house, place, now) for place in places},
        "terms_version": house.number,
        "rules": RULES,
    }


def guard_names(device: Device) -> list[dict[str, Any]]:
    """Return the names that a guard may tap."""
    found = GuardName.objects.filter(listing_id=device.listing_id, is_active=True)
    return [{"id": pk, "name": name} for pk, name in found.values_list("pk", "name")]


def shift_document(shift: Shift | None) -> dict[str, Any] | None:
    """Return a shift as the guard's page holds it."""
    if shift is None:
        return None
    return {
        "id": shift.pk,
        "guard": shift.guard_label,
        "checkpoint": shift.checkpoint.number,
        "started_at_ms": milliseconds(shift.started_at),
        "ends_at_ms": milliseconds(shift.ends_at),
    }


def note(*, device: Device, list_version: int | None, waiting: int | None, now: dt.datetime) -> None:
    """Keep when a device was seen, which list it knows and how many passes it holds, once a minute at most."""
    if device.seen_at is not None and now - device.seen_at < NOTED_EVERY:
        return
    due = Q(seen_at=None) | Q(seen_at__lte=now - NOTED_EVERY)
    changes: dict[str, Any] = {"seen_at": now}
    if list_version:
        changes["list_version"] = list_version
    if waiting is not None:
        changes["waiting_count"] = min(max(waiting, 0), 1_000_000)
    Device.objects.filter(due, pk=device.pk).update(**changes)
    device.seen_at = now


def _known_list(cursor: str) -> int | None:
    """Return the list that a cursor says is there; a cursor that is none of ours has none, and everything is sent."""
    parts = cursor.split(".")
    is_ours = len(parts) == 3 and all(
        part.isascii() and part.isdecimal() and len(part) < 19 for part in parts
    )
    return int(parts[1]) if is_ours and parts[0] == "1" else None


def _checkpoint(place: Checkpoint) -> dict[str, Any]:
    return {
        "number": place.number,
        "name": place.name,
        "name_en": name_en(place.name),
        "kind": place.kind,
        "attended": place.is_attended,
    }


def _device(device: Device, house: gate_terms.House, places: list[Checkpoint]) -> dict[str, Any]:
    listing = device.listing
    own = next((place for place in places if place.pk == device.checkpoint_id), None)
    return {
        "id": device.pk,
        "name": device.name,
        "kind": device.kind,
        "checkpoint": own and own.number,
        "listing": {
            "public_id": listing.public_id,
            "name": listing.name,
            "name_en": (house.doc or {}).get("name_en") or listing.name_en or listing.name,
        },
        "attended": own.is_attended if own else device.kind == Device.Kind.PHONE,
        "expires_at_ms": device.expires_at and milliseconds(device.expires_at),
        "locked_until_ms": device.locked_until and milliseconds(device.locked_until),
    }
