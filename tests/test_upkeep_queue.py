"""The freshness queue: what is due, one tap for one or many, taken back within minutes, and nobody else's."""

import datetime as dt
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from portal.accounts.models import Post, User
from portal.listings import confirming
from portal.listings.freshness import due_facts, facts_of, stale_in
from portal.listings.models import Confirmation, FactGroup, Listing
from portal.listings.saying import facts_said
from portal.upkeep import due
from tests.factories import (
    make_apartment,
    make_canteen,
    make_compound,
    make_station,
)
from tests.personas import ZHALONGKOU
from tests.upkeep_queue import QUEUE, ago, keeps, page, said, send, settled, shown, signed_in

pytestmark = pytest.mark.django_db


def test_the_queue_holds_what_is_past_its_lifetime_the_never_confirmed_first_then_the_oldest(
    clerk: User,
) -> None:
    old, older, never, fresh = (make_canteen(name=name) for name in ("旧的", "更旧的", "从未", "新的"))
    for listing, days in ((old, 8), (older, 41)):
        settled(listing, "price")
        confirming.confirm(listing=listing, fact_groups=["price"], actor=clerk, at=ago(days))
    settled(never, "price")
    settled(fresh)
    answer = page(clerk)
    assert shown(answer) == [("从未", "price"), ("更旧的", "price"), ("旧的", "price")]
    html = answer.content.decode()
    for text in ("从未核实", "41 天未核实", "上次由康桥工作人员核实", "一荤两素 10.00元", "仍然属实"):
        assert text in html, text


def test_groups_of_facts_stand_together(clerk: User) -> None:
    make_canteen(name="食堂")
    make_apartment(name="公寓")
    assert [group for _name, group in shown(page(clerk))] == [
        "availability",
        "price",
        "price",
        "hours",
        "contact",
        "contact",
    ]


def test_what_soon_will_be_due_has_a_tab_of_its_own(clerk: User) -> None:
    canteen = settled(make_canteen(), "price")
    confirming.confirm(listing=canteen, fact_groups=["price"], actor=clerk, at=ago(5))
    apartment = settled(make_apartment(), "availability")
    confirming.confirm(listing=apartment, fact_groups=["availability"], actor=clerk, at=ago(9 / 24))
    settled(make_station(name="刚核实的"))
    assert shown(page(clerk)) == []
    assert shown(page(clerk, tab="soon")) == [("康桥公寓", "availability"), ("康桥食堂", "price")]
    assert "即将到期" in page(clerk).content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"facts": "price"}, {"食堂"}),
        ({"kind": "station"}, {"驿站"}),
        ({"area": ZHALONGKOU}, {"驿站"}),
        ({"facts": "nonsense", "kind": "nonsense", "area": "x\0"}, {"食堂", "驿站"}),
        ({"p": "99999999999999999999999"}, {"食堂", "驿站"}),
    ],
)
def test_the_queue_is_narrowed_by_facts_kind_and_area(
    city_admin: User, query: dict[str, str], names: set[str]
) -> None:
    make_canteen(name="食堂")
    make_station(name="驿站", street=ZHALONGKOU)
    answer = page(city_admin, **query)
    if "\0" in "".join(query.values()):
        assert answer.status_code in (200, 400)
        return
    assert {name for name, _group in shown(answer)} == names


def test_the_queue_and_the_lists_agree_on_what_is_stale(clerk: User) -> None:
    for number, days in enumerate((0, 0.5, 1.5, 6.9, 7.1, 29, 31, 181)):
        listing = make_canteen(name=f"食堂{number}")
        confirming.confirm(listing=listing, fact_groups=listing.fact_groups, actor=None, at=ago(days))
        make_station(name=f"驿站{number}")
    now, rows = timezone.now(), Listing.objects.editable_by(clerk)
    by_list = {
        (pk, group)
        for group in FactGroup.values
        for pk in stale_in(rows, group, now).values_list("pk", flat=True)
    }
    assert {(fact.listing_id, fact.group) for fact in due_facts(rows, now)} == by_list
    assert len(facts_of(rows)) == 16 * 3


def test_one_tap_confirms_and_the_public_sees_it(clerk: User) -> None:
    canteen = settled(make_canteen(), "price")
    answer = send(clerk, only=f"{canteen.pk}:price", shown=[f"{canteen.pk}:price"])
    assert "已确认 1 项仍然属实。" in answer.content.decode()
    assert said(canteen, "price")["by"] == "office"
    row = Confirmation.objects.get(listing=canteen, fact_group="price")
    assert (row.actor_id, row.actor_label, row.post_label) == (clerk.pk, str(clerk), str(clerk.acting_post))
    assert shown(page(clerk)) == []


def test_a_page_without_scripts_comes_back_to_the_next_row(clerk: User) -> None:
    first, second = make_canteen(name="一"), make_canteen(name="二")
    keys = [f"{first.pk}:price", f"{second.pk}:price"]
    answer = signed_in(clerk).post(reverse(QUEUE) + "?facts=price", {"only": keys[0], "shown": keys})
    assert answer["Location"] == f"{reverse(QUEUE)}?facts=price#q-{second.pk}-price"


def test_many_are_confirmed_at_once_by_marks_or_by_the_whole_page(clerk: User) -> None:
    rows = [settled(make_canteen(name=f"食堂{number}"), "price") for number in range(4)]
    keys = [f"{row.pk}:price" for row in rows]
    send(clerk, many="1", fact=keys[:2], shown=keys)
    assert [name for name, _group in shown(page(clerk))] == ["食堂2", "食堂3"]
    answer = send(clerk, many="1", whole="1", shown=keys[2:])
    assert "已确认 2 项仍然属实。" in answer.content.decode()
    assert shown(answer) == []


@pytest.mark.parametrize(
    "facts",
    [
        [],
        ["x"],
        ["1:nonsense"],
        ["99999999999999999999999:price"],
        ["-1:price", "²:price"],
        [f"{number}:price" for number in range(1, 202)],
    ],
)
def test_odd_forms_confirm_nothing_and_say_why(clerk: User, facts: list[str]) -> None:
    make_canteen()
    answer = send(clerk, many="1", fact=facts)
    assert answer.status_code == 200
    assert not Confirmation.objects.exists()
    assert [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize(
    ("who", "may_open", "may_confirm"),
    [
        ("clerk", True, True),
        ("community_clerk", True, False),
        ("district_admin", True, True),
        ("city_admin", True, True),
        ("operator", True, True),
        ("other_clerk", True, False),
        ("courier", False, False),
        ("anyone", False, False),
    ],
)
def test_who_sees_and_confirms_a_listing_of_a_street(
    request: Any, operator: User, who: str, may_open: bool, may_confirm: bool
) -> None:
    kept = keeps(operator, make_canteen(name="邻里食堂"))
    person = request.getfixturevalue(who)
    client = Client()
    if person.is_authenticated:
        client.force_login(person)
    answer = client.get(reverse(QUEUE))
    assert (answer.status_code == 200) is may_open
    if may_open:
        assert ("邻里食堂" in {name for name, _group in shown(answer)}) is may_confirm
    client.post(reverse(QUEUE), {"only": f"{kept.pk}:price"})
    assert Confirmation.objects.exists() is may_confirm
    if may_confirm:
        assert Confirmation.objects.get().channel == ("operator" if who == "operator" else "office")


def test_the_queue_costs_the_same_beside_many_places(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    costs = []
    for wanted in (1, 5):
        for number in range(wanted):
            for make in (make_canteen, make_station, make_apartment, make_compound):
                listing = make(name=f"点位{wanted}{number}")
            confirming.confirm(listing=listing, fact_groups=listing.fact_groups[:1], actor=clerk)
        client.get(reverse(QUEUE))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(QUEUE))
        costs.append(len(queries))
    assert costs[0] == costs[1]
    # Session, person, posts and permissions; all facts, the areas; the page's documents and who said so; the taps.
    assert costs[1] <= 14


def test_facts_are_said_in_both_languages(regions: Any, client: Client) -> None:
    made = {
        "price": make_canteen(
            discounts={
                "discounts": [{"percent_off": 20, "starts": "14:00", "ends": "16:00", "note": "饮料除外"}]
            },
        ),
        "availability": make_apartment(),
        "amenities": make_station(amenities=("water", "socket")),
        "rules": make_compound(),
    }
    wanted = {
        "price": ("一荤两素 10.00元（原价15.00元）", "14:00–16:00"),
        "availability": ("双人间：空余6，共20（按间计）",),
        "amenities": ("设施water、设施socket",),
        "rules": ("南门：",),
    }
    for group, listing in made.items():
        doc = orjson.loads(Listing.objects.get(pk=listing.pk).document)
        chinese = " ".join(facts_said(doc, group))
        assert all(text in chinese for text in wanted[group]), chinese
        assert facts_said(doc, "hours") == ["星期一至星期五 午餐 10:30–13:30"]
        assert facts_said(doc, "contact") == ["测试路1号", "0571-00000000"]
        with override("en"):
            assert facts_said(doc, group)
            assert facts_said({**doc, "address": "", "phone": ""}, "contact") == ["nothing is entered yet"]


def test_the_dashboard_leads_to_the_queue(clerk: User) -> None:
    make_canteen()
    html = signed_in(clerk).get(reverse("admin:index")).content.decode()
    assert f'href="{reverse(QUEUE)}?facts=price"' in html


def test_a_person_without_a_post_has_no_queue(clerk: User) -> None:
    make_canteen()
    Post.objects.filter(user=clerk).update(ends_on=dt.date(2026, 1, 2))
    assert signed_in(clerk).get(reverse(QUEUE)).status_code in (302, 403)


def test_a_chosen_area_that_is_none_shows_nothing_and_breaks_nothing(city_admin: User) -> None:
    make_canteen()
    answer = page(city_admin, area="999999")
    assert answer.status_code == 200
    assert shown(answer) == []
    assert due.queue_of(city_admin, due.Asked(area="999999")).area_name == "999999"
