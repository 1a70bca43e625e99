"""What is near: exactly what reading every place would find, on either side of any stripe."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.listings import intervals
from portal.listings.coordinates import Near, distance_m
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing, OpenInterval
from portal.listings.nearby import around, nearest
from tests.factories import LUNCH, make_canteen

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME)

#: Latitudes on, just below and just above the edge of a stripe, and anywhere; southern ones and the date line too.
EDGES = st.integers(-2, 2).map(lambda number: 30.27 + number / 100)
LATITUDES = st.one_of(
    EDGES, EDGES.map(lambda lat: lat - 1e-9), st.floats(30.2, 30.34), st.floats(-0.02, 0.02)
)
LONGITUDES = st.one_of(
    st.just(120.16), st.floats(120.1, 120.22), st.floats(179.99, 180), st.floats(-180, -179.99)
)
PLACES = st.lists(st.tuples(LATITUDES, LONGITUDES), max_size=25)


def brute(rows: list[tuple[int, float, float]], near: Near) -> list[tuple[float, int]]:
    """Return everything in the radius by measuring every row."""
    measured = [(distance_m(near.lat, near.lng, lat, lng), pk) for pk, lat, lng in rows]
    return sorted(pair for pair in measured if pair[0] <= near.radius_m)


@given(
    places=PLACES,
    lat=LATITUDES,
    lng=st.floats(120.1, 120.22),
    radius=st.integers(1, 50_000),
    count=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_near_is_what_measuring_every_place_finds(
    regions: Any, places: list[tuple[float, float]], lat: float, lng: float, radius: int, count: int
) -> None:
    Listing.objects.all().delete()
    Listing.objects.bulk_create(
        Listing(kind="canteen", name="点", street_id="330105010", lat=one, lng=other, state="published")
        for one, other in [*places, *places[:3]]
    )
    rows = Listing.objects.published()
    near = Near(lat, lng, radius)
    expected = brute(list(rows.values_list("pk", "lat", "lng")), near)
    assert around(rows, near) == expected
    assert nearest(rows, near, count) == expected[:count]


@pytest.mark.parametrize("lng", [180.0, -180.0, 179.9999])
@pytest.mark.parametrize("lat", [-90.0, 0.0, 89.9999, 90.0])
def test_no_position_on_earth_is_too_odd_to_ask_about(lat: float, lng: float) -> None:
    Listing.objects.create(kind="canteen", name="点", lat=lat, lng=lng, state="draft")
    assert [pk for _metres, pk in around(Listing.objects.all(), Near(lat, lng, 50_000))]


def test_a_box_finds_its_edges_and_may_be_as_high_as_the_earth(regions: Any) -> None:
    canteen = make_canteen(lat=30.35, lng=120.16)
    for box in ((120.16, 30.35, 120.16, 30.35), (-180, -90, 180, 90), (120.1, 30.349999, 120.2, 30.350001)):
        assert list(Listing.objects.within(*box).values_list("pk", flat=True)) == [canteen.pk], box
    assert not Listing.objects.within(120.1, 30.36, 120.2, 30.34).exists()


def test_what_is_open_nearby_is_looked_up_in_one_index(regions: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        rows = Listing.objects.open_at(NOON).within(120.1, 30.3, 120.2, 30.4)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = rows.order_by().values_list("pk", "lat", "lng").explain()
    assert "listing_position" in plan
    assert ("COVERING INDEX listing_position" if connection.vendor == "sqlite" else "Index Only Scan") in plan


def test_places_with_the_same_hours_share_a_timetable(regions: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        first, second = make_canteen(hours=LUNCH), make_canteen(hours=LUNCH)
        rows = OpenInterval.objects.count()
        third = make_canteen(hours=LUNCH)
        names = set(Listing.objects.values_list("timetable", flat=True))
    assert len(names) == 1
    assert OpenInterval.objects.count() == rows > 0
    assert {first.pk, second.pk, third.pk} == set(
        Listing.objects.filter(timetable__in=intervals.open_timetables(NOON)).values_list("pk", flat=True)
    )


def test_old_timetables_are_forgotten_when_no_listing_names_them(regions: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        kept, renewed = make_canteen(hours=LUNCH), make_canteen(hours=LUNCH)
        intervals.forget_old()
        assert set(OpenInterval.objects.values_list("timetable", flat=True)) == {
            Listing.objects.get(pk=kept.pk).timetable
        }
    with time_machine.travel(NOON + dt.timedelta(days=2), tick=False):
        intervals.rebuild([renewed])
        intervals.forget_old()
        named = set(Listing.objects.values_list("timetable", flat=True))
        assert len(named) == 2
        assert set(OpenInterval.objects.values_list("timetable", flat=True)) == named
        intervals.rebuild([kept])
        intervals.forget_old()
        assert set(OpenInterval.objects.values_list("timetable", flat=True)) == {
            Listing.objects.get(pk=kept.pk).timetable
        }
