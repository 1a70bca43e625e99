"""What people call areas: loaded once, kept by staff in their scope, found at once."""

import csv
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.listings import publishing
from portal.listings.models import ChangeCounter, Listing
from portal.pages.search import catalogue as words
from portal.pages.search.catalogue import catalogue
from portal.regions.models import Nickname
from tests import pages_places as places
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parent.parent / "portal/regions/data/hangzhou"
ADD = "admin:regions_nickname_add"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_loaded_nickname_names_a_district_or_street_of_the_table() -> None:
    areas = {row["code"] for row in rows("regions.csv") if row["level"] in ("district", "street")}
    nicknames = rows("nicknames.csv")
    assert [row for row in nicknames if row["code"] not in areas] == []
    assert len({(row["name"], row["code"]) for row in nicknames}) == len(nicknames) > 40


def test_loading_adds_what_is_missing_and_keeps_what_staff_ended(
    regions: Any, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "nicknames.csv"
    path.write_text(f"name,code\n拱北,{KANGQIAO}\n城里,330102\n别处,330109001\n", encoding="utf-8")
    call_command("load_nicknames", str(path))
    told = capsys.readouterr().out
    assert "added: 2" in told
    assert "330109001 别处" in told
    assert "manage.py republish" in told
    Nickname.objects.filter(name="拱北").update(is_used=False)
    call_command("load_nicknames", str(path))
    assert "added: 0" in capsys.readouterr().out
    assert not Nickname.objects.get(name="拱北").is_used


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\n下沙\n", "code"),
        ("name,code\n下沙,33\n", "line 2"),
        ("name,code\n沙,330102\n", "2 to 30"),
        ("\ufffe", "column"),
    ],
)
def test_a_broken_table_of_nicknames_is_refused_by_line(
    regions: Any, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "nicknames.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=says):
        call_command("load_nicknames", str(path))
    with pytest.raises(CommandError):
        call_command("load_nicknames", str(tmp_path / "nothing.csv"))


def save(user: Any, url: str, **data: Any) -> Any:
    """Send the form as a person does."""
    client = Client()
    client.force_login(user)
    return client.post(
        url, {"name": "拱北", "district": "330105", "street": KANGQIAO, "is_used": "on", **data}
    )


def test_a_clerk_gives_the_own_street_a_nickname_and_it_is_found_at_once(
    clerk: Any, django_capture_on_commit_callbacks: Any
) -> None:
    place = places.canteen("食堂")
    before = Listing.objects.get(pk=place.pk)
    assert catalogue().meanings("拱北") == ()
    with django_capture_on_commit_callbacks(execute=True):
        assert save(clerk, reverse(ADD)).status_code == 302
    assert Listing.objects.search("gongbei").get().pk == place.pk
    assert str(catalogue().meanings("拱北")[0].label) == "康桥街道"
    after = Listing.objects.get(pk=place.pk)
    assert (after.change_number, after.document_hash) == (before.change_number, before.document_hash)

    nickname = Nickname.objects.get()
    page = reverse("admin:regions_nickname_change", args=[nickname.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert save(clerk, page, is_used="").status_code == 302
    assert not Listing.objects.search("拱北").exists()
    assert catalogue().meanings("拱北") == ()


@pytest.mark.django_db(transaction=True)
def test_a_nickname_is_stored_before_its_places_are_renewed_a_few_at_a_time(
    clerk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stopped run has left is made good by saving again, or by publishing again."""
    ChangeCounter.objects.get_or_create(id=1)
    for number in range(3):
        places.canteen(f"食堂{number}")
    locked: list[int] = []
    lock_rows = publishing.lock_rows

    def stop_at_the_second(pks: list[int]) -> None:
        locked.append(len(pks))
        if len(locked) == 2:
            raise RuntimeError("stopped")
        lock_rows(pks)

    monkeypatch.setattr(publishing, "CHUNK", 2)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="stopped"):
        patch.setattr(publishing, "lock_rows", stop_at_the_second)
        save(clerk, reverse(ADD))
    assert locked == [2, 1]
    nickname = Nickname.objects.get()
    assert Listing.objects.search("拱北").count() == 2
    page = reverse("admin:regions_nickname_change", args=[nickname.pk])
    assert save(clerk, page).status_code == 302
    assert Listing.objects.search("拱北").count() == 3
    Listing.objects.update(search_text="")
    call_command("republish")
    assert Listing.objects.search("拱北").count() == 3


def test_nobody_names_an_area_outside_the_own(clerk: Any, other_clerk: Any, district_admin: Any) -> None:
    foreign = {"district": "330102", "street": ZHALONGKOU}
    assert save(clerk, reverse(ADD), **foreign).status_code == 200
    whole = save(clerk, reverse(ADD), street="")
    assert "超出你的辖区" in whole.content.decode()
    mixed = save(district_admin, reverse(ADD), street=ZHALONGKOU)
    assert mixed.status_code == 200
    assert not Nickname.objects.exists()
    assert save(district_admin, reverse(ADD), street="").status_code == 302
    row = Nickname.objects.get()
    page = reverse("admin:regions_nickname_change", args=[row.pk])
    client = Client()
    client.force_login(other_clerk)
    assert client.get(page).status_code in (302, 403, 404)
    assert client.post(page, {"name": "坏", "district": "330105"}).status_code in (302, 403, 404)
    row.refresh_from_db()
    assert row.name == "拱北"


def test_a_community_clerk_and_an_operator_change_no_nickname(community_clerk: Any, operator: Any) -> None:
    for person in (community_clerk, operator):
        assert save(person, reverse(ADD)).status_code == 403
    assert not Nickname.objects.exists()


def test_a_nickname_is_never_deleted_and_never_given_twice(city_admin: Any) -> None:
    assert save(city_admin, reverse(ADD)).status_code == 302
    assert "已经有这个俗称" in save(city_admin, reverse(ADD)).content.decode()
    assert "至少两个字" in save(city_admin, reverse(ADD), name="拱").content.decode()
    client = Client()
    client.force_login(city_admin)
    url = reverse("admin:regions_nickname_delete", args=[Nickname.objects.get().pk])
    assert client.post(url, {"post": "yes"}).status_code == 403


def test_what_an_amenity_is_also_called_is_found_after_the_next_save(
    city_admin: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from services.stations.models import Amenity

    Amenity.objects.create(code="water", name="饮用水", name_en="Drinking water")
    place = places.station("驿站", amenities={"offers": [{"amenity": "water", "count": None, "note": ""}]})
    assert not Listing.objects.search("凉茶").exists()
    client = Client()
    client.force_login(city_admin)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:stations_amenity_change", args=["water"]),
            {"name": "饮用水", "name_en": "Drinking water", "also_called": "凉茶、茶水", "position": "1"},
        )
    assert Listing.objects.search("liangcha").get().pk == place.pk
    assert str(catalogue().meanings("茶水")[0].label) == "饮用水"


def test_threads_that_need_the_words_at_once_read_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Slow:
        def __init__(self) -> None:
            read.append("begun")
            time.sleep(0.2)

    stamps = iter(["before", "after"] * 3)
    monkeypatch.setattr(words, "Catalogue", Slow)
    monkeypatch.setattr(words, "catalogue_stamp", lambda: next(stamps))
    words._catalogue.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        found = {future.result() for future in [pool.submit(catalogue) for _thread in range(6)]}
    words._catalogue.cache_clear()
    assert (len(read), len(found)) == (2, 2)


def test_a_version_that_knows_no_other_names_of_amenities_still_adds_some() -> None:
    from services.stations.models import Amenity

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stations_amenity (code, name, name_en, position) VALUES ('tea', '茶水', 'Tea', 1)"
        )
    assert Amenity.objects.get(code="tea").also_called == ""
