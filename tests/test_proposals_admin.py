"""The pages on which proposals are decided: part by part, together with what else waits, and by whom they were made."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.listings import deciding, revising
from portal.listings.models import Listing, Proposal, Stewardship
from portal.notices.models import Notice
from tests.admin_form import fields_of
from tests.api_places import MEAL
from tests.factories import make_canteen, make_station, open_row, weekly

pytestmark = pytest.mark.django_db
COMMUNITY = "330105010001"


def page(proposal: Proposal, name: str = "change") -> str:
    return reverse(f"admin:listings_proposal_{name}", args=[proposal.pk])


def form(listing: Listing, query: str = "") -> str:
    meta = type(listing)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[listing.pk]) + query


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def canteen(regions: Any) -> Any:
    return make_canteen(community=COMMUNITY)


@pytest.fixture
def propose(canteen: Any, operator: Any) -> Any:
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)

    def make(actor: Any = operator, **changes: Any) -> Proposal:
        made = revising.edit(listing=canteen, changes=changes, actor=actor, channel="operator")
        assert isinstance(made, Proposal)
        return made

    return make


def test_each_part_is_decided_by_itself_and_a_refusal_needs_a_reason(canteen, propose, clerk):
    proposal, client = propose(phone="1", notice="加菜", pickup="后门"), signed_in(clerk)
    html = client.get(page(proposal)).content.decode()
    for text in ("<del>0571-00000000</del>", "<ins>1</ins>", "基本信息", "食堂经营者", "全部采纳并发布"):
        assert text in html
    assert f'href="{page(proposal)}"' in client.get(form(canteen)).content.decode(), "one press from the form"
    data = {"do-phone": "accept", "do-notice": "refuse", "seen": "2"}
    response = client.post(page(proposal, "decide"), data)
    assert "请写明不采纳的理由" in response.content.decode()
    assert 'value="refuse" checked' in response.content.decode(), "what was chosen is still chosen"
    assert again(canteen).phone != "1", "nothing is done by halves"
    response = client.post(page(proposal, "decide"), {**data, "reason-notice": "unclear"}, follow=True)
    html = response.content.decode()
    assert "请写得更具体些再提交。" in html
    assert again(canteen).phone == "1"
    assert set(again(proposal).undecided) == {"pickup"}
    client.post(page(proposal, "decide"), {"do-pickup": "refuse", "words-pickup": " 没有\0后门 "})
    assert again(proposal).decisions["pickup"]["reason"] == "没有后门"
    assert Notice.objects.filter(kind="proposal_decided").count() == 1


def test_everything_is_accepted_in_one_press(canteen, propose, clerk):
    hours = weekly(open_row("mon", "08:00", "09:00"))
    proposal = propose(phone="1", hours=hours, lat=30.36, lng=120.17, meals={"set_meals": []})
    response = signed_in(clerk).post(page(proposal, "decide"), {"accept_all": "1"}, follow=True)
    assert "公众现在就能看到" in response.content.decode()
    kept = again(canteen)
    assert (kept.phone, kept.lat, kept.weekly_hours.count()) == ("1", 30.36, 1)
    assert (again(proposal).outcome, kept.revision_number) == ("accepted", 3)


def test_a_press_with_nothing_chosen_says_so(propose, clerk):
    proposal = propose(phone="1")
    for data in ({}, {"do-phone": "x"}, {"do-nothing": "accept"}):
        assert "请至少选择一项" in signed_in(clerk).post(page(proposal, "decide"), data).content.decode()


def test_what_moved_on_shows_the_present_value_and_is_replaced_only_by_who_has_seen_it(
    canteen, propose, clerk, city_admin
):
    proposal, client = propose(phone="1"), signed_in(clerk)
    revising.edit(listing=canteen, changes={"phone": "2"}, actor=city_admin, channel="office")
    html = client.get(page(proposal)).content.decode()
    assert "城市管理员改过这一项" in html and "<strong>2</strong>" in html
    assert "仍改为建议的内容" in html
    response = client.post(page(proposal, "decide"), {"accept_all": "1"}, follow=True)
    assert "城市管理员已改过这一项" in response.content.decode()
    client.post(page(proposal, "decide"), {"do-phone": "accept", "seen": "2"})
    assert again(canteen).phone == "2"
    client.post(page(proposal, "decide"), {"do-phone": "accept", "seen": "3"})
    assert (again(canteen).phone, again(proposal).outcome) == ("1", "accepted")


def test_who_decides_second_is_told(canteen, propose, clerk, city_admin):
    proposal = propose(phone="1", notice="加菜")
    signed_in(clerk).post(page(proposal, "decide"), {"do-phone": "refuse", "words-phone": "不对"})
    data = {"do-phone": "accept", "do-notice": "accept", "seen": "2"}
    html = signed_in(city_admin).post(page(proposal, "decide"), data, follow=True).content.decode()
    assert "这一项已由他人处理" in html
    assert (again(canteen).phone, again(canteen).notice) == ("0571-00000000", "加菜")


def test_a_part_is_changed_in_the_form_and_accepted_by_saving(canteen, propose, clerk):
    meals = {"set_meals": [{**MEAL, "courier_price_yuan": "8.00"}]}
    hours = weekly(open_row("sun", "08:00", "09:00"))
    proposal, client = (
        propose(phone="1", meals=meals, hours=hours, lat=30.3612, lng=120.1712),
        signed_in(clerk),
    )
    data = {f"do-{part}": "change" for part in ("meals", "hours", "position")}
    response = client.post(page(proposal, "decide"), {**data, "do-phone": "accept"})
    query = response["Location"]
    assert again(canteen).phone == "1"
    response = client.get(query)
    html = response.content.decode()
    assert "保存即采纳" in html
    data = fields_of(html)
    assert data["set_meals-0-courier_price_yuan"] == "8.00"
    assert data["place"] == "30.361200, 120.171200"
    assert "08:00" in {value for name, value in data.items() if name.endswith("-opens")}
    assert data["phone"] == "1", "what was accepted is stored already"
    saved = client.post(query, {**data, "set_meals-0-courier_price_yuan": "8.50", "address": "新路1号"})
    assert saved["Location"] == page(proposal)
    kept, proposal = again(canteen), again(proposal)
    assert str(kept.set_meals.get().courier_price_yuan) == "8.50"
    assert (kept.lat, kept.address, proposal.outcome) == (30.3612, "新路1号", "accepted")
    assert proposal.decisions["meals"]["value"]["set_meals"][0]["courier_price_yuan"] == "8.50"
    assert "value" not in proposal.decisions["hours"]
    assert "修改后采纳" in client.get(page(proposal)).content.decode()


def test_the_form_is_filled_in_for_deciders_alone(canteen, propose, clerk, operator, community_clerk):
    proposal = propose(phone="1")
    query = f"?proposal={proposal.pk}&part=phone"
    assert fields_of(signed_in(clerk).get(form(canteen, query)).content.decode())["phone"] == "1"
    for user, odd in ((operator, query), (clerk, "?proposal=x&part=phone"), (clerk, "?proposal=" + "9" * 30)):
        html = signed_in(user).get(form(canteen, odd)).content.decode()
        assert fields_of(html)["phone"] == "0571-00000000"
    other = make_station(community=COMMUNITY)
    assert "0571" in fields_of(signed_in(clerk).get(form(other, query)).content.decode())["phone"]


def test_what_waits_for_one_listing_stands_together_and_the_accepted_overtakes(
    canteen, propose, clerk, community_clerk
):
    first, second = propose(phone="1"), propose(actor=community_clerk, phone="2", notice="加菜")
    client = signed_in(clerk)
    html = client.get(page(second)).content.decode()
    assert html.index("<ins>1</ins>") < html.index("<ins>2</ins>")
    assert "食堂经营者对这一项也有建议" in html and "康桥社区工作人员对这一项也有建议" in html
    data = {"do-phone": "accept", "seen": "2", "beside": [str(first.pk), str(second.pk), "x", "9" * 50]}
    client.post(page(second, "decide"), data)
    assert again(first).decisions["phone"]["outcome"] == "overtaken"
    assert "已采纳另一条建议" in client.get(page(first)).content.decode()


def test_the_author_reads_each_part_on_the_form_and_takes_it_back(canteen, propose, operator, clerk):
    proposal, client = propose(phone="1", notice="加菜"), signed_in(operator)
    html = client.get(form(canteen)).content.decode()
    assert "您提交的修改建议" in html and "等康桥街道办事处处理" in html
    assert client.post(page(proposal, "withdraw"), {"part": "phone"}).status_code == 302
    assert set(again(proposal).undecided) == {"notice"}
    deciding.decide_parts(
        proposal=proposal, decisions={"notice": {"outcome": "refused", "reason": "写不下"}}, actor=clerk
    )
    assert "写不下" in client.get(form(canteen)).content.decode()
    assert "您提交的修改建议" not in signed_in(clerk).get(form(canteen)).content.decode()


def test_nobody_else_decides_or_takes_back(
    canteen, propose, clerk, other_clerk, operator, courier, community_clerk
):
    proposal = propose(phone="1")
    for user in (other_clerk, operator, community_clerk, courier, None):
        client = signed_in(user) if user else Client()
        assert client.post(page(proposal, "decide"), {"accept_all": "1"}).status_code in (302, 403)
        if user is not operator:
            assert client.post(page(proposal, "withdraw"), {"part": "phone"}).status_code in (302, 403)
    assert signed_in(clerk).post(page(proposal, "withdraw"), {"part": "phone"}).status_code == 403
    assert signed_in(clerk).get(page(proposal, "decide")).status_code == 405
    assert set(again(proposal).undecided) == {"phone"}
    assert "按所选处理" not in signed_in(operator).get(page(proposal)).content.decode()


def choose(client: Client, *proposals: Proposal) -> str:
    data = {"action": "accept_chosen", "_selected_action": [str(one.pk) for one in proposals]}
    return client.post(reverse("admin:listings_proposal_changelist"), data, follow=True).content.decode()


def test_many_are_accepted_at_once_and_what_is_in_the_way_is_told(canteen, propose, clerk, community_clerk):
    plain = propose(notice="加菜")
    rival, other = propose(phone="1"), propose(actor=community_clerk, phone="2")
    station = make_station(community=COMMUNITY)
    moved = revising.edit(listing=station, changes={"phone": "3"}, actor=community_clerk, channel="office")
    revising.edit(listing=station, changes={"phone": "4"}, actor=clerk, channel="office")
    html = choose(signed_in(clerk), plain, rival, other, moved)
    assert "已采纳 1 条建议" in html
    assert "还有人对这一项提出了另外的建议" in html and "康桥工作人员已改过这一项" in html
    assert [again(one).outcome for one in (plain, rival, other, moved)] == [
        "accepted",
        "waiting",
        "waiting",
        "waiting",
    ]
    assert again(station).phone == "4"
    choose(signed_in(community_clerk), rival)
    assert again(rival).outcome == "waiting"


def test_the_list_begins_with_the_oldest_and_narrows_by_kind_and_office(
    canteen, propose, clerk, community_clerk, city_admin
):
    first = propose(phone="1")
    station = make_station(community=COMMUNITY)
    second = revising.edit(listing=station, changes={"phone": "3"}, actor=community_clerk, channel="office")
    client = signed_in(city_admin)
    url = reverse("admin:listings_proposal_changelist")

    def listed(query: str) -> list[Proposal]:
        return list(client.get(url + query).context["cl"].result_list)

    assert listed("?outcome__exact=waiting") == [first, second]
    assert listed("?kind=station") == [second]
    assert listed("?area=330105") == [first, second]
    assert listed("?area=330102") == []


def test_many_proposals_cost_as_many_queries_as_two(canteen, propose, clerk, community_clerk, operator):
    proposal = propose(phone="1")
    propose(actor=community_clerk, phone="2")
    client = signed_in(clerk)

    def cost(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = (page(proposal), reverse("admin:listings_proposal_changelist"), form(canteen))
    few = [cost(url) for url in urls]
    for number in range(20):
        Proposal.objects.create(
            listing_id=canteen.pk,
            base_number=2,
            changes={"phone": str(number)},
            made_at=proposal.made_at,
            actor_label="甲",
            channel="operator",
        )
    assert [cost(url) for url in urls] == few
