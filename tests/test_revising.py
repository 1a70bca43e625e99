"""Accepted changes, conflicts and proposals: nothing that a person entered is lost."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import deciding, revising
from portal.listings.models import Listing, Proposal, Revision, Stewardship
from portal.listings.snapshots import read_snapshot
from services.codes.models import Compound
from tests import api_places
from tests.api_places import LUNCH, MEAL
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db


def edit(listing: Listing, actor: User | None, base: int | None = None, **changes: Any) -> Any:
    """Edit as staff."""
    return revising.edit(listing=listing, changes=changes, actor=actor, channel="office", base_number=base)


def decide(proposal: Proposal, actor: User, reason: str = "") -> Any:
    """Accept everything, or refuse it for a reason."""
    decision = {"outcome": "refused" if reason else "accepted", "reason": reason}
    return deciding.decide_parts(
        proposal=proposal, decisions=dict.fromkeys(proposal.changes, decision), actor=actor
    )


def again(listing: Listing) -> Any:
    """Return the listing as stored."""
    return type(listing).objects.get(pk=listing.pk)


def test_a_new_listing_is_a_draft_whose_first_version_holds_everything(clerk: User) -> None:
    changes = {"name": "康桥食堂", "street": "330105010", "meals": {"set_meals": [MEAL]}}
    canteen = revising.create(model=Canteen, changes=changes, actor=clerk, channel="office")
    revision = Revision.objects.get(listing_id=canteen.pk)
    assert (canteen.state, again(canteen).document) == ("draft", "")
    assert (revision.number, revision.before, revision.after["name"]) == (1, {}, "康桥食堂")
    assert revision.after["meals"]["set_meals"][0]["courier_price_yuan"] == "10.00"
    assert (revision.actor_id, revision.actor_label) == (clerk.pk, "康桥工作人员")
    assert "康桥街道办事处" in revision.post_label


def test_a_version_holds_before_and_after_of_what_changed_and_nothing_else(clerk: User) -> None:
    canteen = api_places.canteen()
    revision = edit(canteen, clerk, notice="今日加菜", phone=canteen.phone)
    assert (revision.before, revision.after) == ({"notice": ""}, {"notice": "今日加菜"})
    assert again(canteen).revision_number == revision.number == 3


def test_saving_without_a_change_changes_nothing_at_all(clerk: User) -> None:
    canteen = api_places.canteen()
    before = Listing.objects.filter(pk=canteen.pk).values().get()
    meals = list(canteen.set_meals.values())
    assert edit(canteen, clerk, **read_snapshot(Canteen.objects.with_groups().get(pk=canteen.pk))) is None
    assert Listing.objects.filter(pk=canteen.pk).values().get() == before
    assert list(canteen.set_meals.values()) == meals
    assert Revision.objects.filter(listing_id=canteen.pk).count() == 2


def test_prices_that_read_the_same_are_no_change(clerk: User) -> None:
    canteen = api_places.canteen()
    assert edit(canteen, clerk, meals={"set_meals": [{**MEAL, "courier_price_yuan": "10"}]}) is None


def test_a_group_changes_as_a_whole_in_the_order_given(clerk: User) -> None:
    canteen = api_places.canteen()
    second = {**MEAL, "name": "两荤一素", "courier_price_yuan": "12.00"}
    revision = edit(canteen, clerk, meals={"set_meals": [second, MEAL]})
    assert [meal.name for meal in canteen.set_meals.all()] == ["两荤一素", "一荤两素"]
    assert list(revision.after) == ["meals"]
    assert [row["name"] for row in revision.before["meals"]["set_meals"]] == ["一荤两素"]


def test_the_second_of_two_people_sees_both_versions_and_nothing_is_lost(
    clerk: User, city_admin: User
) -> None:
    canteen = api_places.canteen()
    base = canteen.revision_number
    edit(canteen, clerk, base, notice="甲的公告")
    with pytest.raises(revising.Conflict) as conflict:
        edit(canteen, city_admin, base, notice="乙的公告", pickup="窗口取餐")
    assert conflict.value.theirs == {
        "notice": {"before": "", "after": "甲的公告", "who": "康桥工作人员", "number": 3}
    }
    assert (again(canteen).notice, again(canteen).pickup) == ("甲的公告", "")


def test_several_versions_since_the_base_are_told_as_one_difference(clerk: User) -> None:
    canteen = api_places.canteen()
    for notice in ("一", "二", "三"):
        edit(canteen, clerk, notice=notice)
    theirs = revising.changes_since(again(canteen), canteen.revision_number)
    assert (theirs["notice"]["before"], theirs["notice"]["after"]) == ("", "三")


def test_every_fault_is_told_at_once_and_nothing_is_written(clerk: User) -> None:
    canteen = api_places.canteen()
    with pytest.raises(ValidationError) as refused:
        edit(
            canteen,
            clerk,
            name="",
            lat=95,
            hours={"weekly_hours": [{**LUNCH, "closes": "09:00"}, {**LUNCH, "opens": "25:00"}]},
            meals={"set_meals": [{**MEAL, "courier_price_yuan": "-1"}]},
        )
    assert set(refused.value.message_dict) == {"name", "lat", "hours", "meals"}
    assert len(refused.value.message_dict["hours"]) == 2
    assert again(canteen).name == "康桥食堂"
    assert Revision.objects.filter(listing_id=canteen.pk).count() == 2


def test_a_street_in_another_district_is_refused_at_the_street(clerk: User) -> None:
    with pytest.raises(ValidationError) as refused:
        edit(api_places.canteen(), clerk, district="330106")
    assert list(refused.value.message_dict) == ["street"]


def test_the_upper_levels_follow_from_a_community(clerk: User) -> None:
    canteen = revising.create(
        model=Canteen, changes={"name": "食堂", "community": "330105010001"}, actor=clerk, channel="office"
    )
    assert (again(canteen).street_id, again(canteen).district_id, again(canteen).area_code) == (
        "330105010",
        "330105",
        "330105010001",
    )


def test_prices_that_contradict_each_other_are_refused_in_words(clerk: User) -> None:
    with pytest.raises(ValidationError) as refused:
        edit(api_places.canteen(), clerk, meals={"set_meals": [{**MEAL, "normal_price_yuan": "8.00"}]})
    assert "小哥价" in str(refused.value)


def test_an_edit_by_someone_who_may_not_publish_is_a_proposal_that_the_public_does_not_see(
    community_clerk: User,
) -> None:
    canteen = api_places.canteen(community="330105010001")
    document = canteen.document
    proposal = edit(canteen, community_clerk, notice="建议的公告")
    assert isinstance(proposal, Proposal)
    assert (again(canteen).notice, again(canteen).document) == ("", document)
    assert (proposal.changes, proposal.actor_label) == ({"notice": "建议的公告"}, "康桥社区工作人员")


def test_the_same_person_edits_a_draft_directly(community_clerk: User) -> None:
    draft = api_places.draft(Canteen, "草稿食堂", community="330105010001")
    assert isinstance(edit(draft, community_clerk, notice="直接改"), Revision)


def test_a_steward_who_may_not_publish_proposes(operator: User) -> None:
    canteen = api_places.canteen()
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    assert isinstance(edit(canteen, operator, notice="新公告"), Proposal)


def test_the_right_to_publish_ends_at_the_street(other_clerk: User) -> None:
    assert isinstance(edit(api_places.canteen(), other_clerk, notice="越界"), Proposal)


def test_an_accepted_proposal_becomes_a_version_and_public(clerk: User, community_clerk: User) -> None:
    canteen = api_places.canteen(community="330105010001")
    proposal = edit(canteen, community_clerk, notice="建议的公告")
    assert decide(proposal, clerk).revision is not None
    assert (again(canteen).notice, "建议的公告" in again(canteen).document) == ("建议的公告", True)
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.decided_by_label) == ("accepted", "康桥工作人员")


def test_a_refused_proposal_stays_to_be_read_with_its_reason(clerk: User, community_clerk: User) -> None:
    canteen = api_places.canteen(community="330105010001")
    proposal = edit(canteen, community_clerk, notice="建议的公告")
    assert decide(proposal, clerk, reason="已过期").revision is None
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.reason, again(canteen).notice) == ("refused", "已过期", "")


def test_a_proposal_is_decided_once(clerk: User, community_clerk: User) -> None:
    canteen = api_places.canteen(community="330105010001")
    proposal = edit(canteen, community_clerk, notice="建议")
    decide(proposal, clerk, reason="不对")
    assert set(decide(proposal, clerk).left) == {"notice"}
    proposal.refresh_from_db()
    assert (proposal.outcome, again(canteen).notice) == ("refused", "")


def test_a_proposal_whose_field_has_moved_on_keeps_waiting(clerk: User, community_clerk: User) -> None:
    canteen = api_places.canteen(community="330105010001")
    proposal = edit(canteen, community_clerk, notice="建议的公告")
    edit(canteen, clerk, notice="街道的公告")
    assert "康桥工作人员" in str(decide(proposal, clerk).left["notice"])
    proposal.refresh_from_db()
    assert (proposal.outcome, again(canteen).notice) == ("waiting", "街道的公告")


def test_a_proposal_on_another_field_is_still_accepted(clerk: User, community_clerk: User) -> None:
    canteen = api_places.canteen(community="330105010001")
    proposal = edit(canteen, community_clerk, notice="建议的公告")
    edit(canteen, clerk, pickup="窗口取餐")
    decide(proposal, clerk)
    assert (again(canteen).notice, again(canteen).pickup) == ("建议的公告", "窗口取餐")


def test_a_version_is_never_changed_or_deleted(clerk: User) -> None:
    revision = edit(api_places.canteen(), clerk, notice="公告")
    for attempt in (
        lambda: Revision.objects.filter(pk=revision.pk).update(actor_label="别人"),
        revision.delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_the_place_of_a_listing_decides_who_may_edit_it(
    clerk: User, other_clerk: User, operator: User
) -> None:
    mine, other = api_places.canteen(), api_places.canteen("闸弄口食堂", street=ZHALONGKOU, district="330102")
    assert set(Canteen.objects.editable_by(clerk)) == {mine}
    assert set(Canteen.objects.editable_by(other_clerk)) == {other}
    assert set(Canteen.objects.editable_by(operator)) == set()
    Stewardship.objects.create(post=operator.acting_post, listing=other)
    assert set(Canteen.objects.editable_by(operator)) == {other}
    assert set(Canteen.objects.publishable_by(operator)) == set()


def test_a_snapshot_of_a_compound_writes_back_to_the_same(clerk: User) -> None:
    compound = api_places.compound()
    snapshot = read_snapshot(Compound.objects.with_groups().get(pk=compound.pk))
    copy = revising.create(model=Compound, changes=snapshot, actor=clerk, channel="office")
    assert read_snapshot(Compound.objects.with_groups().get(pk=copy.pk)) == snapshot


def test_money_keeps_its_cents(clerk: User) -> None:
    canteen = api_places.canteen()
    edit(canteen, clerk, meals={"set_meals": [{**MEAL, "courier_price_yuan": "9.90"}]})
    assert canteen.set_meals.get().courier_price_yuan == Decimal("9.90")
