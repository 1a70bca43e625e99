"""Which checkpoints a listing has: one for each gate that admits couriers, a canteen's counter, a station's door."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db import transaction

from portal.listings.models import Listing
from services.codes.models import Checkpoint

#: What stands at kinds whose card names no gates; Chinese, as the names of gates are.
ONLY_ONE = {"canteen": ("取餐台", Checkpoint.Kind.COUNTER), "station": ("驿站门口", Checkpoint.Kind.DOOR)}


def names_wanted(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the checkpoints that a public document asks for, each with its kind."""
    if document.get("kind") in ONLY_ONE:
        name, kind = ONLY_ONE[document["kind"]]
        return {name: kind}
    gates = document.get("gates", [])
    return {gate["name"]: Checkpoint.Kind.GATE for gate in gates if gate["admits_couriers"]}


@transaction.atomic
def ensure_checkpoints(*, listing: Listing) -> list[Checkpoint]:
    """Create the checkpoints that a published listing lacks and return all it has; what was printed keeps its number.

    A gate that was renamed gets a new one, and the old one stays until somebody takes it out of use: its poster hangs.
    """
    if listing.document:
        for name, kind in names_wanted(orjson.loads(listing.document)).items():
            Checkpoint.objects.get_or_create(listing=listing, name=name, defaults={"kind": kind})
    return list(listing.checkpoints.all())


def ensure_everywhere(*, user: Any) -> int:
    """Create what is missing at all published places that somebody keeps; return how many checkpoints are new."""
    rows = Listing.objects.editable_by(user).published().filter(kind__in=("compound", *ONLY_ONE))
    known: dict[int, set[str]] = {}
    for listing_id, name in Checkpoint.objects.filter(listing__in=rows).values_list("listing_id", "name"):
        known.setdefault(listing_id, set()).add(name)
    missing = [
        Checkpoint(listing_id=pk, name=name, kind=kind)
        for pk, text in rows.order_by("pk").values_list("pk", "document")
        if text
        for name, kind in names_wanted(orjson.loads(text)).items()
        if name not in known.get(pk, ())
    ]
    made = Checkpoint.objects.bulk_create(missing, ignore_conflicts=True, batch_size=500)
    return len(made)


def gate_of(document: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return the gate of a public document by its name; None where the card has no such gate (any more)."""
    return next((gate for gate in document.get("gates", []) if gate["name"] == name), None)
