"""What both sides changed, who keeps a place, and whose rows a key reaches at all."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.listings import revising, states
from portal.listings.deciding import accept_all, accept_whole, decide_parts
from portal.listings.models import Listing, Proposal, Revision, SourceRecord
from portal.listings.taking_over import link, release, sent_meanwhile, take_over, unlink
from portal.partners.models import ApiKey
from tests.factories import LUNCH, make_canteen
from tests.personas import KANGQIAO, ZHALONGKOU, PartnerKey
from tests.source_rows import (
    PUBLISH,
    WRITE,
    address,
    batch,
    body,
    key_for,
    make_source,
    put,
    read,
    row,
    stored,
    withdraw,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def source(db: Any) -> Any:
    return make_source()


@pytest.fixture
def key(source: Any) -> PartnerKey:
    return key_for(source, WRITE, PUBLISH)


@pytest.fixture
def writer(source: Any) -> PartnerKey:
    """Return a key without the right to publish."""
    return key_for(source)


@pytest.fixture
def listing(key: PartnerKey) -> Listing:
    """Return a row that the source has published, at version 2."""
    assert put(key, body(state="published")).status_code == 201
    return stored()


def by_office(listing: Listing, clerk: User, **changes: Any) -> None:
    assert revising.edit(listing=listing, changes=changes, actor=clerk, channel="office")


def test_what_an_office_changed_stays_while_the_source_says_the_same(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    by_office(listing, clerk, phone="0571-9")
    answer = put(key, body(state="published", address="新路2号")).json()
    assert (answer["outcome"], answer["kept"]) == ("changed", ["phone"])
    assert (stored().phone, stored().address) == ("0571-9", "新路2号")
    assert put(key, body(state="published", address="新路2号")).json()["outcome"] == "unchanged"


def test_what_both_changed_is_a_conflict_that_says_what_and_who(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    by_office(listing, clerk, phone="0571-9")
    answer = put(key, body(state="published", phone="0571-2", address="新路2号"))
    told = answer.json()
    assert (answer.status_code, told["code"], told["version"]) == (409, "conflict", 3)
    (conflict,) = told["conflicts"]
    assert (conflict["field"], conflict["yours"], conflict["ours"]) == ("phone", "0571-2", "0571-9")
    assert conflict["by"].startswith("康桥街道办事处")
    assert conflict["version"] == 3
    assert str(clerk) not in answer.content.decode(), "a partner learns the office, not the person"
    assert [error["field"] for error in told["errors"]] == ["phone"]
    assert stored().address == "康桥路1号", "nothing of a row in conflict is written"


def test_a_conflict_stays_one_however_often_other_fields_were_written_since(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    by_office(listing, clerk, phone="0571-9")
    put(key, body(state="published", address="新路2号"))
    assert put(key, body(state="published", phone="0571-3")).status_code == 409


def test_the_version_that_was_seen_wins_and_one_that_moved_does_not(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    by_office(listing, clerk, phone="0571-9")
    moved = put(key, body(phone="0571-2"), version=2)
    assert (moved.status_code, moved.json()["code"], moved.json()["version"]) == (412, "version_moved", 3)
    won = put(key, body(phone="0571-2"), version=3)
    assert (won.status_code, won.json()["outcome"], won.json()["version"]) == (200, "changed", 4)
    assert stored().phone == "0571-2"
    assert put(key, body(), number="A-2", version=1).status_code == 412


@pytest.mark.parametrize("text", ["7", '"x"', '"0"', "*", '"1", "2"', '"99999999999"'])
def test_a_version_that_cannot_be_one_is_refused(key: PartnerKey, text: str) -> None:
    answer = Client().put(
        address(), body(), content_type="application/json", headers={**key.headers, "If-Match": text}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")
    assert not Listing.objects.exists()


def test_a_weak_tag_of_a_compressed_answer_is_the_same_version(key: PartnerKey, listing: Listing) -> None:
    headers = {**key.headers, "If-Match": 'W/"2"'}
    answer = Client().put(address(), body(), content_type="application/json", headers=headers)
    assert answer.status_code == 200


def test_a_position_moved_by_both_is_one_conflict(key: PartnerKey, listing: Listing, clerk: User) -> None:
    by_office(listing, clerk, lat=30.3462)
    spot = {"lat": 30.3461, "lng": 120.17, "datum": "wgs84"}
    (conflict,) = put(key, body(position=spot)).json()["conflicts"]
    assert (conflict["field"], conflict["yours"]["lng"], conflict["ours"]["lat"]) == (
        "position",
        120.17,
        30.3462,
    )


def test_hours_changed_by_both_are_one_conflict(key: PartnerKey, clerk: User) -> None:
    hours = {"weekly_hours": [{"day": "mon", "opens": "10:00", "closes": "11:00"}], "hours_exceptions": []}
    put(key, body(hours=hours))
    by_office(stored(), clerk, hours=LUNCH)
    assert put(key, body(hours=hours)).json()["kept"] == ["hours"]
    hours["weekly_hours"][0]["opens"] = "09:00"
    (conflict,) = put(key, body(hours=hours)).json()["conflicts"]
    assert conflict["field"] == "hours"
    assert len(conflict["ours"]["weekly_hours"]) == 5


def test_a_state_that_an_office_set_stays_until_the_source_means_it(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    states.move(listing=listing, to="paused", actor=clerk, reason="停电")
    answer = put(key, body(state="published")).json()
    assert (answer["state"], answer["kept"]) == ("paused", ["state"])
    again = put(key, body(state="published"), version=answer["version"]).json()
    assert again["state"] == "published"


def test_a_source_may_take_up_a_field_that_nobody_had_written(key: PartnerKey, listing: Listing) -> None:
    assert put(key, {"notice": "新公告"}).json()["outcome"] == "changed"


def test_what_an_office_has_taken_over_is_refused_and_kept_for_it(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    take_over(listing=listing, by=clerk)
    answer = put(key, body(phone="0571-2"))
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "taken_over")
    assert told["by"].startswith("康桥街道办事处")
    assert told["at"]
    assert read(key).json()["taken_over"]["at"] == told["at"]
    record = SourceRecord.objects.get()
    assert (record.refused["phone"], stored().phone) == ("0571-2", "0571-1")
    assert record.sent["phone"] == "0571-1"
    assert [one.part for one in sent_meanwhile(stored())] == ["phone"]
    assert withdraw(key).json()["code"] == "taken_over"
    release(listing=stored(), by=clerk, seen_at=SourceRecord.objects.get().refused_at)
    assert put(key, body(phone="0571-3")).json()["outcome"] == "changed"


def test_what_an_office_archived_is_refused_and_what_the_source_withdrew_is_not(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    states.move(listing=listing, to="archived", actor=clerk)
    answer = put(key, body(state="published"))
    assert (answer.status_code, answer.json()["code"]) == (409, "archived")
    assert answer.json()["by"].startswith("康桥街道办事处")
    assert put(key, body(), version=3).status_code == 409
    assert withdraw(key).json()["outcome"] == "unchanged"


def test_a_withdrawal_that_an_office_undid_is_not_repeated_by_saying_it_again(
    key: PartnerKey, listing: Listing, clerk: User
) -> None:
    withdraw(key)
    states.move(listing=listing, to="draft", actor=clerk)
    assert withdraw(key).json()["outcome"] == "unchanged"
    assert stored().state == "draft"


def test_an_office_decides_what_waits_in_its_own_words(
    key: PartnerKey, writer: PartnerKey, listing: Listing, clerk: User
) -> None:
    put(writer, body(phone="0571-2", address="新路2号"))
    proposal = Proposal.objects.get()
    decisions = {"phone": {"outcome": "accepted"}, "address": {"outcome": "refused", "reason": "不在那里"}}
    decide_parts(proposal=proposal, decisions=decisions, actor=clerk)
    assert (stored().phone, stored().address) == ("0571-2", "康桥路1号")
    answer = put(writer, body(phone="0571-2", address="新路2号")).json()
    assert (answer["outcome"], answer["kept"], answer["proposed"]) == ("unchanged", ["address"], [])
    assert put(writer, body(phone="0571-2", address="第三条路3号")).json()["outcome"] == "proposed"


def test_what_waits_is_written_by_saying_it_again_once_the_key_may_publish(
    source: Any, key: PartnerKey
) -> None:
    put(key, body(state="published"))
    partner = key_for(source, WRITE)
    assert put(partner, body(phone="0571-2")).json()["proposed"] == ["phone"]
    ApiKey.objects.filter(pk=partner.key.pk).update(scopes=[WRITE, PUBLISH])
    answer = put(partner, body(phone="0571-2")).json()
    assert (answer["outcome"], answer["proposed"], answer["kept"]) == ("changed", [], [])
    assert stored().phone == "0571-2"
    assert not Proposal.objects.waiting().exists()


def test_an_office_agrees_to_a_withdrawal_and_the_source_may_come_back(
    key: PartnerKey, writer: PartnerKey, listing: Listing, clerk: User
) -> None:
    withdraw(writer)
    proposal = Proposal.objects.get()
    client = Client()
    client.force_login(clerk)
    page = client.get(reverse("admin:listings_proposal_change", args=[proposal.pk]))
    assert page.status_code == 200
    assert "归档" in page.content.decode()
    assert accept_all(proposal)
    accept_whole(proposal=proposal, actor=clerk)
    assert stored().state == "archived"
    assert Client().get(f"/api/v1/canteens/{listing.public_id}/").status_code == 404
    assert put(writer, body()).json()["state"] == "in_review"


def test_a_key_writes_only_within_its_area_before_and_after(source: Any, key: PartnerKey) -> None:
    narrow = key_for(source, WRITE, PUBLISH, area_code=KANGQIAO)
    put(key, body(street=ZHALONGKOU, position=None), number="far")
    assert put(narrow, body(), number="far").json()["code"] == "outside_area"
    assert withdraw(narrow, number="far").json()["code"] == "outside_area"
    assert read(narrow, number="far").status_code == 404
    assert put(narrow, body(), number="near").status_code == 201
    moved = put(narrow, body(street=ZHALONGKOU), number="near")
    assert (moved.status_code, moved.json()["code"]) == (403, "outside_area")
    assert put(narrow, {"name": "无处"}, number="nowhere").json()["code"] == "outside_area"
    listed = Client().get("/api/v1/sources/kitchen/", headers=narrow.headers).json()["results"]
    assert [one["external_id"] for one in listed] == ["near"]
    assert stored("near").street_id == KANGQIAO


def test_a_key_learns_nothing_of_sources_that_are_not_its_own(source: Any, key: PartnerKey) -> None:
    other = make_source("other")
    theirs = key_for(other, WRITE, PUBLISH)
    put(theirs, body(), source="other")
    answers = []
    for name in ("other", "nothing"):
        for answer in (
            put(key, body(), source=name),
            put(key, body(), source=name, number="B-1"),
            put(key, {"nonsense": 1}, source=name),
            read(key, source=name),
            withdraw(key, source=name),
            batch(key, [row()], source=name),
            Client().get(f"/api/v1/sources/{name}/", headers=key.headers),
        ):
            assert answer.status_code == 403
            answers.append(answer.content.decode().replace(f'"{name}"', '"?"').replace(f"“{name}”", "“?”"))
    assert set(answers[: len(answers) // 2]) == set(answers[len(answers) // 2 :])
    assert len(set(answers)) == 1
    assert stored(source="other").phone == "0571-1"


def test_a_source_that_went_to_another_organisation_is_no_longer_the_keys(
    source: Any, key: PartnerKey
) -> None:
    source.organisation = make_source("other").organisation
    source.save()
    assert put(key, body()).json()["code"] == "source_missing"


def test_a_source_named_by_a_key_of_another_organisation_is_not_its_own(source: Any) -> None:
    other = make_source("other")
    stranger, secret = ApiKey.issue(
        organisation=other.organisation, name="x", scopes=[WRITE], sources=["kitchen", "other"]
    )
    assert put(PartnerKey(stranger, secret), body()).json()["code"] == "source_missing"


def test_the_same_number_at_two_sources_is_two_places(key: PartnerKey) -> None:
    theirs = key_for(make_source("other"), WRITE, PUBLISH)
    put(key, body())
    put(theirs, body(name="别的食堂", phone="0571-7"), source="other")
    assert (stored().phone, stored(source="other").phone) == ("0571-1", "0571-7")


def test_a_listing_of_no_source_is_reached_only_once_it_is_linked(
    key: PartnerKey, source: Any, clerk: User
) -> None:
    canteen = make_canteen()
    assert put(key, body(), number=canteen.public_id).json()["outcome"] == "created"
    link(listing=canteen, source=source, external_id="A-7", by=clerk)
    answer = put(key, body(name="康桥食堂"), number="A-7").json()
    assert (answer["id"], answer["outcome"]) == (canteen.public_id, "changed")
    unlink(listing=stored("A-7"), by=clerk)
    assert put(key, body(phone="0571-5"), number="A-7").json()["outcome"] == "created"
    assert Revision.objects.filter(listing=canteen.pk, channel="partner").count() == 1


@pytest.mark.parametrize("scopes", [("listings:read",), ("availability:write",), (PUBLISH,)])
def test_without_the_scope_every_address_names_it(source: Any, scopes: Any) -> None:
    lacking = key_for(source, *scopes)
    for answer in (
        put(lacking, body()),
        read(lacking),
        withdraw(lacking),
        batch(lacking, [row()]),
        Client().get("/api/v1/sources/", headers=lacking.headers),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, WRITE)


def test_without_a_key_every_address_asks_for_one(source: Any) -> None:
    assert put(None, body()).status_code == 401
    for path in ("/api/v1/sources/", "/api/v1/sources/kitchen/", address()):
        assert Client().get(path).json()["code"] == "key_missing"
