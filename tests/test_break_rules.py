"""The rules of a break: who offers what within forty minutes, and which stops make the plan."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from canteens.serving import discount_at, meal_at
from portal.listings.doubts import Doubt
from portal.pages.breaks.offers import Asked, parts_of, sort_cards
from portal.pages.breaks.plan import Plan, best_plan
from portal.pages.wording import minutes_to, travel
from tests.break_places import CALENDAR, HERE, always, asked, at, canteen, daily, meal, row, station

LUNCH = daily("10:30-13:30")
SPLIT = daily("10:30-13:30", "16:30-19:00")
HOLIDAYS = [*daily("10:30-13:30"), row(None, None, "holiday", rule="closed")]
WORKDAYS = [row("10:30", "13:30", "workday")]


def plan_of(cards: list[Any], who: Asked) -> Plan:
    """Return the plan at HERE."""
    return best_plan(sort_cards(cards, who).offers, who, HERE)


def told(plan: Plan) -> list[tuple[int, tuple[str, ...]]]:
    """Return which place does what, in order."""
    return [(stop.offer.card.pk, stop.parts) for stop in plan.stops]


@pytest.mark.parametrize(
    ("weekly", "clock", "date", "metres", "offers"),
    [
        (LUNCH, "11:50", "2026-11-24", 200, True),
        # 200 m are four minutes on foot: five more and the food is on the table when the counter shuts.
        (LUNCH, "13:20", "2026-11-24", 200, True),
        (LUNCH, "13:22", "2026-11-24", 200, False),
        (LUNCH, "13:20", "2026-11-24", 780, True),
        (LUNCH, "13:22", "2026-11-24", 780, False),
        (LUNCH, "13:30", "2026-11-24", 0, False),
        # Opens soon enough to eat for a quarter of an hour.
        (LUNCH, "10:05", "2026-11-24", 200, True),
        (LUNCH, "10:04", "2026-11-24", 200, False),
        (SPLIT, "13:40", "2026-11-24", 200, False),
        (SPLIT, "16:10", "2026-11-24", 200, True),
        (LUNCH, "2:00", "2026-11-24", 200, False),
        (daily("22:00-02:30"), "2:00", "2026-11-24", 200, True),
        (HOLIDAYS, "11:50", "2026-10-01", 200, False),
        (HOLIDAYS, "11:50", "2026-10-02", 200, True),
        (WORKDAYS, "11:50", "2026-10-10", 200, True),
        (WORKDAYS, "11:50", "2026-11-28", 200, False),
    ],
)
def test_a_meal_is_offered_when_it_can_be_had_in_time(
    weekly: Any, clock: str, date: str, metres: int, offers: bool
) -> None:
    who = asked(clock, date)
    assert bool(sort_cards([canteen(1, metres, weekly, who.moment)], who).offers) is offers


@pytest.mark.parametrize(
    ("clock", "closes", "offers"),
    [("17:00", "17:14", True), ("17:00", "17:13", False), ("2:00", "24:00", False)],
)
def test_a_seat_is_offered_when_it_stays_open_for_ten_minutes(clock: str, closes: str, offers: bool) -> None:
    who = asked(clock)
    place = station(1, 200, "rest", who.moment, daily(f"08:00-{closes.replace('24:00', '00:00')}"))
    assert bool(sort_cards([place], who).offers) is offers


def test_an_open_end_counts_as_the_lists_count_it() -> None:
    weekly = daily("11:00-", open_end=True)
    for line in weekly:
        line["closes"] = None
    for clock, offers in (("12:50", True), ("13:05", False)):
        who = asked(clock)
        assert bool(sort_cards([canteen(1, 100, weekly, who.moment)], who).offers) is offers


def test_what_is_held_or_full_or_unknown_or_about_to_shut_is_left_out_and_named() -> None:
    who = asked("13:25")
    now = who.moment
    later = (now + dt.timedelta(hours=3)).isoformat()
    since = (now - dt.timedelta(minutes=20)).isoformat()
    cards = [
        canteen(1, 100, LUNCH, now, shut={"reason": "sold_out", "since": since, "until": later}),
        canteen(2, 100, LUNCH, now, state="paused", pause={"reason": "装修", "until": None}),
        canteen(3, 100, [], now),
        canteen(4, 600, LUNCH, now),
        station(5, 100, "rest charging", now, live={"code": "full", "since": since, "until": later}),
        station(6, 100, "rest", now, live={"code": "full", "since": since, "until": since}),
    ]
    found = sort_cards(cards, who)
    assert [card.pk for card in found.held] == [1, 2]
    assert [card.pk for card in found.unknown] == [3]
    assert [card.pk for card in found.late] == [4]
    assert [card.pk for card in found.full] == [5]
    assert [offer.card.pk for offer in found.offers] == [6]


def test_the_next_to_open_comes_first_among_the_closed() -> None:
    who = asked("9:00")
    cards = [
        canteen(1, 100, daily("11:30-13:00"), who.moment),
        canteen(2, 300, LUNCH, who.moment),
        canteen(3, 200, LUNCH, who.moment),
    ]
    assert [card.pk for card in sort_cards(cards, who).later] == [3, 2, 1]


@pytest.mark.parametrize(
    ("codes", "is_driver", "parts"),
    [
        ("charging water", False, ("charging",)),
        ("battery_swap rest", False, ("charging", "rest")),
        ("ebike_charging", False, ("charging",)),
        ("car_charging rest", False, ("rest",)),
        ("car_charging rest", True, ("charging", "rest")),
        ("car_bays", True, ("charging",)),
        ("battery_swap charging", True, ()),
        ("water toilet", False, ()),
    ],
)
def test_charging_means_the_bike_to_a_courier_and_the_car_to_a_driver(
    codes: str, is_driver: bool, parts: tuple[str, ...]
) -> None:
    who = asked("12:00", is_driver=is_driver)
    assert parts_of(station(1, 100, codes, who.moment).doc, who) == parts


def test_one_station_that_does_both_is_preferred_to_two_that_are_a_little_nearer() -> None:
    who = asked("11:50")
    cards = [
        station(1, 100, "charging", who.moment),
        station(2, 150, "rest", who.moment),
        canteen(3, 300, LUNCH, who.moment),
        station(4, 350, "charging rest", who.moment),
    ]
    plan = plan_of(cards, who)
    assert sorted(told(plan)) == [(3, ("meal",)), (4, ("charging", "rest"))]
    assert [stop.offer.card.pk for stop in plan.doubles] == [4]
    assert plan.is_close_together
    assert plan.missing == ()


def test_a_stop_that_is_saved_is_worth_a_few_minutes() -> None:
    who = asked("15:00")
    cards = [
        station(1, 50, "charging", who.moment),
        station(2, 60, "rest", who.moment),
        station(3, 150, "charging rest", who.moment),
    ]
    assert told(plan_of(cards, who)) == [(3, ("charging", "rest"))]


def test_a_station_beside_the_canteen_is_preferred_to_one_on_the_other_side() -> None:
    who = asked("11:50")
    cards = [
        canteen(1, 400, LUNCH, who.moment),
        station(2, -350, "charging rest", who.moment),
        station(3, 450, "charging rest", who.moment),
    ]
    assert 3 in [pk for pk, _parts in told(plan_of(cards, who))]


@pytest.mark.parametrize(
    ("weekly", "clock", "first"),
    [
        (LUNCH, "13:20", "meal"),  # the counter shuts soon
        (LUNCH, "10:10", "charging"),  # it opens in twenty minutes
    ],
)
def test_the_order_follows_the_hours(weekly: Any, clock: str, first: str) -> None:
    who = asked(clock)
    cards = [canteen(1, 120, weekly, who.moment), station(2, 100, "charging rest", who.moment)]
    plan = plan_of(cards, who)
    assert plan.stops[0].parts[0] == first
    assert plan.missing == ()
    assert all(stop.leaves <= who.moment + dt.timedelta(minutes=40) for stop in plan.stops)


def test_no_stop_lies_outside_its_hours_or_the_forty_minutes_at_any_minute_of_a_day() -> None:
    for minute in range(0, 24 * 60, 7):
        who = asked(f"{minute // 60:02}:{minute % 60:02}")
        cards = [
            canteen(1, 250, SPLIT, who.moment),
            canteen(2, 700, daily("06:30-08:30", "11:00-12:00"), who.moment),
            station(3, 300, "charging", who.moment, daily("08:00-21:00")),
            station(4, 650, "rest", who.moment, daily("22:00-02:00")),
            station(5, 780, "charging rest", who.moment),
        ]
        plan = plan_of(cards, who)
        end = who.moment + dt.timedelta(minutes=40)
        now = who.moment
        for stop in plan.stops:
            assert now <= stop.arrives <= stop.starts < stop.offer.stretch.ends_at
            assert stop.offer.stretch.starts_at <= stop.starts
            assert stop.leaves <= end
            now = stop.leaves
        assert {"charging", "rest"}.isdisjoint(plan.missing)


def test_what_does_not_fit_in_beside_the_rest_is_missing_from_the_plan_alone() -> None:
    who = asked("10:05")
    # The meal begins at 10:30; the only seat opens at 10:28 on the other side.
    cards = [
        canteen(1, 700, LUNCH, who.moment),
        station(2, -700, "rest", who.moment, daily("10:30-21:00")),
    ]
    found = sort_cards(cards, who)
    plan = best_plan(found.offers, who, HERE)
    assert len(found.offers) == 2
    assert len(plan.stops) == 1
    assert "charging" in plan.missing


def test_a_place_that_was_confirmed_lately_is_preferred_to_one_next_to_it() -> None:
    who = asked("11:50")
    stale = canteen(1, 100, LUNCH, who.moment, confirmations={})
    assert told(plan_of([stale, canteen(2, 130, LUNCH, who.moment)], who)) == [(2, ("meal",))]


def test_nothing_near_by_makes_an_empty_plan() -> None:
    plan = plan_of([], asked("11:50"))
    assert plan.stops == []
    assert plan.missing == ("meal", "charging", "rest")


def test_the_price_is_that_of_the_meal_period() -> None:
    weekly = [
        *daily("06:30-08:30", label="breakfast"),
        *daily("10:30-13:30", label="lunch"),
        *daily("17:00-19:00"),
    ]
    meals = [meal("6.00", "breakfast"), meal("12.00", "lunch"), meal("15.00")]
    doc = canteen(1, 0, weekly, at("12:00"), set_meals=meals).doc
    for clock, price in (("7:00", "6.00"), ("12:00", "12.00"), ("18:00", "15.00")):
        served = meal_at(doc, CALENDAR, at(clock))
        assert served and served["courier_price"] == price, clock
    unlabelled = canteen(1, 0, always(), at("12:00"), set_meals=meals).doc
    for clock, price in (("7:00", "6.00"), ("12:00", "12.00"), ("18:00", "15.00"), ("2:00", "15.00")):
        served = meal_at(unlabelled, CALENDAR, at(clock))
        assert served and served["courier_price"] == price, clock
    assert meal_at({**doc, "set_meals": meals[:1]}, CALENDAR, at("12:00")) is None


@pytest.mark.parametrize(
    ("starts", "ends", "clock", "holds"),
    [
        (None, None, "3:00", True),
        ("13:30", "16:30", "13:30", True),
        ("13:30", "16:30", "16:30", False),
        ("22:00", "02:00", "23:00", True),
        ("22:00", "02:00", "1:59", True),
        ("22:00", "02:00", "2:00", False),
    ],
)
def test_a_percentage_is_told_only_at_its_hours(
    starts: str | None, ends: str | None, clock: str, holds: bool
) -> None:
    discount = {"percent_off": 15, "from": starts, "until": ends, "note": ""}
    doc = canteen(1, 0, always(), at(clock), discounts=[discount]).doc
    assert bool(discount_at(doc, at(clock))) is holds


def test_a_driver_goes_by_car_and_on_foot_like_everybody() -> None:
    assert minutes_to(200) == 4
    assert "开车" in travel(780, True)
    assert "步行" in travel(200, True)
    assert "骑行" in travel(780)


def test_a_place_that_several_say_is_shut_is_no_stop_of_a_plan() -> None:
    now = at("11:50")
    doubt = Doubt("sold_out", 2, now, now + dt.timedelta(hours=2))
    card = replace(canteen(1, 200, LUNCH, now), doubt=doubt)
    found = sort_cards([card], asked("11:50"))
    assert (found.offers, found.held) == ([], [card])
