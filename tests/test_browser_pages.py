"""The pages in a real browser: reachable for everyone, light enough, and useful on a tap."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import expect

from tests import pages_places as places
from tests.browsing import serious
from tests.pages_places import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LONG_NAME = "康桥街道综合便民服务中心职工互助食堂（小哥友好取餐点）"
NO_HOURS: dict[str, Any] = {"weekly_hours": [], "hours_exceptions": []}
PAGES = (
    "/",
    "/canteens/",
    "/stations/?q=none",
    "/search/?q=食堂",
    "/map/",
    "/rights/",
    "/me/",
    "/place/",
    "/nothing/",
)


@pytest.fixture
def city(regions: Any) -> Iterator[dict[str, Any]]:
    """Return a lunch hour with a few places."""
    with time_machine.travel(at("11:42"), tick=True):
        call_command("load_rights", verbosity=0)
        found = {
            "canteen": places.canteen(
                "康桥街道综合便民服务中心职工互助食堂（小哥友好取餐点）", 300, accuracy="approximate"
            ),
            "later": places.canteen("晚饭食堂", 500, hours=places.daily("17:00", "19:00")),
            "station": places.station("康桥驿站"),
            "apartment": places.apartment("康桥公寓", hours=NO_HOURS),
        }
        places.confirm(found["canteen"], "price", at("09:00"))
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_serious_on_any_page(
    chromium: Any, live_server: Any, city: Any, scheme: str, language: str
) -> None:
    listing = city["canteen"].public_id
    everything = (*PAGES, f"/canteens/{listing}/", f"/canteens/{listing}/print/")
    for width, paths in ((390, everything), (1280, ("/", "/canteens/", "/map/", f"/canteens/{listing}/"))):
        context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        for path in paths:
            page.goto(live_server.url + path)
            page.wait_for_load_state("networkidle")
            page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
            assert serious(page) == [], f"{path} {width} {scheme} {language}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{path} is too wide at {width}"
            )
        context.close()


@pytest.mark.parametrize("path", ["/", "/canteens/", "/canteens/?district=330105"])
def test_the_first_card_is_within_320_pixels_of_the_top(
    phone_page: Any, live_server: Any, city: Any, path: str
) -> None:
    phone_page.goto(live_server.url + path)
    assert phone_page.locator(".card").first.bounding_box()["y"] <= 320


def test_home_list_and_detail_stay_under_150_kb_without_pictures(
    phone_context: Any, live_server: Any, city: Any
) -> None:
    for path in ("/", "/canteens/", f"/canteens/{city['canteen'].public_id}/"):
        phone_context.clear_cookies()
        page = phone_context.new_page()
        sizes: list[int] = []

        def weigh(response: Any, sizes: list[int] = sizes) -> None:
            if response.request.resource_type != "image" and response.status == 200:
                sizes.append(len(response.body()))

        page.on("response", weigh)
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert 10_000 < sum(sizes) < 150_000, path
        page.close()


def test_targets_are_at_least_44_pixels(phone_page: Any, live_server: Any, city: Any) -> None:
    measure = """() => [...document.querySelectorAll('a, button, select, input[type=text], input[type=number]')]
        .filter((part) => part.offsetParent && !part.closest('.skip, .card-name, p, td, .find'))
        .map((part) => [part.outerHTML.slice(0, 90), part.getBoundingClientRect().height])
        .filter((pair) => pair[1] < 43.5)"""
    for path in ("/", "/canteens/", "/place/", "/me/", "/rights/", f"/canteens/{city['canteen'].public_id}/"):
        phone_page.goto(live_server.url + path)
        assert phone_page.evaluate(measure) == [], path


def test_a_tap_on_near_me_asks_the_phone_and_shows_distances(
    chromium: Any, live_server: Any, city: Any
) -> None:
    context = chromium.new_context(
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        geolocation={"latitude": 30.36, "longitude": 120.15},
        permissions=["geolocation"],
    )
    page = context.new_page()
    page.goto(live_server.url + "/")
    assert "直线" not in page.content()
    page.get_by_role("button", name="离我最近").click()
    page.wait_for_url(live_server.url + "/")
    page.get_by_text("距离是直线").wait_for()
    assert "步行约" in page.locator(".card").first.inner_text()
    context.close()


def test_a_refused_position_is_said_plainly(chromium: Any, live_server: Any, city: Any) -> None:
    context = chromium.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(live_server.url + "/place/")
    page.get_by_role("button", name="离我最近").click()
    page.get_by_text("你没有允许定位").wait_for()
    context.close()


def test_filters_work_without_javascript(chromium: Any, live_server: Any, city: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url + "/canteens/")
    assert page.locator(".card").count() == 2
    page.locator("summary").click()
    page.locator("[name=q]").fill("晚饭")
    page.get_by_role("button", name="查看").click()
    assert page.locator(".card").count() == 1
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    context.close()


def test_with_javascript_the_results_are_swapped_in_place(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    phone_page.goto(live_server.url + "/canteens/")
    phone_page.evaluate("window.stayed = true")
    phone_page.locator("[data-filters] .chip").first.click()
    phone_page.wait_for_url("**open_now=true*")
    expect(phone_page.locator(".card")).to_have_count(1)
    assert phone_page.evaluate("window.stayed") is True
    phone_page.go_back()
    expect(phone_page.locator(".card")).to_have_count(2)


def test_the_map_lists_what_is_in_view_and_follows_its_switches(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    problems: list[str] = []
    phone_page.on("pageerror", lambda error: problems.append(str(error)))
    phone_page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    phone_page.clock.set_fixed_time(at("11:42"))
    phone_page.goto(live_server.url + "/map/")
    expect(phone_page.locator(".spots li")).to_have_count(4)
    phone_page.locator("[data-map-toggles] [value=canteen]").uncheck()
    expect(phone_page.locator(".spots li")).to_have_count(2)
    phone_page.locator("[data-map-toggles] [name=open]").check()
    expect(phone_page.locator(".spots li")).to_have_count(1)
    assert phone_page.locator(".spots li").first.inner_text().startswith("康桥驿站")
    assert phone_page.locator("path.outline").count() >= 10
    assert problems == []


def test_the_first_tab_stop_skips_to_the_content(desk_page: Any, live_server: Any, city: Any) -> None:
    desk_page.goto(live_server.url + "/")
    desk_page.keyboard.press("Tab")
    assert desk_page.evaluate("document.activeElement.className") == "skip"
    desk_page.keyboard.press("Enter")
    assert desk_page.evaluate("location.hash") == "#main"
