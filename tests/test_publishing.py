"""The public document: made in one place, stored with a change number, holding instants and never ages."""

import json
import re
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import confirming, revising
from portal.listings.documents import canonical, digest, document
from portal.listings.kinds import listing_models
from portal.listings.models import Confirmation, Listing, Photo, Revision
from portal.listings.publishing import last_number, publish, republish
from portal.pages.demo.loading import load
from services.stations.models import Amenity, Station
from tests import api_places

pytestmark = pytest.mark.django_db


def again(listing: Listing) -> Any:
    """Return the listing as stored."""
    return type(listing).objects.get(pk=listing.pk)


def offering(*codes: str) -> Station:
    """Return a published station with amenities."""
    for code in codes:
        Amenity.objects.get_or_create(code=code, defaults={"name": code, "name_en": code.title()})
    rows = [{"amenity": code, "count": None, "note": ""} for code in codes]
    return api_places.publish(Station, "驿站", amenities={"offers": rows})


def test_a_change_of_the_public_face_takes_the_next_number(regions: Any) -> None:
    first, second = api_places.canteen(), api_places.canteen("另一食堂")
    assert second.change_number == first.change_number + 1 == last_number()
    revising.edit(listing=first, changes={"notice": "公告"}, actor=None, channel="office")
    assert again(first).change_number == second.change_number + 1
    assert again(first).changed_at >= second.changed_at


def test_what_the_public_does_not_see_takes_no_number(regions: Any) -> None:
    listing = api_places.canteen()
    number = last_number()
    revising.edit(listing=listing, changes={"entered_datum": "wgs84"}, actor=None, channel="office")
    api_places.draft(Canteen, "草稿")
    assert last_number() == number
    assert Revision.objects.filter(listing_id=listing.pk).count() == 3


def test_publishing_again_without_a_change_writes_nothing(regions: Any) -> None:
    api_places.canteen()
    number = last_number()
    assert publish(Canteen.objects.with_groups()) == 0
    assert last_number() == number


def test_the_stored_document_is_canonical_and_its_hash_fits(regions: Any) -> None:
    listing = api_places.canteen()
    assert listing.document == canonical(json.loads(listing.document))
    assert listing.document_hash == digest(listing.document)
    assert list(json.loads(listing.document)) == sorted(json.loads(listing.document))


def test_the_document_holds_instants_and_no_ages() -> None:
    load(scale="small", seed=1)
    for text in Listing.objects.exclude(document="").values_list("document", flat=True):
        doc = json.loads(text)
        assert not {"open_now", "closes_at", "distance_m", "age"} & doc.keys()
        for confirmation in filter(None, doc["confirmations"].values()):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", confirmation["at"])


def test_coded_values_carry_both_languages(regions: Any) -> None:
    serves = json.loads(api_places.canteen(serves="couriers").document)["serves"]
    assert serves == {"code": "couriers", "zh": "小哥和司机师傅", "en": "couriers and drivers"}


def test_a_confirmation_is_published_and_saving_is_none(regions: Any, clerk: User) -> None:
    listing = api_places.canteen()
    revising.edit(listing=listing, changes={"notice": "公告"}, actor=clerk, channel="office")
    assert set(json.loads(again(listing).document)["confirmations"].values()) == {None}
    confirming.confirm(listing=listing, fact_groups=["price", "nonsense"], actor=clerk)
    confirmations = json.loads(again(listing).document)["confirmations"]
    assert confirmations["price"]["by"] == "office"
    assert confirmations["hours"] is None
    assert Confirmation.objects.get().actor_label == "康桥工作人员"


def test_the_latest_confirmation_of_a_group_counts(regions: Any, clerk: User) -> None:
    listing = api_places.canteen()
    confirming.confirm(listing=listing, fact_groups=["price"], actor=clerk)
    confirming.confirm(listing=listing, fact_groups=["price"], actor=None, channel="courier")
    assert json.loads(again(listing).document)["confirmations"]["price"]["by"] == "courier"


def test_photos_are_published_as_paths_of_their_three_sizes_in_order(regions: Any) -> None:
    listing = api_places.canteen()
    photos = [
        {
            "role": "picture",
            "digest": mark * 64,
            "width": 1280,
            "height": 800,
            "alt": mark,
            "position": position,
        }
        for position, mark in enumerate("ab")
    ]
    revising.edit(listing=listing, changes={"photos": {"photos": photos}}, actor=None, channel="office")
    shown = json.loads(again(listing).document)["photos"]
    assert [photo["alt"] for photo in shown] == ["a", "b"]
    assert {"small", "medium", "large"} <= shown[0].keys()
    assert Photo.objects.count() == 2


def test_a_shared_fact_that_changes_is_published_again(regions: Any) -> None:
    station = offering("water")
    Amenity.objects.filter(code="water").update(name="热水")
    with pytest.raises(CommandError, match=station.public_id):
        call_command("republish", check=True)
    assert republish(Station, Station.objects.values_list("pk", flat=True)) == 1
    assert json.loads(again(station).document)["amenities"][0]["zh"] == "热水"
    call_command("republish", check=True)


def test_every_stored_document_of_the_demo_is_current_and_round_trips() -> None:
    load(scale="small", seed=1)
    call_command("republish", check=True)
    for model in listing_models():
        for listing in model.objects.published().with_groups():
            assert orjson.loads(listing.document) == orjson.loads(canonical(document(listing)))
            assert json.loads(listing.document)["kind"] == model.kind_name


def test_documents_of_many_rows_cost_no_query_a_row_but_the_confirmations(regions: Any) -> None:
    stations = [offering("water", "rest", "aed", "toilet") for _number in range(3)]

    def cost(count: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            for station in Station.objects.with_groups().order_by("pk")[:count]:
                document(station)
        return len(queries)

    # One look at the confirmations for each listing, whatever it offers.
    assert cost(len(stations)) - cost(1) == len(stations) - 1


def test_search_finds_names_dishes_and_regions_in_every_spelling(regions: Any) -> None:
    listing = api_places.canteen()
    for words in ("康桥食堂", "kangqiao", "kqst", "红烧肉", "hongshaorou", "拱墅", "康桥 食堂"):
        assert list(Canteen.objects.search(words)) == [listing], words
    assert not Canteen.objects.search("闸弄口").exists()
