"""What a source sends, whatever it is: read or refused by name, never an error, and the same when it is read again."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.listings.api.problems import both
from portal.listings.api.source_bodies import json_schema
from portal.listings.kinds import listing_models
from portal.listings.snapshots import check_snapshot, read_group
from portal.listings.sources.bodies import OF_THE_ROW, Row, check_keys, read_body, read_row
from portal.listings.sources.naming import external_id_of
from portal.listings.sources.saying import said
from portal.listings.sources.values import read_position, read_value
from portal.listings.sources.vocabulary import STATUS, vocabulary_of
from services.stations.models import Amenity
from tests.personas import KANGQIAO
from tests.source_rows import body, key_for, make_source, put, stored

KINDS = {model.kind_name: model for model in listing_models()}
NAMES = sorted({name for model in KINDS.values() for name in vocabulary_of(model).names})
FIELDS = [field for model in KINDS.values() for field in vocabulary_of(model).fields.values()]

atoms = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-10, 40),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "10:30",
            "24:00",
            "10.00",
            "1e400",
            "NaN",
            "2026-02-30",
            "9999-12-31T23:59:59-12:00",
            "\0",
            "\ud800",
        ]
    ),
    st.sampled_from(
        ["open", "closed", "mon", "published", "paused", "lunch", KANGQIAO, "2026-10-01", 1e308, -0.0]
    ),
)
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(["weekly_hours", "hours_exceptions", "day", "lat", "lng"]),
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
bodies = values | st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), values, max_size=6)


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    """Return values that a schema allows, as far as the schemas of bodies go."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([st.none() if kind == "null" else _of(kind, schema) for kind in kinds])


def _of(kind: str, schema: Any) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from([value for value in schema["enum"] if value is not None])
    if kind == "object":
        named = {name: fitting(one) for name, one in schema["properties"].items()}
        needed = {name: named.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(needed, optional=named)
    if kind == "array":
        return st.lists(fitting(schema["items"]), max_size=3)
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if kind == "number":
        return st.floats(schema.get("minimum", -1e6), schema.get("maximum", 1e6))
    if kind == "boolean":
        return st.booleans()
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.isoformat())
    if schema.get("pattern") not in (None, r"\S"):
        return st.from_regex(schema["pattern"], fullmatch=True)
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    return st.text(
        letters, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 40), 40)
    )


def is_told(row: Row) -> bool:
    """Say whether every fault has a place, a code, and a sentence in either language."""
    return all(
        isinstance(place, str) and code and all(both(sentence).values())
        for place, code, sentence in row.faults
    )


@settings(max_examples=300)
@given(st.sampled_from(sorted(KINDS)), bodies)
def test_any_body_is_read_or_refused_by_name(kind: str, sent: Any) -> None:
    row = Row(0, KINDS[kind], "A-1")
    read_body(row, KINDS[kind], sent)
    assert is_told(row)
    try:
        check_snapshot(KINDS[kind](), {**row.changes, **({} if row.faults else row.status)}, in_memory=True)
    except (ValidationError, KeyError) as error:
        assert isinstance(error, ValidationError) or row.faults, error


@settings(max_examples=300)
@given(values | st.dictionaries(st.sampled_from([*OF_THE_ROW, *NAMES]), values, max_size=6))
def test_any_row_of_a_batch_is_read_or_refused_by_name(sent: Any) -> None:
    row = read_row(3, sent)
    assert row.place == 3
    assert is_told(row)
    assert row.faults or (row.model is not None and row.external_id)


@settings(max_examples=300)
@given(st.sampled_from(FIELDS), values)
def test_a_value_is_read_into_what_the_database_gives_back(field: Any, sent: Any) -> None:
    try:
        found = read_value(field, sent)
    except ValidationError:
        return
    assert found == read_value(field, found)


@settings(max_examples=200)
@given(values)
def test_any_position_is_read_or_refused(sent: Any) -> None:
    try:
        spot = read_position(sent, with_accuracy=True)
    except ValidationError:
        return
    assert (spot["lat"] is None) is (sent is None)
    assert spot["lat"] is None or (3 <= spot["lat"] <= 54.1 and 72.9 <= spot["lng"] <= 136.1)


@settings(max_examples=150)
@given(st.data())
def test_what_the_schema_allows_is_read_and_said_again_the_same(data: st.DataObject) -> None:
    model = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    properties = json_schema(model)["properties"]
    names = data.draw(st.sets(st.sampled_from(sorted(properties.keys() - {*STATUS, "street"})), max_size=2))
    sent = body() | {name: data.draw(fitting(properties[name])) for name in sorted(names)}
    row = Row(0, model, "A-1")
    read_body(row, model, sent)
    of_form = {"unknown_field", "null", "max_length", "invalid_choice", "not_yours"}
    assert not [fault for fault in row.faults if fault[1] in of_form], row.faults
    if row.faults:
        return
    listing = model()
    try:
        rows = check_snapshot(listing, row.said, in_memory=True)
    except ValidationError:
        return
    assert rows.keys() <= {name for group in listing.groups.values() for name in group.relations}
    if row.changes.get("lat") is None or row.changes["entered_datum"] == "wgs84":
        again = Row(0, model, "A-1")
        read_body(again, model, said(model, row.said))
        assert again.faults == []
        assert {
            key: value for key, value in row.said.items() if key != "entered_datum"
        }.items() <= again.said.items()


@pytest.mark.parametrize(
    ("sent", "place", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"lat": 30.1}, "lat", "unknown_field"),
        ({"source": "other"}, "source", "unknown_field"),
        ({"revision_number": 7}, "revision_number", "unknown_field"),
        ({"photos": {"photos": []}}, "photos", "not_yours"),
        ({"name": None}, "name", "null"),
        ({"name": " "}, "name", "blank"),
        ({"name": "长" * 81}, "name", "max_length"),
        ({"seats": "7"}, "seats", "invalid"),
        ({"seats": True}, "seats", "invalid"),
        ({"seats": 40_000}, "seats", "invalid"),
        ({"serves": "cats"}, "serves", "invalid_choice"),
        ({"hours": []}, "hours", "invalid"),
        ({"hours": {"weekly_hours": []}}, "hours.hours_exceptions", "required"),
        (
            {"hours": {"weekly_hours": [{"day": "never"}], "hours_exceptions": []}},
            "hours.weekly_hours[0].day",
            "",
        ),
        ({"meals": {"set_meals": [{"courier_price_yuan": 10}]}}, "meals.set_meals[0].courier_price_yuan", ""),
        ({"meals": {"set_meals": [7]}}, "meals.set_meals[0]", "invalid"),
        ({"position": {"lat": 30, "lng": 120}}, "position", "invalid"),
        ({"position": {"lat": 120.1, "lng": 30.3, "datum": "wgs84"}}, "position", "swapped"),
        ({"position": {"lat": 30.1, "lng": 120.1, "datum": "wgs84", "hight": 3}}, "position", "invalid"),
        ({"state": "archived"}, "state", "invalid"),
        ({"pause_reason": "装修"}, "pause_reason", "not_paused"),
        ({"street": 7}, "street", "invalid"),
        ([], "", "invalid"),
    ],
)
def test_a_fault_is_named_by_its_place(sent: Any, place: str, code: str) -> None:
    row = Row(0, KINDS["canteen"], "A-1")
    read_body(row, KINDS["canteen"], sent)
    named = {where: why for where, why, _said in row.faults}
    assert place in named, row.faults
    assert not code or named[place] == code


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("A-1", True),
        ("杭-001", True),
        ("a:b;c=1?x#y%z", True),
        ("x" * 120, True),
        ("x" * 121, False),
        ("", False),
        (".", False),
        ("..", False),
        ("...", True),
        ("a/b", False),
        ("a b", False),
        ("a\nb", False),
        ("a\n", False),
        ("\ud800", False),
        (7, False),
        (None, False),
    ],
)
def test_a_number_at_the_source_can_stand_in_an_address(text: Any, is_one: bool) -> None:
    assert bool(external_id_of(text)) is is_one


@pytest.mark.django_db
def test_a_key_of_another_table_that_is_not_there_is_named(regions: Any) -> None:
    Amenity.objects.create(code="water", name="饮水", name_en="Water")
    rows = [Row(number, KINDS["station"], f"{number}") for number in range(2)]
    offers = {"amenities": {"offers": [{"amenity": "water"}, {"amenity": "gold"}]}}
    read_body(rows[0], KINDS["station"], {"street": KANGQIAO, **offers})
    read_body(rows[1], KINDS["station"], {"community": "330105010999"})
    check_keys(rows)
    assert [place for place, _code, _said in rows[0].faults] == ["amenities.offers[0].amenity"]
    assert [place for place, _code, _said in rows[1].faults] == ["community"]


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_numbers_composed_in_two_ways_are_one_row() -> None:
    key = key_for(make_source())
    assert put(key, body(), number="caf%C3%A9").json()["outcome"] == "created"
    assert put(key, body(), number="cafe%CC%81").json()["outcome"] == "unchanged"
    assert read_group(stored("café"), "hours") == {"weekly_hours": [], "hours_exceptions": []}
