"""Backups know storages only as Django does: what lay in a folder comes back into a bucket, and the other way."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from portal.keeping import media
from portal.keeping.backing_up import back_up
from portal.keeping.restoring import plan, restore
from portal.keeping.words import Refused
from portal.listings import revising
from portal.listings.models import Listing
from portal.listings.pictures import store_picture
from tests.backup_city import picture
from tests.factories import make_canteen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buckets() -> Iterator[dict[str, Any]]:
    """Start a bucket server; return storages on it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    for alias in media.KEPT:
        client.create_bucket(Bucket=f"portal-{alias}")
    yield {
        alias: {
            "BACKEND": f"portal.running.buckets.{backend}",
            "OPTIONS": {
                "bucket_name": f"portal-{alias}",
                "endpoint_url": endpoint,
                "region_name": "us-east-1",
                "access_key": "key",
                "secret_key": "secret",
                **more,
            },
        }
        for alias, backend, more in (
            ("public", "PublicBucket", {"base_url": "/media/"}),
            ("private", "Bucket", {}),
        )
    }
    server.stop()


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Any]:
    """Return storages in folders."""
    return {
        alias: {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media" / alias, "base_url": None},
        }
        for alias in media.KEPT
    }


def contents() -> dict[tuple[str, str], str]:
    """Return the digest of every file that the storages hold."""
    return {
        (alias, name): hashlib.sha256(storages[alias].open(name).read()).hexdigest()
        for alias in media.KEPT
        for name in media.names_in(alias)
    }


def test_media_go_from_a_folder_into_a_bucket_and_back(
    regions: Any, settings: Any, buckets: dict[str, Any], folders: dict[str, Any], tmp_path: Path
) -> None:
    plain = settings.STORAGES
    settings.STORAGES = {**plain, **folders}
    listing = make_canteen()
    kept = store_picture(picture(7))
    rows = [{"role": "picture", "alt": "", "position": 0, **kept._asdict()}]
    revising.edit(listing=listing, changes={"photos": {"photos": rows}}, actor=None, channel="office")
    storages["private"].save("letters/信 1.txt", ContentFile("私".encode()))
    in_folders = contents()
    first, manifest = back_up(tmp_path / "from-folders")
    assert not manifest.missing

    settings.STORAGES = {**plain, **buckets}
    assert contents() == {}
    Listing.objects.filter(pk=listing.pk).update(notice="后来的改动")
    restore(plan(first))
    assert contents() == in_folders
    assert Listing.objects.get(pk=listing.pk).notice == ""

    # What a bucket holds already is not sent again; what it holds besides stays.
    storages["public"].save("photos/zz/newer.webp", ContentFile(b"newer"))
    again = plan(first)
    assert again.lacking == again.differing == []
    second, manifest = back_up(tmp_path / "from-buckets")
    assert {(entry.storage, entry.name) for entry in manifest.media} == set(contents())
    assert not manifest.missing
    assert storages["public"].exists("photos/zz/newer.webp")

    settings.STORAGES = {**plain, **folders}
    storages["public"].delete(manifest.media[0].name)
    restore(plan(second))
    assert contents() == {
        **in_folders,
        ("public", "photos/zz/newer.webp"): hashlib.sha256(b"newer").hexdigest(),
    }


def test_a_bucket_that_does_not_answer_ends_the_backup_and_names_no_file_missing(
    regions: Any, settings: Any, buckets: dict[str, Any], tmp_path: Path
) -> None:
    settings.STORAGES = {**settings.STORAGES, **buckets}
    make_canteen()
    for place in buckets.values():
        place["OPTIONS"]["endpoint_url"] = "http://127.0.0.1:9"
    settings.STORAGES = {**settings.STORAGES, **buckets}
    with pytest.raises(Refused, match="The bucket does not answer"):
        back_up(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []
