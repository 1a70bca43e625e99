"""Drawings that inform: deterministic, few, whole by day and by night."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest
from django.core.files.storage import storages

from portal.listings.drawings import (
    Drawing,
    cutaway,
    drawing_svg,
    floor_plan,
    gate_plan,
    neutral,
    store_drawing,
    tray,
)

AMENITIES = [
    "water",
    "battery-swap",
    "microwave",
    "rest",
    "toilet",
    "aed",
    "policy_desk",
    "ebike_charging",
    "car_bays",
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def public_folder(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "public": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "public"},
        },
    }
    return tmp_path / "public"


def every_drawing():
    for meat, veg, soup, percent in itertools.product(range(4), range(4), (False, True), (None, 20, 65)):
        yield tray(meat, veg, soup, percent)
    for area, bunks, furnished in itertools.product(
        (5, 12, 15, 20, 27, 30, 40, 90), range(1, 10), (False, True)
    ):
        yield floor_plan(area, bunks, furnished, furnished, furnished)
    for count in range(len(AMENITIES) + 1):
        for codes in itertools.combinations(AMENITIES, count):
            yield cutaway(codes)
    for gates, riding in itertools.product(range(6), (False, True)):
        yield gate_plan(gates, riding)
    yield neutral()


def shapes(drawing):
    return list(ElementTree.fromstring(drawing_svg(drawing)).iter())


def classes(drawing):
    return [shape.get("class") for shape in shapes(drawing)]


def test_every_drawing_is_well_formed_and_has_no_template_left_over():
    for drawing in every_drawing():
        svg = drawing_svg(drawing)
        root = ElementTree.fromstring(svg)
        assert root.get("viewBox") == "0 0 400 300", drawing
        assert not {"{", "}}", "{%"} & {mark for mark in ("{{", "}}", "{%") if mark in svg}, drawing
        assert len(svg) < 16_000, drawing


def test_every_colour_has_a_night_colour():
    for drawing in every_drawing():
        root = ElementTree.fromstring(drawing_svg(drawing))
        night = root.find(f"{SVG}style").text
        assert night.startswith("@media (prefers-color-scheme:dark)")
        for shape in root.iter():
            if shape.get("fill") or shape.get("stroke"):
                assert f".{shape.get('class')}{{" in night, (drawing, shape.attrib)


def test_the_same_facts_give_the_same_file(public_folder):
    first = store_drawing(tray(1, 2, True))
    assert first == store_drawing(tray(1, 2, True))
    assert first.startswith("drawings/")
    assert first.endswith(".svg")
    assert [path.name for path in public_folder.rglob("*.svg")] == [first.removeprefix("drawings/")]
    with storages["public"].open(first) as file:
        assert file.read().decode() == drawing_svg(tray(1, 2, True))


def test_a_stored_drawing_is_not_looked_for_again(monkeypatch):
    store_drawing(neutral())
    monkeypatch.setattr(type(storages["public"]), "exists", lambda *_: pytest.fail("looked again"))
    store_drawing(neutral())


def test_another_storage_gets_its_own_file(settings, tmp_path):
    path = store_drawing(neutral())
    options = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "other"},
    }
    settings.STORAGES = {**settings.STORAGES, "public": options}
    assert store_drawing(neutral()) == path
    assert (tmp_path / "other" / path).exists()


def test_a_tray_shows_its_dishes():
    def wells(drawing):
        return classes(drawing).count("f-peach"), classes(drawing).count("f-mint")

    assert wells(tray(1, 2, False)) == (1, 2)
    assert wells(tray(2, 1, False)) == (2, 1)
    assert wells(tray(2, 3, True)) == (2, 3)
    assert tray(9, -1, False) == tray(3, 0, False)
    assert drawing_svg(tray(1, 2, True)) != drawing_svg(tray(1, 2, False))


@pytest.mark.parametrize(("percent", "shown"), [(20, "−20%"), (12.5, "−12%"), (100, "−99%")])
def test_a_discount_is_written_on_the_plate(percent, shown):
    assert shown in drawing_svg(tray(0, 0, False, percent))
    assert shown in drawing_svg(tray(1, 1, False, percent))


def test_a_tray_of_which_nothing_is_known_shows_no_dish():
    drawn = set(classes(tray(0, 0, True)))
    assert not {"f-mint", "f-brown", "f-leaf"} & drawn
    assert tray(0, 0, True) == tray(0, 0, False, 0)


@pytest.mark.parametrize(("bunks", "beds"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_a_floor_plan_shows_its_beds(bunks, beds):
    assert classes(floor_plan(30, bunks)).count("b-wood") == beds


def test_beds_that_do_not_fit_stand_above_each_other():
    assert classes(floor_plan(15, 4)).count("b-wood") == 2
    assert classes(floor_plan(15, 4)).count("s-brown") == 4
    assert "s-brown" not in classes(floor_plan(30, 4))


def test_a_larger_room_has_more_metres():
    def ticks(drawing):
        return classes(drawing).count("s-soft")

    assert ticks(floor_plan(10, 1)) < ticks(floor_plan(20, 1)) < ticks(floor_plan(60, 1))


def test_furniture_is_drawn_only_when_it_is_known():
    assert floor_plan(27, 2).params == {
        "area": 25,
        "bunks": 2,
        "desk": False,
        "wardrobe": False,
        "bath": False,
    }
    assert drawing_svg(floor_plan(27, 2)) != drawing_svg(floor_plan(27, 2, has_desk=True))


def test_a_cutaway_shows_what_the_amenities_amount_to():
    assert cutaway(["water", "charging", "rest"]).params == {"inside": ["power", "rest", "water"], "also": []}
    assert cutaway(["AED", "e-bike-charging", "car_bays"]).params == {
        "inside": [],
        "also": ["care", "ebike", "car"],
    }
    assert cutaway(["charging", "battery_swap"]) == cutaway(["charging"])
    assert cutaway(["unheard of"]) == cutaway([])
    assert len(cutaway(AMENITIES).params["inside"]) == 4


def test_a_gate_plan_shows_how_many_gates_and_how_one_enters():
    def posts(drawing):
        return classes(drawing).count("f-press")

    one, three = posts(gate_plan(1, True)), posts(gate_plan(3, True))
    assert three - one == 2 * 3
    assert gate_plan(7, True) == gate_plan(4, True)
    assert drawing_svg(gate_plan(2, True)) != drawing_svg(gate_plan(2, False))


def test_what_informs_stands_in_the_middle_that_a_card_shows():
    root = ElementTree.fromstring(drawing_svg(tray(3, 3, True)))
    wells = [shape for shape in root.iter() if shape.get("class") in {"f-peach", "f-mint"}]
    assert len(wells) == 6
    assert all(92 <= float(well.get("x")) <= 308 - float(well.get("width")) for well in wells)


def test_a_drawing_is_a_plain_value():
    assert neutral() == Drawing("neutral", {})
