"""What the small demo city holds: it is loaded once, and each test reads it or writes on top of it."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from canteens.models import Canteen
from housing.models import RoomType
from portal.accounts.models import Courier, Organisation, User
from portal.listings import revising
from portal.listings.models import Confirmation, Listing, Proposal, Revision, Stewardship
from portal.pages.demo import facts, names, positions
from portal.pages.demo.planning import KANGQIAO, OFFICE_ROLES, ZHALONGKOU
from portal.regions.areas import outlines
from services.codes.models import Compound
from services.stations.models import Station
from tests.standing import standing

pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    """Run the command; return what it printed."""
    output = io.StringIO()
    call_command("load_demo", stdout=output, **options)
    return output.getvalue()


@pytest.fixture(scope="module", autouse=True)
def small_city(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Load the small city; return what the command printed."""
    yield from standing(django_db_blocker, run)


def documents() -> list[dict[str, Any]]:
    """Return the public documents."""
    return [
        json.loads(text) for text in Listing.objects.exclude(document="").values_list("document", flat=True)
    ]


def test_the_small_city_brings_what_a_first_look_needs(small_city: str) -> None:
    assert Listing.objects.count() == 150
    assert "150 listings loaded" in small_city
    for street in (KANGQIAO, ZHALONGKOU):
        kept = Counter(Listing.objects.in_area(street).values_list("kind", "state"))
        assert {kind for kind, _state in kept} == set(OFFICE_ROLES)
        assert {state for _kind, state in kept} == {"draft", "in_review", "published", "paused"}
        assert kept.total() >= 12
        assert Listing.objects.in_area(street).to_place().exists()
    assert Listing.objects.filter(shut_reason="sold_out").exists()
    assert {doc["hours"]["known"] for doc in documents()} == {True, False}
    spans = [row for doc in documents() for row in doc["hours"]["weekly"]]
    assert any(row["open_end"] for row in spans)
    assert any(row["rule"] == "all_day" for row in spans)
    assert any(row["closes"] and row["closes"] < row["opens"] for row in spans)
    assert any(doc["hours"]["exceptions"] for doc in documents())
    assert any(doc.get("live") for doc in documents())


def test_a_second_run_says_so_and_changes_nothing() -> None:
    before = list(Listing.objects.order_by("pk").values())
    counts = [model.objects.count() for model in (Revision, Confirmation, User, Organisation, Stewardship)]
    assert "150 listings of this demo city are there already" in run()
    assert list(Listing.objects.order_by("pk").values()) == before
    assert [
        model.objects.count() for model in (Revision, Confirmation, User, Organisation, Stewardship)
    ] == counts


def test_a_second_run_keeps_what_people_have_changed() -> None:
    canteen = Canteen.objects.published().first()
    revising.edit(listing=canteen, changes={"notice": "今日加菜"}, actor=None, channel="office")
    run()
    assert Canteen.objects.get(pk=canteen.pk).notice == "今日加菜"


def test_another_seed_is_another_city_and_not_mixed_in_by_accident() -> None:
    with pytest.raises(CommandError, match="150 listings"):
        run(seed=2)


def test_real_places_say_their_source_and_generated_ones_that_they_are_examples() -> None:
    real = {row["name_zh"] for row in facts.read_facts() if row["kind"] in facts.KINDS}
    for listing in Listing.objects.all():
        if listing.name in real:
            assert listing.provenance.startswith("来源：")
        else:
            assert listing.name.endswith(names.EXAMPLE)
            assert listing.name_en.endswith(names.EXAMPLE_EN)
            assert listing.provenance == names.PROVENANCE
    assert Listing.objects.get(name="弄杭里邻里食堂").provenance == "来源：杭州日报 2024-11-12（报道）"
    assert set(Listing.objects.filter(name__in=real).values_list("name", flat=True)) == real


def test_real_places_hold_only_what_the_source_says() -> None:
    canteen = json.loads(Canteen.objects.get(name="弄杭里邻里食堂").document)
    assert (canteen["lowest_price"], canteen["street"]["zh"]) == ("10.00", "闸弄口街道")
    assert canteen["community"]["zh"] == "闸弄口社区"
    assert canteen["hours"]["weekly"][0]["open_end"] is True
    assert canteen["phone"] == ""
    assert set(canteen["confirmations"].values()) == {None}
    room = RoomType.objects.get(project__name="紫元·需丰馨寓")
    assert (room.area_m2, room.bunks, room.basis, room.rent_after_yuan, room.total_count) == (
        27,
        2,
        "room",
        850,
        None,
    )
    gates = Compound.objects.get(name="玉润钱潮府").gates.values_list("admits_couriers", flat=True)
    assert sorted(gates) == [False, False, True]


def test_a_place_without_a_street_is_an_unplaced_draft_and_one_with_a_street_is_public() -> None:
    for row in facts.read_facts():
        if row["kind"] not in facts.KINDS:
            assert not Listing.objects.filter(name=row["name_zh"]).exists()
            continue
        listing = Listing.objects.get(name=row["name_zh"])
        assert (listing.state, listing.lat is None) == (
            ("published", False) if row["street"] else ("draft", True)
        )


def test_rows_of_facts_for_later_parts_are_reported(small_city: str) -> None:
    with facts.FACTS.open(encoding="utf-8") as file:
        left_out = [
            row for row in csv.DictReader(file) if row["kind"] in ("team", "event", "branch", "figure")
        ]
    assert len(left_out) == 12
    assert "left out: 12" in small_city
    assert all(f"{row['kind']} {row['name_zh']}" in small_city for row in left_out)


def test_every_position_lies_in_its_district_and_is_marked_approximate() -> None:
    placed = Listing.objects.filter(lat__isnull=False)
    assert placed.count() > 130
    for listing in placed:
        assert positions.is_inside(listing.district_id, listing.lat, listing.lng), listing
        assert listing.accuracy == "approximate"
    assert (
        set(placed.exclude(district_id__in=positions_of_outlines()).values_list("name", flat=True)) == set()
    )


def positions_of_outlines() -> set[str]:
    """Return the districts that have an outline."""
    return {feature["properties"]["code"] for feature in outlines()["features"]}


def test_no_phone_number_can_ring_anywhere() -> None:
    phones = set(Listing.objects.exclude(phone="").values_list("phone", flat=True))
    assert phones
    assert all(phone.startswith("0571-0000") for phone in phones)


def test_the_demo_people_act_where_their_posts_say() -> None:
    people = {str(user.phone.national_number): user for user in User.objects.all()}
    assert Courier.objects.get().user == people["13800000001"]
    areas = {phone: user.posts.get().area for phone, user in people.items() if phone != "13800000001"}
    assert (areas["13800000002"], areas["13800000003"], areas["13800000004"]) == (
        KANGQIAO,
        ZHALONGKOU,
        "3301",
    )
    stewarded = {
        phone: {row.listing.kind for row in Stewardship.objects.filter(post__user=user)}
        for phone, user in people.items()
    }
    assert (stewarded["13800000007"], stewarded["13800000008"]) == ({"canteen"}, {"compound"})
    waiting = Proposal.objects.values_list("listing__kind", "outcome")
    assert sorted(waiting) == [("canteen", "waiting"), ("compound", "waiting")]
    assert set(Organisation.objects.filter(kind="platform").values_list("name", flat=True)) == {
        "平台甲",
        "平台乙",
        "演示合作方",
    }


def test_live_status_is_kept_too() -> None:
    live = Station.objects.exclude(live_status="").first()
    assert live is not None
    assert json.loads(live.document)["live"]["code"] == live.live_status
    assert live.next_change_at <= live.live_until
