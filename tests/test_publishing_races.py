"""Publishing beside other people's changes: what was read too early never wins, and nobody waits in a circle."""

import json
import threading
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.listings import confirming, publishing, states
from portal.listings.models import ChangeCounter, FactGroup, Listing
from portal.listings.publishing import Stale, publish, publish_locked, republish
from services.stations.admin import AmenityAdmin
from services.stations.models import Amenity, Station
from tests import api_places
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]


def stations(count: int) -> list[Any]:
    """Return published stations that offer water."""
    ChangeCounter.objects.get_or_create(id=1)
    Amenity.objects.get_or_create(code="water", defaults={"name": "饮水", "name_en": "Water"})
    offers = {"amenities": {"offers": [{"amenity": "water", "count": None, "note": ""}]}}
    return [api_places.publish(Station, f"驿站{number}", **offers) for number in range(count)]


def shown(station: Listing) -> dict[str, Any]:
    """Return the stored document."""
    return json.loads(Listing.objects.get(pk=station.pk).document)


def read(station: Listing) -> Station:
    """Return the station with all that its document needs, read now and not later."""
    return Station.objects.with_groups().get(pk=station.pk)


def test_a_listing_read_before_a_pause_is_not_published_over_it() -> None:
    (station,) = stations(1)
    Amenity.objects.update(name="热水")
    stale = read(station)
    states.move(listing=station, to="paused", actor=None, reason="检修")
    with pytest.raises(Stale):
        publish([stale])
    assert shown(station)["state"] == "paused"
    assert republish(Station, [station.pk]) == 0


def test_a_listing_read_before_a_confirmation_is_not_published_over_it() -> None:
    (station,) = stations(1)
    stale = read(station)
    confirming.confirm(listing=station, fact_groups=[FactGroup.HOURS], actor=None)
    with pytest.raises(Stale):
        publish([stale])
    assert shown(station)["confirmations"]["hours"]


def test_nothing_of_a_batch_is_published_when_one_row_is_stale() -> None:
    first, second = stations(2)
    Amenity.objects.update(name="热水")
    stale = [read(first), read(second)]
    states.move(listing=second, to="paused", actor=None, reason="检修")
    with pytest.raises(Stale):
        publish(stale)
    assert shown(first)["amenities"][0]["zh"] == "饮水"


def test_publishing_again_works_in_chunks_that_lock_before_they_read(monkeypatch: Any) -> None:
    found = stations(3)
    Amenity.objects.update(name="热水")
    monkeypatch.setattr(publishing, "CHUNK", 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert republish(Station, Station.objects.values_list("pk", flat=True)) == 3
    begun = [query for query in queries if query["sql"].startswith("BEGIN")]
    assert len(begun) == 2
    assert {shown(station)["amenities"][0]["zh"] for station in found} == {"热水"}
    if connection.vendor == "postgresql":
        reads = [
            query["sql"] for query in queries if '"services' in query["sql"] or "FOR UPDATE" in query["sql"]
        ]
        assert "FOR UPDATE" in reads[0]


def test_publishing_again_in_chunks_is_refused_inside_a_transaction() -> None:
    (station,) = stations(1)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        republish(Station, [station.pk])
    with transaction.atomic():
        assert publish_locked(Station, [station.pk]) == 0


def test_the_command_publishes_every_kind_again() -> None:
    (station,) = stations(1)
    canteen = api_places.canteen()
    Listing.objects.update(document="{}", document_hash="")
    call_command("republish")
    assert shown(station)["name"] == "驿站0"
    assert shown(canteen)["name"] == "康桥食堂"


def test_renaming_an_amenity_while_stations_are_paused_loses_neither(monkeypatch: Any) -> None:
    """The administration saves in one transaction; with the counter taken between two locks this deadlocks."""
    found = stations(6)
    monkeypatch.setattr(publishing, "CHUNK", 1)
    water = Amenity.objects.get()
    renamed = threading.Event()

    class Form:
        changed_data = ["name"]

    def rename() -> None:
        with transaction.atomic():
            for name in ("热水", "温水"):
                water.name = name
                AmenityAdmin(Amenity, site).save_model(None, water, Form(), True)  # type: ignore[arg-type]
        renamed.set()

    def pause() -> None:
        for station in reversed(found):
            states.move(listing=station, to="paused", actor=None, reason="检修")

    assert at_once([rename, pause]) == []
    documents = [shown(station) for station in found]
    assert {document["state"] for document in documents} == {"paused"}
    assert {document["amenities"][0]["zh"] for document in documents} == {"温水"}
    call_command("republish", check=True)
