"""Groups of rows that belong to a listing and change as a whole."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """The child tables of one group: reverse relation → the fields that staff edit, in order.

    A group is compared, proposed, imported and restored whole: two people who change different rows of one
    menu are in conflict, two who change menu and hours are not.
    """

    relations: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number of each of a group's rows by which whoever is asked says how it is now: a price, what is free.

    `group` and `relation` name the rows, `field` the number, `as_of` the field that says as of when it holds.
    """

    group: str
    relation: str
    field: str
    as_of: str = ""


HOURS = Group(
    {
        "weekly_hours": ("day", "rule", "opens", "closes", "is_open_end", "label"),
        "hours_exceptions": (
            "starts_on",
            "ends_on",
            "rule",
            "opens",
            "closes",
            "is_open_end",
            "reason",
        ),
    }
)
PHOTOS = Group({"photos": ("role", "digest", "width", "height", "alt", "position")})
