"""Who may tell what is free where: a key reaches the rows of its sources and what its organisation keeps, nothing else."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Organisation, Post, User
from portal.listings.availability import reportable_by
from portal.listings.models import Availability, Listing, SourceRecord, Stewardship
from portal.partners.models import Source
from tests.availability import ADDRESS, counts, make_key, make_source, post, put, said
from tests.factories import make_apartment, make_canteen
from tests.personas import KANGQIAO, ZHALONGKOU, PartnerKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
REPORT = counts(("一荤两素", 5))


@pytest.fixture
def key() -> PartnerKey:
    found = make_key()
    make_source(found)
    return found


def told_by_nobody(listing: Listing) -> bool:
    return not Availability.objects.filter(listing=listing).exists()


def refused_everywhere(key: PartnerKey, listing: Listing) -> bool:
    """Say whether a report by id, alone and in a batch, is answered as for a place that does not exist."""
    alone, nobody = put(key, listing, REPORT), put(key, "0000000000", REPORT)
    rows = [{"id": listing.public_id, **REPORT}, {"id": "0000000000", **REPORT}]
    first, second = post(key, rows).json()["results"]
    same = {**first, "row": 0} == {**second, "row": 0}
    is_404 = alone.status_code == 404 and alone.content == nobody.content
    return is_404 and same and first["code"] == "not_found" and told_by_nobody(listing)


def test_a_key_of_one_source_does_not_reach_a_row_of_another_source_of_its_own_organisation(
    key: PartnerKey,
) -> None:
    Source.objects.create(name="beds", label="公寓", organisation=key.key.organisation)
    assert refused_everywhere(key, make_canteen(extra={"source": "beds", "external_id": "1"}))


def test_a_source_of_another_organisation_is_not_reached_by_naming_it(key: PartnerKey) -> None:
    other = Organisation.objects.create(kind="operator", name="别家")
    Source.objects.create(name="theirs", label="别家", organisation=other)
    key.key.sources = ["canteens", "theirs"]
    key.key.save()
    listing = make_canteen(extra={"source": "theirs", "external_id": "1"})
    assert refused_everywhere(key, listing)
    (row,) = post(key, [{"source": "theirs", "external_id": "1", **REPORT}]).json()["results"]
    assert row["code"] == "source_missing"
    assert told_by_nobody(listing)


def test_a_row_of_no_source_is_not_reached_by_a_key_without_sources() -> None:
    bare = make_key("没有来源")
    assert refused_everywhere(bare, make_canteen())


@pytest.mark.parametrize("source", ["beds", "nowhere"])
def test_a_source_that_is_not_the_keys_is_answered_alike_whether_it_exists_or_not(
    key: PartnerKey, source: str
) -> None:
    other = Organisation.objects.create(kind="operator", name="别家")
    Source.objects.create(name="beds", label="别家", organisation=other)
    make_canteen(extra={"source": "beds", "external_id": "1"})
    (row,) = post(key, [{"source": source, "external_id": "1", **REPORT}]).json()["results"]
    assert row["code"] == "source_missing"
    assert source in row["en"]
    assert row.keys() == {"row", "outcome", "code", "zh", "en", "errors"}


def test_a_number_that_the_source_does_not_have_is_not_found(key: PartnerKey) -> None:
    make_canteen(extra={"source": "beds", "external_id": "1"})
    (row,) = post(key, [{"source": "canteens", "external_id": "1", **REPORT}]).json()["results"]
    assert row["code"] == "not_found"


def test_the_keys_area_counts(key: PartnerKey) -> None:
    key.key.area_code = ZHALONGKOU
    key.key.save()
    inside = make_canteen(street=ZHALONGKOU, extra={"source": "canteens", "external_id": "1"})
    outside = make_canteen(street=KANGQIAO, extra={"source": "canteens", "external_id": "2"})
    assert refused_everywhere(key, outside)
    assert put(key, inside, REPORT).status_code == 200
    assert [row["id"] for row in Client().get(ADDRESS, headers=key.headers).json()["results"]] == [
        inside.public_id
    ]
    assert Client().get(f"{ADDRESS}{outside.public_id}/", headers=key.headers).status_code == 404


@pytest.mark.parametrize("state", ["draft", "in_review", "archived"])
def test_what_is_not_public_is_not_there(key: PartnerKey, state: str) -> None:
    listing = make_canteen(state=state, extra={"source": "canteens", "external_id": "1"})
    assert refused_everywhere(key, listing)


def test_what_its_organisation_keeps_is_reached_while_the_post_holds(operator: User) -> None:
    post_of = operator.acting_post
    key = make_key(post_of.organisation)
    listing = make_canteen()
    assert refused_everywhere(key, listing)
    Stewardship.objects.create(post=post_of, listing=listing)
    assert put(key, listing, REPORT).json()["outcome"] == "accepted"
    Availability.objects.all().delete()
    Post.objects.filter(pk=post_of.pk).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    assert refused_everywhere(key, listing)


def test_what_another_organisation_keeps_is_not_reached(operator: User, key: PartnerKey) -> None:
    listing = make_canteen()
    Stewardship.objects.create(post=operator.acting_post, listing=listing)
    assert refused_everywhere(key, listing)


def test_the_history_names_the_keeper_where_the_row_is_of_a_source_that_is_not_his(operator: User) -> None:
    key = make_key(operator.acting_post.organisation)
    listing = make_apartment(extra={"source": "theirs", "external_id": "1"})
    Stewardship.objects.create(post=operator.acting_post, listing=listing)
    put(key, listing, counts(("双人间", 1)))
    assert listing.revisions.latest("number").actor_label == "邻里食堂"


def test_what_an_office_has_taken_over_says_so_to_its_source_and_stays(key: PartnerKey) -> None:
    listing = make_canteen(extra={"source": "canteens", "external_id": "1"})
    SourceRecord.objects.create(listing=listing, taken_over_at=timezone.now())
    answer = put(key, listing, REPORT)
    assert (answer.status_code, answer.json()["code"]) == (409, "taken_over")
    (row,) = post(key, [{"id": listing.public_id, **REPORT}]).json()["results"]
    assert row["code"] == "taken_over"
    assert told_by_nobody(listing)
    SourceRecord.objects.update(taken_over_at=None)
    assert put(key, listing, REPORT).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "read", "written"),
    [
        (("listings:read",), 200, 403),
        (("availability:write",), 403, 200),
        (("listings:read", "listings:write", "listings:publish", "couriers:write"), 200, 403),
        (("listings:read", "availability:write"), 200, 200),
    ],
)
def test_each_method_needs_its_scope_and_names_it(
    key: PartnerKey, scopes: tuple[str, ...], read: int, written: int
) -> None:
    key.key.scopes = list(scopes)
    key.key.save()
    listing = make_canteen(extra={"source": "canteens", "external_id": "1"})
    reading = Client().get(ADDRESS, headers=key.headers)
    writing = [put(key, listing, REPORT), post(key, [{"id": listing.public_id, **REPORT}])]
    assert reading.status_code == read
    assert [answer.status_code for answer in writing] == [written] * 2
    if written == 403:
        assert [answer.json()["errors"][0]["field"] for answer in writing] == ["availability:write"] * 2
        assert told_by_nobody(listing)


def test_without_a_key_or_with_one_that_is_over_nothing_is_written(key: PartnerKey) -> None:
    listing = make_canteen(extra={"source": "canteens", "external_id": "1"})
    stranger = Client().put(f"{ADDRESS}{listing.public_id}/", REPORT, "application/json")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "key_missing")
    assert Client().post(ADDRESS, {"rows": []}, "application/json").status_code == 401
    key.key.revoked_at = timezone.now()
    key.key.save()
    assert put(key, listing, REPORT).status_code == 401
    assert told_by_nobody(listing)


def test_a_signed_in_person_writes_nothing_here(clerk: User) -> None:
    listing = make_canteen()
    client = Client()
    client.force_login(clerk)
    assert client.put(f"{ADDRESS}{listing.public_id}/", REPORT, "application/json").status_code == 401


def test_paused_places_may_be_told_of(key: PartnerKey) -> None:
    listing = make_canteen(state="paused", extra={"source": "canteens", "external_id": "1"})
    assert put(key, listing, REPORT).status_code == 200
    assert said(listing, "一荤两素")["count"] == 5
    assert listing.pk in reportable_by(key.key).values_list("pk", flat=True)
