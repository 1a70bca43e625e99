"""The break and the sizes of text in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import expect

from portal.listings import states
from tests import pages_places as places
from tests.browsing import serious
from tests.pages_places import NEAR, at
from tests.test_break import NO_HOURS, station
from tests.test_browser_pages import LONG_NAME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def corner(regions: Any) -> Iterator[dict[str, Any]]:
    """Return a lunch hour with a canteen, two stations and what is left out."""
    with time_machine.travel(at("11:50"), tick=True):
        found = {
            "canteen": places.canteen(LONG_NAME, 300),
            "station": station("近驿站", "charging", "battery_swap", "rest", "water", "toilet", metres=350),
            "other": station("远一点驿站", "rest", metres=700),
            "sold_out": places.canteen("卖完食堂", 100),
            "unknown": places.canteen("不明食堂", 150, hours=NO_HOURS),
        }
        states.shut(listing=found["sold_out"], reason="sold_out", until=at("20:00"), actor=None)
        places.confirm(found["canteen"], "price", at("09:00"))
        yield found


@pytest.mark.smoke
def test_a_courier_finds_a_break_from_home_in_two_taps(chromium: Any, live_server: Any, corner: Any) -> None:
    context = chromium.new_context(
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        geolocation={"latitude": 30.36, "longitude": 120.15},
        permissions=["geolocation"],
    )
    page = context.new_page()
    page.goto(live_server.url + "/")
    page.locator(".pause").tap()
    page.get_by_text("你现在在哪里").wait_for()
    page.get_by_role("button", name="离我最近").tap()
    page.wait_for_url(live_server.url + "/break/")
    stops = page.locator(".plan .stop-name")
    expect(stops).to_have_text([LONG_NAME, "近驿站"])
    assert stops.first.bounding_box()["y"] <= 320
    assert "uri.amap.com" in (page.locator(".plan .card-go a").first.get_attribute("href") or "")
    expect(page.get_by_text("一站两样").first).to_be_visible()
    page.get_by_role("link", name="师傅").tap()
    page.get_by_text("没有已知开着的汽车充电或车位").wait_for()
    stops.first.get_by_role("link").tap()
    page.wait_for_url("**/canteens/*/")
    context.close()


def test_the_break_works_without_javascript(chromium: Any, live_server: Any, corner: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url + "/break/")
    page.get_by_role("link", name="选一个街道").click()
    page.get_by_role("searchbox", name="街道").fill("康桥")
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("button", name="康桥街道").click()
    page.wait_for_url(live_server.url + "/break/")
    expect(page.get_by_text("说不出多远")).to_be_visible()
    expect(page.get_by_role("link", name="近驿站")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_break(
    chromium: Any, live_server: Any, corner: Any, scheme: str
) -> None:
    for width in (390, 1280):
        for language in ("zh-hans", "en"):
            context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
            context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
            page = context.new_page()
            for query in ("", f"?near={NEAR}", f"?near={NEAR}&who=driver", "?near=31.2,121.4"):
                page.goto(f"{live_server.url}/break/{query}")
                page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
                assert serious(page) == [], f"{query} {width} {scheme} {language}"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, query
            context.close()


@pytest.mark.parametrize("width", [360, 390])
def test_at_the_largest_text_nothing_is_cut_off_and_nothing_is_too_wide(
    chromium: Any, live_server: Any, corner: Any, width: int
) -> None:
    """What spills over its own box, in the bottom bar, a button or a chip, cannot be read."""
    spilling = """() => [...document.querySelectorAll('.bar a, .button, .chip, .tag, .card-go a, .doors a, .top > *')]
        .filter((part) => part.offsetParent && !part.matches('.where'))
        .filter((part) => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 2)
        .map((part) => part.outerHTML.slice(0, 120))"""
    for language in ("zh-hans", "en"):
        context = chromium.new_context(locale="zh-CN", viewport={"width": width, "height": 800})
        url = live_server.url
        context.add_cookies([
            {"name": "size", "value": "largest", "url": url},
            {"name": "django_language", "value": language, "url": url},
            {"name": "place", "value": f"p:{NEAR}", "url": url},
        ])  # fmt: skip
        page = context.new_page()
        detail = f"/canteens/{corner['canteen'].public_id}/"
        for path in (
            "/",
            "/break/",
            "/canteens/",
            f"/stations/?near={NEAR}",
            detail,
            "/me/",
            "/place/",
            "/map/",
            "/rights/",
        ):
            page.goto(url + path)
            page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} {language}"
            assert page.evaluate(spilling) == [], f"{path} {language}"
        context.close()


def test_the_chosen_size_holds_on_every_page(chromium: Any, live_server: Any, regions: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url + "/me/")

    def body_px() -> float:
        return float(page.locator("body").evaluate("(body) => parseFloat(getComputedStyle(body).fontSize)"))

    assert body_px() == 16
    for name, pixels in (("特大", 22), ("大", 19), ("标准", 16)):
        page.get_by_role("button", name=name, exact=True).click()
        assert body_px() == pixels
        assert page.get_by_role("button", name=name, exact=True).get_attribute("aria-current") == "true"
        page.goto(live_server.url + "/")
        assert body_px() == pixels
        page.goto(live_server.url + "/me/")
    context.close()


def test_the_size_that_the_browser_is_set_to_counts_too(
    phone_page: Any, live_server: Any, regions: Any
) -> None:
    phone_page.context.new_cdp_session(phone_page).send("Page.setFontSizes", {"fontSizes": {"standard": 24}})
    url = live_server.url
    for size, pixels in (("", 24), ("largest", 33)):
        phone_page.context.add_cookies([{"name": "size", "value": size or "standard", "url": url}])
        phone_page.goto(url + "/")
        assert phone_page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == pixels
        assert phone_page.evaluate("document.documentElement.scrollWidth") <= 390
