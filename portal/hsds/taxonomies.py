"""The one taxonomy: the kinds of place, as many as are installed."""

from functools import cache
from typing import Any

from portal.hsds.identifiers import named
from portal.listings.api.problems import both
from portal.listings.kinds import listing_models

TAXONOMY: dict[str, Any] = {
    "id": named("taxonomy/kinds"),
    "name": "点位类型",
    "description": "小哥可以去的地方的类型。\nKinds of places that a courier can look up and go to.",
    "version": "1",
}


def term_id(kind: str) -> str:
    """Return the UUID of a kind's term."""
    return named(f"taxonomy_term/kinds/{kind}")


@cache
def terms() -> dict[str, dict[str, Any]]:
    """Return kind → term, in the order of the kinds."""
    found = {}
    for model in listing_models():
        said = both(model._meta.verbose_name)
        found[model.kind_name] = {
            "id": term_id(model.kind_name),
            "code": model.kind_name,
            "name": said["zh"],
            "description": said["en"],
            "taxonomy": TAXONOMY["name"],
            "taxonomy_id": TAXONOMY["id"],
            "taxonomy_detail": TAXONOMY,
            "language": "zh",
        }
    return found
