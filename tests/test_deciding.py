"""Proposals decided part by part: each field or group has its own end, and nothing is overwritten."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import override

from portal.accounts.models import User
from portal.listings import deciding, proposing, revising
from portal.listings.models import Listing, Proposal, Revision, Stewardship
from portal.notices.kinds import kind_of
from portal.notices.models import Notice
from tests import api_places
from tests.api_places import MEAL
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db
COMMUNITY = "330105010001"
CHEAPER = {"set_meals": [{**MEAL, "courier_price_yuan": "9.00"}]}
ACCEPT = {"outcome": "accepted"}


def refuse(reason: str = "号码不对") -> dict[str, str]:
    return {"outcome": "refused", "reason": reason}


@pytest.fixture
def canteen(regions: Any) -> Any:
    return api_places.canteen(community=COMMUNITY)


def edit(listing: Listing, actor: User | None, **changes: Any) -> Any:
    return revising.edit(listing=listing, changes=changes, actor=actor, channel="office")


def decide(proposal: Proposal, actor: User, decisions: dict[str, Any], **more: Any) -> deciding.Decided:
    return deciding.decide_parts(proposal=proposal, decisions=decisions, actor=actor, **more)


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def outcomes(proposal: Proposal) -> dict[str, str]:
    return {key: one["outcome"] for key, one in again(proposal).decisions.items()}


def test_one_part_is_accepted_one_in_other_words_one_refused_in_one_version(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, meals=CHEAPER, phone="1", notice="加菜", pickup="后门")
    result = decide(
        proposal,
        clerk,
        {
            "meals": ACCEPT,
            "phone": refuse(),
            "notice": {"outcome": "accepted", "value": "每天加菜"},
        },
    )
    assert result.left == {}
    kept = again(canteen)
    assert (kept.notice, kept.phone, kept.pickup) == ("每天加菜", canteen.phone, "")
    assert [str(meal.courier_price_yuan) for meal in kept.set_meals.all()] == ["9.00"]
    assert (kept.revision_number, result.revision.note) == (3, "采纳自康桥社区工作人员的修改建议。")
    assert set(result.revision.after) == {"meals", "notice"}
    assert again(proposal).outcome == "waiting"
    assert again(proposal).decisions["notice"]["value"] == "每天加菜"
    decide(proposal, clerk, {"pickup": refuse("没有后门")})
    proposal = again(proposal)
    assert (proposal.outcome, proposal.reason) == ("partly", "号码不对 · 没有后门")
    notice = Notice.objects.get(user=community_clerk, kind="proposal_decided")
    assert (notice.params["accepted"], notice.params["total"]) == (2, 4)
    assert "没有后门" in notice.params["reasons"]


def test_what_moved_on_stays_waiting_and_the_rest_goes_through(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1", notice="加菜")
    edit(canteen, clerk, phone="2")
    result = decide(proposal, clerk, deciding.accept_all(proposal))
    assert list(result.left) == ["phone"]
    assert "康桥工作人员" in str(result.left["phone"])
    assert (again(canteen).phone, again(canteen).notice) == ("2", "加菜")
    assert set(again(proposal).undecided) == {"phone"}


def test_who_has_seen_the_present_value_may_put_the_proposed_one_in_its_place(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1")
    edit(canteen, clerk, phone="2")
    seen = again(canteen).revision_number
    edit(canteen, clerk, phone="3")
    assert list(decide(proposal, clerk, {"phone": ACCEPT}, seen=seen).left) == ["phone"]
    assert decide(proposal, clerk, {"phone": ACCEPT}, seen=seen + 1).left == {}
    assert again(canteen).phone == "1"


def test_what_somebody_has_made_alike_meanwhile_is_no_conflict(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1")
    edit(canteen, clerk, phone="1")
    result = decide(proposal, clerk, {"phone": ACCEPT})
    assert (result.left, result.revision) == ({}, None)
    assert again(proposal).outcome == "accepted"


def test_a_position_is_decided_as_one_and_moves_as_one(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, lat=30.37, lng=120.17, accuracy="approximate")
    edit(canteen, clerk, entered_datum="wgs84")
    assert set(decide(proposal, clerk, {"lat": ACCEPT}).left) == {"lat", "lng", "accuracy"}
    assert decide(proposal, clerk, {"lng": refuse("在马路中间")}).left == {}
    assert set(outcomes(proposal).values()) == {"refused"}


def test_a_part_with_a_fault_waits_with_its_sentence_and_the_rest_goes_through(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    dear = {"set_meals": [{**MEAL, "normal_price_yuan": "8.00"}]}
    proposal = edit(canteen, community_clerk, meals=dear, notice="加菜")
    result = decide(proposal, clerk, deciding.accept_all(proposal))
    assert "小哥价" in str(result.left["meals"])
    assert (again(canteen).notice, set(again(proposal).undecided)) == ("加菜", {"meals"})


def test_nobody_accepts_a_listing_out_of_the_own_area(canteen: Any, clerk: User, operator: User) -> None:
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    proposal = edit(canteen, operator, district="330102", street=ZHALONGKOU, community=None, notice="已搬走")
    result = decide(proposal, clerk, deciding.accept_all(proposal))
    assert set(result.left) == {"district", "street", "community"}
    assert "移出您的辖区" in str(result.left["street"])
    assert (again(canteen).street_id, again(canteen).notice) == ("330105010", "已搬走")


def test_who_may_not_publish_there_decides_nothing(
    canteen: Any, other_clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, notice="加菜")
    for actor in (other_clerk, community_clerk):
        with pytest.raises(PermissionDenied):
            decide(proposal, actor, {"notice": ACCEPT})
    assert again(proposal).outcome == "waiting"


def test_a_refusal_needs_a_reason_and_odd_outcomes_are_refused(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, notice="加菜")
    for decision in ({"outcome": "refused"}, {"outcome": "withdrawn"}, {"outcome": ""}):
        with pytest.raises(ValidationError):
            decide(proposal, clerk, {"notice": decision})
    assert decide(proposal, clerk, {"name": ACCEPT}).revision is None
    assert again(proposal).outcome == "waiting"


def test_a_second_edit_of_the_same_by_the_same_hand_replaces_the_first(
    canteen: Any, community_clerk: User
) -> None:
    first = edit(canteen, community_clerk, phone="1", notice="加菜")
    second = edit(canteen, community_clerk, phone="2")
    assert (outcomes(first), again(first).outcome) == ({"phone": "replaced"}, "waiting")
    third = edit(canteen, community_clerk, notice="不加菜")
    assert (again(first).outcome, again(second).outcome) == ("withdrawn", "waiting")
    assert set(Proposal.objects.waiting()) == {second, third}


def test_an_operator_s_link_replaces_what_the_last_one_said_and_nobody_else_s(
    canteen: Any, community_clerk: User
) -> None:
    other = edit(canteen, community_clerk, phone="1")
    made = [
        proposing.propose(
            listing=again(canteen), changes={"phone": phone}, actor=None, channel="operator", author="王老板"
        )
        for phone in ("2", "3")
    ]
    assert [again(one).outcome for one in (other, *made)] == ["waiting", "withdrawn", "waiting"]
    assert (made[1].actor_id, made[1].actor_label) == (None, "王老板")


def test_what_was_proposed_without_an_account_is_decided_and_nobody_is_told(
    canteen: Any, clerk: User
) -> None:
    proposal = proposing.propose(
        listing=canteen, changes={"phone": "3"}, actor=None, channel="operator", author="王老板"
    )
    assert decide(proposal, clerk, {"phone": ACCEPT}).revision.note == "采纳自王老板的修改建议。"
    assert not Notice.objects.filter(kind="proposal_decided").exists()


def test_accepting_one_overtakes_what_another_wants_for_the_same_if_it_was_seen(
    canteen: Any, clerk: User, community_clerk: User, operator: User, city_admin: User
) -> None:
    first = edit(canteen, community_clerk, phone="1", notice="加菜")
    seen, alike = (
        edit(canteen, operator, phone="2"),
        proposing.propose(
            listing=again(canteen), changes={"phone": "1"}, actor=None, channel="operator", author="王老板"
        ),
    )
    unseen = proposing.propose(
        listing=again(canteen), changes={"phone": "4"}, actor=city_admin, channel="office"
    )
    decide(first, clerk, {"phone": ACCEPT}, beside=[seen.pk])
    assert [again(one).outcome for one in (first, seen, alike, unseen)] == [
        "waiting",
        "refused",
        "accepted",
        "waiting",
    ]
    assert outcomes(seen) == {"phone": "overtaken"}
    assert Notice.objects.filter(user=operator, kind="proposal_decided").count() == 1
    assert list(decide(unseen, clerk, {"phone": ACCEPT}).left) == ["phone"]


def test_the_author_takes_parts_back_and_nobody_else_does(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1", lat=30.37, lng=120.17)
    with pytest.raises(PermissionDenied):
        deciding.withdraw(proposal=proposal, parts=["phone"], actor=clerk)
    deciding.withdraw(proposal=proposal, parts=["position"], actor=community_clerk)
    assert set(again(proposal).undecided) == {"phone"}
    assert set(decide(proposal, clerk, {"position": ACCEPT}).left) == {"lat", "lng"}
    deciding.withdraw(proposal=proposal, parts=["phone", "meals"], actor=community_clerk)
    assert again(proposal).outcome == "withdrawn"
    assert not Notice.objects.filter(kind="proposal_decided").exists()


def test_what_the_author_took_back_does_not_count_in_the_outcome(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1", notice="加菜")
    deciding.withdraw(proposal=proposal, parts=["phone"], actor=community_clerk)
    decide(proposal, clerk, {"notice": ACCEPT})
    assert again(proposal).outcome == "accepted"
    told = Notice.objects.get(kind="proposal_decided")
    with override("en"):
        said = kind_of(told.kind).said(told.params)
    assert said.startswith("“康桥食堂”: your proposal is decided, 1 of 1 accepted.")
    assert kind_of(told.kind).said(told.params).startswith("“康桥食堂”：您建议的1项修改，采纳了1项。")


def test_an_edit_that_began_with_a_proposal_accepts_it_in_other_words(
    canteen: Any, clerk: User, community_clerk: User
) -> None:
    proposal = edit(canteen, community_clerk, phone="1", notice="加菜", pickup="后门")
    revision = deciding.accept_edited(
        proposal=proposal,
        parts=["phone", "notice", "pickup"],
        changes={"phone": "1", "notice": "天天加菜", "address": "康桥路2号", "pickup": ""},
        actor=clerk,
        channel="office",
        base_number=canteen.revision_number,
    )
    assert isinstance(revision, Revision)
    assert (revision.number, set(revision.after)) == (3, {"phone", "notice", "address"})
    proposal = again(proposal)
    assert set(proposal.undecided) == {"pickup"}
    assert "value" not in proposal.decisions["phone"]
    assert proposal.decisions["notice"]["value"] == "天天加菜"


def test_the_publishers_of_the_nearest_office_hear_once_of_a_listing_that_waits(
    canteen: Any, clerk: User, other_clerk: User, city_admin: User, community_clerk: User, operator: User
) -> None:
    first = edit(canteen, community_clerk, phone="1")
    second = edit(canteen, operator, notice="加菜")
    told = Notice.objects.filter(kind="proposal_waiting")
    assert [notice.user for notice in told] == [clerk]
    assert told.get().params["names"] == canteen.name
    for one in (first, second):
        decide(one, clerk, deciding.accept_all(one))
    assert not told.all().exists(), "nobody is sent to what is decided"
    edit(canteen, operator, notice="不加菜")
    assert told.all().count() == 1
