"""What travels compressed, and that its weak tag is still known."""

import gzip

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@time_machine.travel("2026-11-23T12:00:10+08:00", tick=False)
def test_the_api_is_compressed_and_its_weak_tag_still_counts(client: Client) -> None:
    make_canteen()
    asks = {"Accept-Encoding": "gzip"}
    response = client.get("/api/v1/canteens/", headers=asks)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content).startswith(b'{"count":1')
    assert "Accept-Encoding" in response["Vary"]
    assert response["ETag"].startswith('W/"')
    again = client.get("/api/v1/canteens/", headers={**asks, "If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_pages_are_compressed_and_pictures_are_not(client: Client) -> None:
    canteen = make_canteen()
    asks = {"Accept-Encoding": "gzip"}
    assert client.get("/canteens/", headers=asks)["Content-Encoding"] == "gzip"
    poster = client.get(reverse("canteens:share", args=[canteen.public_id]), headers=asks)
    assert not poster.has_header("Content-Encoding")
    assert b"".join(poster.streaming_content).startswith(b"\x89PNG")
