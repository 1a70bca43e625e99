"""Saving in the admin: nothing written for nothing, conflicts show both versions, proposals wait."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.listings import revising, states
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.snapshots import read_snapshot
from tests import factories
from tests.admin_form import fields_of
from tests.factories import make_apartment, make_canteen, make_compound, make_station
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db


def page(listing: Listing, name: str = "change") -> str:
    meta = type(listing)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[listing.pk])


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(client: Client, listing: Listing) -> dict[str, Any]:
    response = client.get(page(listing))
    assert response.status_code == 200
    return fields_of(response.content.decode())


def numbers(listing: Listing) -> tuple[int, int | None, Any]:
    fresh = Listing.objects.get(pk=listing.pk)
    return fresh.revision_number, fresh.change_number, fresh.changed_at


def errors_of(response: Any) -> str:
    form = response.context["adminform"].form
    formsets = [row.formset for row in response.context["inline_admin_formsets"]]
    return str(form.errors) + "".join(f"{formset.errors}{formset.non_form_errors()}" for formset in formsets)


@pytest.mark.parametrize("make", [make_canteen, make_station, make_apartment, make_compound])
@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_saving_an_untouched_form_writes_nothing(make, datum, clerk):
    multiline = {"who_may_apply": "一线小哥\n在杭就业"} if make is make_apartment else {}
    listing = make(entered_datum=datum, lat=30.34612345678, lng=120.1602987654, **multiline)
    rows = {row.pk for row in listing.weekly_hours.all()}
    before, client = numbers(listing), signed_in(clerk)
    response = client.post(page(listing), opened(client, listing))
    assert response.status_code == 302, errors_of(response)
    assert numbers(listing) == before
    assert {row.pk for row in listing.weekly_hours.all()} == rows
    assert not Proposal.objects.exists()


def test_a_changed_field_makes_one_version_with_its_author_and_post(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    response = client.post(page(canteen), {**opened(client, canteen), "phone": "0571-12345678"})
    assert response.status_code == 302, errors_of(response)
    revision = Revision.objects.filter(listing=canteen).latest("number")
    assert (revision.before, revision.after) == ({"phone": "0571-00000000"}, {"phone": "0571-12345678"})
    assert revision.actor_label == "康桥工作人员"
    assert "康桥街道办事处" in revision.post_label
    canteen.refresh_from_db()
    assert "0571-12345678" in canteen.document


def test_rows_are_added_changed_and_removed_as_one_group(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    assert data["set_meals-0-courier_price_yuan"] == "10.00"
    data |= {
        "set_meals-0-DELETE": "on",
        "set_meals-1-name": "两荤一素",
        "set_meals-1-courier_price_yuan": "12",
    }
    data |= {
        "set_meals-1-dishes": "鱼、肉、菜",
        "set_meals-1-meat_count": "2",
        "set_meals-1-vegetable_count": "1",
    }
    response = client.post(page(canteen), data)
    assert response.status_code == 302, errors_of(response)
    assert [meal.name for meal in canteen.set_meals.all()] == ["两荤一素"]
    assert list(Revision.objects.filter(listing=canteen).latest("number").after) == ["meals"]


def test_a_new_listing_is_a_draft_with_a_first_version(clerk):
    client = signed_in(clerk)
    data = fields_of(client.get(reverse("admin:canteens_canteen_add")).content.decode())
    assert (data["district"], data["street"]) == ("330105", "330105010")
    response = client.post(reverse("admin:canteens_canteen_add"), {**data, "name": "新食堂"})
    assert response.status_code == 302, errors_of(response)
    listing = Listing.objects.get(name="新食堂")
    assert (listing.state, listing.revision_number, listing.area_code) == ("draft", 1, "330105010")


def test_who_saves_second_sees_both_versions_and_loses_nothing(clerk, city_admin):
    canteen = make_canteen()
    first, second = signed_in(clerk), signed_in(city_admin)
    mine = opened(second, canteen)
    theirs = {**opened(first, canteen), "phone": "0571-11111111", "notice": "今天有汤"}
    assert first.post(page(canteen), theirs).status_code == 302
    mine |= {"phone": "0571-22222222", "address": "新地址9号"}
    response = second.post(page(canteen), mine)
    assert response.status_code == 200
    html = response.content.decode()
    assert "两个版本" in html
    for text in ("0571-11111111", "0571-22222222", "0571-00000000", "今天有汤", "新地址9号", "康桥工作人员"):
        assert text in html
    data = fields_of(html)
    assert data["phone"] == "0571-22222222", "mine stays in the form"
    assert data["notice"] == "今天有汤", "what only they changed is taken over"
    assert data["address"] == "新地址9号"
    canteen.refresh_from_db()
    assert canteen.phone == "0571-11111111", "nothing is overwritten before the second look"
    assert second.post(page(canteen), data).status_code == 302
    canteen.refresh_from_db()
    assert (canteen.phone, canteen.notice, canteen.address) == ("0571-22222222", "今天有汤", "新地址9号")


def test_their_version_of_one_field_can_be_taken(clerk, city_admin):
    canteen = make_canteen()
    first, second = signed_in(clerk), signed_in(city_admin)
    mine = {**opened(second, canteen), "phone": "2", "notice": "我的公告"}
    assert first.post(page(canteen), {**opened(first, canteen), "phone": "1"}).status_code == 302
    data = fields_of(second.post(page(canteen), mine).content.decode())
    response = second.post(page(canteen), {**data, "_theirs": "phone"})
    assert response.status_code == 200
    data = fields_of(response.content.decode())
    assert (data["phone"], data["notice"]) == ("1", "我的公告")
    assert second.post(page(canteen), data).status_code == 302
    canteen.refresh_from_db()
    assert (canteen.phone, canteen.notice) == ("1", "我的公告")


def test_a_group_changed_by_both_stays_mine_and_can_become_theirs(clerk, city_admin):
    canteen = make_canteen()
    first, second = signed_in(clerk), signed_in(city_admin)
    mine = {**opened(second, canteen), "set_meals-0-courier_price_yuan": "9.00"}
    theirs = {
        **opened(first, canteen),
        "set_meals-0-courier_price_yuan": "8.00",
        "weekly_hours-0-closes": "14:00",
    }
    assert first.post(page(canteen), theirs).status_code == 302
    response = second.post(page(canteen), mine)
    data = fields_of(response.content.decode())
    assert data["set_meals-0-courier_price_yuan"] == "9.00"
    assert [row["opens"] for row in read_snapshot(canteen)["hours"]["weekly_hours"]]
    assert "14:00" in [value for name, value in data.items() if name.endswith("-closes")], (
        "their hours are taken over"
    )
    data = fields_of(second.post(page(canteen), {**data, "_theirs": "meals"}).content.decode())
    assert data["set_meals-0-courier_price_yuan"] == "8.00"
    assert second.post(page(canteen), data).status_code == 302
    assert str(canteen.set_meals.get().courier_price_yuan) == "8.00"


def test_a_moved_pin_and_a_changed_state_show_in_the_comparison(clerk, city_admin):
    canteen = make_canteen()
    first, second = signed_in(clerk), signed_in(city_admin)
    mine = {**opened(second, canteen), "place": "30.35, 120.16"}
    assert first.post(page(canteen), {**opened(first, canteen), "place": "30.36, 120.17"}).status_code == 302
    states.move(listing=canteen, to="paused", actor=clerk, reason="停电")
    response = second.post(page(canteen), mine)
    html = response.content.decode()
    assert "30.360000, 120.170000" in html
    assert "停电" in html
    assert fields_of(html)["place"] == "30.35, 120.16"
    data = fields_of(second.post(page(canteen), {**fields_of(html), "_theirs": "position"}).content.decode())
    assert data["place"] == "30.360000, 120.170000"


def test_an_edit_without_the_permission_to_publish_waits_as_a_proposal(community_clerk):
    canteen, client = make_canteen(community="330105010001"), signed_in(community_clerk)
    before = numbers(canteen)
    response = client.post(page(canteen), {**opened(client, canteen), "phone": "0571-33333333"}, follow=True)
    assert "等有发布权限的人采纳" in response.content.decode()
    assert numbers(canteen) == before
    proposal = Proposal.objects.get()
    assert proposal.changes == {"phone": "0571-33333333"}


def test_an_edit_of_a_draft_needs_nobody_else(community_clerk):
    canteen, client = make_canteen(community="330105010001", state="draft"), signed_in(community_clerk)
    client.post(page(canteen), {**opened(client, canteen), "phone": "0571-33333333"})
    canteen.refresh_from_db()
    assert canteen.phone == "0571-33333333"


def test_nobody_creates_or_moves_a_listing_outside_the_own_area(clerk, city_admin):
    client = signed_in(clerk)
    canteen = make_canteen()
    for street, district in ((ZHALONGKOU, "330102"), ("", "")):
        data = {**opened(client, canteen), "street": street, "district": district, "community": ""}
        response = client.post(page(canteen), data)
        assert response.status_code == 200
        assert response.context["adminform"].form.errors
    add = reverse("admin:canteens_canteen_add")
    data = fields_of(client.get(add).content.decode())
    for street, district in ((ZHALONGKOU, "330102"), ("", ""), ("", "330105")):
        response = client.post(add, {**data, "name": "越界", "street": street, "district": district})
        assert response.status_code == 200
    assert not Listing.objects.filter(name="越界").exists()
    canteen.refresh_from_db()
    assert canteen.street_id == factories.KANGQIAO
    moved = {**opened(signed_in(city_admin), canteen), "street": ZHALONGKOU, "district": "330102"}
    assert signed_in(city_admin).post(page(canteen), moved).status_code == 302


def test_a_proposal_to_move_out_of_the_area_is_refused_at_once(community_clerk):
    canteen, client = make_canteen(community="330105010001"), signed_in(community_clerk)
    response = client.post(page(canteen), {**opened(client, canteen), "community": ""})
    assert response.status_code == 200
    assert "这不在您的管辖范围内" in response.content.decode()
    assert not Proposal.objects.exists()


def test_a_missing_version_number_saves_nothing(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    data = {**opened(client, canteen), "phone": "1"}
    del data["based_on"]
    response = client.post(page(canteen), data)
    assert "页面不完整" in response.content.decode()
    canteen.refresh_from_db()
    assert canteen.phone != "1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"place": "120.18, 30.28"}, "纬度"),
        ({"place": "不知道"}, "30.28"),
        ({"weekly_hours-0-opens": "25:00"}, "“25:00”不是时间"),
        ({"weekly_hours-0-opens": "10:75"}, "“10:75”不是时间"),
        ({"weekly_hours-0-opens": "早上"}, "“早上”不是时间，请写成 10:30 这样"),
        ({"weekly_hours-0-opens": "13:30", "weekly_hours-0-closes": "10:30"}, "结束时间早于开始时间"),
        ({"weekly_hours-0-closes": "10:30"}, "24 小时"),
        (
            {"weekly_hours-0-rule": "open", "weekly_hours-0-opens": "", "weekly_hours-0-closes": ""},
            "请填写开始时间",
        ),
        ({"set_meals-0-courier_price_yuan": "20"}, "小哥价高于原价"),
        (
            {"weekly_hours-1-rule": "closed", "weekly_hours-1-opens": "", "weekly_hours-1-closes": ""},
            "单独出现",
        ),
        (
            {"hours_exceptions-0-starts_on": "2026-12-24", "hours_exceptions-0-ends_on": "2026-12-20"},
            "末日早于首日",
        ),
    ],
)
def test_wrong_input_is_explained_and_nothing_is_lost(changes, sentence, clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    if "hours_exceptions-0-starts_on" in changes:
        data |= {"hours_exceptions-0-rule": "closed"}
    data |= {"notice": "没有丢", **changes}
    response = client.post(page(canteen), data)
    assert response.status_code == 200, "the form is shown again"
    html = response.content.decode()
    assert sentence in html
    shown = fields_of(html)
    assert shown["notice"] == "没有丢"
    assert {name: shown[name] for name in changes} == changes
    english = errors_of(response)
    assert english.strip() != ""
    canteen.refresh_from_db()
    assert canteen.notice == ""


def test_times_are_read_as_people_type_them(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    data |= {
        "weekly_hours-0-opens": "1030",
        "weekly_hours-0-closes": "13：45",
        "weekly_hours-2-opens": "22:00",
    }
    data |= {"weekly_hours-2-closes": "24:00"}
    response = client.post(page(canteen), data)
    assert response.status_code == 302, errors_of(response)
    rows = [(str(row.opens), str(row.closes)) for row in canteen.weekly_hours.filter(day__in=["mon", "tue"])]
    assert ("10:30:00", "13:45:00") in rows
    assert ("22:00:00", "00:00:00") in rows


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "wgs84"])
def test_a_pasted_link_s_datum_wins_over_the_chosen_one(datum, clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    link = "https://uri.amap.com/marker?position=120.165,30.348&name=食堂"
    response = client.post(page(canteen), {**opened(client, canteen), "place": link, "entered_datum": datum})
    assert response.status_code == 302, errors_of(response)
    canteen.refresh_from_db()
    assert canteen.entered_datum == "gcj02"
    assert abs(canteen.lat - 30.3504) < 0.001 or abs(canteen.lat - 30.348) > 0.001
    assert (canteen.lat, canteen.lng) != (30.348, 120.165)


def test_a_published_listing_cannot_lose_its_position(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    response = client.post(page(canteen), {**opened(client, canteen), "place": ""})
    assert response.status_code == 200
    with override("zh-hans"):
        sentence = _("Place the listing first: a published listing needs a street and a position.")
    assert sentence in response.content.decode()


def test_a_gate_s_position_takes_a_link_and_keeps_what_is_untouched(clerk):
    compound, client = make_compound(), signed_in(clerk)
    data = opened(client, compound)
    data |= {"gates-1-name": "北门", "gates-1-place": "30.35, 120.16", "gates-1-place_datum": "wgs84"}
    response = client.post(page(compound), data)
    assert response.status_code == 302, errors_of(response)
    south, north = compound.gates.all()
    assert (south.lat, south.lng) == (30.345812, 120.160274)
    assert (north.lat, north.lng) == (30.35, 120.16)


def test_an_amenity_named_twice_is_refused(clerk):
    station, client = make_station(amenities=("water", "toilet")), signed_in(clerk)
    response = client.post(page(station), {**opened(client, station), "offers-1-amenity": "water"})
    assert response.status_code == 200
    assert station.offers.count() == 2


def test_a_copy_is_a_draft_with_a_number_of_its_own(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    assert client.get(page(canteen, "duplicate")).status_code == 405
    assert client.post(page(canteen, "duplicate")).status_code == 302
    copy = Listing.objects.exclude(pk=canteen.pk).get()
    assert (copy.state, copy.name, copy.revision_number) == ("draft", "康桥食堂（副本）", 1)
    assert copy.public_id != canteen.public_id
    original, copied = read_snapshot(canteen), read_snapshot(copy.as_kind)
    assert {key for key in original if original[key] != copied[key]} == {"name"}


def test_history_tells_differences_in_words(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    data = {**opened(client, canteen), "community": "330105010001", "serves": "everyone"}
    assert client.post(page(canteen), {**data, "weekly_hours-0-closes": "14:00"}).status_code == 302
    html = client.get(page(canteen, "history")).content.decode()
    for text in (
        "康桥社区",
        "所有人",
        "星期一 10:30–14:00 午餐",
        "星期一 10:30–13:30 午餐",
        "街道",
        "康桥工作人员",
    ):
        assert text in html, text
    assert "330105010001" not in html


def test_history_costs_the_same_for_many_versions(clerk):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    canteen, client = make_canteen(), signed_in(clerk)
    counts = []
    for number in range(2):
        for step in range(6):
            changes = {"community": "330105010001" if step % 2 else None, "phone": f"{number}{step}"}
            revising.edit(listing=canteen, changes=changes, actor=clerk, channel="office")
        client.get(page(canteen, "history"))
        with CaptureQueriesContext(connection) as queries:
            client.get(page(canteen, "history"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_nothing_due_on_a_day_that_has_passed(clerk):
    canteen, client = make_canteen(), signed_in(clerk)
    yesterday = (timezone.localtime() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    response = client.post(f"{page(canteen)[:-7]}do/shut/", {"reason": "sold_out", "until": yesterday})
    assert "请选择一个将来的时间" in response.content.decode()
