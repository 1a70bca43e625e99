"""What holds at a gate at a moment."""

import datetime as dt
from typing import Any

import pytest

from portal.listings.hours import CITY_TIME, Status
from services.codes.gates import state_at


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


OPEN = Status(is_open=True, hours_known=True)
CLOSED = Status(is_open=False, hours_known=True)
PAUSED = Status(is_open=False, hours_known=True, held="paused")
UNKNOWN = Status(is_open=None, hours_known=False)


@pytest.mark.parametrize(
    ("clock", "expected"), [("05:59", "closed"), ("06:00", "enter"), ("22:59", "enter"), ("23:00", "closed")]
)
def test_a_gate_admits_within_its_hours_only(clock: str, expected: str) -> None:
    assert state_at(gate(), OPEN, at(clock)) == expected


@pytest.mark.parametrize(
    ("clock", "expected"), [("21:59", "closed"), ("22:00", "enter"), ("03:00", "enter"), ("04:00", "closed")]
)
def test_hours_past_midnight_are_one_stretch(clock: str, expected: str) -> None:
    assert state_at(gate(opens="22:00", closes="04:00"), OPEN, at(clock)) == expected


@pytest.mark.parametrize(
    ("compound", "expected"), [(OPEN, "enter"), (CLOSED, "closed"), (PAUSED, "closed"), (UNKNOWN, "unknown")]
)
def test_a_gate_without_times_keeps_the_hours_of_the_compound(compound: Status, expected: str) -> None:
    assert state_at(gate(opens=None, closes=None), compound, at("12:00")) == expected


@pytest.mark.parametrize("compound", [CLOSED, PAUSED])
def test_no_gate_is_open_while_its_compound_is_not(compound: Status) -> None:
    assert state_at(gate(), compound, at("12:00")) == "closed"


def test_a_gate_that_does_not_admit_couriers_never_does() -> None:
    assert state_at(gate(admits_couriers=False), OPEN, at("12:00")) == "never"


@pytest.mark.parametrize(("clock", "expected"), [("08:59", "enter"), ("09:00", "ride"), ("17:00", "enter")])
def test_riding_by_the_hour_holds_within_its_hours(clock: str, expected: str) -> None:
    by_hour = gate(riding={"code": "by_hour"}, riding_from="09:00", riding_until="17:00")
    assert state_at(by_hour, OPEN, at(clock)) == expected


def test_nobody_rides_in_while_the_gate_is_shut() -> None:
    assert state_at(gate(riding={"code": "always"}), OPEN, at("23:30")) == "closed"
