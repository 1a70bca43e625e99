"""Holidays and copied hours for many places: what changes, conflicts, proposals, taking back, and whose places."""

import datetime as dt
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
from portal.listings import hours_for_many, moving, revising
from portal.listings.calendars import load_year
from portal.listings.hours import CITY_TIME
from portal.listings.hours_for_many import hours_of, take_back, write
from portal.listings.hours_wishes import Clash, Holiday, Same, Without, breaks_ahead
from portal.listings.models import Listing, Proposal, Revision
from tests.factories import LUNCH, make_canteen, make_station, open_row, weekly
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 1, 20, 9, tzinfo=CITY_TIME)
FIRST, LAST = dt.date(2027, 2, 5), dt.date(2027, 2, 10)
CLOSED = {"rule": "closed", "opens": None, "closes": None, "is_open_end": False}
SPRING = Holiday(FIRST, LAST, (CLOSED,), "春节")
HOLIDAY, SAME = "admin:holiday_hours", "admin:same_hours"
ASKED = {
    "deed": "put",
    "starts_on": "2027-02-05",
    "ends_on": "2027-02-10",
    "rule": "closed",
    "reason": "春节",
    "clash": "keep",
    "kind": "canteen",
}


@pytest.fixture(autouse=True)
def _in_january() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(user: Any) -> Client:
    """Return a client in which that person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def exception(first: str, last: str, reason: str = "装修", **row: Any) -> dict[str, Any]:
    """Return an exception in that February as a snapshot holds it."""
    days = {"starts_on": f"2027-02-{first}", "ends_on": f"2027-02-{last}"}
    return {**days, **CLOSED, "reason": reason, **row}


def spans(listing: Listing) -> list[str]:
    """Return the exceptions as stored: days and reason."""
    rows = hours_of(type(listing).objects.get(pk=listing.pk))["hours_exceptions"]
    return [f"{row['starts_on'][8:]}-{row['ends_on'][8:]} {row['reason']}" for row in rows]


@pytest.mark.parametrize(
    ("theirs", "clash", "expected"),
    [
        ([], Clash.KEEP, ["05-10 春节"]),
        ([("07", "08")], Clash.KEEP, ["05-06 春节", "07-08 装修", "09-10 春节"]),
        ([("01", "06")], Clash.KEEP, ["01-06 装修", "07-10 春节"]),
        ([("01", "28")], Clash.KEEP, ["01-28 装修"]),
        ([("07", "08")], Clash.REPLACE, ["05-10 春节"]),
        ([("01", "28")], Clash.REPLACE, ["01-04 装修", "05-10 春节", "11-28 装修"]),
        ([("01", "04")], Clash.REPLACE, ["01-04 装修", "05-10 春节"]),
        ([("07", "08")], Clash.SKIP, ["07-08 装修"]),
        ([("05", "06"), ("06", "07")], Clash.KEEP, ["05-06 装修", "06-07 装修", "08-10 春节"]),
    ],
)
def test_a_holiday_keeps_replaces_or_skips_what_a_place_has_of_its_own(
    theirs: list[tuple[str, str]], clash: Clash, expected: list[str]
) -> None:
    hours = weekly(exceptions=tuple(exception(*days) for days in theirs))
    wish = Holiday(FIRST, LAST, (CLOSED,), "春节", clash)
    after = wish.apply(1, hours)
    found = [f"{r['starts_on'][8:]}-{r['ends_on'][8:]} {r['reason']}" for r in after["hours_exceptions"]]
    assert found == expected
    assert wish.apply(1, after) == after, "the same wish again changes nothing"


def test_taking_away_leaves_exceptions_of_another_reason_or_other_days() -> None:
    mine, other, later = exception("05", "06", "春节"), exception("07", "08"), exception("09", "20", "春节")
    after = Without(FIRST, LAST, "春节").apply(1, weekly(exceptions=(mine, other, later)))
    assert after["hours_exceptions"] == [other, later]


def test_the_breaks_of_a_calendar_are_named_by_most_of_their_days() -> None:
    days = [
        (dt.date(2027, 2, day), name) for day, name in ((5, "农历除夕"), (6, "春节"), (7, "春节（补假）"))
    ]
    assert breaks_ahead([*days, (dt.date(2027, 4, 5), "清明节")]) == [
        (dt.date(2027, 2, 5), dt.date(2027, 2, 7), "春节"),
        (dt.date(2027, 4, 5), dt.date(2027, 4, 5), "清明节"),
    ]


def test_a_street_s_canteens_close_for_the_spring_festival(clerk: User) -> None:
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    station, foreign = make_station(), make_canteen(name="闸弄口食堂", street=ZHALONGKOU)
    client, url = signed_in(clerk), reverse(HOLIDAY)
    html = client.post(url, ASKED).content.decode()
    assert "将改动 2 个点位" in html
    assert "2027-02-05–02-10 休息（春节）" in html
    assert "闸弄口食堂" not in html
    assert not Revision.objects.filter(note__contains="春节").exists()
    done = client.post(url, {**ASKED, "write": "1"}, follow=True).content.decode()
    assert "已办理 2 个点位" in done
    assert [spans(row) for row in (first, second, station, foreign)] == [["05-10 春节"]] * 2 + [[], []]
    made = Revision.objects.filter(note="春节 2027-02-05–02-10")
    assert set(made.values_list("listing", "actor_id")) == {(row.pk, clerk.pk) for row in (first, second)}
    assert "春节" in Canteen.objects.get(pk=first.pk).document
    html = client.post(reverse("admin:hours_undo"), follow=True).content.decode()
    assert "已为 2 个点位撤回" in html
    assert spans(first) == spans(second) == []


def test_own_hours_on_a_holiday_are_two_meals_a_day(clerk: User) -> None:
    canteen = make_canteen()
    times = {
        "rule": "open",
        "opens": "1030",
        "closes": "13:00",
        "opens_again": "17:00",
        "closes_again": "19：00",
    }
    signed_in(clerk).post(reverse(HOLIDAY), {**ASKED, **times, "write": "1"})
    rows = hours_of(Canteen.objects.get(pk=canteen.pk))["hours_exceptions"]
    assert [(row["opens"], row["closes"]) for row in rows] == [("10:30", "13:00"), ("17:00", "19:00")]
    moment = dt.datetime(2027, 2, 6, 18, tzinfo=CITY_TIME)
    assert Canteen.objects.open_at(moment).exists()
    assert not Canteen.objects.open_at(moment.replace(hour=14)).exists()


def test_what_was_changed_since_is_not_taken_back(clerk: User) -> None:
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    client = signed_in(clerk)
    client.post(reverse(HOLIDAY), {**ASKED, "write": "1"})
    changes = {"hours": weekly(exceptions=(exception("05", "06"),))}
    revising.edit(listing=first, changes=changes, actor=clerk, channel="office")
    revising.edit(listing=second, changes={"notice": "备注"}, actor=clerk, channel="office")
    html = client.post(reverse("admin:hours_undo"), follow=True).content.decode()
    assert "1 个点位保持原样" in html
    assert (spans(first), spans(second)) == (["05-06 装修"], [])


def test_it_is_taken_away_later_from_those_that_still_have_it(clerk: User) -> None:
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    client = signed_in(clerk)
    client.post(reverse(HOLIDAY), {**ASKED, "write": "1"})
    changes = {"hours": {**LUNCH, "hours_exceptions": [exception("05", "10", "装修")]}}
    revising.edit(listing=second, changes=changes, actor=clerk, channel="office")
    client.post(reverse(HOLIDAY), {**ASKED, "deed": "take", "write": "1"})
    assert (spans(first), spans(second)) == ([], ["05-10 装修"])


def test_places_chosen_in_the_list_are_the_ones_that_change(clerk: User) -> None:
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    client = signed_in(clerk)
    listed = reverse("admin:canteens_canteen_changelist")
    data = {"action": "holiday_hours", "_selected_action": [first.pk]}
    page = client.post(listed, data, follow=True)
    pks = page.context["form"]["pks"].value()
    assert pks == str(first.pk)
    client.post(reverse(HOLIDAY), {**ASKED, "kind": "", "pks": pks, "write": "1"})
    assert (spans(first), spans(second)) == (["05-10 春节"], [])


def test_whoever_may_not_publish_proposes(community_clerk: User) -> None:
    public = make_canteen(name="公开的", community="330105010001")
    draft = make_canteen(name="草稿", state="draft", community="330105010001")
    client, url = signed_in(community_clerk), reverse(HOLIDAY)
    assert "其中 1 个已公开" in client.post(url, ASKED).content.decode()
    html = client.post(url, {**ASKED, "write": "1"}, follow=True).content.decode()
    assert "1 个已作为修改建议提交" in html
    assert (spans(public), spans(draft)) == ([], ["05-10 春节"])
    assert Proposal.objects.get().listing_id == public.pk
    client.post(url, {**ASKED, "write": "1"})
    assert Proposal.objects.count() == 1, "sent twice it waits once"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"starts_on": ""}, "必填"),
        ({"ends_on": "2027-02-01"}, "早于"),
        ({"starts_on": "2026-02-05", "ends_on": "2026-02-10"}, "已经过去"),
        ({"ends_on": "2029-02-10"}, "最多选四个月"),
        ({"reason": ""}, "请写明原因"),
        ({"rule": "open"}, "10:30"),
        ({"rule": "open", "opens": "25:00", "closes": "26:00"}, "25:00"),
        ({"opens": "10:30"}, "留空"),
        ({"kind": ""}, "请选择点位"),
        ({"kind": "secret"}, "secret"),
        ({"area": ZHALONGKOU}, ZHALONGKOU),
        ({"pks": "1,x"}, "已不存在"),
        ({"pks": "9" * 40}, "已不存在"),
        ({"name": "\0"}, "空字符"),
    ],
)
def test_a_mistake_is_said_and_what_was_entered_stays(
    clerk: User, answers: dict[str, str], sentence: str
) -> None:
    canteen = make_canteen()
    response = signed_in(clerk).post(reverse(HOLIDAY), {**ASKED, **answers, "write": "1"})
    assert response.status_code == 200
    html = response.content.decode()
    assert sentence in html
    assert spans(canteen) == []
    assert answers.get("reason") == "" or 'value="春节"' in html


def test_the_holidays_of_the_calendar_are_offered_and_fill_the_days_in(clerk: User) -> None:
    load_year(year=2027, confirm=True)
    client = signed_in(clerk)
    page = client.get(reverse(HOLIDAY))
    first = page.context["breaks"][0]
    assert (first["name"], first["from"], first["to"], first["is_sure"]) == (
        "春节",
        "2027-02-05",
        "2027-02-10",
        True,
    )
    html = client.get(reverse(HOLIDAY), {"from": first["from"], "to": first["to"], "reason": "春节"}).content
    assert 'value="2027-02-05"' in html.decode()
    assert {row["is_sure"] for row in page.context["breaks"]} <= {True, False}


def test_a_week_is_copied_to_other_places(clerk: User) -> None:
    source = make_canteen(name="样板食堂", hours=weekly(open_row("workday", "07:00", "09:00", "breakfast")))
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    changes = {"hours": {**LUNCH, "hours_exceptions": [exception("05", "06")]}}
    revising.edit(listing=second, changes=changes, actor=clerk, channel="office")
    client, url = signed_in(clerk), reverse(SAME)
    assert "样板食堂" in client.get(url, {"q": "ybst"}).content.decode()
    html = client.get(url, {"source": source.pk}).content.decode()
    assert "早餐 07:00–09:00" in html
    asked = {"source": source.pk, "parts": "week", "kind": "canteen"}
    html = client.post(url, asked).content.decode()
    assert "将改动 2 个点位" in html
    client.post(url, {**asked, "write": "1"})
    for row in (first, second):
        hours = hours_of(Canteen.objects.get(pk=row.pk))
        assert [(each["day"], each["opens"]) for each in hours["weekly_hours"]] == [("workday", "07:00")]
    assert spans(second) == ["05-06 装修"]
    assert Revision.objects.filter(note="时间与“样板食堂”相同").count() == 2
    client.post(url, {**asked, "parts": "both", "write": "1"})
    assert spans(second) == []


@pytest.mark.parametrize("who", ["courier", "anyone"])
def test_the_pages_open_for_staff_who_keep_listings_alone(who: str, request: pytest.FixtureRequest) -> None:
    client = Client() if who == "anyone" else signed_in(request.getfixturevalue(who))
    for name in (HOLIDAY, SAME, "admin:hours_done"):
        assert client.get(reverse(name)).status_code in {302, 403}, name
    assert client.post(reverse("admin:hours_undo")).status_code in {302, 403}


def test_nothing_of_another_street_is_shown_written_copied_or_taken_back(
    clerk: User, other_clerk: User
) -> None:
    own = make_canteen(name="康桥的")
    foreign = make_canteen(
        name="闸弄口的", street=ZHALONGKOU, hours=weekly(open_row("sat", "04:00", "05:00"))
    )
    client = signed_in(clerk)
    pks = f"{own.pk},{foreign.pk}"
    assert "闸弄口的" not in client.post(reverse(HOLIDAY), {**ASKED, "pks": pks}).content.decode()
    client.post(reverse(HOLIDAY), {**ASKED, "pks": pks, "write": "1"})
    assert (spans(own), spans(foreign)) == (["05-10 春节"], [])
    session = client.session
    number = Canteen.objects.get(pk=foreign.pk).revision_number
    session["hours_done"] = {**session["hours_done"], "made": [[foreign.pk, number]]}
    session.save()
    client.post(reverse("admin:hours_undo"))
    assert Canteen.objects.get(pk=foreign.pk).revision_number == number
    html = client.get(reverse(SAME), {"source": foreign.pk, "q": "闸弄口"}).content.decode()
    assert "闸弄口的" not in html
    assert "04:00" not in html
    client.post(reverse(SAME), {"source": foreign.pk, "parts": "both", "pks": str(own.pk), "write": "1"})
    client.post(reverse(SAME), {"source": own.pk, "parts": "both", "pks": str(foreign.pk), "write": "1"})
    assert (spans(own), spans(foreign)) == (["05-10 春节"], [])
    assert hours_of(foreign)["weekly_hours"][0]["opens"] == "04:00"


def test_odd_addresses_give_no_error(clerk: User) -> None:
    client = signed_in(clerk)
    for query in (
        {"source": "9" * 40},
        {"source": "x"},
        {"q": "\0"},
        {"chosen": "1"},
        {"from": "x", "area": "x"},
    ):
        for name in (SAME, HOLIDAY):
            assert client.get(reverse(name), query).status_code in {200, 400}, query
    assert client.get(reverse("admin:hours_undo")).status_code == 405
    assert client.post(reverse("admin:hours_undo")).status_code == 302


def test_writing_many_leaves_what_editing_one_leaves(clerk: User) -> None:
    one, many = make_canteen(name="同名"), make_canteen(name="同名")
    after = SPRING.apply(one.pk, hours_of(one))
    revising.edit(listing=one, changes={"hours": after}, actor=clerk, channel="office", note="春节")
    write(pks=[many.pk], wish=SPRING, actor=clerk, channel="office", note="春节")
    fields = ("number", "actor_id", "post_label", "channel", "before", "after", "note")
    kept = [Revision.objects.filter(listing=row).values(*fields).first() for row in (one, many)]
    assert kept[0] == kept[1]
    first, second = (Canteen.objects.get(pk=row.pk) for row in (one, many))
    assert first.timetable == second.timetable
    assert first.document.replace(one.public_id, "") == second.document.replace(many.public_id, "")


def test_what_somebody_changes_in_between_is_read_again_and_nothing_is_lost(
    clerk: User, monkeypatch: Any
) -> None:
    canteen = make_canteen()
    lock = hours_for_many.lock_unmoved
    met: list[int] = []

    def meet(numbers: Any) -> set[int]:
        if not met:
            met.append(1)
            revising.edit(listing=canteen, changes={"notice": "备注"}, actor=clerk, channel="office")
        return lock(numbers)

    monkeypatch.setattr(hours_for_many, "lock_unmoved", meet)
    outcome = write(pks=[canteen.pk], wish=SPRING, actor=clerk, channel="office", note="春节")
    assert outcome.done == {canteen.pk: 4}
    assert (Canteen.objects.get(pk=canteen.pk).notice, spans(canteen)) == ("备注", ["05-10 春节"])


def test_each_chunk_is_a_transaction_of_its_own_and_queries_do_not_grow_with_rows(
    clerk: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(moving, "CHUNK", 4)
    counts = []
    for many in (1, 1, 4):
        rows = [make_canteen(name=f"食堂{len(counts)}{number}") for number in range(many)]
        with CaptureQueriesContext(connection) as queries:
            write(pks=[row.pk for row in rows], wish=SPRING, actor=clerk, channel="office", note="春节")
        kept = [query["sql"] for query in queries if not is_of_a_row(query["sql"])]
        counts.append(len(kept))
    assert counts[1] == counts[2], "the first has named a timetable that the others share"
    rows = [make_canteen(name=f"食堂又{number}") for number in range(5)]
    with CaptureQueriesContext(connection) as queries:
        write(pks=[row.pk for row in rows], wish=SPRING, actor=clerk, channel="office", note="春节")
    assert sum("UPDATE listings_changecounter" in query["sql"] for query in queries) == 2


def is_of_a_row(sql: str) -> bool:
    """Say whether a statement is of publishing one row: its two updates and its confirmations."""
    return any(
        part in sql
        for part in (
            'UPDATE "listings_listing" SET "search_text"',
            'UPDATE "listings_listing" SET "document"',
            'FROM "listings_confirmation"',
        )
    )


def test_taking_back_is_by_version_not_by_place(clerk: User) -> None:
    canteen = make_canteen()
    outcome = write(pks=[canteen.pk], wish=SPRING, actor=clerk, channel="office", note="春节")
    wrong = {canteen.pk: outcome.done[canteen.pk] - 1}
    assert take_back(numbers=wrong, actor=clerk, channel="office").done == {}
    assert spans(canteen) == ["05-10 春节"]
    same = Same(hours_of(Canteen.objects.get(pk=canteen.pk)), weekly=True, exceptions=True)
    assert write(pks=[canteen.pk], wish=same, actor=clerk, channel="office", note="").done == {}
    assert Listing.objects.filter(area_code__startswith=KANGQIAO).count() == 1
