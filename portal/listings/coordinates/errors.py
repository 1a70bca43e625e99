"""The one error that everything about positions raises, and the checks that raise it."""

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .datums import DATUMS

CHINA_LAT = (3.0, 54.0)
CHINA_LNG = (73.0, 136.0)


class PositionError(ValueError):
    """Say what is wrong with a position, and what to do.

    `code` is one of empty, unreadable, swapped, outside, short_link, unknown_link, no_position, datum, near,
    radius, box. `message` is lazy: rendered in the language that is active when it is read, so one error can
    be told in both.
    """

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def require_datum(datum: str) -> None:
    """Raise `datum` for a datum that we do not know."""
    if datum not in DATUMS:
        names = ", ".join(DATUMS)
        raise PositionError("datum", format_lazy(_("The datum is one of {datums}."), datums=names))


def in_china(lat: float, lng: float) -> bool:
    """Return whether a position lies in the frame that holds China."""
    return CHINA_LAT[0] <= lat <= CHINA_LAT[1] and CHINA_LNG[0] <= lng <= CHINA_LNG[1]


def refuse_swapped(lat: float, lng: float) -> None:
    """Raise `swapped` when only the other order of the two numbers lies in China."""
    if not in_china(lat, lng) and in_china(lng, lat):
        raise PositionError(
            "swapped",
            format_lazy(
                _("The two numbers look swapped. Write the latitude first, then the longitude: {lat}, {lng}"),
                lat=f"{lng:.6f}".rstrip("0").rstrip("."),
                lng=f"{lat:.6f}".rstrip("0").rstrip("."),
            ),
        )


def require_china(lat: float, lng: float) -> None:
    """Raise `swapped` or `outside` for a position that cannot be meant."""
    refuse_swapped(lat, lng)
    if not in_china(lat, lng):
        raise PositionError(
            "outside",
            _(
                "This position is not in China. Write the latitude (3 to 54), a comma and the longitude "
                "(73 to 136), for example 30.28, 120.18"
            ),
        )
