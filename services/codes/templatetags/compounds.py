"""Gates and the building map of a compound."""

import datetime as dt
from typing import Any

from django import template

from services.codes import gates

register = template.Library()


@register.filter
def entrances(doc: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the gates that admit couriers."""
    return [gate for gate in doc.get("gates", []) if gate["admits_couriers"]]


@register.filter
def rides(doc: dict[str, Any]) -> str:
    """Return the best terms for riding in at any gate: always, by_hour or never; "" when nobody knows."""
    found = {gate["riding"]["code"] for gate in entrances(doc)}
    return next((code for code in ("always", "by_hour", "never") if code in found), "")


@register.filter
def building_map(doc: dict[str, Any]) -> dict[str, Any] | None:
    """Return the picture of the buildings, None without one."""
    return next((photo for photo in doc.get("photos", []) if photo["role"] == "building_map"), None)


@register.filter
def marked(doc: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buildings that are marked on the map."""
    return [building for building in doc.get("buildings", []) if building["x"] is not None]


@register.simple_tag
def gate_now(gate: dict[str, Any], card: Any, moment: dt.datetime) -> str:
    """Return how the gate is at the moment: "ride", "enter", "closed", "unknown" or "never"."""
    return gates.state_at(gate, card.status, moment)
