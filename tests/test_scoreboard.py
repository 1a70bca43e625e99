"""The scoreboard: figures of offices that a plain count confirms, for those who may see them, and never of persons."""

import csv
import datetime as dt
import io
import random
import statistics
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import revising
from portal.listings.models import Confirmation, Listing, Retraction
from portal.listings.models.trust import LIFETIMES
from portal.upkeep import boards, scoreboard
from portal.upkeep.admin.scoreboard import COLUMNS
from portal.upkeep.models import Correction, OfficeDay
from services.stations.models import Station
from tests.test_handing_over import signed_in

STREETS = ("330105010", "330102013", "330106013")
PEOPLE = ("康桥工作人员", "闸弄口工作人员", "拱墅区工作人员", "李小明")
URL = "/admin/scoreboard/"


def place(model: Any, name: str, street: str, community: str = "", state: str = "published") -> Listing:
    changes = {
        "name": name,
        "district": street[:6],
        "street": street,
        "community": community or None,
        "lat": 30.3,
        "lng": 120.1,
    }
    listing = revising.create(model=model, changes=changes, actor=None, channel="import")
    Listing.objects.filter(pk=listing.pk).update(state=state)
    return listing


def confirmed(listing: Listing, group: str, at: dt.datetime, taken_back: bool = False) -> None:
    made = Confirmation.objects.create(
        listing_id=listing.pk, fact_group=group, confirmed_at=at, actor_label=PEOPLE[0], channel="office"
    )
    if taken_back:
        Retraction.objects.create(confirmation=made)


def case(listing: Listing, opened: dt.datetime, closed: dt.datetime | None, due: dt.datetime) -> Correction:
    return Correction.objects.create(
        listing=listing, kind="other", area_code=Listing.objects.get(pk=listing.pk).area_code,
        opened_at=opened, closed_at=closed, due_at=due, state="fixed" if closed else "open",
        closed_by_label=PEOPLE[0] if closed else "",
    )  # fmt: skip


def anything(seed: int, now: dt.datetime) -> list[Listing]:
    """Make a small city of whatever may happen."""
    dice = random.Random(seed)  # noqa: S311
    made = []
    for number in range(30):
        model, street = dice.choice([Canteen, Station]), dice.choice(STREETS[: 2 + seed % 2])
        community = dice.choice(["", "330105010001"]) if street == STREETS[0] else ""
        listing = place(
            model,
            f"点位{number}",
            street,
            community,
            dice.choice(["published", "published", "paused", "draft"]),
        )
        made.append(listing)
        for group in model.fact_groups:
            for _again in range(dice.randrange(3)):
                ago = LIFETIMES[group] * dice.choice([0.1, 0.5, 0.99, 1.01, 3])
                confirmed(listing, group, now - ago, dice.random() < 0.3)
        for _again in range(dice.randrange(4)):
            opened = now - dt.timedelta(days=dice.randrange(150), minutes=5)
            closed = opened + dt.timedelta(hours=dice.randrange(1, 400)) if dice.random() < 0.8 else None
            case(listing, opened, min(closed, now) if closed else None, opened + dt.timedelta(days=3))
    return made


def plain_count(area: str, kind: str, group: str, now: dt.datetime) -> dict[str, Any]:
    """Count in the plainest way, row by row."""
    ages, fresh, listings = [], 0, 0
    for listing in Listing.objects.filter(state__in=["published", "paused"]):
        if not listing.area_code.startswith(area) or (kind and listing.kind != kind):
            continue
        held = {"canteen": Canteen, "station": Station}[listing.kind].fact_groups
        groups = [g for g in held if not group or g == group]
        listings += bool(groups)
        for one in groups:
            at = [
                c.confirmed_at
                for c in Confirmation.objects.filter(listing=listing, fact_group=one)
                if not Retraction.objects.filter(confirmation=c).exists()
            ]
            ages.append(now - max(at) if at else dt.timedelta.max)
            fresh += bool(at) and now - max(at) <= LIFETIMES[one]
    since = now - dt.timedelta(days=90)
    cases = [
        c for c in Correction.objects.all()
        if c.area_code.startswith(area) and (not kind or c.listing.kind == kind)
    ]  # fmt: skip
    closed = [
        (c.closed_at - c.opened_at).total_seconds() for c in cases if c.closed_at and c.closed_at > since
    ]
    middle = sorted(ages)[len(ages) // 2] if ages else dt.timedelta.max
    return {
        "listing_count": listings,
        "fact_count": len(ages),
        "fresh_count": fresh,
        "median_age": None if middle == dt.timedelta.max else middle,
        "opened_count": sum(c.opened_at > since for c in cases),
        "closed_count": len(closed),
        "open_count": sum(c.closed_at is None for c in cases),
        "overdue_count": sum(c.closed_at is None and c.due_at < now for c in cases),
        "median_fix": dt.timedelta(seconds=statistics.median(closed)) if len(closed) >= 5 else None,
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_plain_count_comes_to_the_same(regions: Any, seed: int) -> None:
    now = timezone.now()
    anything(seed, now)
    found = scoreboard.gather(now)
    for kind, group in (
        ("", ""),
        ("canteen", ""),
        ("", "hours"),
        ("station", "amenities"),
        ("canteen", "amenities"),
    ):
        figures = scoreboard.figures_by_area(scoreboard.narrowed(found, kind, group))
        for area in ("3301", "330105", "330102", *STREETS, "330105010001"):
            counted = plain_count(area, kind, group, now)
            got = figures.get(area, scoreboard.Figures())
            assert {name: getattr(got, name) for name in counted} == counted, (area, kind, group)


def test_the_parts_add_up_to_the_whole(regions: Any) -> None:
    now = timezone.now()
    anything(4, now)
    found = scoreboard.gather(now)
    for area in ("3301", "330105", "330105010"):
        board = boards.board_of(found, area, "3301")
        for name in (
            "listing_count",
            "fact_count",
            "fresh_count",
            "opened_count",
            "closed_count",
            "open_count",
        ):
            parts = sum(getattr(row.figures, name) for row in board.rows)
            assert parts == getattr(board.whole.figures, name), (area, name)
    assert [row.name for row in board.rows] == ["康桥社区", "未归入下级区域"]


def test_the_five_oldest_are_the_never_confirmed_then_the_oldest(regions: Any) -> None:
    now = timezone.now()
    old, older = place(Canteen, "旧", STREETS[0]), place(Canteen, "更旧", STREETS[0])
    for group in Canteen.fact_groups:
        confirmed(old, group, now - dt.timedelta(days=9))
        confirmed(older, group, now - dt.timedelta(days=8))
    confirmed(older, "contact", now - dt.timedelta(days=1))
    confirmed(old, "price", now - dt.timedelta(days=400))
    never = place(Station, "从未", STREETS[0])
    elsewhere = place(Station, "别处", STREETS[1])
    oldest = scoreboard.oldest(scoreboard.gather(now), STREETS[0])
    assert len(oldest) == 5
    assert [fact.listing_id for fact in oldest[: len(Station.fact_groups)]] == [never.pk] * len(
        Station.fact_groups
    )
    assert oldest[0].group == "amenities", "what changes fastest comes first"
    assert elsewhere.pk not in {fact.listing_id for fact in oldest}


@pytest.mark.parametrize(
    ("who", "opens", "own", "foreign"),
    [
        ("city_admin", True, "330105", None),
        ("district_admin", True, "330105010", "330102"),
        ("clerk", True, "330105010001", "330102013"),
        ("community_clerk", True, "330105010001", "330105010"),
        ("operator", False, "", ""),
        ("guard", False, "", ""),
        ("courier", False, "", ""),
    ],
)
def test_who_sees_whose_figures(
    request: Any, regions: Any, who: str, opens: bool, own: str, foreign: str | None
) -> None:
    anything(1, timezone.now())
    user = request.getfixturevalue(who)
    client = signed_in(user)
    answer = client.get(URL)
    assert (answer.status_code == 200) is opens
    assert ("机构看板" in client.get("/admin/", follow=True).text) is opens
    if not opens:
        return
    assert client.get(URL, {"area": own}).context["board"].whole.code == own
    if foreign is not None:
        for asked in (foreign, "3301", "9", "x", "²", "9" * 40, "\x00"):
            for answer in (
                client.get(URL, {"area": asked}),
                client.get(URL, {"area": asked, "format": "csv"}),
            ):
                assert answer.status_code in {200, 400}
                if answer.status_code == 200:
                    assert "闸弄口" not in answer.content.decode()


def test_a_clerk_sees_the_wider_offices_as_a_whole_only(clerk: User, other_clerk: User) -> None:
    anything(1, timezone.now())
    board = signed_in(clerk).get(URL).context["board"]
    assert [row.code for row in board.wider] == ["3301", "330105"]
    assert board.path == []
    assert {row.code for row in board.rows} <= {"330105010001", ""}


def test_no_person_is_named_or_ranked(
    city_admin: User, district_admin: User, clerk: User, courier: User
) -> None:
    anything(2, timezone.now())
    for user in (city_admin, district_admin, clerk):
        client = signed_in(user)
        csv_text = client.get(URL, {"format": "csv"}).content.decode()
        page = client.get(URL).text
        main = page[page.index("nx-board") :].replace(str(user), "")
        for name in PEOPLE:
            assert name not in csv_text
            assert name not in main
    assert not any("actor" in name or "user" in name or "post" in name for name in scoreboard.Fact._fields)


def test_the_csv_holds_the_same_figures_in_the_same_order(city_admin: User, settings: Any) -> None:
    anything(3, timezone.now())
    client = signed_in(city_admin)
    board = client.get(URL, {"sort": "-stale"}).context["board"]
    answer = client.get(URL, {"sort": "-stale", "format": "csv"})
    assert (
        "机构看板" in answer.headers["Content-Disposition"]
        or "%E6%9C%BA" in answer.headers["Content-Disposition"]
    )
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:5] == ["区划代码", "区域", "点位", "核实内容", "有效期内项数"]
    assert all(len(line) == len(head) == 13 for line in lines)
    assert not any(ord(sign) < 128 and sign.isalpha() for cell in head for sign in cell)
    figures = [row.figures for row in [*board.rows, board.whole, *board.wider]]
    assert [[int(line[3]), int(line[4]), int(line[7]), int(line[8])] for line in lines] == [
        [f.fact_count, f.fresh_count, f.stale_count, f.opened_count] for f in figures
    ]


def test_a_name_in_the_csv_cannot_run_as_a_formula(city_admin: User, regions: Any) -> None:
    type(regions["330105"]).objects.filter(pk="330105").update(name="=1+1")
    place(Canteen, "食堂", STREETS[0])
    cells = signed_in(city_admin).get(URL, {"format": "csv"}).content.decode("utf-8-sig")
    assert "'=1+1" in cells
    assert "\n330105,=1+1" not in cells


@pytest.mark.parametrize("order", [name for name, _label in COLUMNS])
def test_every_column_orders_and_what_has_no_value_comes_last(city_admin: User, order: str) -> None:
    anything(5, timezone.now())
    client = signed_in(city_admin)
    value = boards.ORDERS[order]
    for sign in ("", "-"):
        rows = client.get(URL, {"sort": f"{sign}{order}"}).context["board"].rows
        known = [
            value(row.figures) for row in rows if row.figures.fact_count and value(row.figures) is not None
        ]
        assert known == sorted(known, reverse=bool(sign))
        assert not any(row.figures.fact_count for row in rows[len(known) :] if value(row.figures) is not None)


def test_a_street_without_listings_says_so(district_admin: User) -> None:
    page = signed_in(district_admin).get(URL)
    assert page.status_code == 200
    assert "康桥街道" in page.text
    assert "暂无公开点位" in page.text


def test_nothing_odd_in_the_address_breaks_the_page(city_admin: User) -> None:
    client = signed_in(city_admin)
    for name in ("area", "kind", "facts", "sort", "format"):
        for value in ("", "x", "-", "--share", "9" * 200, "²", "<b>", "'"):
            assert client.get(URL, {name: value}).status_code == 200


def test_a_day_is_kept_once_and_the_last_look_counts(regions: Any) -> None:
    now = timezone.now()
    listing = place(Canteen, "食堂", STREETS[0])
    assert scoreboard.keep_day(now) == 3
    confirmed(listing, "hours", now)
    scoreboard.keep_day(now)
    rows = OfficeDay.objects.all()
    assert {row.area_code for row in rows} == {"3301", "330105", "330105010"}
    assert {(row.fact_count, row.fresh_count) for row in rows} == {(len(Canteen.fact_groups), 1)}
    long_ago = timezone.localdate(now) - dt.timedelta(days=scoreboard.KEPT_DAYS + 1)
    OfficeDay.objects.create(area_code="3301", day=long_ago)
    scoreboard.keep_day(now)
    assert OfficeDay.objects.count() == 3


def test_the_line_runs_over_ninety_days_and_says_so_in_words(district_admin: User) -> None:
    today = timezone.localdate()
    place(Canteen, "食堂", STREETS[0])
    for back in range(120):
        for area in ("330105", "3301"):
            OfficeDay.objects.create(
                area_code=area,
                day=today - dt.timedelta(days=back),
                fact_count=100,
                fresh_count=90 - back // 2,
            )
    page = signed_in(district_admin).get(URL)
    own, wider = page.context["lines"]
    assert (own.name, wider.name) == ("拱墅区", "杭州市")
    assert own.points.count(" ") == 89
    assert own.points.startswith("0.0,")
    assert (own.first, own.last, own.last_x) == (46, 90, 600.0)
    assert "现为 90%" in page.text
    assert page.text.count('</th><td class="nx-number">100</td>') == 90


def test_the_board_costs_the_same_for_many_listings(
    city_admin: User, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(city_admin)
    client.get("/admin/")
    counts = []
    for _round in range(2):
        for number in range(5):
            place(Canteen, f"食堂{uuid4().hex[:6]}{number}", STREETS[number % 3])
        cache.clear()
        # session, user, post, permissions, notices · facts, cases · names of areas, districts · days · the oldest
        with django_assert_max_num_queries(14) as asked:
            client.get(URL)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:scoreboard"))
