"""What the portal serves for the phone: worker, manifest, favourites' cookie, shared texts, and what it calls private."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal.listings import states
from portal.listings.coordinates import from_wgs84
from portal.listings.models.listing import CROCKFORD
from portal.pages import phone
from portal.pages.favourites import MOST
from portal.pages.shared_text import MOST_NAME, read_shared
from tests import pages_places as places
from tests.personas import make_person

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.django_db


def test_the_worker_is_asked_for_anew_each_time_and_stays_under_the_strict_policy(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert "unsafe" not in answer["Content-Security-Policy"]
    for name in re.findall(r'importScripts\("/static/([^"]+)"\)', answer.content.decode()):
        assert (ROOT / "static" / name).is_file()


def test_the_worker_differs_when_any_file_of_the_release_does(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = client.get("/sw.js").content
    assert client.get("/sw.js").content == before
    names = phone.shell_names()
    monkeypatch.setattr(phone, "shell_names", lambda: (*names[:-1], "js/spots.0123456789ab.js"))
    after = client.get("/sw.js").content
    version = re.compile(rb'"version":"(\w+)"')
    assert version.findall(before) != version.findall(after)


def test_every_part_of_the_worker_fits_sixty_lines_and_is_served() -> None:
    parts = sorted((ROOT / "static" / "js" / "worker").glob("*.js"))
    assert sorted(phone.WORKER_SCRIPTS) == [path.relative_to(ROOT / "static").as_posix() for path in parts]
    for path in parts:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "一餐饭"), ("en", "A meal")])
def test_the_manifest_speaks_the_language_of_its_address(client: Client, language: str, word: str) -> None:
    answer = client.get(f"/manifest-{language}.webmanifest", headers={"Accept-Language": "de"})
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["lang"] == language
    assert word in [shortcut["name"] for shortcut in manifest["shortcuts"]]
    assert len(manifest["shortcuts"]) == 4
    for shortcut in manifest["shortcuts"]:
        assert client.get(shortcut["url"]).status_code == 200
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert (ROOT / icon["src"].lstrip("/")).is_file()
    assert manifest["share_target"]["method"] == "GET"
    assert client.get(manifest["share_target"]["action"]).status_code == 200


def test_a_manifest_in_a_language_that_we_do_not_speak_is_not_there(client: Client) -> None:
    assert client.get("/manifest-fr.webmanifest").status_code == 404


def test_the_app_has_the_colours_of_the_tokens(client: Client) -> None:
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    colour = client.get("/manifest-en.webmanifest").json()["background_color"]
    assert f"--paper: {colour};" in tokens
    assert f'content="{colour}"' in client.get("/").content.decode()


def test_a_page_that_looked_at_who_is_signed_in_is_private(client: Client) -> None:
    assert "private" not in client.get("/me/").get("Cache-Control", "")
    client.force_login(make_person("+8613800138000", "王师傅"))
    assert "private" in client.get("/me/")["Cache-Control"]
    for public in ("/", "/canteens/", "/rights/", "/offline/", "/sw.js", "/manifest-en.webmanifest"):
        assert "private" not in client.get(public).get("Cache-Control", ""), public


def test_signing_in_is_never_kept_by_anybody(client: Client) -> None:
    assert "no-store" in client.get("/accounts/login/")["Cache-Control"]


def star(client: Client, public_id: str, **more: str) -> Any:
    return client.post("/me/favourites/", {"add": public_id, **more}, follow=True)


def test_a_favourite_is_kept_newest_first_and_taken_off(client: Client, regions: Any) -> None:
    first, second = places.canteen("康桥食堂"), places.station("康桥驿站")
    star(client, first.public_id)
    answer = star(client, second.public_id, next=second.get_absolute_url())
    assert answer.request["PATH_INFO"] == second.get_absolute_url()
    assert "已收藏" in answer.content.decode()
    assert client.cookies["favourites"].value == f"{second.public_id}.{first.public_id}"
    page = client.get("/me/favourites/").content.decode()
    assert page.index("康桥驿站") < page.index("康桥食堂")
    client.post("/me/favourites/", {"remove": second.public_id})
    assert client.cookies["favourites"].value == first.public_id
    client.post("/me/favourites/", {"remove": first.public_id})
    assert client.cookies["favourites"].value == ""
    assert "还没有收藏" in client.get("/me/favourites/").content.decode()


@pytest.mark.parametrize("path", ["/me/", "/me/favourites/"])
def test_the_server_keeps_favourites_for_as_long_again(client: Client, regions: Any, path: str) -> None:
    assert "favourites" not in client.get(path).cookies
    client.cookies["favourites"] = places.canteen("康桥食堂").public_id
    renewed = client.get(path).cookies["favourites"]
    assert (renewed.value, renewed["max-age"]) == (client.cookies["favourites"].value, 400 * 24 * 3600)
    assert "favourites" not in client.get(path, headers={"X-Requested-With": "fetch"}).cookies


def test_a_star_that_a_script_tells_is_kept_without_a_word(client: Client, regions: Any) -> None:
    listing = places.canteen("康桥食堂")
    answer = client.post("/me/favourites/", {"add": listing.public_id}, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 204
    assert answer.cookies["favourites"].value == listing.public_id
    assert "已收藏" not in client.get("/me/").content.decode()


def test_the_oldest_favourite_makes_room_and_that_is_told(client: Client, regions: Any) -> None:
    ids = [f"{number:010d}" for number in range(MOST)]
    client.cookies["favourites"] = ".".join(ids)
    answer = star(client, places.canteen("康桥食堂").public_id)
    kept = client.cookies["favourites"].value.split(".")
    assert len(kept) == MOST
    assert ids[-1] not in kept
    assert "最早收藏的一个已经移出" in answer.content.decode()


@pytest.mark.parametrize(
    "value",
    [
        "x",
        ".",
        "../../etc",
        "<script>",
        "0" * 9,
        "0" * 5000,
        "IIIIIIIIII",
        "0123456789.0123456789",
        "%00",
        '"',
    ],
)
def test_a_tampered_cookie_shows_a_page_all_the_same(client: Client, regions: Any, value: str) -> None:
    client.cookies["favourites"] = value
    answer = client.get("/me/favourites/")
    assert answer.status_code == 200
    assert answer.content.decode().count('name="remove"') <= 1
    star(client, places.canteen("康桥食堂").public_id)
    assert re.fullmatch(rf"([{CROCKFORD}]{{10}}\.?){{1,60}}", client.cookies["favourites"].value)


@pytest.mark.parametrize("value", ["", "0123456789", "x" * 5000, "\x00"])
def test_what_is_no_public_place_cannot_be_starred(client: Client, regions: Any, value: str) -> None:
    star(client, value)
    assert "favourites" not in client.cookies or client.cookies["favourites"].value == ""


def test_starring_leads_nowhere_outside_the_portal(client: Client, regions: Any) -> None:
    answer = client.post(
        "/me/favourites/", {"add": places.canteen("食堂").public_id, "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/me/favourites/"


@pytest.mark.parametrize("value", ["?x=1", "admin", "a/b", "#", "/[", "/\n"])
def test_a_next_page_that_is_no_path_of_ours_is_no_fault(client: Client, regions: Any, value: str) -> None:
    for answer in (
        client.post("/me/favourites/", {"add": "0123456789", "next": value}),
        client.post("/place/", {"area": "", "next": value}),
        client.get("/place/", {"near": "30.36,120.15", "next": value}),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/")


def test_paused_and_vanished_favourites_are_told_plainly(client: Client, regions: Any) -> None:
    paused, gone = places.canteen("停业食堂"), places.canteen("消失食堂")
    star(client, paused.public_id)
    star(client, gone.public_id)
    states.move(listing=paused, to="paused", actor=None, reason="停电检修")
    states.move(listing=gone, to="archived", actor=None)
    page = client.get("/me/favourites/").content.decode()
    assert "停电检修" in page
    assert "已下线" in page
    assert gone.public_id in page
    assert "消失食堂" not in page


def test_cards_say_the_same_to_everybody(client: Client, regions: Any) -> None:
    listing = places.canteen("康桥食堂")
    before = client.get("/canteens/").content.decode().split("data-results")[1]
    star(client, listing.public_id)
    assert client.get("/canteens/").content.decode().split("data-results")[1] == before


SHARED = [
    ("【高德地图】杭州东站 浙江省杭州市上城区全福桥路2号 https://surl.amap.com/4vF3q1x5n", "杭州东站"),
    (
        "我在百度地图发现了【康桥食堂】,地址:浙江省杭州市拱墅区康桥路1号,快来看看吧:https://j.map.baidu.com/ab/cd",
        "康桥食堂",
    ),
    ("这里是:康桥职工食堂 地址:康桥路1号 点此查看:http://j.map.baidu.com/xx", "康桥职工食堂"),
    (
        "【腾讯地图】[闸弄口驿站]天城路 https://map.qq.com/?type=marker&marker=coord:30.28,120.19",
        "闸弄口驿站",
    ),
    ("我用高德地图分享了一个位置：闸弄口驿站，https://a.amap.com/x", "闸弄口驿站"),
    ("康桥食堂\n浙江省杭州市拱墅区康桥路1号\nhttps://surl.amap.com/abc", "康桥食堂"),
    ("北京站 39.90, 116.42", "北京站"),
    ("https://surl.amap.com/abc", ""),
    ("！！！", ""),
]


@pytest.mark.parametrize(("text", "name"), SHARED)
def test_the_name_is_found_in_what_maps_share(text: str, name: str) -> None:
    assert read_shared("", text, "").name == name


@given(lat=st.floats(30.1, 30.5), lng=st.floats(119.9, 120.4), swapped=st.booleans())
def test_a_position_comes_back_in_wgs84_whatever_map_it_was_shared_from(
    lat: float, lng: float, swapped: bool
) -> None:
    gcj_lat, gcj_lng = from_wgs84(lat, lng, "gcj02")
    bd_lat, bd_lng = from_wgs84(lat, lng, "bd09")
    pair = (gcj_lng, gcj_lat) if swapped else (gcj_lat, gcj_lng)
    for text in (
        f"看这里 https://uri.amap.com/marker?position={gcj_lng:.7f},{gcj_lat:.7f}&name=x",
        f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{gcj_lat:.7f},{gcj_lng:.7f};title:x",
        f"【百度地图】x https://api.map.baidu.com/marker?location={bd_lat:.7f},{bd_lng:.7f}&title=x",
        f"{pair[0]:.7f}，{pair[1]:.7f} 在这",
        f"geo:{lat:.7f},{lng:.7f}?q=x",
    ):
        found = read_shared("", text, "").position
        assert found is not None, text
        assert abs(found.lat - lat) < 1e-5, text
        assert abs(found.lng - lng) < 1e-5, text


PIECES = st.sampled_from(
    ["【", "】", "[", "]", "https://", "geo:", "30.36,120.15", "120.15 30.36", "地址:", "我在高德地图发现了", "http://[", "a.com/",
     "\x00", "\n", "，", "康桥食堂", "https://uri.amap.com/marker?position=", "999.9,999.9", " " * 50, "/canteens/0123456789/", "\ud800"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))


@given(title=TEXTS, text=TEXTS, url=TEXTS)
def test_any_shared_text_is_read_without_a_fault(title: str, text: str, url: str) -> None:
    found = read_shared(title, text, url, ("localhost",))
    assert len(found.name) <= MOST_NAME
    assert "\n" not in found.name
    assert found.name == found.name.strip()


@pytest.mark.parametrize("piece", [" ", "【", "1.11 ", "a.com/", "地址: "])
def test_of_a_huge_shared_text_only_the_beginning_is_read(piece: str) -> None:
    huge = piece * 100_000
    end = "\n【康桥食堂】 30.36, 120.15 http://testserver/canteens/0123456789/"
    began = time.process_time()
    found = read_shared(huge + end, huge + end, huge + end, ("testserver",))
    assert time.process_time() - began < 1
    assert (found.position, found.public_id) == (None, "")
    assert "康桥食堂" not in found.name


def test_a_link_to_our_own_place_leads_straight_there(client: Client, regions: Any) -> None:
    listing = places.canteen("康桥食堂")
    for text in (
        f"http://testserver{listing.get_absolute_url()}",
        f"这家不错 http://testserver{listing.get_absolute_url()}?x=1",
    ):
        assert client.get("/share/", {"text": text})["Location"] == listing.get_absolute_url()
    states.move(listing=listing, to="archived", actor=None)
    assert "这个点位已下线" in client.get("/share/", {"text": text}).content.decode()


def test_a_foreign_link_that_looks_like_ours_is_not_followed(client: Client, regions: Any) -> None:
    listing = places.canteen("康桥食堂")
    answer = client.get("/share/", {"url": f"https://evil.example{listing.get_absolute_url()}"})
    assert answer.status_code == 200


def test_a_shared_name_leads_to_the_search(client: Client, regions: Any) -> None:
    answer = client.get("/share/", {"title": "康桥食堂", "url": "https://surl.amap.com/x"}, follow=True)
    assert answer.request["PATH_INFO"] == "/search/"
    assert "康桥食堂" in answer.content.decode()


def test_a_shared_position_shows_what_is_around_it(client: Client, regions: Any) -> None:
    places.canteen("康桥食堂", 200)
    lat, lng = from_wgs84(*places.HERE, "gcj02")
    page = client.get(
        "/share/", {"text": f"午饭 https://uri.amap.com/marker?position={lng:.6f},{lat:.6f}"}
    ).content.decode()
    assert "午饭" in page
    assert "康桥食堂" in page
    assert "200 米" in page or "步行" in page


def test_a_position_outside_the_city_is_told(client: Client, regions: Any) -> None:
    page = client.get("/share/", {"text": "北京站 39.90, 116.42"}).content.decode()
    assert "这个位置不在本市" in page
    assert "搜索这个名称" in page


@pytest.mark.parametrize("query", [{}, {"text": ""}, {"text": "！？"}, {"text": "\x00"}, {"url": "x" * 9000}])
def test_the_share_page_asks_where_nothing_was_understood(
    client: Client, regions: Any, query: dict[str, str]
) -> None:
    answer = client.get("/share/", query, follow=True)
    assert answer.status_code in (200, 400)
    assert "<form" in answer.content.decode() or answer.status_code == 400
