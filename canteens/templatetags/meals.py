"""Set meals on cards."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def cheapest(doc: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first set meal at the lowest courier price, None without one."""
    return next((meal for meal in doc["set_meals"] if meal["courier_price"] == doc["lowest_price"]), None)
