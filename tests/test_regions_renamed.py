"""A region that is renamed or spelt otherwise is found and shown by its new name."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from canteens.models import Canteen
from portal.listings.models import Listing
from portal.regions.models import Street
from scripts import serve
from tests import api_places
from tests.personas import KANGQIAO, PLACES

pytestmark = pytest.mark.django_db
PARENT = {"city": 0, "district": 4, "street": 6, "community": 9}
HINT = "now run manage.py republish"


@pytest.fixture
def renamed(regions: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    """Return a table of the tests' places, in which 康桥街道 is called 新康街道."""
    lines = [
        f"{code},{level},{'新康街道' if code == KANGQIAO else name},{code[: PARENT[level]]}"
        for code, level, name in PLACES
    ]
    path = tmp_path / "regions.csv"
    path.write_text("\n".join(["code,level,name,parent_code", *lines]) + "\n", encoding="utf-8")
    monkeypatch.setattr(serve, "REGIONS", str(path))
    return path


def test_a_table_with_a_new_name_says_what_to_do_next(renamed: Path, capsys: Any) -> None:
    call_command("load_regions", str(renamed))
    assert HINT in capsys.readouterr().out
    call_command("load_regions", str(renamed))
    assert HINT not in capsys.readouterr().out


def test_a_region_spelt_otherwise_counts_as_renamed(renamed: Path, capsys: Any) -> None:
    call_command("load_regions", str(renamed))
    Street.objects.filter(pk=KANGQIAO).update(pinyin="xinkong jiedao")
    capsys.readouterr()
    call_command("load_regions", str(renamed))
    told = capsys.readouterr().out
    assert "respelt: 1\n  330105010 新康街道 xinkong jiedao → xinkang jiedao" in told
    assert HINT in told


def test_starting_the_portal_renews_documents_and_search_after_a_new_name(renamed: Path) -> None:
    place: Listing = api_places.canteen("食堂")
    assert "康桥街道" in place.document
    serve.load_regions()
    place.refresh_from_db()
    street = json.loads(place.document)["street"]
    assert (street["zh"], street["en"]) == ("新康街道", "Xinkang Subdistrict")
    assert Canteen.objects.search("新康").get() == place
    assert Canteen.objects.search("xinkang").exists()
    assert not Canteen.objects.search("康桥街道").exists()
    call_command("republish", check=True)


def test_the_check_notices_a_new_name_that_nobody_published(renamed: Path) -> None:
    place = api_places.canteen("食堂")
    call_command("load_regions", str(renamed))
    with pytest.raises(CommandError, match=place.public_id):
        call_command("republish", check=True)
