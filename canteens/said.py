"""What a canteen's prices are, in short lines."""

from typing import Any

from django.utils.translation import gettext as _

from portal.listings.saying import in_words


def prices(doc: dict[str, Any]) -> list[str]:
    """Return one line for each set meal and each discount of a stored document."""
    return [*map(_meal, doc["set_meals"]), *map(_discount, doc["discounts"])]


def _meal(row: dict[str, Any]) -> str:
    said = _("%(name)s %(price)s yuan") % {"name": in_words(row, "name"), "price": row["courier_price"]}
    if not row["normal_price"]:
        return said
    return _("%(meal)s, normally %(price)s") % {"meal": said, "price": row["normal_price"]}


def _discount(row: dict[str, Any]) -> str:
    said = _("%(percent)s%% off") % {"percent": row["percent_off"]}
    span = f"{row['from']}–{row['until']}" if row["from"] else ""
    return " ".join(part for part in (said, span, in_words(row, "note")) if part)
