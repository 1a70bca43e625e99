"""Pictures and private files in buckets: a real S3 server on loopback, everything a person does."""

import datetime as dt
import gzip
import hashlib
import io
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer

from portal.listings import dumping, importing_files
from portal.listings.drawings import kinds, storing
from portal.listings.models import ImportBatch
from portal.listings.pictures import PictureRefused, picture_paths, store_picture
from portal.storage import FOREVER, PIECE_BYTES, pieces
from tests.admin_form import fields_of
from tests.factories import make_canteen
from tests.test_admin_lists import opened, page, picture, signed_in, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
PUBLIC, PRIVATE = "nuanxin-public", "nuanxin-private"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of an S3 server on loopback."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def store(server: str, settings: Any) -> Any:
    """Use two empty buckets, and return the client of somebody who looks into them."""
    login = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=server, **login)
    for bucket in (PUBLIC, PRIVATE):
        client.create_bucket(Bucket=bucket)
        for row in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            client.delete_object(Bucket=bucket, Key=row["Key"])
    use(settings, server)
    return client


def use(settings: Any, server: str, base_url: str = "/media/") -> None:
    options = {
        "endpoint_url": server,
        "access_key": "key",
        "secret_key": "secret",
        "region_name": "us-east-1",
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "public": {
            "BACKEND": "portal.running.buckets.PublicBucket",
            "OPTIONS": {"bucket_name": PUBLIC, "base_url": base_url, **options},
        },
        "private": {
            "BACKEND": "portal.running.buckets.Bucket",
            "OPTIONS": {"bucket_name": PRIVATE, **options},
        },
        "exports": {
            "BACKEND": "portal.running.buckets.Bucket",
            "OPTIONS": {"bucket_name": PRIVATE, "location": "exports", **options},
        },
    }


def names(store: Any, bucket: str) -> list[str]:
    return [row["Key"] for row in store.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_photo_uploaded_in_the_admin_is_seen_by_a_visitor(store: Any, clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    answer = client.post(
        page(canteen), {**data, "photos-0-upload": upload("门口.jpg", picture()), "photos-0-alt": "门口"}
    )
    assert answer.status_code == 302
    photo = canteen.photos.get()
    paths = picture_paths(photo.digest)
    assert set(paths.values()) <= set(names(store, PUBLIC))
    html = Client().get(canteen.get_absolute_url()).content.decode()
    assert f"/media/{paths['medium']}" in html or f"/media/{paths['large']}" in html
    seen = Client().get(f"/media/{paths['small']}")
    assert seen["Content-Type"] == "image/webp"
    assert seen["Cache-Control"] == FOREVER
    assert b"".join(seen.streaming_content)[8:12] == b"WEBP"


def test_a_drawing_is_stored_with_its_listing_and_served(store: Any) -> None:
    canteen = make_canteen()
    drawing = Client().get(f"/api/v1/canteens/{canteen.public_id}/").json()["drawing"]
    assert drawing in names(store, PUBLIC)
    answer = Client().get(f"/media/{drawing}")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content).startswith(b"<svg")


def test_what_the_bucket_serves_itself_may_be_kept_for_ever(store: Any) -> None:
    stored = store_picture(io.BytesIO(picture()))
    head = store.head_object(Bucket=PUBLIC, Key=picture_paths(stored.digest)["large"])
    assert head["CacheControl"] == FOREVER
    assert head["ContentType"] == "image/webp"


def test_the_same_photo_from_two_nodes_is_stored_once(store: Any) -> None:
    content = picture()
    at_once = [threading.Thread(target=lambda: store_picture(io.BytesIO(content))) for _node in range(4)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    assert len(names(store, PUBLIC)) == 3


def test_a_poster_is_private_and_made_once(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    canteen = make_canteen()
    address = reverse("canteens:share", args=[canteen.public_id])
    first = b"".join(Client().get(address).streaming_content)
    [name] = names(store, PRIVATE)
    monkeypatch.setattr("portal.listings.views.share_picture", lambda *_: pytest.fail("made again"))
    assert b"".join(Client().get(address).streaming_content) == first
    assert Client().get(f"/media/{name}").status_code == 404
    with pytest.raises(ValueError, match="no public address"):
        storages["private"].url(name)
    grants = store.get_object_acl(Bucket=PRIVATE, Key=name)["Grants"]
    assert not any("AllUsers" in str(grant) for grant in grants)


def test_an_import_is_kept_in_the_private_bucket_and_forgotten_after_its_time(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = ImportBatch.objects.create(kind="canteen", file_name="x.csv", **importing_files.keep(b"a"))
    assert names(store, PRIVATE) == [batch.file_path]
    assert importing_files.content_of(batch) == b"a"
    importing_files.forget_old()
    assert names(store, PRIVATE) == [batch.file_path]
    monkeypatch.setattr(importing_files, "KEPT", -dt.timedelta(days=1))
    importing_files.forget_old()
    assert names(store, PRIVATE) == []


def test_pictures_may_be_read_at_the_host_of_the_bucket(store: Any, server: str, settings: Any) -> None:
    use(settings, server, "https://pictures.example/")
    path = storing.store_drawing(kinds.Drawing("neutral", {}))
    assert storages["public"].url(path) == f"https://pictures.example/{path}"


def test_a_missing_picture_is_a_404_and_a_lost_bucket_a_503(store: Any, settings: Any) -> None:
    assert Client().get("/media/photos/aa/none.webp").status_code == 404
    use(settings, "http://127.0.0.1:9")
    answer = Client().get("/media/photos/aa/none.webp")
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")


def test_a_bucket_that_does_not_answer_is_said_in_the_form_and_loses_nothing(
    store: Any, settings: Any, clerk: Any
) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    use(settings, "http://127.0.0.1:9")
    with pytest.raises(PictureRefused, match="一分钟后"):
        store_picture(io.BytesIO(picture()))
    answer = client.post(
        page(canteen), {**data, "name": "改了名", "photos-0-upload": upload("门口.jpg", picture())}
    )
    assert answer.status_code == 200
    assert "一分钟后重新选择" in answer.content.decode()
    assert fields_of(answer.content.decode())["name"] == "改了名"


def test_both_buckets_are_named_and_differ(tmp_path: Any) -> None:
    import os
    import subprocess
    import sys

    for named in ({"MEDIA_S3_BUCKET": "a"}, {"MEDIA_S3_BUCKET": "a", "MEDIA_S3_PRIVATE_BUCKET": "a"}):
        done = subprocess.run(
            [sys.executable, "-c", "import portal.settings"],
            env={**os.environ, **named},
            capture_output=True,
            text=True,
        )
        assert "two buckets" in done.stderr


def test_a_file_read_twice_is_the_same(store: Any) -> None:
    name = storages["private"].save("x/a.txt", ContentFile(b"1"))
    storages["private"].save("x/a.txt", ContentFile(b"2"))
    with storages["private"].open(name) as file:
        assert file.read() == b"2"


def test_the_policy_of_pages_names_the_host_of_the_bucket() -> None:
    import os
    import subprocess
    import sys

    code = "from portal import settings as s; print(s.MEDIA_URL, s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MEDIA_HOST": "https://pictures.example"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("https://pictures.example/ ")
    assert "'https://pictures.example'" in done.stdout


def test_a_dump_lies_in_a_bucket_and_is_read_in_pieces(store: Any) -> None:
    make_canteen()
    dump = dumping.write_dump(dt.date(2026, 11, 26))
    assert f"exports/{dump.stored_name}" in names(store, PRIVATE)
    url = f"/api/v1/dumps/{dump.file_name}"
    packed = b"".join(Client().get(url).streaming_content)
    assert hashlib.sha256(packed).hexdigest() == dump.sha256
    assert len(gzip.decompress(packed).splitlines()) == dump.row_count == 1
    part = Client().get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, packed[10:20])
    with time_machine.travel(timezone.now() + dt.timedelta(days=40)):
        dumping.forget_old(dt.date(2027, 1, 5))
    assert f"exports/{dump.stored_name}" not in names(store, PRIVATE)
    assert Client().get(url).status_code == 404


def test_a_dump_is_never_fetched_whole_from_a_bucket(store: Any, monkeypatch: Any) -> None:
    storage = storages["exports"]
    storage.save("dumps/large", ContentFile(b"x" * 5_000_000))
    # Opened as a file, a bucket's is fetched whole into memory first.
    monkeypatch.setattr(type(storage), "_open", lambda *asked: pytest.fail("opened as a file"))
    sizes = [len(piece) for piece in pieces(storage, "dumps/large", 1, 5_000_000)]
    assert sum(sizes) == 4_999_999
    assert max(sizes) <= PIECE_BYTES


def test_a_bucket_that_is_away_is_no_missing_dump(store: Any, settings: Any) -> None:
    dump = dumping.write_dump(dt.date(2026, 11, 26))
    url = f"/api/v1/dumps/{dump.file_name}"
    store.delete_object(Bucket=PRIVATE, Key=f"exports/{dump.stored_name}")
    assert Client().get(url).status_code == 404
    use(settings, "http://127.0.0.1:9")
    answer = Client(raise_request_exception=False).get(url)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_lost")
