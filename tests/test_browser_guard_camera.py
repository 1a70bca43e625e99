"""The guard's camera, reading and looks in a real browser: a pretended camera, a slow phone, no network at all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts import servers
from tests.code_worker import WATCH, wait_for_worker
from tests.guard_gate import GATE, Rider, Server, png, write_y4m
from tests.test_browser_guard import GO, Phone
from tests.test_browser_pages import serious

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
SLOWER = 4
SINCE_FRAME = """() => {
    const [verdict] = performance.getEntriesByName("verdict");
    return Math.round(verdict.startTime - performance.getEntriesByName("frame")[0].startTime);
}"""


@pytest.fixture
def film(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """Return a function that opens a browser whose camera sees one code."""
    opened = []

    def browser(text: str) -> Any:
        source = write_y4m(tmp_path / "code.y4m", text)
        found = chromium.browser_type.launch(
            executable_path=servers.chromium(),
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={source}",
            ],
        )
        opened.append(found)
        return found

    yield browser
    for one in opened:
        one.close()


def new_phone(browser: Any, server: Server, url: str, **more: Any) -> Phone:
    """Return a guard's phone in a browser."""
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 640}, has_touch=True, **more
    )
    context.set_default_timeout(30_000)
    context.add_init_script(f"({WATCH})()")
    server.serve(context)
    return Phone(context.new_page(), server, url)


@pytest.mark.parametrize("is_online", [True, False])
def test_the_camera_reads_a_code_and_lets_in(film: Any, live_server: Any, is_online: bool) -> None:
    """The time from the frame to the verdict on a phone four times slower is printed, not judged."""
    server = Server()
    # Of the coming step, so that it is good for another 45 seconds at least.
    phone = new_phone(
        film(Rider().show(ago_s=-14, gate=GATE)), server, live_server.url, service_workers="block"
    )
    slow = phone.page.context.new_cdp_session(phone.page)
    phone.page.goto(f"{live_server.url}/guard/")
    phone.page.get_by_role("button", name="值班一号").click()
    phone.page.get_by_role("button", name="南门").click()
    if not is_online:
        phone.lose_network()
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    phone.page.get_by_role("button", name="开始当班").click()
    expect(phone.page.locator("[data-word-large]")).to_have_text(GO, timeout=40_000)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    print(f"from the frame to the verdict, {SLOWER} times slower: {phone.page.evaluate(SINCE_FRAME)} ms")
    phone.says(GO, "李*明")
    assert phone.page.evaluate("window.violations") == []
    phone.waits(0 if is_online else 1)


def test_the_page_opens_and_scans_without_a_network(chromium: Any, live_server: Any) -> None:
    server = Server()
    phone = new_phone(chromium, server, live_server.url, service_workers="allow").begin()
    wait_for_worker(phone.page)
    phone.server.is_down = True
    phone.page.context.set_offline(True)
    phone.page.reload()
    phone.sees("scan")
    expect(phone.page.locator("[data-net]")).to_contain_text("未联网")
    phone.scan(Rider().show(gate=GATE))
    phone.says(GO, "李*明")
    phone.waits(1)
    assert phone.page.evaluate("window.violations") == []
    phone.page.context.close()


@pytest.mark.parametrize(
    ("scheme", "language", "size"),
    [
        ("light", "zh-hans", ""),
        ("dark", "en", ""),
        ("light", "en", ""),
        ("dark", "zh-hans", ""),
        ("light", "zh-hans", "largest"),
    ],
)
def test_nothing_serious_is_found_and_nothing_scrolls_at_360_pixels(
    chromium: Any, live_server: Any, scheme: str, language: str, size: str
) -> None:
    server = Server()
    phone = new_phone(chromium, server, live_server.url, color_scheme=scheme, service_workers="block")
    page = phone.page
    page.context.add_cookies([
        {"name": "django_language", "value": language, "url": live_server.url},
        {"name": "size", "value": size or "standard", "url": live_server.url},
    ])  # fmt: skip
    page.goto(f"{live_server.url}/guard/enrol/some-token/")
    assert serious(page) == []
    page.goto(f"{live_server.url}/guard/")
    page.locator("[data-guard-choices] button").first.click()
    page.locator("[data-checkpoint-choices] button").first.click()
    assert serious(page) == []
    page.locator("[data-begin]").click()
    phone.sees("scan")

    def fits(name: str) -> None:
        """Nothing is too wide, and where somebody scans or reads a verdict nothing is cut off or needs scrolling."""
        sizes = page.evaluate(
            """() => {
                const root = document.documentElement;
                const say = document.querySelector(".say");
                return [root.scrollWidth, root.scrollHeight, say.scrollHeight - say.clientHeight,
                    document.querySelector(".guard").scrollHeight - document.querySelector(".guard").clientHeight];
            }"""
        )
        assert sizes[0] <= 360, name
        if page.locator("main").get_attribute("data-view") in ("scan", "verdict", "challenge"):
            assert sizes[1] <= 640 and sizes[2] <= 1 and sizes[3] <= 1, f"{name} {sizes}"
        assert serious(page) == [], f"{name} {scheme} {language}"

    fits("scan")
    rider = Rider(name="买买提·*")
    server.more = {"on_order_here": True, "provisional": True}
    phone.scan(rider.show())
    phone.sees("verdict")
    expect(page.locator("[data-order]")).to_be_visible()
    fits("let in")
    phone.lose_network()
    phone.scan(Rider(index=78).show())
    phone.sees("challenge")
    fits("challenge")
    page.locator("[data-again]").click()
    words = json.loads(page.locator("#guard-verdicts").inner_text())
    for verdict in words:
        page.evaluate(
            """async (verdict) => {
                const { showVerdict } = await import("/static/js/guard/verdict.js");
                const { Clock } = await import("/static/js/guard/clock.js");
                showVerdict({ verdict, name: "买买提·*", platform: 3, provisional: true, opens: false, row: null }, { clock: new Clock() });
            }""",
            verdict,
        )
        if verdict in ("revoked", "bad_issuer_signature", "ok_stale_list", "manual_override"):
            fits(verdict)
        else:
            assert (
                page.evaluate(
                    "document.querySelector('.say').scrollHeight - document.querySelector('.say').clientHeight"
                )
                <= 1
            ), verdict
    page.locator("[data-next]:visible, [data-again]:visible").click()
    for view in (
        "manual",
        "more",
        "recent",
        "waiting",
        "incident",
        "card",
        "ending",
        "override",
        "unregistered",
    ):
        page.evaluate("async (view) => (await import('/static/js/guard/views.js')).show(view)", view)
        fits(view)
    page.context.close()


def test_a_file_that_is_no_picture_is_said_so(chromium: Any, live_server: Any) -> None:
    phone = new_phone(chromium, Server(), live_server.url, service_workers="block").begin()
    file = {**png("XG1:"), "buffer": b"no picture"}
    phone.page.locator("[data-picture]").set_input_files(file)
    expect(phone.page.locator("[data-notice-text]")).to_contain_text("图片里没有找到码")
    phone.page.context.close()
