"""The demo city: honest about what is real, the same for a seed, and made as the kernel makes listings."""

import csv
import datetime as dt
import io
import json
from collections import Counter
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from canteens.models import Canteen
from housing.models import ApartmentProject, ProgrammeLabel, RoomType
from portal.accounts.models import Courier, Organisation, User
from portal.listings import confirming, revising, states
from portal.listings.bulk import NewListing, create_many
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME
from portal.listings.kinds import listing_models
from portal.listings.models import (
    CalendarYear,
    Confirmation,
    Listing,
    OpenInterval,
    Proposal,
    Revision,
    Stewardship,
)
from portal.pages.demo import facts, names, positions
from portal.pages.demo.loading import load
from portal.pages.demo.planning import ALL_NIGHT, CITY, KANGQIAO, OFFICE_ROLES, ZHALONGKOU, plan
from portal.regions.areas import outlines
from services.codes.models import Compound
from services.stations.models import Amenity, Station

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=CITY_TIME)
pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    """Run the command; return what it printed."""
    output = io.StringIO()
    call_command("load_demo", stdout=output, **options)
    return output.getvalue()


def documents() -> list[dict[str, Any]]:
    """Return the public documents."""
    return [
        json.loads(text) for text in Listing.objects.exclude(document="").values_list("document", flat=True)
    ]


def test_the_small_city_brings_what_a_first_look_needs() -> None:
    said = run()
    assert Listing.objects.count() == 150
    assert "150 listings loaded" in said
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
    run()
    before = list(Listing.objects.order_by("pk").values())
    counts = [model.objects.count() for model in (Revision, Confirmation, User, Organisation, Stewardship)]
    assert "150 listings of this demo city are there already" in run()
    assert list(Listing.objects.order_by("pk").values()) == before
    assert [
        model.objects.count() for model in (Revision, Confirmation, User, Organisation, Stewardship)
    ] == counts


def test_a_second_run_keeps_what_people_have_changed() -> None:
    run()
    canteen = Canteen.objects.published().first()
    revising.edit(listing=canteen, changes={"notice": "今日加菜"}, actor=None, channel="office")
    run()
    assert Canteen.objects.get(pk=canteen.pk).notice == "今日加菜"


def test_a_database_that_holds_anything_else_is_refused(regions: Any) -> None:
    revising.create(model=Canteen, changes={"name": "自家食堂"}, actor=None, channel="office")
    with pytest.raises(CommandError, match="1 listings"):
        run()
    assert Listing.objects.count() == 1
    assert not User.objects.exists()


def test_other_people_are_refused_but_not_the_installer() -> None:
    User.objects.create_superuser("13900000001")
    User.objects.create_user("13900000002", name="别人")
    with pytest.raises(CommandError, match="1 people"):
        run()
    User.objects.filter(name="别人").delete()
    run()


def test_told_to_the_demo_joins_what_is_there(regions: Any) -> None:
    mine = revising.create(model=Canteen, changes={"name": "自家食堂"}, actor=None, channel="office")
    run(into_existing=True)
    assert Listing.objects.count() > 100
    assert Listing.objects.get(pk=mine.pk).name == "自家食堂"


def test_another_seed_is_another_city_and_not_mixed_in_by_accident() -> None:
    run(seed=1)
    with pytest.raises(CommandError, match="150 listings"):
        run(seed=2)


def test_the_same_seed_and_moment_give_the_same_documents() -> None:
    with time_machine.travel(NOW, tick=False):
        load(scale="small", seed=7)
        first = {listing.public_id: listing.document for listing in Listing.objects.all()}
        other = {item.extra["public_id"] for item in planned("small", 8)}
        again = {item.extra["public_id"]: item.changes for item in planned("small", 7)}
        twice = {item.extra["public_id"]: item.changes for item in planned("small", 7)}
    assert first.keys() == again.keys()
    assert again == twice
    assert not first.keys() & other


def planned(scale: str, seed: int) -> list[NewListing]:
    """Return what would be loaded."""
    return plan(scale=scale, seed=seed, now=NOW).items


def test_real_places_say_their_source_and_generated_ones_that_they_are_examples() -> None:
    run()
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
    run()
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
    run()
    for row in facts.read_facts():
        if row["kind"] not in facts.KINDS:
            assert not Listing.objects.filter(name=row["name_zh"]).exists()
            continue
        listing = Listing.objects.get(name=row["name_zh"])
        assert (listing.state, listing.lat is None) == (
            ("published", False) if row["street"] else ("draft", True)
        )


def test_rows_of_facts_for_later_parts_are_reported() -> None:
    said = run()
    with facts.FACTS.open(encoding="utf-8") as file:
        left_out = [
            row for row in csv.DictReader(file) if row["kind"] in ("team", "event", "branch", "figure")
        ]
    assert len(left_out) == 12
    assert "left out: 12" in said
    assert all(f"{row['kind']} {row['name_zh']}" in said for row in left_out)


def test_every_position_lies_in_its_district_and_is_marked_approximate() -> None:
    run()
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
    run()
    phones = set(Listing.objects.exclude(phone="").values_list("phone", flat=True))
    assert phones
    assert all(phone.startswith("0571-0000") for phone in phones)


def test_the_demo_people_act_where_their_posts_say() -> None:
    run()
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
    }


def test_the_demo_s_staff_have_confirmed_this_year_s_calendar_and_not_the_next() -> None:
    call_command("load_calendar", stdout=io.StringIO())
    this_year = timezone.localdate().year
    assert set(CalendarYear.objects.values_list("year", "confirmed_at")) == {
        (this_year, None),
        (this_year + 1, None),
    }
    run()
    assert current_calendar().years == {this_year}


def test_what_staff_changed_in_the_catalogue_of_amenities_stays() -> None:
    call_command("load_amenities", stdout=io.StringIO())
    Amenity.objects.filter(code="water").update(name="热水")
    Amenity.objects.filter(code="aed").delete()
    output = io.StringIO()
    call_command("load_amenities", stdout=output)
    assert "added: 1 (aed)" in output.getvalue()
    assert Amenity.objects.get(code="water").name == "热水"


def test_the_city_holds_the_published_figures() -> None:
    load(scale="city", seed=1)
    public = Counter(Listing.objects.published().values_list("kind", flat=True))
    assert dict(public) == CITY == {"canteen": 740, "station": 200, "compound": 1320, "apartment": 14}
    assert sum(doc.get("all_night", False) for doc in documents()) == ALL_NIGHT["city"] == 49
    counted = RoomType.objects.filter(project__state__in=("published", "paused"))
    assert counted.aggregate(total=Sum("total_count"))["total"] == 1090
    assert not counted.filter(basis="bed").exists()
    assert set(ProgrammeLabel.objects.values_list("programme", flat=True)) == {
        "blue_collar",
        "riders_home",
        "warm_home",
    }
    assert ApartmentProject.objects.filter(programme_labels__programme="riders_home").exists()
    assert 30 <= len({doc["drawing"] for doc in documents()}) <= 50
    central = Listing.objects.filter(district__in=("330102", "330105", "330106", "330108")).count()
    assert central > Listing.objects.count() * 0.45
    assert Listing.objects.values("name").distinct().count() == Listing.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM listings_changecounter")
        assert cursor.fetchone()[0] == len(documents())


def test_loading_costs_few_queries_a_listing() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load(scale="small", seed=1)
    # Two updates and one look at the confirmations for each listing; the rest is in batches.
    assert len(queries) < 150 * 5 + 200


def one_by_one(item: NewListing) -> Listing:
    """Create a listing as staff would: draft, state by state, then confirmations."""
    listing = revising.create(
        model=item.model, changes=item.changes, actor=None, channel="import", **item.extra
    )
    for status in item.statuses:
        until = status.get("paused_until") and dt.datetime.fromisoformat(status["paused_until"])
        if "shut_reason" in status:
            shut_until = dt.datetime.fromisoformat(status["shut_until"])
            states.shut(
                listing=listing, reason=status["shut_reason"], until=shut_until, actor=None, channel="import"
            )
        else:
            states.move(
                listing=listing,
                to=status["state"],
                actor=None,
                reason=status.get("pause_reason", ""),
                until=until,
                channel="import",
            )
    for group, at, channel in item.confirmations:
        confirming.confirm(listing=listing, fact_groups=[group], actor=None, channel=channel, at=at)
    return listing


def everything(public_id: str) -> dict[str, Any]:
    """Return all that is stored of a listing, keys and change numbers aside."""
    listing = Listing.objects.get(public_id=public_id).as_kind
    own = {
        field.attname: getattr(listing, field.attname)
        for field in listing._meta.concrete_fields
        if not field.primary_key and field.attname not in ("id", "change_number", "created_at")
    }
    groups = {
        relation: [
            {
                field.attname: getattr(row, field.attname)
                for field in row._meta.concrete_fields
                if not field.primary_key
            }
            for row in getattr(listing, relation).all()
        ]
        for group in listing.groups.values()
        for relation in group.relations
    }
    for rows in groups.values():
        for row in rows:
            for key in ("listing_id", "canteen_id", "station_id", "project_id", "compound_id"):
                row.pop(key, None)
    revisions = Revision.objects.filter(listing_id=listing.pk).order_by("number")
    confirmations = Confirmation.objects.filter(listing_id=listing.pk).order_by("fact_group", "confirmed_at")
    return {
        "own": own,
        "groups": groups,
        "revisions": list(
            revisions.values("number", "made_at", "actor_label", "post_label", "channel", "before", "after")
        ),
        "confirmations": list(
            confirmations.values("fact_group", "confirmed_at", "actor_id", "actor_label", "channel")
        ),
        "intervals": list(
            OpenInterval.objects.filter(timetable=listing.timetable)
            .order_by("starts_at")
            .values("starts_at", "ends_at")
        ),
    }


def test_many_at_once_and_one_by_one_store_the_same() -> None:
    with time_machine.travel(NOW, tick=False):
        load(scale="small", seed=3)
        chosen = [
            item
            for item in planned("small", 4)
            if not any("live_status" in status for status in item.statuses)
        ]
        # Staff shut a place from now on; the demo lets it have been shut for a while.
        for item in chosen:
            for status in item.statuses:
                if "shut_at" in status:
                    status["shut_at"] = NOW.astimezone(dt.UTC).isoformat()
        some = [chosen[number] for number in range(0, len(chosen), 2)]
        numbers = [item.extra["public_id"] for item in some]
        create_many(items=some, actor=None, channel="import")
        at_once = {number: everything(number) for number in numbers}
        for number, item in zip(numbers, some, strict=True):
            item.extra["public_id"] = number[::-1]
            one_by_one(item)
    assert {type(Listing.objects.get(public_id=number).as_kind) for number in numbers} == set(
        listing_models()
    )
    for number in numbers:
        apart = everything(number[::-1])
        for part in (at_once[number], apart):
            for key in ("public_id", "document_hash"):
                part["own"].pop(key)
        assert apart["own"].pop("document").replace(number[::-1], number) == at_once[number]["own"].pop(
            "document"
        )
        assert apart == at_once[number]


def test_live_status_is_kept_too() -> None:
    with time_machine.travel(NOW, tick=False):
        load(scale="small", seed=1)
    live = Station.objects.exclude(live_status="").first()
    assert live is not None
    assert json.loads(live.document)["live"]["code"] == live.live_status
    assert live.next_change_at <= live.live_until
