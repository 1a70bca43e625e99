"""What nobody told the portal about taps, and where they appear all the same. Run by tests/test_throwaway_kind.py."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.listings import revising
from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from tests.factories import make_listing
from tests.map_points import unpack
from tests.source_rows import PUBLISH, WRITE, body, key_for, make_source, put, read
from tests.throwaway.models import Tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def tap(regions: Any) -> Tap:
    """Return a published tap."""
    return make_listing(Tap, name="运河边饮水点", is_cold=False, spouts={"spouts": [{"name": "温开水"}]})


def test_a_tap_is_one_kind_among_the_others() -> None:
    assert set(kind_names()) == {"apartment", "canteen", "station", "compound", "tap"}


def test_the_home_page_has_a_door_to_the_taps(client: Client, tap: Tap) -> None:
    page = client.get("/").content.decode()
    assert "饮水点" in page
    assert 'href="/taps/' in page
    assert "运河边饮水点" in page


def test_the_search_finds_a_tap_by_its_own_words(client: Client, tap: Tap) -> None:
    for words in ("运河边", "yunhebian", "温开水"):
        assert "运河边饮水点" in client.get("/search/", {"q": words}).content.decode(), words


def test_the_map_shows_the_tap(client: Client, tap: Tap) -> None:
    (shown,) = unpack(client.get(reverse("map_data")).json()).values()
    assert (shown.kind, shown.name, shown.url) == ("tap", "运河边饮水点", f"/taps/{tap.public_id}/")


def test_the_api_serves_taps_with_their_own_keys(client: Client, tap: Tap) -> None:
    rows = client.get("/api/v1/taps/").json()["results"]
    assert [(row["kind"], row["is_cold"], row["spouts"]) for row in rows] == [("tap", False, ["温开水"])]
    assert client.get(f"/api/v1/taps/{tap.public_id}/").json()["id"] == tap.public_id
    assert "taps" in client.get("/api/v1/").json()["links"]
    assert "/api/v1/taps/" in client.get("/api/v1/schema/").content.decode()


def test_a_tap_is_a_service_of_its_own_term_in_hsds(client: Client, tap: Tap) -> None:
    (term,) = client.get("/hsds/taxonomy_terms?search=饮水点").json()["contents"]
    (row,) = client.get(f"/hsds/services?taxonomy_term_id={term['id']}&full=true").json()["contents"]
    assert (term["code"], row["name"]) == ("tap", "运河边饮水点")


def test_staff_keep_taps_in_the_admin_without_a_line_of_admin_code(
    client: Client, tap: Tap, clerk: User, other_clerk: User
) -> None:
    client.force_login(clerk)
    index = client.get(reverse("admin:index")).content.decode()
    listed = client.get(reverse("admin:throwaway_tap_changelist")).content.decode()
    form = client.get(reverse("admin:throwaway_tap_change", args=[tap.pk])).content.decode()
    assert reverse("admin:throwaway_tap_changelist") in index
    assert "运河边饮水点" in listed
    assert 'name="is_cold"' in form
    assert 'name="spouts-0-name"' in form
    client.force_login(other_clerk)
    assert "运河边饮水点" not in client.get(reverse("admin:throwaway_tap_changelist")).content.decode()
    assert client.get(reverse("admin:throwaway_tap_change", args=[tap.pk])).status_code in (302, 403, 404)


def test_a_tap_has_versions_like_any_listing(tap: Tap, clerk: User) -> None:
    spouts = {"spouts": [{"name": "温开水"}, {"name": "冰水"}]}
    revision = revising.edit(listing=tap, changes={"spouts": spouts}, actor=clerk, channel="office")
    assert list(revision.after) == ["spouts"]
    assert json.loads(Listing.objects.get(pk=tap.pk).document)["spouts"] == ["温开水", "冰水"]


@pytest.mark.usefixtures("regions")
def test_a_partner_writes_taps_by_what_they_say_of_themselves(client: Client) -> None:
    key = key_for(make_source(), WRITE, PUBLISH)
    said = body(is_cold=False, spouts={"spouts": [{"name": "温开水"}]}, state="published")
    assert put(key, said, kind="tap").json()["outcome"] == "created"
    assert put(key, said, kind="tap").json()["outcome"] == "unchanged"
    assert read(key, kind="tap").json()["current"]["spouts"] == {"spouts": [{"name": "温开水"}]}
    assert put(key, {"is_cold": "no"}, kind="tap").json()["errors"][0]["field"] == "is_cold"
    assert "source_tap_write" in client.get("/api/v1/schema/").content.decode()
