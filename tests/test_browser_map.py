"""The map in a real browser: in step with its list, true by the clock, reachable by keyboard, with and without tiles."""

import base64
import datetime as dt
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from playwright.sync_api import expect

from portal.tiles import tile_hosts
from tests import pages_places as places
from tests.browsing import serious
from tests.pages_places import at
from tests.test_browser_pages import LONG_NAME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CLOSED = "未开放"


@pytest.fixture
def city(regions: Any) -> Iterator[dict[str, Any]]:
    """Return a lunch hour with places at one corner and one far to the west."""
    with time_machine.travel(at("11:42"), tick=True):
        yield {
            "canteen": places.canteen(LONG_NAME, 300, accuracy="approximate"),
            "later": places.canteen("晚饭食堂", 1500, hours=places.daily("17:00", "19:00")),
            "station": places.station("康桥驿站"),
            "far": places.station("淳安驿站", lat=29.6, lng=119.0),
        }


@pytest.fixture
def tiles() -> Iterator[str]:
    """Serve one grey pixel as every tile, on a port of its own."""

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/{{z}}/{{x}}/{{y}}.png"
    server.shutdown()
    server.server_close()


def with_tiles(settings: Any, url: str) -> None:
    """Set up tiles as the settings do."""
    settings.MAP_TILES_URL = url
    settings.MAP_TILES_ATTRIBUTION = "© 示例地图"
    settings.MAP_TILES_REVIEW_NUMBER = "GS(2024)1234号"
    policy = settings.CONTENT_SECURITY_POLICY
    directives = {**policy["DIRECTIVES"], "img-src": ["'self'", "data:", *tile_hosts(url, [])]}
    settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}


def names(page: Any) -> list[str]:
    """Return the names in the list, from the top."""
    return page.locator(".spots .spot-name").all_inner_texts()


def rows(page: Any, count: int) -> None:
    """Wait until the list has that many rows."""
    expect(page.locator(".spots > li")).to_have_count(count)


def open_map(page: Any, live_server: Any, address: str = "", clock: str = "11:42") -> list[str]:
    """Open the map at a time of the day and return what goes wrong in the page."""
    page.clock.install(time=at(clock))
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(f"{live_server.url}/map/{address}")
    page.locator(".mark").first.wait_for()
    return problems


def test_the_list_is_in_step_with_the_view_open_places_first(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    problems = open_map(phone_page, live_server, "#13/30.3600/120.1500")
    rows(phone_page, 3)
    assert names(phone_page) == ["康桥驿站", LONG_NAME, "晚饭食堂"]
    assert "位置为大概" in phone_page.locator(".spots > li").nth(1).inner_text()
    expect(phone_page.locator("[data-map-count]")).to_have_text("看到 3 处，2 处开放中")
    phone_page.evaluate("location.hash = '#13/29.6000/119.0000'")
    rows(phone_page, 1)
    assert names(phone_page) == ["淳安驿站"]
    phone_page.evaluate("location.hash = '#13/30.3600/120.6000'")
    rows(phone_page, 0)
    phone_page.get_by_role("button", name="去有点位的地方").click()
    rows(phone_page, 4)
    assert problems == []


def test_the_toggles_stand_in_the_address_and_back_takes_them_back(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    open_map(phone_page, live_server, "#13/30.3600/120.1500")
    phone_page.locator("[data-map-toggles] [value=canteen]").uncheck()
    rows(phone_page, 1)
    phone_page.locator("[data-map-toggles] [name=open]").check()
    phone_page.wait_for_url(re.compile("open_now=true"))
    shared = phone_page.url
    assert "kinds=compound,apartment,station&open_now=true#13/" in shared
    phone_page.go_back()
    expect(phone_page.locator("[data-map-toggles] [name=open]")).not_to_be_checked()
    phone_page.go_back()
    rows(phone_page, 3)
    phone_page.goto("about:blank")
    phone_page.goto(shared)
    rows(phone_page, 1)
    phone_page.locator("[data-map-toggles] [value=station]").uncheck()
    rows(phone_page, 0)
    phone_page.get_by_role("link", name="English").click()
    expect(phone_page.locator("html")).to_have_attribute("lang", "en")
    expect(phone_page.locator("[data-map-toggles] [name=open]")).to_be_checked()
    expect(phone_page.locator("[data-map-toggles] [value=station]")).not_to_be_checked()


def test_nothing_shown_offers_all_kinds_again(phone_page: Any, live_server: Any, city: Any) -> None:
    phone_page.goto(f"{live_server.url}/map/?kinds=apartment")
    phone_page.get_by_role("button", name="各类都看，不限开放").click()
    rows(phone_page, 4)
    assert "kinds" not in phone_page.url


def test_a_row_and_a_mark_choose_the_same_place(desk_page: Any, live_server: Any, city: Any) -> None:
    open_map(desk_page, live_server, "#13/30.3600/120.1500")
    desk_page.locator(".spot", has_text="晚饭食堂").click()
    card = desk_page.locator(".spot-card")
    expect(card).to_contain_text("晚饭食堂")
    expect(card).to_contain_text("17:00 开")
    assert desk_page.locator(".pin.chosen").count() == 1
    assert city["later"].get_absolute_url() in card.locator("a").get_attribute("href")
    desk_page.locator(".mark[aria-label^='晚饭食堂']").press("Enter")
    expect(desk_page.locator(".spot[aria-pressed=true]")).to_contain_text("晚饭食堂")
    desk_page.locator(".map").click(position={"x": 300, "y": 500})
    expect(desk_page.locator(".spot[aria-pressed=true]")).to_have_count(0)
    assert desk_page.locator(".pin.chosen").count() == 0


def test_everything_is_done_by_keyboard(desk_page: Any, live_server: Any, city: Any) -> None:
    open_map(desk_page, live_server, "#12/30.3600/120.1500")
    focused = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    desk_page.locator("#map").focus()
    desk_page.keyboard.press("+")
    desk_page.wait_for_url("**#13/**")
    desk_page.keyboard.press("ArrowRight")
    desk_page.wait_for_url(lambda url: "/120.1500" not in url)
    desk_page.keyboard.press("ArrowLeft")
    desk_page.keyboard.press("Tab")
    assert desk_page.evaluate(focused).startswith("晚饭食堂 · 未开放 · 17:00 开")
    desk_page.keyboard.press("Enter")
    expect(desk_page.locator(".spot-card a")).to_be_focused()
    desk_page.keyboard.press("Escape")
    expect(desk_page.locator(".spot-card")).to_have_count(0)
    assert desk_page.evaluate(focused).startswith("晚饭食堂")
    desk_page.locator(".map-skip").focus()
    assert desk_page.locator(".map-skip").bounding_box()["height"] >= 44
    desk_page.keyboard.press("Enter")
    desk_page.keyboard.press("Tab")
    assert "康桥驿站" in desk_page.evaluate(focused)
    desk_page.keyboard.press("Space")
    expect(desk_page.locator(".spot-card")).to_contain_text("康桥驿站")


def test_places_at_one_spot_are_listed_alone_until_all_are_wanted(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    for number in range(3):
        places.canteen(f"同楼食堂{number}", 300, lng=120.18)
    problems = open_map(phone_page, live_server, "#13/30.3600/120.1650")
    rows(phone_page, 6)
    phone_page.locator(".mark[aria-label^='3 处，3 处开放中']").press("Enter")
    rows(phone_page, 3)
    assert phone_page.evaluate("document.activeElement.closest('.spots') !== null")
    phone_page.get_by_role("button", name="看全部").click()
    rows(phone_page, 6)
    assert problems == []


def test_a_place_closes_by_the_clock_without_asking_the_server(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    asked: list[str] = []
    phone_page.on("request", lambda request: asked.append(request.url) if "points" in request.url else None)
    open_map(phone_page, live_server, "#13/30.3600/120.1500", "12:40")
    row = phone_page.locator(".spots > li", has_text=LONG_NAME)
    expect(row).to_contain_text("开放中")
    phone_page.clock.fast_forward("05:00")
    expect(row).to_contain_text("快关了")
    phone_page.locator("[data-map-toggles] [name=open]").check()
    rows(phone_page, 2)
    before = len(asked)
    phone_page.clock.set_system_time(at("13:29"))
    phone_page.clock.run_for(61_000)
    rows(phone_page, 1)
    phone_page.locator("[data-map-toggles] [name=open]").uncheck()
    expect(row).to_contain_text(CLOSED)
    # The answer may be asked for again after five minutes; it said the same.
    assert len(asked) - before <= 1


def test_after_the_last_known_minute_nothing_looks_open(phone_page: Any, live_server: Any, city: Any) -> None:
    open_map(phone_page, live_server, "#13/30.3600/120.1500", "12:40")
    phone_page.route("**/points.json", lambda route: route.abort())
    phone_page.clock.set_system_time(at("12:40") + dt.timedelta(days=3))
    phone_page.clock.run_for(61_000)
    expect(phone_page.locator("[data-map-count]")).to_have_text("看到 3 处，0 处开放中")
    expect(phone_page.locator(".spots > li").first).to_contain_text("时间未知")
    expect(phone_page.locator("[data-map-late]")).to_be_visible()


def test_points_that_do_not_come_are_said_plainly(phone_page: Any, live_server: Any, city: Any) -> None:
    phone_page.route("**/points.json", lambda route: route.abort())
    phone_page.goto(f"{live_server.url}/map/")
    expect(phone_page.get_by_text("点位没有加载出来")).to_be_visible()


def test_with_tiles_their_owner_and_review_number_are_shown(
    phone_page: Any, live_server: Any, city: Any, settings: Any, tiles: str
) -> None:
    with_tiles(settings, tiles)
    problems = open_map(phone_page, live_server, "#14/30.3600/120.1500")
    expect(phone_page.locator(".leaflet-control-attribution")).to_have_text(
        "© 示例地图 · 审图号：GS(2024)1234号"
    )
    expect(phone_page.locator(".leaflet-tile-loaded").first).to_be_attached()
    assert phone_page.locator("path.outline").count() == 0
    assert serious(phone_page) == []
    assert problems == []


def test_outlines_stand_in_for_tiles_that_do_not_come(
    phone_page: Any, live_server: Any, city: Any, settings: Any, tiles: str
) -> None:
    with_tiles(settings, tiles)
    phone_page.route("**/*.png", lambda route: route.abort())
    open_map(phone_page, live_server)
    expect(phone_page.get_by_text("街道底图没有加载出来")).to_be_visible()
    phone_page.locator("path.outline").first.wait_for()


def test_districts_are_labelled_with_what_is_shown_there(desk_page: Any, live_server: Any, city: Any) -> None:
    open_map(desk_page, live_server, "#11/30.3600/120.1500")
    label = desk_page.locator(".district-name", has_text="拱墅区")
    expect(label).to_have_text("拱墅区 4")
    desk_page.locator("[data-map-toggles] [name=open]").check()
    expect(label).to_have_text("拱墅区 3")


def test_near_me_asks_only_on_a_tap_and_puts_the_reader_on_the_map(
    chromium: Any, live_server: Any, city: Any
) -> None:
    context = chromium.new_context(
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        geolocation={"latitude": 30.36, "longitude": 120.15},
        permissions=["geolocation"],
    )
    page = context.new_page()
    open_map(page, live_server, "?kinds=canteen,station")
    assert page.locator(".you").count() == 0
    page.get_by_role("button", name="离我最近").click()
    page.wait_for_url(lambda url: unquote(url).endswith("/map/?kinds=canteen,station&near=30.360,120.150"))
    expect(page.locator(".you")).to_have_count(1)
    rows(page, 3)
    assert "300 米" in page.locator(".spots > li", has_text=LONG_NAME).inner_text()
    context.close()


def test_without_javascript_the_page_is_a_table_of_lists(chromium: Any, live_server: Any, city: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/map/")
    assert page.locator(".banner", has_text="地图需要 JavaScript").is_visible()
    assert not page.locator("#map").is_visible()
    page.get_by_role("link", name="拱墅区, 取餐点: 2").click()
    assert page.locator(".card").count() == 2
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_popup_is_reachable_for_everyone(
    chromium: Any, live_server: Any, city: Any, scheme: str
) -> None:
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, color_scheme=scheme
    )
    page = context.new_page()
    open_map(page, live_server, "#13/30.3600/120.1500")
    page.locator(".spot", has_text=LONG_NAME).click()
    page.locator(".spot-card").wait_for()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    measure = """() => [...document.querySelectorAll('.map-page a, .map-page button, .map-page .chip, .mark[tabindex]')]
        .filter((part) => part.offsetParent && !part.closest('.map-skip'))
        .map((part) => [part.outerHTML.slice(0, 90), part.getBoundingClientRect().height])
        .filter((pair) => pair[1] < 43.5)"""
    assert page.evaluate(measure) == []
    context.close()
