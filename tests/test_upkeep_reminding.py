"""Reminders to offices: one digest a day, to the people who can do something about it, however much is due."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from canteens.models import Canteen
from portal.accounts.models import Organisation, Post, User
from portal.listings import confirming, revising
from portal.listings.bulk import NewListing, create_many
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from portal.notices.kinds import kind_of
from portal.notices.models import Notice
from portal.running import chores
from portal.upkeep.models import Correction, Reminder
from portal.upkeep.reminding import digests_of, remind_offices
from tests.factories import make_canteen, make_station
from tests.personas import KANGQIAO, ZHALONGKOU, make_staff
from tests.upkeep_queue import at_once

MORNING = dt.datetime(2026, 11, 24, 8, 0, tzinfo=CITY_TIME)
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_the_morning() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


def digests() -> list[tuple[str, str]]:
    """Return (person, sentence) of the digests that were told."""
    rows = Notice.objects.filter(kind="office_digest").select_related("user").order_by("user__name", "pk")
    return [(row.user.name, kind_of(row.kind).said(row.params)) for row in rows]


def test_an_office_is_told_what_is_due_and_led_to_the_queue(clerk: User, other_clerk: User) -> None:
    make_canteen()
    make_station()
    assert remind_offices() == 1
    assert digests() == [("康桥工作人员", "康桥街道办事处今日待办：6 项信息待重新核实。")]
    notice = Notice.objects.get()
    assert notice.url == reverse("admin:upkeep_queue")
    assert notice.post_id == clerk.acting_post.pk
    reminder = Reminder.objects.get()
    assert (reminder.day, reminder.told_count) == (dt.date(2026, 11, 24), 1)
    assert reminder.counts == {"facts": 6, "price": 1, "hours": 2, "contact": 2, "amenities": 1}


def test_corrections_and_proposals_are_counted_too(clerk: User, community_clerk: User) -> None:
    canteen = make_canteen()
    confirming.confirm(listing=canteen, fact_groups=canteen.fact_groups, actor=clerk)
    revising.edit(listing=canteen, changes={"notice": "有热水"}, actor=community_clerk, channel="office")
    now = timezone.now()
    for kind, due_at in (("closed", now - DAY), ("not_here", now + DAY)):
        Correction.objects.create(listing=canteen, kind=kind, area_code=canteen.area_code, due_at=due_at)
    remind_offices()
    assert digests() == [
        (
            "康桥工作人员",
            "康桥街道办事处今日待办：2 条小哥纠错；其中 1 条已超时；1 条修改建议待处理。",
        )
    ]
    with override("en"):
        assert "2 corrections from couriers" in digests()[0][1]


def test_nothing_due_reminds_nobody(clerk: User) -> None:
    canteen = make_canteen()
    confirming.confirm(listing=canteen, fact_groups=canteen.fact_groups, actor=clerk)
    make_canteen(name="草稿", state="draft")
    assert remind_offices() == 0
    assert not Notice.objects.exists()
    assert not Reminder.objects.exists()


def test_nobody_is_reminded_at_night(clerk: User) -> None:
    make_canteen()
    assert remind_offices(now=MORNING.replace(hour=6, minute=59)) == 0


def test_an_office_without_people_climbs_to_the_wider_one_and_says_so(
    clerk: User, other_clerk: User, district_admin: User, city_admin: User
) -> None:
    make_canteen()
    make_canteen(name="别处的", street=ZHALONGKOU)
    make_canteen(name="没有街道办的", street="330106013", lat=30.28, lng=120.13)
    Post.objects.filter(user=clerk).update(ends_on=dt.date(2026, 11, 1))
    assert remind_offices() == 3
    assert digests() == [
        (
            "城市管理员",
            "杭州市新就业群体服务中心今日待办：3 项信息待重新核实。",
        ),
        (
            "拱墅区工作人员",
            "拱墅区新就业群体服务中心今日待办：3 项信息待重新核实。 "
            "康桥街道办事处目前没有负责点位的工作人员，其待办一并提醒您。",
        ),
        ("闸弄口工作人员", "闸弄口街道办事处今日待办：3 项信息待重新核实。"),
    ]


def test_a_community_is_its_street_offices_to_remind_of(clerk: User, community_clerk: User) -> None:
    make_canteen(community="330105010001")
    remind_offices()
    assert [name for name, _text in digests()] == ["康桥工作人员"]


def test_people_who_may_not_change_listings_are_left_alone(clerk: User, groups: Any) -> None:
    make_canteen()
    guard = make_staff(
        "13800000021", "值班员", group=groups["物业"], kind="property", office="物业", area_code=""
    )
    remind_offices()
    assert not Notice.objects.filter(user=guard).exists()


def test_the_next_day_brings_one_digest_in_place_of_the_last(clerk: User) -> None:
    make_canteen()
    remind_offices()
    with time_machine.travel(MORNING + DAY, tick=False):
        remind_offices()
        remind_offices()
        assert Notice.objects.get().key.endswith("2026-11-25")
    assert Reminder.objects.count() == 2


def many_stale(count: int) -> None:
    """Make published canteens in two streets that nobody ever confirmed."""
    places = [(KANGQIAO, 30.3461, 120.1602), (ZHALONGKOU, 30.2881, 120.1975)]
    create_many(
        items=[
            NewListing(
                Canteen,
                {
                    "name": f"食堂{number}",
                    "district": street[:6],
                    "street": street,
                    "lat": lat,
                    "lng": lng,
                    "entered_datum": "wgs84",
                },
                statuses=[{"state": "published"}],
            )
            for number in range(count)
            for street, lat, lng in [places[number % 2]]
        ],
        actor=None,
        channel="import",
    )


def test_a_thousand_stale_listings_send_each_office_one_digest(clerk: User, other_clerk: User) -> None:
    many_stale(1000)
    assert Listing.objects.published().count() == 1000
    for hour in range(8, 20):
        with time_machine.travel(MORNING.replace(hour=hour), tick=False):
            remind_offices()
    assert Reminder.objects.count() == 2
    assert digests() == [
        ("康桥工作人员", "康桥街道办事处今日待办：1500 项信息待重新核实。"),
        ("闸弄口工作人员", "闸弄口街道办事处今日待办：1500 项信息待重新核实。"),
    ]


def test_what_there_is_to_tell_costs_as_many_queries_for_many_listings(
    clerk: User, other_clerk: User
) -> None:
    costs = []
    for count in (2, 20):
        many_stale(count)
        with CaptureQueriesContext(connection) as queries:
            digests_of(timezone.now())
        costs.append(len(queries))
    assert costs == [5, 5]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_remind_once(clerk: User, other_clerk: User) -> None:
    many_stale(10)
    found = at_once(2, lambda: remind_offices(MORNING))
    assert sum(found) == 2, found
    assert Notice.objects.count() == 2
    assert Reminder.objects.count() == 2


def test_the_clock_reminds(clerk: User) -> None:
    make_canteen()
    assert "remind_offices" in chores.run_due()
    assert Notice.objects.filter(user=clerk, kind="office_digest").exists()


def test_an_office_with_two_of_one_area_is_told_once(clerk: User, groups: Any) -> None:
    Organisation.objects.create(kind="street", name="康桥街道服务站", area_code=KANGQIAO)
    make_canteen()
    assert remind_offices() == 1
