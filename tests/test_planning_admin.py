"""Planning and moving many in the administration: what is offered, to whom, what is said, and taking it back."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import clock, planning
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing, PlannedMove, Revision
from portal.listings.planning import Wish
from tests.factories import make_canteen, make_station
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 1, 20, 9, tzinfo=CITY_TIME)
BEGIN, END = dt.datetime(2027, 2, 5, tzinfo=CITY_TIME), dt.datetime(2027, 2, 13, tzinfo=CITY_TIME)
SPRING = {"reason": "春节", "at": "2027-02-05T00:00", "until": "2027-02-13T00:00"}
LIST = "admin:canteens_canteen_changelist"
PLANS = "admin:listings_plannedmove_changelist"


@pytest.fixture(autouse=True)
def _in_january() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(user: Any) -> Client:
    """Return a client in which that person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def do(client: Client, name: str, rows: list[Any], **answers: Any) -> str:
    """Run a deed for many and return the page that follows."""
    data = {"action": f"do_{name}", "_selected_action": [row.pk for row in rows], "deed_answer": "1"}
    return client.post(reverse(LIST), {**data, **answers}, follow=True).content.decode()


def states(*rows: Any) -> list[str]:
    """Return the states as stored."""
    stored = dict(Listing.objects.values_list("pk", "state"))
    return [stored[row.pk] for row in rows]


def test_a_pause_is_planned_on_the_page_of_the_listing_and_called_off_there(clerk: User) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    page = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    client.post(reverse("admin:canteens_canteen_pause", args=[canteen.pk]), SPRING)
    plan = PlannedMove.objects.get()
    assert (plan.to, plan.at, plan.until, plan.actor_id) == ("paused", BEGIN, END, clerk.pk)
    assert states(canteen) == ["published"]
    assert "定于 2027-02-05 00:00 暂停" in client.get(page).content.decode()
    assert "定于 02-05 00:00 暂停" in client.get(reverse(LIST)).content.decode()
    client.post(reverse("admin:listings_plannedmove_call_off", args=[plan.pk]))
    plan.refresh_from_db()
    assert (plan.cancelled_at, plan.cancelled_by_label) == (NOW, str(clerk))
    assert "定于" not in client.get(page).content.decode()


def test_a_draft_is_planned_to_go_public(clerk: User) -> None:
    draft, client = make_canteen(state="draft"), signed_in(clerk)
    url = reverse("admin:canteens_canteen_publish_later", args=[draft.pk])
    assert "请选择一个将来的时间" in client.post(url, {"at": "2027-01-20T08:59"}).content.decode()
    client.post(url, {"at": "2027-01-21T08:00"})
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        clock.tick()
    assert states(draft) == ["published"]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"at": "2027-01-19T00:00"}, "请选择一个将来的时间"),
        ({"until": "2027-02-01T00:00"}, "暂停的结束时间早于开始时间"),
        ({"reason": ""}, "必填"),
        ({"at": "昨天"}, "有效"),
    ],
)
def test_a_mistake_in_a_plan_is_said_and_nothing_is_lost(
    clerk: User, answers: dict[str, str], sentence: str
) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    asked = {**SPRING, "reason_en": "Holidays", **answers}
    html = client.post(reverse("admin:canteens_canteen_pause", args=[canteen.pk]), asked).content.decode()
    assert sentence in html
    assert "Holidays" in html
    assert not PlannedMove.objects.exists()


def test_many_are_paused_at_once_with_mixed_states_and_taken_back(clerk: User) -> None:
    first, second = make_canteen(name="甲"), make_canteen(name="乙")
    draft, paused = make_canteen(name="草稿", state="draft"), make_canteen(name="已停", state="paused")
    client = signed_in(clerk)
    html = do(client, "pause", [first, second, draft, paused], reason="停水")
    assert states(first, second, draft, paused) == ["paused", "paused", "draft", "paused"]
    assert "已办理 3 个点位" in html
    assert "与当前状态不符" in html
    assert "草稿" in html
    before = Canteen.objects.get(pk=paused.pk).revision_number
    html = client.post(reverse("admin:canteens_canteen_undo"), follow=True).content.decode()
    assert "已为 3 个点位撤回" in html
    assert states(first, second, draft, paused) == ["published", "published", "draft", "paused"]
    again = Canteen.objects.get(pk=paused.pk)
    assert (again.pause_reason, again.paused_until, again.revision_number) == (
        "装修",
        paused.paused_until,
        before + 1,
    )
    html = client.post(reverse("admin:canteens_canteen_undo"), follow=True).content.decode()
    assert "已经没有可以撤回的操作" in html


def test_what_has_changed_since_is_not_taken_back(clerk: User) -> None:
    first, second = make_canteen(name="甲"), make_canteen(name="乙")
    client = signed_in(clerk)
    do(client, "pause", [first, second], reason="停水")
    client.post(reverse("admin:canteens_canteen_pause", args=[first.pk]), {"reason": "改为装修"})
    html = client.post(reverse("admin:canteens_canteen_undo"), follow=True).content.decode()
    assert "甲: 此后已有改动" in html
    assert states(first, second) == ["paused", "published"]


def test_publishing_many_is_not_offered_to_be_taken_back(clerk: User) -> None:
    draft, client = make_canteen(state="draft"), signed_in(clerk)
    assert ">撤回<" not in do(client, "publish", [draft])
    client.post(reverse("admin:canteens_canteen_undo"))
    assert states(draft) == ["published"]


def test_many_are_planned_and_called_off_as_a_whole(clerk: User) -> None:
    rows = [make_canteen(name=f"食堂{number}") for number in range(3)]
    draft, client = make_canteen(name="草稿", state="draft"), signed_in(clerk)
    html = do(client, "pause", [*rows, draft], **SPRING)
    assert PlannedMove.objects.waiting().count() == 3
    assert "全部取消预定" in html
    assert states(*rows) == ["published"] * 3
    assert all(row.document.count("春节") == 1 for row in Canteen.objects.filter(state="published"))
    client.post(reverse("admin:canteens_canteen_undo"))
    assert not PlannedMove.objects.waiting().exists()
    assert not Canteen.objects.filter(document__contains="春节").exists()


def test_a_deed_for_many_leaves_what_the_deed_for_one_leaves(clerk: User) -> None:
    """The same revisions, documents and timetables, numbers and moments aside."""
    one, many = make_canteen(name="同名"), make_canteen(name="同名")
    client = signed_in(clerk)
    answers = {"reason": "停水", "reason_en": "No water", "until": "2027-01-21T08:00"}
    client.post(reverse("admin:canteens_canteen_pause", args=[one.pk]), answers)
    do(client, "pause", [many], **answers)
    kept = [
        Revision.objects.filter(listing=row)
        .values("number", "actor_id", "actor_label", "post_label", "channel", "before", "after", "note")
        .first()
        for row in (one, many)
    ]
    assert kept[0] == kept[1]
    fields = (
        "state",
        "pause_reason",
        "pause_reason_en",
        "paused_until",
        "timetable",
        "intervals_until",
        "next_change_at",
    )
    first, second = (Canteen.objects.filter(pk=row.pk).values(*fields, "document")[0] for row in (one, many))
    assert first.pop("document").replace(one.public_id, "") == second.pop("document").replace(
        many.public_id, ""
    )
    assert first == second


def test_a_chunk_that_is_stopped_is_gone_on_with(clerk: User, monkeypatch: Any) -> None:
    from portal.listings import moving

    monkeypatch.setattr(moving, "CHUNK", 2)
    rows = [make_canteen(name=f"食堂{number}") for number in range(5)]
    client = signed_in(clerk)
    html = do(client, "pause", rows[:3], reason="停水")
    assert "已办理 3 个点位" in html
    with CaptureQueriesContext(connection) as queries:
        html = do(client, "pause", rows, reason="停水")
    assert "已办理 2 个点位" in html
    assert states(*rows) == ["paused"] * 5
    assert {Revision.objects.filter(listing=row).count() for row in rows} == {3}
    assert queries


def test_one_query_more_for_many_rows_is_one_too_many(clerk: User) -> None:
    """Pausing eight takes as many queries as pausing two, but for what each row writes."""
    counts = []
    client = signed_in(clerk)
    for many in (2, 8):
        rows = [make_canteen(name=f"食堂{many}{number}") for number in range(many)]
        data = {"action": "do_pause", "_selected_action": [row.pk for row in rows], "deed_answer": "1"}
        with CaptureQueriesContext(connection) as queries:
            client.post(reverse(LIST), {**data, "reason": "停水"})
        counts.append(len([query for query in queries if not is_of_a_row(query["sql"])]))
    assert counts[0] == counts[1]


def is_of_a_row(sql: str) -> bool:
    """Say whether a statement is of publishing one row: its two updates and its confirmations."""
    return bool(
        re.search(r'UPDATE "listings_listing" SET "(search_text|document)|FROM "listings_confirmation"', sql)
    )


def test_lists_show_plans_with_a_constant_number_of_queries(clerk: User) -> None:
    counts = []
    client = signed_in(clerk)
    for many in (1, 6):
        for number in range(many):
            row = make_canteen(name=f"食堂{many}{number}")
            planning.plan(listing=row, wish=Wish("paused", BEGIN, "春节", until=END), actor=clerk)
        found = []
        for url in (reverse(LIST), reverse(PLANS)):
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]


def test_the_list_of_plans_has_what_is_due_next_first_and_filters_by_standing(clerk: User) -> None:
    later, sooner, gone = make_canteen(name="稍后"), make_canteen(name="先办"), make_canteen(name="取消的")
    archived = make_canteen(name="办不成")
    for row, days in ((later, 9), (sooner, 3), (gone, 1), (archived, 2)):
        at = NOW + dt.timedelta(days=days)
        planning.plan(
            listing=row, wish=Wish("paused", at, "春节", until=at + dt.timedelta(days=1)), actor=clerk
        )
    planning.call_off(plans=PlannedMove.objects.filter(listing=gone), actor=clerk)
    client = signed_in(clerk)
    client.post(reverse("admin:canteens_canteen_archive", args=[archived.pk]))
    with time_machine.travel(NOW + dt.timedelta(days=2, hours=1), tick=False):
        clock.tick()
        client = signed_in(clerk)
        rows = client.get(reverse(PLANS)).context["cl"].result_list
        assert [row.listing.name for row in rows] == ["先办", "稍后", "取消的", "办不成"]
        for standing, names in {
            "waiting": ["先办", "稍后"],
            "week": ["先办", "稍后"],
            "failed": ["办不成"],
            "called_off": ["取消的"],
            "done": [],
        }.items():
            found = client.get(reverse(PLANS), {"standing": standing}).context["cl"].result_list
            assert [row.listing.name for row in found] == names, standing
        html = client.get(reverse("admin:index")).content.decode()
        assert "一周内的预定" in html
        assert not re.search(r">\s*(Planned|Call off|to be done)", html)


@pytest.mark.parametrize(
    ("who", "seen", "may"),
    [
        ("clerk", True, True),
        ("city_admin", True, True),
        ("community_clerk", False, False),
        ("other_clerk", False, False),
        ("operator", False, False),
        ("courier", False, False),
        ("anyone", False, False),
    ],
)
def test_plans_are_seen_and_called_off_within_reach_alone(
    who: str, seen: bool, may: bool, clerk: User, request: pytest.FixtureRequest
) -> None:
    canteen = make_canteen(name="康桥的")
    plan = planning.plan(listing=canteen, wish=Wish("paused", BEGIN, "春节", until=END), actor=clerk)
    person = request.getfixturevalue(who)
    client = Client() if who == "anyone" else signed_in(person)
    listed = client.get(reverse(PLANS))
    assert (listed.status_code == 200 and "康桥的" in listed.content.decode()) is seen
    client.post(reverse(PLANS), {"action": "call_off_chosen", "_selected_action": [plan.pk]})
    client.post(reverse("admin:listings_plannedmove_call_off", args=[plan.pk]))
    client.post(
        reverse("admin:canteens_canteen_pause", args=[canteen.pk]), {**SPRING, "at": "2027-02-06T00:00"}
    )
    plan.refresh_from_db()
    assert (plan.cancelled_at is not None) is may
    assert PlannedMove.objects.exclude(pk=plan.pk).exists() is may


def test_who_may_not_publish_sees_plans_and_is_not_offered_to_change_them(
    clerk: User, community_clerk: User
) -> None:
    canteen = make_canteen(name="社区的", community="330105010001")
    plan = planning.plan(listing=canteen, wish=Wish("paused", BEGIN, "春节", until=END), actor=clerk)
    client = signed_in(community_clerk)
    html = client.get(reverse(PLANS)).content.decode()
    assert "社区的" in html
    assert "call_off_chosen" not in html
    page = client.get(reverse("admin:canteens_canteen_change", args=[canteen.pk])).content.decode()
    assert "定于 2027-02-05 00:00 暂停" in page
    assert "取消预定" not in page
    assert client.post(reverse("admin:listings_plannedmove_call_off", args=[plan.pk])).status_code == 403


def test_nothing_of_another_street_is_planned_moved_or_taken_back_in_bulk(
    clerk: User, other_clerk: User
) -> None:
    foreign, own = make_canteen(name="闸弄口的", street=ZHALONGKOU), make_canteen(name="康桥的")
    client = signed_in(clerk)
    html = do(client, "pause", [foreign, own], **SPRING)
    assert "闸弄口的" not in html
    assert set(PlannedMove.objects.values_list("listing", flat=True)) == {own.pk}
    do(client, "pause", [foreign, own], reason="停水")
    assert states(foreign, own) == ["published", "paused"]
    session = client.session
    number = Canteen.objects.get(pk=foreign.pk).revision_number
    session["deed_done"] = {**session["deed_done"], "made": [[foreign.pk, number]]}
    session.save()
    client.post(reverse("admin:canteens_canteen_undo"))
    assert Canteen.objects.get(pk=foreign.pk).revision_number == number


def test_odd_addresses_give_no_error(clerk: User) -> None:
    client = signed_in(clerk)
    make_station()
    for url in (
        reverse("admin:canteens_canteen_done"),
        reverse("admin:listings_plannedmove_change", args=["9" * 40]),
        reverse(PLANS) + "?standing=%00&q=%00",
    ):
        assert client.get(url).status_code < 500, url
    assert client.get(reverse("admin:canteens_canteen_undo")).status_code == 405
    assert client.post(reverse("admin:listings_plannedmove_call_off", args=["9" * 40])).status_code == 403
