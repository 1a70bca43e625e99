"""Share posters: made once for a change, never older than the listing, never beyond it."""

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from canteens.models import Canteen
from portal.listings import revising, states
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


def kept(canteen: Canteen) -> list[str]:
    return sorted(storages["private"].listdir(f"posters/{canteen.public_id}")[1])


def test_a_poster_is_gone_with_its_listing(client: Client) -> None:
    canteen = make_canteen()
    address = reverse("canteens:share", args=[canteen.public_id])
    response = client.get(address)
    assert response["Content-Type"] == "image/png"
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")
    assert response["Cache-Control"] == "public, max-age=60"
    assert not storages["public"].exists("posters")
    assert client.get(f"/media/posters/{canteen.public_id}/{kept(canteen)[0]}").status_code == 404
    states.move(listing=canteen, to="archived", actor=None)
    assert client.get(address).status_code == 404


def test_a_new_poster_replaces_those_of_older_changes(client: Client) -> None:
    canteen = make_canteen()
    address = reverse("canteens:share", args=[canteen.public_id])
    list(client.get(address).streaming_content)
    list(client.get(address, headers={"Accept-Language": "en"}).streaming_content)
    before = kept(canteen)
    assert len(before) == 2
    revising.edit(listing=canteen, changes={"name": "康桥大食堂"}, actor=None, channel="office")
    list(client.get(address).streaming_content)
    assert len(kept(canteen)) == 1
    assert kept(canteen)[0] not in before
