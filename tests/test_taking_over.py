"""Taking a source's listing over, giving it back, linking and parting: what holds after each, and what is kept of it."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import User
from portal.audit.models import Event
from portal.listings import revising
from portal.listings.models import Listing, Revision, SourceRecord
from portal.listings.snapshots import read_snapshot
from portal.listings.taking_over import Sent, link, release, sent_meanwhile, take_over, unlink
from tests.factories import make_canteen, weekly
from tests.source_writes import make_sent, make_source, withdraw_as, write_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


def kept(listing: Any) -> SourceRecord:
    return SourceRecord.objects.get(listing_id=listing.pk)


def fresh(listing: Any) -> Any:
    return Canteen.objects.get(pk=listing.pk)


def edit(listing: Any, by: User, **changes: Any) -> None:
    revising.edit(listing=listing, changes=changes, actor=by, channel="office")


def events(listing: Any) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    rows = Event.objects.filter(object_id=str(listing.pk), object_kind="canteens.canteen").order_by("pk")
    return list(rows.values_list("action", "actor_label", "before", "after"))


def test_a_listing_that_is_taken_over_says_by_whom_and_refuses_its_source(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    assert write_as(source, "A-1", notice="来源公告") == "changed"
    take_over(listing=canteen, by=clerk)
    found = kept(canteen)
    assert (found.taken_over_by_label, found.taken_over_post_label) == (str(clerk), str(clerk.acting_post))
    assert timezone.now() - found.taken_over_at < timezone.timedelta(minutes=1)
    assert write_as(source, "A-1", notice="来源再改") == "taken_over"
    assert fresh(canteen).notice == "来源公告"
    named = {"source": source.name, "external_id": "A-1"}
    assert events(canteen) == [("taken_over", str(clerk), {}, named)]
    assert Event.objects.latest("pk").area_code == canteen.area_code


def test_taking_over_twice_is_done_once_and_keeps_the_first_hand(clerk: User, city_admin: User) -> None:
    canteen = make_sent(make_source())
    first = take_over(listing=canteen, by=clerk)
    again = take_over(listing=canteen, by=city_admin)
    assert (again.taken_over_at, again.taken_over_by_label) == (first.taken_over_at, str(clerk))
    assert len(events(canteen)) == 1


def test_a_listing_of_no_source_cannot_be_taken_over(clerk: User) -> None:
    canteen = make_canteen()
    with pytest.raises(ValidationError, match="没有来源方"):
        take_over(listing=canteen, by=clerk)
    assert not SourceRecord.objects.exists()
    assert events(canteen) == []


def test_a_listing_of_a_source_without_a_record_can_be_taken_over(clerk: User) -> None:
    canteen = make_canteen(extra={"source": make_source().name, "external_id": "old"})
    take_over(listing=canteen, by=clerk)
    assert kept(canteen).taken_over_at is not None


def test_a_listing_that_was_given_back_takes_its_source_s_writes_again(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    assert release(listing=canteen, by=clerk) is not None
    found = kept(canteen)
    assert (found.taken_over_at, found.taken_over_by_label, found.taken_over_post_label) == (None, "", "")
    assert write_as(source, "A-1", notice="来源公告") == "changed"
    assert fresh(canteen).notice == "来源公告"
    assert [event[0] for event in events(canteen)] == ["taken_over", "released"]
    assert release(listing=canteen, by=clerk) is None, "sent twice it is done once"
    assert len(events(canteen)) == 2


def test_what_the_source_sent_meanwhile_is_shown_where_it_differs(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source, phone="0571-11111111", notice="旧公告")
    take_over(listing=canteen, by=clerk)
    edit(canteen, clerk, phone="0571-22222222")
    write_as(source, "A-1", phone="0571-33333333", notice="新公告", name=canteen.name)
    found = sent_meanwhile(fresh(canteen))
    assert found == [
        Sent("phone", {"phone": "0571-22222222"}, {"phone": "0571-33333333"}, True, str(clerk)),
        Sent("notice", {"notice": "旧公告"}, {"notice": "新公告"}),
    ]


def test_what_the_office_takes_is_a_version_of_its_own_and_the_rest_stays(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source, phone="0571-11111111", notice="旧公告")
    take_over(listing=canteen, by=clerk)
    edit(canteen, clerk, phone="0571-22222222")
    write_as(source, "A-1", phone="0571-33333333", notice="新公告")
    seen = kept(canteen)
    chosen = [one for one in sent_meanwhile(fresh(canteen)) if one.part == "notice"]
    number = fresh(canteen).revision_number
    release(listing=canteen, by=clerk, parts=chosen, seen_at=seen.refused_at, base_number=number)
    stands = fresh(canteen)
    assert (stands.phone, stands.notice) == ("0571-22222222", "新公告")
    version = Revision.objects.filter(listing=canteen.pk).latest("number")
    assert (version.after, version.actor_label) == ({"notice": "新公告"}, str(clerk))
    assert version.channel == "partner", "it is the partner's word, with the office's consent"
    assert "来源" in version.note
    found = kept(canteen)
    assert (found.sent["phone"], found.sent["notice"]) == ("0571-33333333", "新公告"), "it is settled"
    assert (found.refused, found.refused_at) == ({}, None)
    assert found.sent_number == seen.sent_number, "who changed the phone since is still found"


def test_what_the_office_has_seen_and_left_is_not_asked_again_until_the_source_changes_it(
    clerk: User,
) -> None:
    source = make_source()
    canteen = make_sent(source, phone="0571-11111111")
    take_over(listing=canteen, by=clerk)
    edit(canteen, clerk, phone="0571-22222222")
    write_as(source, "A-1", phone="0571-33333333")
    release(listing=canteen, by=clerk, seen_at=kept(canteen).refused_at)
    assert write_as(source, "A-1", phone="0571-33333333") == "unchanged"
    assert fresh(canteen).phone == "0571-22222222"
    assert write_as(source, "A-1", phone="0571-44444444") == "conflict"
    assert fresh(canteen).phone == "0571-22222222"


def test_an_office_that_gives_back_may_consent_to_what_was_withdrawn(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    assert withdraw_as(source, "A-1") == "taken_over"
    found = sent_meanwhile(fresh(canteen))
    assert found == [Sent("state", {"state": "published"}, {"state": "archived"})]
    seen, number = kept(canteen).refused_at, fresh(canteen).revision_number
    release(listing=canteen, by=clerk, parts=found, seen_at=seen, base_number=number)
    assert fresh(canteen).state == "archived"
    assert write_as(source, "A-1", notice="又开了") == "changed", "what it took back itself it may bring back"
    assert fresh(canteen).state == "in_review"


def test_a_place_that_was_withdrawn_in_vain_stays_until_the_source_sends_it_again(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    withdraw_as(source, "A-1")
    release(listing=canteen, by=clerk, seen_at=kept(canteen).refused_at)
    assert withdraw_as(source, "A-1") == "unchanged"
    assert fresh(canteen).state == "published"
    assert write_as(source, "A-1", notice="还开着") == "changed"


def test_a_pause_that_the_source_sent_is_taken_with_its_reason(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source, notice="旧公告")
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", state="paused", pause_reason="装修", notice="新公告")
    found = sent_meanwhile(fresh(canteen))
    assert [one.part for one in found] == ["notice", "state"]
    seen, number = kept(canteen).refused_at, fresh(canteen).revision_number
    release(listing=canteen, by=clerk, parts=found, seen_at=seen, base_number=number)
    stands = fresh(canteen)
    assert (stands.state, stands.pause_reason, stands.notice) == ("paused", "装修", "新公告")
    assert '"source"' in stands.document


def test_a_street_that_the_source_sent_takes_the_community_of_the_old_one_away(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source, community="330105010001")
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", street="330102013")
    found = sent_meanwhile(fresh(canteen))
    assert found[0].sent == {"district": "330102", "street": "330102013", "community": None}
    seen, number = kept(canteen).refused_at, fresh(canteen).revision_number
    release(listing=canteen, by=clerk, parts=found, seen_at=seen, base_number=number)
    assert (fresh(canteen).street_id, fresh(canteen).community_id) == ("330102013", None)


def test_days_in_another_order_are_no_difference(clerk: User) -> None:
    source = make_source()
    days = [
        {"starts_on": f"2027-0{month}-01", "ends_on": f"2027-0{month}-02", "rule": "closed", "reason": "盘点"}
        for month in (5, 3)
    ]
    canteen = make_sent(source, hours=weekly(exceptions=tuple(days)))
    take_over(listing=canteen, by=clerk)
    stands = read_snapshot(Canteen.objects.with_groups().get(pk=canteen.pk))["hours"]
    turned = {**stands, "hours_exceptions": stands["hours_exceptions"][::-1]}
    assert write_as(source, "A-1", hours=turned) == "taken_over"
    assert kept(canteen).refused
    assert sent_meanwhile(fresh(canteen)) == []


def test_what_came_while_the_office_looked_is_looked_at_first(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", notice="第一次")
    seen = kept(canteen).refused_at
    write_as(source, "A-1", notice="第二次")
    with pytest.raises(ValidationError, match="又发来"):
        release(listing=canteen, by=clerk, seen_at=seen)
    assert kept(canteen).taken_over_at is not None
    assert kept(canteen).refused == {"notice": "第二次"}


def test_what_does_not_fit_any_more_leaves_the_listing_taken_over(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    SourceRecord.objects.update(refused={"street": "330199999"}, refused_at=timezone.now())
    seen = kept(canteen).refused_at
    found = sent_meanwhile(fresh(canteen))
    number = fresh(canteen).revision_number
    with pytest.raises(ValidationError):
        release(listing=canteen, by=clerk, parts=found, seen_at=seen, base_number=number)
    assert kept(canteen).taken_over_at is not None
    assert [event[0] for event in events(canteen)] == ["taken_over"]


def test_a_change_between_looking_and_giving_back_is_a_conflict(clerk: User, city_admin: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    write_as(source, "A-1", notice="新公告")
    found, number = sent_meanwhile(fresh(canteen)), fresh(canteen).revision_number
    edit(canteen, city_admin, notice="市级公告")
    seen = kept(canteen).refused_at
    with pytest.raises(revising.Conflict):
        release(listing=canteen, by=clerk, parts=found, seen_at=seen, base_number=number)
    assert kept(canteen).taken_over_at is not None


def test_a_linked_listing_goes_on_from_where_it_stands(clerk: User) -> None:
    source, canteen = make_source(), make_canteen(notice="街道公告")
    link(listing=canteen, source=source, external_id="  A-7 ", by=clerk)
    stands = fresh(canteen)
    assert (stands.source, stands.external_id) == (source.name, "A-7")
    found = kept(canteen)
    assert found.sent == json.loads(
        json.dumps(read_snapshot(Canteen.objects.with_groups().get(pk=canteen.pk)))
    )
    assert (found.sent_number, found.sent_at) == (stands.revision_number, None)
    assert write_as(source, "A-7", notice="来源公告") == "changed"
    link(listing=canteen, source=source, external_id="A-7", by=clerk)
    assert len(events(canteen)) == 1, "sent twice it is done once"


@pytest.mark.parametrize("external_id", ["", "   ", "a/b", "a b", "..", "x" * 121, "a\x00b", "a\nb"])
def test_a_number_that_no_address_can_name_links_nothing(external_id: str, clerk: User) -> None:
    source, canteen = make_source(), make_canteen()
    with pytest.raises(ValidationError) as caught:
        link(listing=canteen, source=source, external_id=external_id, by=clerk)
    assert set(caught.value.error_dict) == {"external_id"}
    assert fresh(canteen).source == ""


def test_a_number_that_is_another_listing_s_links_nothing(clerk: User) -> None:
    source, canteen = make_source(), make_canteen(name="另一食堂")
    make_sent(source, "A-1")
    with pytest.raises(ValidationError) as caught:
        link(listing=canteen, source=source, external_id="A-1", by=clerk)
    assert set(caught.value.error_dict) == {"external_id"}
    assert (fresh(canteen).source, events(canteen)) == ("", [])


def test_neither_a_listing_of_another_source_nor_an_archived_one_is_linked(clerk: User) -> None:
    source = make_source()
    sent, archived = make_sent(source), make_canteen(name="旧食堂", state="archived")
    other = make_source("other", "另一名册")
    for canteen in (sent, archived):
        with pytest.raises(ValidationError):
            link(listing=canteen, source=other, external_id="B-1", by=clerk)
    assert fresh(sent).source == source.name
    assert fresh(archived).source == ""


def test_a_parted_listing_is_no_row_of_the_source_any_more(clerk: User) -> None:
    source = make_source()
    canteen = make_sent(source)
    take_over(listing=canteen, by=clerk)
    assert unlink(listing=fresh(canteen), by=clerk)
    stands = fresh(canteen)
    assert (stands.source, stands.external_id) == ("", "")
    assert not SourceRecord.objects.exists()
    assert write_as(source, "A-1", notice="来源公告") == "invalid_body"
    assert events(canteen)[-1][:3] == (
        "unlinked",
        str(clerk),
        {"source": source.name, "external_id": "A-1"},
    )
    assert not unlink(listing=stands, by=clerk)
    link(listing=stands, source=source, external_id="A-1", by=clerk)
    assert kept(canteen).taken_over_at is None, "what stood before it was parted is forgotten"


def test_the_public_reads_whose_data_it_is_until_an_office_takes_over(clerk: User, client: Client) -> None:
    source = make_source(label_en="Logistics Park Canteens")
    canteen = make_sent(source)
    page, api = canteen.get_absolute_url(), f"/api/v1/canteens/{canteen.public_id}/"

    def read() -> tuple[bool, bool, Any, int]:
        chinese, english = (
            client.get(page, headers={"Accept-Language": language}).content.decode()
            for language in ("zh", "en")
        )
        answer = client.get(api).json()
        return (
            source.label in chinese,
            source.label_en in english,
            answer.get("source"),
            answer["change_number"],
        )

    coded = {"code": source.name, "zh": source.label, "en": source.label_en}
    *shown, first = read()
    assert shown == [True, True, coded]
    take_over(listing=canteen, by=clerk)
    *shown, second = read()
    assert shown == [False, False, None]
    release(listing=canteen, by=clerk)
    *shown, third = read()
    assert shown == [True, True, coded]
    unlink(listing=fresh(canteen), by=clerk)
    *shown, fourth = read()
    assert shown == [False, False, None]
    assert first < second < third < fourth, "mirrors hear of each"


def test_a_listing_of_no_source_has_no_key_for_one(client: Client) -> None:
    canteen = make_canteen()
    assert "source" not in json.loads(Listing.objects.get(pk=canteen.pk).document)
