"""What holds at a gate at a moment."""

import datetime as dt
from typing import Any

import pytest

from portal.listings.hours import CITY_TIME
from services.codes.gates import admits_at, rides_at


def gate(**given: Any) -> dict[str, Any]:
    """Return a gate as the public document holds it: couriers enter from 06:00 to 23:00, on foot."""
    plain = {
        "admits_couriers": True,
        "opens": "06:00",
        "closes": "23:00",
        "riding": {"code": "never"},
        "riding_from": None,
        "riding_until": None,
    }
    return plain | given


def at(clock: str) -> dt.datetime:
    """Return that time of a Tuesday in the city."""
    return dt.datetime.combine(dt.date(2026, 11, 24), dt.time.fromisoformat(clock), CITY_TIME)


@pytest.mark.parametrize(
    ("clock", "expected"), [("05:59", False), ("06:00", True), ("22:59", True), ("23:00", False)]
)
def test_a_gate_admits_within_its_hours_only(clock: str, expected: bool) -> None:
    assert admits_at(gate(), at(clock)) is expected


@pytest.mark.parametrize(
    ("clock", "expected"), [("21:59", False), ("22:00", True), ("03:00", True), ("04:00", False)]
)
def test_hours_past_midnight_are_one_stretch(clock: str, expected: bool) -> None:
    assert admits_at(gate(opens="22:00", closes="04:00"), at(clock)) is expected


def test_a_gate_without_times_admits_day_and_night() -> None:
    assert admits_at(gate(opens=None, closes=None), at("03:00"))


def test_a_gate_that_does_not_admit_couriers_never_does() -> None:
    assert not admits_at(gate(admits_couriers=False, opens=None, closes=None), at("12:00"))


@pytest.mark.parametrize(("clock", "expected"), [("08:59", False), ("09:00", True), ("17:00", False)])
def test_riding_by_the_hour_holds_within_its_hours(clock: str, expected: bool) -> None:
    by_hour = gate(riding={"code": "by_hour"}, riding_from="09:00", riding_until="17:00")
    assert rides_at(by_hour, at(clock)) is expected


def test_nobody_rides_in_while_the_gate_is_shut() -> None:
    assert not rides_at(gate(riding={"code": "always"}), at("23:30"))
