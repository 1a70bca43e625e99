"""An office and a partner's source in the administration: what each page shows, to whom, and what pressing does."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import Organisation, User
from portal.audit.models import Event
from portal.listings import revising
from portal.listings.models import Listing, SourceRecord, Stewardship
from portal.listings.taking_over import take_over
from portal.partners.models import ApiKey, Source
from tests.admin_form import fields_of
from tests.factories import make_canteen, make_station
from tests.importing import checked
from tests.personas import ZHALONGKOU
from tests.source_writes import make_sent, make_source, write_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
LIST = "admin:canteens_canteen_changelist"
DEEDS = ("take_over", "give_back", "link", "unlink")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(canteen: Any, deed: str) -> str:
    return reverse(f"admin:canteens_canteen_{deed}", args=[canteen.pk])


def page(client: Client, canteen: Any) -> str:
    return client.get(address(canteen, "change")).content.decode()


def fresh(canteen: Any) -> Any:
    return Canteen.objects.get(pk=canteen.pk)


def record_of(canteen: Any) -> SourceRecord:
    return SourceRecord.objects.get(listing_id=canteen.pk)


def offered(client: Client, canteen: Any) -> set[str]:
    return {deed.name for deed in client.get(address(canteen, "change")).context["deeds"]} & set(DEEDS)


def test_the_page_of_a_listing_says_where_it_comes_from_and_who_keeps_it(clerk: User) -> None:
    source = make_source()
    canteen, client = make_sent(source, "A-1"), signed_in(clerk)
    html = page(client, canteen)
    for words in ("数据来自物流园食堂名册", "来源方维护", "物流园餐饮公司", "A-1", "最近写入"):
        assert words in html, words
    assert offered(client, canteen) == {"take_over", "unlink"}
    said = client.post(address(canteen, "take_over"), follow=True).content.decode()
    for words in ("已接管", str(clerk), str(clerk.acting_post), "由你们维护"):
        assert words in said, words
    assert offered(client, canteen) == {"give_back", "unlink"}
    write_as(source, "A-1", notice="来源公告")
    html = page(client, canteen)
    assert "来源方于" in html
    assert "与现有内容不同的有：简短公告" in html


def test_a_listing_without_a_source_is_linked_on_a_page_of_its_own(clerk: User) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    assert "关联来源方" not in page(client, canteen), "there is no source to link to"
    source = make_source()
    assert "关联来源方" in page(client, canteen)
    form = client.get(address(canteen, "link")).content.decode()
    assert "物流园食堂名册 · 物流园餐饮公司 (canteens-of-wuliu)" in form
    refused = client.post(address(canteen, "link"), {"source": source.pk, "external_id": "a/b"})
    assert "不能含空格" in refused.content.decode()
    assert 'value="a/b"' in refused.content.decode(), "what was typed is still there"
    make_sent(source, "A-9", name="另一食堂")
    taken = client.post(address(canteen, "link"), {"source": source.pk, "external_id": "A-9"})
    assert taken.status_code == 200
    assert "已有相同编号" in taken.content.decode()
    assert fresh(canteen).source == ""
    client.post(address(canteen, "link"), {"source": source.pk, "external_id": " A-1 "})
    assert (fresh(canteen).source, fresh(canteen).external_id) == (source.name, "A-1")
    assert "还没有" in page(client, canteen)


def test_a_listing_is_linked_to_partners_sources_and_those_of_its_own_offices(
    clerk: User, other_clerk: User, city_admin: User
) -> None:
    canteen = make_canteen()
    for name, owner in (("own", clerk), ("foreign", other_clerk), ("city", city_admin)):
        Source.objects.create(name=name, label=f"{name}名册", organisation=owner.acting_post.organisation)
    make_source()
    client = signed_in(clerk)
    offers = client.get(address(canteen, "link")).context["form"].fields["source"].queryset
    assert {source.name for source in offers} == {"own", "city", "canteens-of-wuliu"}
    foreign = Source.objects.get(name="foreign")
    answer = client.post(address(canteen, "link"), {"source": foreign.pk, "external_id": "A-1"})
    assert (answer.status_code, fresh(canteen).source) == (200, "")


def test_parting_asks_first_and_then_forgets_the_source(clerk: User) -> None:
    canteen, client = make_sent(make_source()), signed_in(clerk)
    assert "会成为一个新点位" in client.get(address(canteen, "unlink")).content.decode()
    assert fresh(canteen).source, "to look is not to do"
    client.post(address(canteen, "unlink"))
    assert fresh(canteen).source == ""
    assert Event.objects.get(action="unlinked").actor_id == clerk.pk


def test_giving_back_shows_both_and_takes_what_is_ticked(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source, phone="0571-11111111", notice="旧公告")
    client = signed_in(clerk)
    take_over(listing=canteen, by=clerk)
    revising.edit(listing=canteen, changes={"phone": "0571-22222222"}, actor=clerk, channel="office")
    write_as(source, "A-1", phone="0571-33333333", notice="新公告")
    shown = client.get(address(canteen, "give_back"))
    html = shown.content.decode()
    for words in ("0571-22222222", "0571-33333333", "旧公告", "新公告", "在这里改过"):
        assert words in html, words
    ticked = {row["one"].part: row["is_ticked"] for row in shown.context["rows"]}
    assert ticked == {"phone": False, "notice": True}, (
        "what the office changed stays unless it says otherwise"
    )
    data = {"seen": shown.context["seen"], "version": fresh(canteen).revision_number, "take": ["notice"]}
    answer = client.post(address(canteen, "give_back"), data, follow=True)
    assert "已交还来源方维护" in answer.content.decode()
    stands = fresh(canteen)
    assert (stands.phone, stands.notice) == ("0571-22222222", "新公告")
    assert record_of(canteen).taken_over_at is None


def test_what_was_sent_or_changed_while_one_looked_is_shown_again(clerk: User, city_admin: User) -> None:
    source = make_source()
    canteen, client = make_sent(source), signed_in(clerk)
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", notice="第一次")
    shown = client.get(address(canteen, "give_back"))
    data = {"seen": shown.context["seen"], "version": fresh(canteen).revision_number, "take": ["notice"]}
    write_as(source, "A-1", notice="第二次")
    again = client.post(address(canteen, "give_back"), data)
    assert again.status_code == 200
    assert "又发来了新内容" in again.content.decode()
    assert "第二次" in again.content.decode()
    assert record_of(canteen).taken_over_at is not None
    data["seen"] = again.context["seen"]
    revising.edit(listing=canteen, changes={"notice": "市级"}, actor=city_admin, channel="office")
    moved = client.post(address(canteen, "give_back"), data)
    assert "有人在此期间改动了这个点位" in moved.content.decode()
    assert "市级" in moved.content.decode()
    assert (fresh(canteen).notice, record_of(canteen).taken_over_at is None) == ("市级", False)


@pytest.mark.parametrize(
    "sent", [{}, {"seen": "no moment"}, {"seen": "2026-99-99T00:00:00"}, {"version": "x"}]
)
def test_odd_answers_give_nothing_back_that_was_not_seen(sent: dict[str, str], clerk: User) -> None:
    source = make_source()
    canteen, client = make_sent(source), signed_in(clerk)
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", notice="新公告")
    assert client.post(address(canteen, "give_back"), sent).status_code == 200
    assert record_of(canteen).taken_over_at is not None


def test_the_source_moves_no_listing_out_of_the_office_s_area_by_being_given_it_back(clerk: User) -> None:
    source = make_source()
    canteen, client = make_sent(source), signed_in(clerk)
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", district="330102", street=ZHALONGKOU)
    shown = client.get(address(canteen, "give_back"))
    data = {"seen": shown.context["seen"], "version": fresh(canteen).revision_number, "take": ["region"]}
    answer = client.post(address(canteen, "give_back"), data)
    assert "不在您的辖区内" in answer.content.decode()
    assert fresh(canteen).street_id == "330105010"
    assert record_of(canteen).taken_over_at is not None


#: (persona, of which listing) → what the four deeds answer to GET and POST: those who may not publish it are refused.
TABLE = [
    ("clerk", "own", True),
    ("district_admin", "own", True),
    ("city_admin", "own", True),
    ("city_admin", "foreign", True),
    ("clerk", "foreign", False),
    ("other_clerk", "own", False),
    ("community_clerk", "own", False),
    ("operator", "own", False),
    ("guard", "own", False),
    ("courier", "own", False),
]


@pytest.mark.parametrize(("who", "which", "may"), TABLE)
def test_only_who_may_publish_a_listing_decides_who_keeps_it(
    who: str, which: str, may: bool, request: pytest.FixtureRequest
) -> None:
    user, source = request.getfixturevalue(who), make_source()
    where = {"community": "330105010001"} if which == "own" else {"street": ZHALONGKOU}
    kept = make_sent(source, "A-1", name="来源食堂", **where)
    taken = make_sent(source, "A-2", name="接管食堂", **where)
    plain = make_canteen(name="街道食堂", **where)
    take_over(listing=taken, by=None)  # type: ignore[arg-type]
    if who == "operator":
        for canteen in (kept, taken, plain):
            Stewardship.objects.create(post=user.acting_post, listing=canteen)
    client = signed_in(user)
    answers = {"source": source.pk, "external_id": "A-3", "seen": "", "version": "1"}
    for deed, canteen in (("take_over", kept), ("give_back", taken), ("link", plain), ("unlink", taken)):
        before = Event.objects.count(), fresh(canteen).source, record_count()
        status = client.post(address(canteen, deed), answers).status_code
        if may:
            assert status == 302, deed
            assert Event.objects.count() == before[0] + 1, deed
        else:
            assert status in ({302} if who == "courier" else {403}), deed
            assert (Event.objects.count(), fresh(canteen).source, record_count()) == before, deed
        if deed != "take_over":
            seen = client.get(address(canteen, deed)).status_code
            assert seen in ({200, 302} if may else {302, 403}), deed
    if not may and who in {"community_clerk", "operator"}:
        assert offered(client, kept) == set()
        assert "来源方维护" in page(client, kept), "whose it is may be read by all who keep it"


def record_count() -> int:
    return SourceRecord.objects.filter(taken_over_at=None).count()


def test_an_anonymous_reader_is_led_to_sign_in(client: Client) -> None:
    canteen = make_sent(make_source())
    for deed in DEEDS:
        answer = client.post(address(canteen, deed))
        assert (answer.status_code, "login" in answer["Location"] or "accounts" in answer["Location"]) == (
            302,
            True,
        )


def test_lists_are_narrowed_by_source_and_by_who_keeps_it(clerk: User) -> None:
    source, other = make_source(), make_source("other", "另一名册")
    first = make_sent(source, "A-1", name="甲食堂")
    taken = make_sent(source, "A-2", name="乙食堂")
    sent = make_sent(other, "B-1", name="丙食堂")
    make_canteen(name="丁食堂")
    for canteen in (taken, sent):
        take_over(listing=canteen, by=clerk)
    write_as(other, "B-1", notice="又来")
    client = signed_in(clerk)

    def names(query: str, url: str = LIST) -> set[str]:
        return {row.name for row in client.get(f"{reverse(url)}?{query}").context["cl"].result_list}

    for url in (LIST, "admin:listings_listing_changelist"):
        assert names("", url) == {"甲食堂", "乙食堂", "丙食堂", "丁食堂"}
        assert names(f"source={source.name}", url) == {"甲食堂", "乙食堂"}
        assert names("kept=sources", url) == {"甲食堂"}
        assert names("kept=taken", url) == {"乙食堂", "丙食堂"}
        assert names("kept=sent", url) == {"丙食堂"}
        assert names(f"kept=taken&source={source.name}", url) == {"乙食堂"}
    html = client.get(reverse(LIST)).content.decode()
    for words in ("数据来自物流园食堂名册", "已从物流园食堂名册接管", "已从另一名册接管"):
        assert words in html, words
    assert first.name in html


def test_a_list_names_only_the_sources_of_what_is_in_reach(clerk: User, other_clerk: User) -> None:
    make_sent(make_source(), "A-1", street=ZHALONGKOU)
    assert "物流园食堂名册" in signed_in(other_clerk).get(reverse(LIST)).content.decode()
    assert "物流园食堂名册" not in signed_in(clerk).get(reverse(LIST)).content.decode()


def test_a_list_costs_the_same_beside_many_that_sources_keep(clerk: User) -> None:
    client, source = signed_in(clerk), make_source()
    found = []
    for number in range(6):
        canteen = make_sent(source, f"A-{number}", name=f"食堂{number}")
        if number % 2:
            take_over(listing=canteen, by=clerk)
        if number in {1, 5}:
            client.get(reverse(LIST))
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(LIST))
            found.append(len(queries))
    assert found[0] == found[1]


def test_many_are_taken_over_and_given_back_except_where_something_is_to_be_looked_at(clerk: User) -> None:
    source, client = make_source(), signed_in(clerk)
    canteens = [make_sent(source, f"A-{number}", name=f"食堂{number}") for number in range(3)]
    plain = make_canteen(name="街道食堂")
    chosen = [row.pk for row in (*canteens, plain)]

    def do(deed: str) -> str:
        data = {"action": f"do_{deed}", "_selected_action": chosen, "deed_answer": "1"}
        return client.post(reverse(LIST), data, follow=True).content.decode()

    do("take_over")
    assert set(SourceRecord.objects.taken_over().values_list("listing_id", flat=True)) == set(chosen[:3])
    write_as(source, "A-1", notice="新公告")
    said = do("give_back")
    assert "食堂1" in said
    assert "又发来了新内容" in said
    assert list(SourceRecord.objects.taken_over().values_list("listing_id", flat=True)) == [canteens[1].pk]
    actions = dict(client.get(reverse(LIST)).context["action_form"].fields["action"].choices)
    assert {"do_take_over", "do_give_back", "do_unlink"} <= actions.keys()
    assert "do_link" not in actions, "a number differs from place to place"


def test_a_file_changes_what_was_taken_over_and_not_what_a_source_keeps(clerk: User, work: Any) -> None:
    source = make_source()
    kept, taken = make_sent(source, "A-1", name="来源食堂"), make_sent(source, "A-2", name="接管食堂")
    take_over(listing=taken, by=clerk)
    rows = "".join(f"{row.public_id},{row.name},新公告\n" for row in (kept, taken))
    batch = checked(Canteen, f"编号,名称,简短公告\n{rows}".encode(), clerk)
    verdicts = dict(batch.rows.values_list("name", "verdict"))
    assert verdicts == {"来源食堂": "refused", "接管食堂": "changed"}
    said = batch.rows.get(name="来源食堂").reasons[0]["zh-hans"]
    assert "物流园食堂名册" in said
    assert "接管" in said


def test_a_place_given_back_after_a_file_was_checked_is_not_written_by_it(clerk: User) -> None:
    from portal.listings.importing_preparing import prepared
    from portal.listings.taking_over import release

    canteen = make_sent(make_source(), "A-2", name="接管食堂")
    take_over(listing=canteen, by=clerk)
    batch = checked(Canteen, f"编号,名称,简短公告\n{canteen.public_id},接管食堂,新公告\n".encode(), clerk)
    assert len(prepared(Canteen, clerk, list(batch.rows.all())).edits) == 1
    release(listing=canteen, by=clerk)
    chunk = prepared(Canteen, clerk, list(batch.rows.all()))
    assert (len(chunk.edits), len(chunk.refused)) == (0, 1)


def test_the_city_makes_a_source_and_calls_it_otherwise_later(
    city_admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = signed_in(city_admin)
    firm = Organisation.objects.create(kind="operator", name="物流园餐饮公司")
    add = reverse("admin:partners_source_add")
    fields = {"name": "wuliu", "label": "物流园名册", "label_en": "Logistics", "organisation": firm.pk}
    assert client.post(add, fields).status_code == 302
    source = Source.objects.get()
    assert client.post(add, {**fields, "label": "又一个"}).status_code == 200, "the name is taken"
    key, _secret = ApiKey.issue(
        organisation=firm, name="物流园系统", scopes=["listings:write"], sources=["wuliu"]
    )
    ApiKey.issue(
        organisation=city_admin.acting_post.organisation,
        name="别家",
        scopes=["listings:write"],
        sources=["wuliu"],
    )
    first, second = make_sent(source, "A-1"), make_sent(source, "A-2", name="乙食堂")
    take_over(listing=second, by=city_admin)
    change = reverse("admin:partners_source_change", args=[source.pk])
    html = client.get(change).content.decode()
    assert "物流园系统" in html
    assert "别家" not in html
    assert "?source=wuliu&amp;kept=taken" in html or "?source=wuliu&kept=taken" in html
    listed = client.get(reverse("admin:partners_source_changelist")).content.decode()
    assert "物流园名册" in listed
    data = {**fields_of(html), "label": "物流园食堂", "name": "other", "organisation": "1"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(change, data).status_code == 302
    source.refresh_from_db()
    assert (source.label, source.name, source.organisation_id) == ("物流园食堂", "wuliu", firm.pk)
    assert "物流园食堂" in Listing.objects.get(pk=first.pk).document
    assert "物流园食堂" not in Listing.objects.get(pk=second.pk).document
    assert Event.objects.filter(object_kind="partners.source").count() == 2
    assert client.post(reverse("admin:partners_source_delete", args=[source.pk])).status_code == 403


@pytest.mark.parametrize("who", ["clerk", "district_admin", "community_clerk", "operator", "guard"])
def test_only_the_city_opens_sources(who: str, request: pytest.FixtureRequest) -> None:
    client, source = signed_in(request.getfixturevalue(who)), make_source()
    for name, args in (("changelist", []), ("add", []), ("change", [source.pk]), ("history", [source.pk])):
        # The history of what is out of reach leads back to the first page.
        status = client.get(reverse(f"admin:partners_source_{name}", args=args)).status_code
        assert status == (302 if name == "history" else 403), name
    assert client.post(reverse("admin:partners_source_add"), {"name": "x", "label": "x"}).status_code == 403
    assert Source.objects.count() == 1


def test_other_kinds_have_the_same_deeds(clerk: User) -> None:
    source, station = make_source(), make_station()
    client = signed_in(clerk)
    url = reverse("admin:stations_station_link", args=[station.pk])
    assert client.post(url, {"source": source.pk, "external_id": "S-1"}).status_code == 302
    assert Listing.objects.get(pk=station.pk).external_id == "S-1"


def test_the_audit_finds_what_was_done_about_sources(clerk: User) -> None:
    canteen, client = make_sent(make_source(), "A-1"), signed_in(clerk)
    client.post(address(canteen, "take_over"))
    client.post(address(canteen, "give_back"), {"seen": "", "version": "2"})
    html = client.get(reverse("admin:audit_trail"), {"what": "sources"}).content.decode()
    assert "从来源方接管点位" in html
    assert "将点位交还来源方" in html
    moments = Event.objects.filter(action__in=("taken_over", "released")).values_list("made_at", flat=True)
    assert all(timezone.now() - moment < dt.timedelta(minutes=1) for moment in moments)
