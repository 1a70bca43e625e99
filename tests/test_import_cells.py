"""What a cell says and what it means: reading is the exact inverse of writing, and odd cells are understood."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.listings import columns, importing_cells, importing_hours
from portal.listings.kinds import listing_models
from portal.listings.models.hours import Label, Weekday
from portal.listings.snapshots import Snapshot

LINE = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12).map(str.strip)
WORD = LINE.filter(bool)
CLOCK = st.times().map(lambda time: time.strftime("%H:%M"))
DAY = st.dates(dt.date(2020, 1, 1), dt.date(2035, 1, 1)).map(dt.date.isoformat)


@st.composite
def interval(draw: Any) -> Snapshot:
    rule = draw(st.sampled_from(["open", "all_day", "closed", "unknown"]))
    row: Snapshot = {"rule": rule, "opens": None, "closes": None, "is_open_end": False}
    if rule == "open":
        row["opens"] = draw(CLOCK)
        row["is_open_end"] = draw(st.booleans())
        if not row["is_open_end"]:
            row["closes"] = draw(CLOCK.filter(lambda time: (row["opens"], time) != ("00:00", "24:00")))
    return row


@st.composite
def weekly_row(draw: Any) -> Snapshot:
    return {
        "day": draw(st.sampled_from(Weekday.values)),
        **draw(interval()),
        "label": draw(st.sampled_from(Label.values)),
    }


@st.composite
def exception_row(draw: Any) -> Snapshot:
    starts_on, ends_on = sorted([draw(DAY), draw(DAY)])
    return {"starts_on": starts_on, "ends_on": ends_on, **draw(interval()), "reason": draw(LINE)}


@given(st.lists(weekly_row(), max_size=16))
def test_weekly_hours_come_back_as_they_were(rows: list[Snapshot]) -> None:
    assert importing_hours.read_weekly(importing_hours.write_weekly(rows)) == rows


@given(st.lists(exception_row(), max_size=6))
def test_exceptions_come_back_as_they_were(rows: list[Snapshot]) -> None:
    assert importing_hours.read_exceptions(importing_hours.write_exceptions(rows)) == rows


@given(st.text(max_size=30))
def test_a_neutralised_cell_is_no_formula_and_comes_back(text: str) -> None:
    written = importing_cells.neutralised(text)
    assert written[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert importing_cells.meant(written) == text


def value_of(field: models.Field) -> Any:
    """Return a strategy for a field's value as a snapshot holds it."""
    if field.choices:
        return st.sampled_from([code for code, _label in field.choices])
    if isinstance(field, models.BooleanField):
        return st.booleans()
    if isinstance(field, models.IntegerField):
        values: Any = st.integers(0, 32_000)
    elif isinstance(field, models.DecimalField):
        places = field.decimal_places
        values = st.decimals(0, 900, places=places).map(
            lambda found: str(found.quantize(Decimal(1).scaleb(-places)))
        )
    elif isinstance(field, models.FloatField):
        values = st.floats(0, 100).map(lambda found: round(found, 6))
    elif isinstance(field, models.TimeField):
        values = CLOCK
    elif isinstance(field, models.DateTimeField):
        values = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1), timezones=st.just(dt.UTC))
        values = values.map(lambda found: found.replace(microsecond=0).isoformat())
    else:
        values = LINE if field.blank or field.null else WORD
    return st.one_of(st.none(), values) if field.null else values


@pytest.mark.django_db
@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
def test_every_group_of_every_kind_comes_back_as_it_was(model: Any) -> None:
    parts = [part for part in columns.parts_of(model) if isinstance(part, columns.GroupPart)]
    assert parts
    for part in parts:
        for field in part.fields:
            if field.is_relation:
                part.keys[field.name] = {
                    "饮水": "water",
                    "water": "water",
                    "厕所": "toilet",
                    "toilet": "toilet",
                }
        rows = st.lists(
            st.fixed_dictionaries({f.name: strategy(f) for f in part.fields}).map(placed), max_size=4
        )
        check(part, rows)


def strategy(field: models.Field) -> Any:
    return st.sampled_from(["water", "toilet"]) if field.is_relation else value_of(field)


def placed(row: Snapshot) -> Snapshot:
    """Put a row's position, if it has one, into China and whole."""
    if "lat" in row:
        is_placed = row["lat"] is not None and row["lng"] is not None
        row["lat"], row["lng"] = (
            (round(30.2 + row["lat"] / 1000, 6), round(120.1 + row["lng"] / 1000, 6))
            if is_placed
            else (None, None)
        )
    return row


def check(part: columns.GroupPart, rows: Any) -> None:
    others = {name: [] for name in part.whole}

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(rows)
    def comes_back(found: list[Snapshot]) -> None:
        snapshot = {"entered_datum": "wgs84", part.group: {**others, part.relation: found}}
        texts = {**part.write(snapshot), "entered_datum": "wgs84"}
        back = part.read(texts, None)[part.group][part.relation]
        assert [rounded(row) for row in back] == [rounded(row) for row in found]

    comes_back()


def rounded(row: Snapshot) -> Snapshot:
    positions = {name: round(row[name], 6) for name in ("lat", "lng") if row.get(name) is not None}
    return {**row, **positions}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "周一至周五 10:30-13:30; 周六 休息; 法定节假日 休息",
            ["mon", "tue", "wed", "thu", "fri", "sat", "holiday"],
        ),
        ("24小时", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("每天：１０：３０－１３：３０", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("工作日 11:00起售完为止；休息日 休息", ["workday", "rest_day"]),
        ("星期一、星期三 10点-13点30", ["mon", "wed"]),
        ("周六至周一 9:00-12:00", ["sat", "sun", "mon"]),
        ("周一 22:00-02:00", ["mon"]),
        ("周一 18:00-24:00", ["mon"]),
        ("", []),
    ],
)
def test_hours_as_clerks_write_them_are_read(text: str, rows: list[str]) -> None:
    assert [row["day"] for row in importing_hours.read_weekly(text)] == rows


def test_a_label_an_open_end_and_midnight_are_understood() -> None:
    first, second, third = importing_hours.read_weekly(
        "周一 10:30-13:30（午餐）、17:00起售完为止; 周二 18:00-24:00"
    )
    assert (first["label"], first["closes"]) == ("lunch", "13:30")
    assert (second["is_open_end"], second["closes"]) == (True, None)
    assert third["closes"] == "00:00"


@pytest.mark.parametrize(
    "text",
    [
        "周一 25:00-26:00",
        "周一 10:30",
        "周八 10:30-11:30",
        "工作日至周日 10:00-11:00",
        "随便",
        "周一 10:00-12:60",
    ],
)
def test_hours_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        importing_hours.read_weekly(text)


def test_every_fault_of_the_hours_is_said() -> None:
    with pytest.raises(ValidationError) as caught:
        importing_hours.read_weekly("周一 25:00-26:00; 周二 随便")
    assert len(caught.value.messages) == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13800000001.0, "13800000001"),
        (10.5, "10.5"),
        (12, "12"),
        (True, "是"),
        (None, ""),
        (dt.datetime(2026, 10, 1), "2026-10-01"),
        (dt.datetime(2026, 10, 1, 8, 30), "2026-10-01 08:30:00"),
        (dt.time(10, 30), "10:30"),
        (" 文 \r\n字 ", "文 \n字"),
        ("'=1+1", "=1+1"),
        ("'+86571", "+86571"),
        ("O'Neil", "O'Neil"),
    ],
)
def test_a_cell_is_read_as_it_was_meant(value: Any, text: str) -> None:
    assert importing_cells.cell_text(value) == text


def test_numbers_are_read_as_people_write_them() -> None:
    assert importing_cells.read_decimal("１０元", 2) == "10.00"
    assert importing_cells.read_decimal("¥1,200", 2) == "1200.00"
    assert importing_cells.read_whole("１２") == 12
    assert importing_cells.read_whole("12.0") == 12
    assert importing_cells.read_date("2026年10月1日") == "2026-10-01"
    assert importing_cells.read_moment("2026/11/23 08:00") == "2026-11-23T00:00:00+00:00"
    for reader, text in (
        (importing_cells.read_whole, "12.5"),
        (importing_cells.read_whole, "很多"),
        (importing_cells.read_date, "2026-02-30"),
        (importing_cells.read_clock, "25:00"),
        (importing_cells.read_yes, "也许"),
    ):
        with pytest.raises(ValidationError):
            reader(text)
    for text in ("10.001", "NaN", "1e30", "十"):
        with pytest.raises(ValidationError):
            importing_cells.read_decimal(text, 2)
