"""Places that may be the same: found by name and distance, decided by a person, changed without being emptied."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from canteens.models import Canteen
from portal.listings import importing_batches
from portal.listings.conditions import broken_by
from portal.listings.importing_near import Neighbourhood, Spot, folded, marks
from portal.listings.kinds import listing_models
from portal.listings.snapshots import read_snapshot
from tests.factories import make_apartment, make_canteen, make_compound, make_station
from tests.importing import checked, import_rows, verdicts_of, written
from tests.personas import ZHALONGKOU
from tests.test_import_rows import table

LAT, LNG = 30.3461, 120.1602
HERE = {"街道": "康桥街道", "纬度": str(LAT), "经度": str(LNG), "坐标系": "WGS-84"}
METRE = 1 / 111_320


def near(name: str, other: str, *, metres: float = 0) -> bool:
    places = Neighbourhood()
    places.add(Spot({"id": "X"}, other, LAT, LNG))
    return bool(places.near(name, LAT + metres * METRE, LNG))


@pytest.mark.parametrize(
    ("name", "other", "is_near"),
    [
        ("康桥食堂", "杭州康桥食堂（总店）", True),
        ("ＫＦＣ康桥店", "kfc 康桥", True),
        ("康桥街道食堂", "康桥食堂", True),
        ("邻里食堂康桥分店", "邻里食堂·康桥店", True),
        ("康桥一食堂", "康桥二食堂", False),
        ("康桥食堂1号店", "康桥食堂2号店", False),
        ("康桥公寓东区", "康桥公寓西区", False),
        ("康桥食堂", "运河面馆", False),
        ("食堂", "康桥食堂", False),
    ],
)
def test_which_names_are_alike(name: str, other: str, is_near: bool) -> None:
    assert near(name, other) is is_near
    assert near(other, name) is is_near


def test_near_means_within_150_metres_across_every_border_of_a_cell() -> None:
    for start in range(0, 300, 17):
        places = Neighbourhood()
        lat = LAT + start * METRE
        places.add(Spot({"id": "X"}, "康桥食堂", lat, LNG))
        assert places.near("康桥食堂", lat + 149 * METRE, LNG)[0]["metres"] == 149
        assert places.near("康桥食堂", lat, LNG + 149 * METRE / 0.863)
        assert not places.near("康桥食堂", lat + 152 * METRE, LNG)


@given(st.text(max_size=20))
def test_any_name_folds_to_something_and_stays_alike_to_itself(name: str) -> None:
    assert folded(folded(name)) == folded(name) or folded(name)
    assert marks(name) == marks(name)


@pytest.mark.django_db
def test_a_new_row_beside_a_similar_place_waits_for_a_decision(clerk: Any) -> None:
    place = make_canteen(name="康桥食堂", lat=LAT, lng=LNG)
    batch = checked(Canteen, table({"名称": "康桥食堂（总店）", **HERE}), clerk)
    row = batch.rows.get()
    assert row.near == [{"id": place.public_id, "name": "康桥食堂", "metres": 0}]
    with pytest.raises(ValidationError, match="已有的点位"):
        importing_batches.confirm(batch=batch, user=clerk)
    with pytest.raises(ValidationError):
        importing_batches.choose(batch=batch, choices={row.pk: "0000000000"}, user=clerk)
    importing_batches.choose(batch=batch, choices={row.pk: "skip"}, user=clerk)
    written(batch, clerk)
    assert Canteen.objects.count() == 1


@pytest.mark.django_db
def test_the_same_place_is_changed_by_what_the_row_says_and_nothing_is_emptied(clerk: Any) -> None:
    place = make_canteen(name="康桥食堂", lat=LAT, lng=LNG, notice="节前照常")
    before = read_snapshot(place)
    row = {"名称": "康桥食堂（总店）", "电话": "0571-9", "短公告": "", "营业时间": "", "套餐": "", **HERE}
    batch = checked(Canteen, table(row), clerk)
    importing_batches.choose(batch=batch, choices={batch.rows.get().pk: place.public_id}, user=clerk)
    batch = written(batch, clerk)
    after = read_snapshot(Canteen.objects.get())
    changed = {key for key in after if after[key] != before[key]}
    assert changed <= {"name", "phone"} | {"address"}
    assert (after["name"], after["phone"], batch.rows.get().written_number) == (
        "康桥食堂（总店）",
        "0571-9",
        place.revision_number + 1,
    )


@pytest.mark.django_db
def test_two_rows_cannot_be_the_same_place(clerk: Any) -> None:
    place = make_canteen(name="康桥食堂", lat=LAT, lng=LNG)
    rows = table(*({"名称": f"康桥食堂{end}", **HERE, "地址": end} for end in ("总店", "分店")))
    batch = checked(Canteen, rows, clerk)
    one, two = batch.rows.order_by("row")
    assert [near.get("row") for near in two.near] == [None, 2] or {"row": 2} in [
        {"row": near["row"]} for near in two.near if "row" in near
    ]
    importing_batches.choose(batch=batch, choices={one.pk: place.public_id}, user=clerk)
    with pytest.raises(ValidationError, match="另一行"):
        importing_batches.choose(batch=batch, choices={two.pk: place.public_id}, user=clerk)


@pytest.mark.django_db
def test_places_of_another_street_are_not_told_of(clerk: Any, other_clerk: Any) -> None:
    make_canteen(name="康桥食堂", street=ZHALONGKOU, lat=LAT, lng=LNG)
    batch = checked(Canteen, table({"名称": "康桥食堂（总店）", **HERE}), clerk)
    assert batch.rows.get().near == []


@pytest.mark.django_db
def test_what_a_partner_keeps_is_not_changed(clerk: Any) -> None:
    place = make_canteen(extra={"source": "amap", "external_id": "1"})
    same = {"编号": place.public_id, "名称": place.name}
    assert verdicts_of(checked(Canteen, table(same), clerk)) == ["unchanged"]
    batch = import_rows(Canteen, table({**same, "电话": "1"}), clerk, skip_refused=True)
    assert "amap" in batch.rows.get().reasons[0]["zh-hans"]
    assert Canteen.objects.get().phone == place.phone


@pytest.mark.django_db
def test_conditions_answered_here_and_by_the_database_agree(clerk: Any) -> None:
    """Each kind's rows, whole and broken, are asked of both."""
    for make in (make_canteen, make_station, make_apartment, make_compound):
        place = make()
        for changes in (
            {},
            {"lat": None},
            {"lat": None, "lng": None},
            {"lat": 91.0},
            {"street_id": None},
            {"state": "draft", "street_id": None},
            {"shut_reason": "sold_out"},
            {"source": "amap"},
        ):
            for name, value in changes.items():
                setattr(place, name, value)
            ours = {constraint.name for constraint in broken_by(place)}
            assert ours == broken_in_database(place), changes
            place.refresh_from_db()
        for group in place.groups.values():
            for relation in group.relations:
                for row in getattr(place, relation).all():
                    assert {c.name for c in broken_by(row)} == broken_in_database(row) == set()
    assert len(listing_models()) == 4


def broken_in_database(row: Any) -> set[str]:
    from django.db.models import CheckConstraint

    found = set()
    for model, constraints in row.get_constraints():
        for constraint in constraints:
            if isinstance(constraint, CheckConstraint):
                try:
                    constraint.validate(model, row)
                except ValidationError:
                    found.add(constraint.name)
    return found
