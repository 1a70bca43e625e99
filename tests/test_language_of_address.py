"""The language in the address: shared links open as their sender saw them, and the rest of the portal follows."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
import segno
from django.conf import settings
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.listings import states
from portal.listings.languages import in_language, language_of
from portal.listings.sharing import shared_url
from tests import pages_places as places
from tests.pages_places import NEAR

COOKIE = settings.LANGUAGE_COOKIE_NAME
PAGES = ["/", "/canteens/", f"/canteens/?near={NEAR}", "/map/", "/search/?q=食堂", "/rights/", "/compounds/"]
XHTML = "{http://www.w3.org/1999/xhtml}link"


def language(answer: Any) -> str:
    """Return the language of a page, which its header must repeat."""
    found = re.search(r'<html lang="([^"]+)"', answer.content.decode())
    assert found
    assert answer["Content-Language"] == found[1]
    return found[1]


def names(answer: Any, header: str) -> set[str]:
    """Return the names that a header lists."""
    return {name.strip().lower() for name in answer.get(header, "").split(",")}


@pytest.mark.django_db
def test_the_address_wins_then_the_cookie_then_the_browser_then_chinese(regions: Any) -> None:
    in_english = {"Accept-Language": "en-GB"}
    assert language(Client().get("/rights/")) == "zh-hans"
    assert language(Client().get("/rights/", headers=in_english)) == "en"
    client = Client()
    client.cookies[COOKIE] = "zh-hans"
    assert language(client.get("/rights/", headers=in_english)) == "zh-hans"
    assert language(client.get("/rights/?lang=en", headers={"Accept-Language": "zh-CN"})) == "en"


@pytest.mark.django_db
def test_a_language_from_the_address_is_remembered_for_the_next_pages(client: Any, regions: Any) -> None:
    first = client.get("/rights/?lang=en")
    assert first.cookies[COOKIE]["max-age"] == settings.LANGUAGE_COOKIE_AGE > 0
    assert first.cookies[COOKIE]["samesite"] == "Lax"
    assert language(client.get("/")) == "en"
    assert COOKIE not in client.get("/rights/?lang=en").cookies
    assert language(client.get("/?lang=zh")) == "zh-hans"
    assert language(client.get("/rights/")) == "zh-hans"


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["fr", "", "english", "-", "%E4%B8%AD", "en%00", "x" * 600])
def test_a_value_that_is_no_language_is_ignored(client: Any, regions: Any, value: str) -> None:
    answer = client.get(f"/rights/?lang={value}")
    if "%00" in value:
        assert answer.status_code == 400
        return
    assert language(answer) == "zh-hans"
    assert COOKIE not in answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(("value", "shown"), [("en-GB", "en"), ("zh-CN", "zh-hans"), ("zh-Hans", "zh-hans")])
def test_a_language_may_be_written_as_browsers_write_it(
    client: Any, regions: Any, value: str, shown: str
) -> None:
    assert language(client.get(f"/rights/?lang={value}")) == shown


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_page_sets_no_cookie_for_who_only_reads(client: Any, regions: Any, path: str) -> None:
    places.canteen("康桥食堂")
    answer = client.get(path)
    assert not answer.cookies
    assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert {"accept-language", "cookie"} <= names(answer, "Vary")


@pytest.mark.django_db
def test_a_page_with_a_language_does_not_vary_by_the_browsers(client: Any, regions: Any) -> None:
    assert "accept-language" not in names(client.get("/rights/?lang=en"), "Vary")


@pytest.mark.django_db
def test_every_page_names_itself_in_both_languages_and_in_none(client: Any, regions: Any) -> None:
    html = client.get("/canteens/?lang=en&q=%E9%A5%AD&page=2").content.decode()
    here = "http://localhost:8000/canteens/?q=%E9%A5%AD&amp;page=2"
    assert f'<link rel="canonical" href="{here}">' in html
    assert f'hreflang="zh-hans" href="{here}&amp;lang=zh"' in html
    assert f'hreflang="en" href="{here}&amp;lang=en"' in html
    assert f'hreflang="x-default" href="{here}"' in html


@pytest.mark.django_db
def test_the_header_switches_by_a_plain_link_to_the_same_address(client: Any, regions: Any) -> None:
    html = client.get("/canteens/?q=%E9%A5%AD").content.decode()
    (link,) = re.findall(r'<a class="tongue" href="([^"]+)"', html)
    assert link == "?q=%E9%A5%AD&amp;lang=en"
    html = client.get("/canteens/" + link.replace("&amp;", "&")).content.decode()
    assert '<html lang="en"' in html
    assert re.findall(r'<a class="tongue" href="([^"]+)"', html) == ["?q=%E9%A5%AD&amp;lang=zh"]


@pytest.mark.django_db
def test_no_link_within_the_portal_carries_the_language_on(client: Any, regions: Any) -> None:
    for number in range(21):
        places.canteen(f"食堂{number}")
    html = client.get("/canteens/?lang=en&district=330105").content.decode()
    links = [link for link in re.findall(r'<a [^>]*href="([^"]+)"', html) if "lang=" in link]
    assert links == ["?district=330105&amp;lang=zh"]
    assert "page=2" in html
    assert 'name="lang"' not in html
    assert "next=/canteens/%3Fdistrict%3D330105" in html


@pytest.mark.django_db
def test_a_shared_link_carries_the_language_and_a_printed_code_too(client: Any, regions: Any) -> None:
    place = places.canteen("康桥食堂")
    path = place.get_absolute_url()
    shared = f"http://localhost:8000{path}?lang=en"
    html = client.get(f"{path}?lang=en").content.decode()
    assert f'data-copy="{shared}"' in html
    assert f'href="{path}share.png?lang=en"' in html
    printed = client.get(f"{path}print/").content.decode()
    code = segno.make(shared, error="m", micro=False).svg_inline(omitsize=True, svgclass=None, lineclass=None)
    assert code in printed
    assert f"localhost:8000{path}<" in printed


@pytest.mark.django_db
def test_a_poster_is_in_the_language_of_its_address_for_every_reader(client: Any, regions: Any) -> None:
    path = places.canteen("康桥食堂").get_absolute_url()
    pictures = {}
    for code in ("zh", "en"):
        answer = client.get(f"{path}share.png?lang={code}", headers={"Accept-Language": "en"})
        pictures[code] = b"".join(answer.streaming_content)
        assert not answer.cookies
        assert not {"accept-language", "cookie"} & names(answer, "Vary")
    assert pictures["zh"] != pictures["en"]
    assert "cookie" in names(client.get(f"{path}share.png"), "Vary")


@pytest.mark.django_db
def test_pictures_and_the_api_are_the_same_in_every_language(client: Any, regions: Any) -> None:
    place = places.canteen("康桥食堂")
    api = client.get(f"/api/v1/canteens/{place.public_id}/", headers={"Accept-Language": "en"})
    media = client.get("/media/" + api.json()["drawing"], headers={"Accept-Language": "en"})
    for answer in (api, media):
        assert answer.status_code == 200
        assert "Content-Language" not in answer
        assert not {"accept-language", "cookie"} & names(answer, "Vary")
    refused = client.get("/api/v1/canteens/?lang=en")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "lang"
    assert not refused.cookies


@pytest.mark.django_db
def test_an_address_that_lacks_its_slash_keeps_the_language(client: Any, regions: Any) -> None:
    assert language(client.get("/rights?lang=en", follow=True)) == "en"


@pytest.mark.django_db
def test_the_sitemap_names_every_published_place_in_both_languages(client: Any, regions: Any) -> None:
    place = places.canteen("康桥食堂")
    index = client.get("/sitemap.xml")
    assert index["Content-Type"].startswith("application/xml")
    assert "/sitemap-canteens.xml" in index.text
    assert "/sitemap-pages.xml" in index.text
    tree = ElementTree.fromstring(client.get("/sitemap-canteens.xml").content)
    (url,) = tree
    here = f"http://localhost:8000{place.get_absolute_url()}"
    assert url[0].text == here
    assert {link.get("hreflang"): link.get("href") for link in url.iter(XHTML)} == {
        "zh-hans": f"{here}?lang=zh",
        "en": f"{here}?lang=en",
        "x-default": here,
    }
    pages = client.get("/sitemap-pages.xml").text
    for path in ("/canteens/", "/housing/", "/stations/", "/compounds/", "/map/", "/rights/"):
        assert f"<loc>http://localhost:8000{path}</loc>" in pages
    assert client.get("/sitemap-nothing.xml").status_code == 404
    states.move(listing=place, to="archived", actor=None)
    assert client.get("/sitemap-canteens.xml").text.count("<loc>") == 0


@pytest.mark.django_db
def test_robots_are_led_to_the_sitemap_and_kept_from_private_pages(client: Any) -> None:
    text = client.get("/robots.txt").text
    assert "Sitemap: http://localhost:8000/sitemap.xml" in text
    assert "Disallow: /admin/" in text
    assert "Disallow: /\n" not in text


def test_a_shared_address_is_in_the_active_language(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://nuanxin.example.org/"
    with translation.override("en"):
        assert (
            shared_url("canteen", "0000000000") == "https://nuanxin.example.org/canteens/0000000000/?lang=en"
        )
    with translation.override("zh-hans"):
        assert shared_url("canteen", "0000000000").endswith("/canteens/0000000000/?lang=zh")


WORDS = st.text(st.characters(exclude_characters="&=#?", exclude_categories=["C", "Z"]), max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4), st.sampled_from(["zh-hans", "en"]))
def test_an_address_holds_its_language_once_and_the_rest_as_it_was(
    pairs: list[tuple[str, str]], language: str
) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs if name != "lang")
    once = in_language(f"/canteens/?{query}", language)
    assert in_language(once, language) == once
    found, rest = language_of(once.partition("?")[2])
    assert found == language
    assert [piece for piece in rest.split("&") if piece] == [piece for piece in query.split("&") if piece]
