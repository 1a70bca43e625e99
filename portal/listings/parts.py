"""The parts in which a change is decided and restored: most fields and groups by themselves, some only together."""

from collections.abc import Collection, Iterable

from portal.listings.models import Listing

#: What says one thing in several fields: half of it decided would be a place where nothing is.
TOGETHER: dict[str, tuple[str, ...]] = {
    "position": ("lat", "lng", "entered_datum", "accuracy"),
    "region": ("district", "street", "community"),
}
#: The sections of the form, in order; the groups come after them.
SECTIONS = ("", "where", "own", "source")
_PART_OF = {key: part for part, keys in TOGETHER.items() for key in keys}


def part_of(key: str) -> str:
    """Return the part to which a field or group belongs: itself, unless it goes with others."""
    return _PART_OF.get(key, key)


def keys_of(part: str) -> tuple[str, ...]:
    """Return the fields that a part stands for, the part itself for a field or group of its own."""
    return TOGETHER.get(part, (part,))


def parts_in(model: type[Listing], keys: Collection[str]) -> dict[str, list[str]]:
    """Return part → its keys among those given, in the order of the form."""
    order = [*model.editable_fields(), *model.groups, *model.status_fields]

    def place(key: str) -> tuple[int, int]:
        section = section_of(model, part_of(key))
        rank = SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)
        return rank, order.index(key) if key in order else len(order)

    found: dict[str, list[str]] = {}
    for key in sorted(keys, key=place):
        found.setdefault(part_of(key), []).append(key)
    return found


def section_of(model: type[Listing], part: str) -> str:
    """Return the section of the form in which a part stands: one of SECTIONS, or a group by its name."""
    key = keys_of(part)[0]
    if key in model.groups:
        return key
    if part in TOGETHER or key == "address":
        return "where"
    if key in model.own_fields:
        return "own"
    return "source" if key == "provenance" else ""


def touched(parts: Iterable[str]) -> set[str]:
    """Return every field or group that goes with these parts, fields or groups."""
    return {key for part in parts for key in keys_of(part_of(part))}
