"""The place a visitor chose: a district, a street, or where the phone was when its holder tapped “near me”.

It is kept in one cookie, never on the server: `a:<area code>` or `p:<lat>,<lng>` (WGS-84, three decimals, 100 m).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.listings.coordinates import PositionError, distance_m, parse_near
from portal.pages.outlines import district_at
from portal.regions.areas import area_name, find_area
from portal.regions.language import in_english

COOKIE = "place"
COOKIE_SECONDS = 180 * 24 * 3600
LEVELS = {6: "district", 9: "street", 12: "community"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a point, an area code, or the whole city when both are empty."""

    label: str
    area_code: str = ""
    lat: float | None = None
    lng: float | None = None

    @property
    def is_point(self) -> bool:
        """Say whether distances can be told."""
        return self.lat is not None

    def metres_to(self, lat: float | None, lng: float | None) -> float | None:
        """Return how far a position is from this place's point; None when either has none."""
        if self.lat is None or self.lng is None or lat is None or lng is None:
            return None
        return distance_m(self.lat, self.lng, lat, lng)

    @property
    def near(self) -> str:
        """Return the point as the lists' `near` parameter, "" without one."""
        return f"{self.lat:.3f},{self.lng:.3f}" if self.lat is not None else ""

    @property
    def query(self) -> str:
        """Return the query string that carries this place into a list, "" for the whole city."""
        if self.near:
            return "?" + urlencode({"near": self.near})
        return "?" + urlencode({LEVELS[len(self.area_code)]: self.area_code}) if self.area_code else ""


def whole_city() -> Place:
    """Return the place of somebody who has chosen none."""
    return Place(_("Whole city"))


def place_from(text: str) -> Place:
    """Return the place that a cookie's text means; anything unreadable is the whole city."""
    kind, _colon, value = text.partition(":")
    if kind == "p":
        try:
            point = parse_near(value)
        except PositionError:
            return whole_city()
        return point_place(point.lat, point.lng) or whole_city()
    if kind == "a" and (region := find_area(value)) and len(value) in LEVELS:
        return Place(str(region), area_code=value)
    return whole_city()


def point_place(lat: float, lng: float) -> Place | None:
    """Return the place of a point inside the city, named after its district; None outside the city."""
    district = district_at(lat, lng)
    if not district:
        return None
    name = area_name(district, "en" if in_english() else "zh")
    return Place(_("Near you, %(district)s") % {"district": name}, lat=round(lat, 3), lng=round(lng, 3))


def place_of(request: HttpRequest) -> Place:
    """Return the place that this visitor chose last."""
    return place_from(request.COOKIES.get(COOKIE, ""))


def place_asked(request: HttpRequest) -> tuple[Place, str]:
    """Return the point that the address asks for, else the place chosen last; and what is wrong with the point."""
    text = request.GET.get("near")
    if not text:
        return place_of(request), ""
    try:
        point = parse_near(text)
    except PositionError as error:
        return place_of(request), str(error)
    if place := point_place(point.lat, point.lng):
        return place, ""
    outside = _("You seem to be outside the city. Choose a district or street to look around there.")
    return place_of(request), outside


def remember(response: HttpResponse, request: HttpRequest, place: Place) -> None:
    """Keep a place for next time; the whole city forgets it."""
    value = f"p:{place.near}" if place.is_point else f"a:{place.area_code}" if place.area_code else ""
    if not value:
        response.delete_cookie(COOKIE)
        return
    response.set_cookie(
        COOKIE, value, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
    )
