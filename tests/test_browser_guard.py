"""The guard's page in a real browser, with a server that can be lost: verdicts, the challenge, the queue."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.code_worker import WATCH
from tests.guard_gate import GATE, OTHER_GATE, Rider, Server, png

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

GO, WAIT, NO = "放行", "请稍等", "不放行"


class Phone:
    """A guard's phone in the hands of a guard."""

    def __init__(self, page: Any, server: Server, url: str) -> None:
        self.page, self.server, self.url = page, server, url

    def begin(self, gate: str = "南门") -> "Phone":
        """Open the page and begin a shift."""
        self.page.goto(f"{self.url}/guard/")
        self.page.get_by_role("button", name="值班一号").click()
        self.page.get_by_role("button", name=gate).click()
        self.page.get_by_role("button", name="开始当班").click()
        self.sees("scan")
        return self

    def sees(self, *views: str) -> None:
        """Wait for one of some views."""
        expect(self.page.locator("main")).to_have_attribute("data-view", re.compile(f"^({'|'.join(views)})$"))

    def scan(self, text: str) -> None:
        """Hold up a code."""
        if self.page.locator("main").get_attribute("data-view") == "verdict":
            self.page.locator("[data-next]:visible, [data-again]:visible").click()
        self.page.locator("[data-picture]").set_input_files(png(text))

    def says(self, word: str, *texts: str) -> None:
        """Wait for a word, and for sentences under it."""
        expect(self.page.locator("[data-word-large]")).to_have_text(word)
        for text in texts:
            expect(self.page.locator(".say")).to_contain_text(text)

    def digits(self) -> int:
        """Return the number that the courier must type."""
        self.sees("challenge")
        return int(self.page.locator("[data-digits]").inner_text())

    def lose_network(self) -> None:
        """Break every line to the server."""
        self.server.is_down = True
        # An answer that is still under way may say once more that the server is there.
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("window.dispatchEvent(new Event('offline'))")
        expect(self.page.locator("[data-net]")).to_have_attribute("data-state", "offline")

    def find_network(self) -> None:
        """Mend them."""
        self.server.is_down = False
        self.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(self.page.locator("[data-net]")).to_contain_text("已联网", timeout=30_000)

    def waits(self, count: int) -> None:
        """Wait until so many passes wait for the server."""
        words = f"待传 {count}" if count else re.compile(r"^(已|未)联网[^·]*$")
        expect(self.page.locator("[data-net]")).to_have_text(
            re.compile(f"{words}$") if count else words, timeout=30_000
        )

    def queue(self) -> list[dict[str, Any]]:
        """Return what the phone keeps of passes."""
        return self.page.evaluate(
            """() => new Promise((done) => {
                const request = indexedDB.open("nuanxin-guard");
                request.onsuccess = () => {
                    const all = request.result.transaction("queue").objectStore("queue").getAll();
                    all.onsuccess = () => { request.result.close(); done(all.result); };
                };
            })"""
        )


@pytest.fixture
def server() -> Server:
    """Return a server of the gate."""
    return Server()


@pytest.fixture
def phone(chromium: Any, live_server: Any, server: Server) -> Iterator[Phone]:
    """Return a guard's phone of 360 by 640 pixels; whatever breaks the policy or throws fails the test."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 640}, has_touch=True, service_workers="block"
    )
    context.set_default_timeout(20_000)
    context.add_init_script(f"({WATCH})()")
    server.serve(context)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield Phone(page, server, live_server.url)
    assert thrown == []
    assert page.evaluate("window.violations") == []
    context.close()


def test_online_a_code_is_let_in_at_once_and_sent_with_its_text(phone: Phone, server: Server) -> None:
    phone.begin()
    server.more = {"on_order_here": True, "provisional": False}
    text = Rider().show()
    phone.scan(text)
    phone.says(GO, "李*明 · 某平台", "步行入内", "车停南侧专用位", "正在本小区送单")
    phone.waits(0)
    [row] = server.rows
    assert row["text"] == text
    assert (row["verdict"], row["assurance"], row["made_offline"]) == ("ok", 3, False)
    assert phone.queue() == []


def test_the_server_changes_a_verdict_on_the_screen(phone: Phone, server: Server) -> None:
    phone.begin()
    server.outcomes["ok"] = {"outcome": "amended", "verdict": "revoked"}
    phone.scan(Rider().show())
    phone.says(NO)
    expect(phone.page.locator("[data-who]")).to_be_hidden()


def test_suspended_and_revoked_are_refused_here_without_a_name(phone: Phone, server: Server) -> None:
    server.revoked = (77,)
    phone.begin()
    phone.scan(Rider(index=77).show())
    phone.says(NO)
    expect(phone.page.locator("[data-who]")).to_be_hidden()
    assert server.rows[0]["verdict"] == "revoked"


def test_offline_a_bound_code_needs_no_digits_and_waits_in_the_queue_without_a_name(
    phone: Phone, server: Server
) -> None:
    phone.begin().lose_network()
    phone.scan(Rider().show(gate=GATE))
    phone.says(GO, "李*明")
    phone.waits(1)
    [entry] = phone.queue()
    assert "李" not in str(entry) and "XG1:" not in str(entry)
    assert set(entry["row"]) >= {"pid", "credential_digest", "presentation"}
    assert (entry["row"]["assurance"], entry["row"]["made_offline"]) == (2, True)
    phone.find_network()
    phone.waits(0)
    assert phone.queue() == []
    assert [row["id"] for row in server.rows] == [entry["row"]["id"]]


def test_offline_an_unbound_code_is_asked_for_two_digits(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    rider = Rider()
    phone.scan(rider.show())
    asked = phone.digits()
    phone.says(WAIT, "请小哥在手机上输入")
    # The same code again, and a later one without the digits, answer nothing.
    phone.scan(rider.show(ago_s=15))
    phone.scan(rider.show(challenge=asked))
    phone.says(GO, "李*明")
    [entry] = phone.queue()
    assert (entry["row"]["challenge"], entry["row"]["verdict"]) == (asked, "ok")


def test_three_wrong_answers_lock_the_code_for_a_minute(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    rider = Rider()
    for tries in range(3):
        phone.scan(rider.show())
        wrong = (phone.digits() + 1) % 100
        phone.scan(rider.show(challenge=wrong))
        phone.sees("verdict")
        phone.says(WAIT)
        assert len(phone.queue()) == tries + 1
    phone.scan(rider.show())
    phone.sees("verdict")
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "rate_limited")


def test_a_screenshot_opens_nothing_after_45_seconds(phone: Phone, server: Server) -> None:
    phone.begin()
    rider = Rider()
    phone.scan(rider.show(ago_s=61))
    phone.digits()
    phone.page.get_by_role("button", name="再扫一次").click()
    phone.scan(rider.show(ago_s=400))
    phone.says(WAIT)
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "step_expired")


@pytest.mark.parametrize(("list_age_s", "attended"), [(1000, True), (60, False)])
def test_an_old_list_and_a_gate_without_a_guard_ask_for_digits_even_online(
    phone: Phone, server: Server, list_age_s: int, attended: bool
) -> None:
    server.list_age_s, server.attended = list_age_s, attended
    phone.begin()
    phone.scan(Rider().show(gate=GATE))
    phone.digits()
    assert len(phone.page.locator("[data-digits]").inner_text()) == (2 if attended else 4)


def test_a_phone_whose_clock_was_turned_back_asks_for_digits(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    phone.page.evaluate("const real = Date.now; Date.now = () => real() - 3600000;")
    expect(phone.page.locator("[data-warning]")).to_contain_text("本机时间不准")
    phone.scan(Rider().show(gate=GATE))
    phone.digits()


def test_a_code_for_another_gate_is_refused(phone: Phone, server: Server) -> None:
    phone.begin()
    phone.scan(Rider().show(gate=OTHER_GATE))
    phone.says(WAIT)
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "wrong_gate")


def test_the_same_device_again_is_amber_and_later_a_replay(phone: Phone, server: Server) -> None:
    phone.begin()
    text = Rider().show()
    phone.scan(text)
    phone.says(GO)
    phone.scan(text)
    phone.says(WAIT)
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "ok_already_passed")
    server.clock_ahead_ms = 11_000
    with phone.page.expect_response("**/guard/sync/?*"):
        phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.page.wait_for_timeout(500)
    phone.scan(text)
    phone.says(NO)
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "replayed")
    assert [row["verdict"] for row in server.rows] == ["ok", "replayed"]


def test_a_code_of_somebody_else_is_no_code_of_ours(phone: Phone) -> None:
    phone.begin()
    phone.scan("HTTPS://PAY.EXAMPLE/1")
    phone.says(WAIT)
    expect(phone.page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "bad_format")
    expect(phone.page.locator("[data-who]")).to_be_hidden()


def test_a_gate_that_is_closed_refuses_who_comes_in_and_lets_out(phone: Phone, server: Server) -> None:
    server.terms = {**server.terms, "state": "closed", "zh": "现在不开放"}
    phone.begin()
    phone.scan(Rider().show())
    phone.says(NO)
    phone.page.get_by_role("button", name="再扫一次").click()
    phone.page.get_by_role("button", name="出", exact=True).click()
    phone.scan(Rider(index=78).show())
    phone.says(GO)
    assert [row["direction"] for row in server.rows] == ["in", "out"]


def test_each_word_shakes_differently_and_a_photo_goes_with_its_verdict(phone: Phone, server: Server) -> None:
    phone.page.add_init_script(
        "navigator.vibrate = (pattern) => (window.shaken ??= []).push(pattern.join());"
    )
    phone.page.context.route(
        "**/guard/photo/once/", lambda route: route.fulfill(body=png("A")["buffer"], content_type="image/png")
    )
    phone.begin()
    server.more = {"photo": "/guard/photo/once/"}
    phone.scan(Rider().show())
    phone.says(GO)
    expect(phone.page.get_by_role("img", name="小哥的照片")).to_be_visible()
    phone.page.locator("[data-next]").click()
    assert phone.page.locator("[data-photo]").get_attribute("src") is None
    phone.scan("NO CODE OF OURS")
    phone.says(WAIT)
    server.revoked, server.list_version = (78,), 6
    with phone.page.expect_response("**/guard/sync/?*"):
        phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.page.wait_for_load_state("networkidle")
    phone.scan(Rider(index=78).show())
    phone.says(NO)
    shaken = phone.page.evaluate("window.shaken")
    assert len(set(shaken)) == 3


def test_the_next_courier_does_not_wait_for_the_server(phone: Phone, server: Server) -> None:
    phone.begin()
    held: list[Any] = []
    phone.page.context.route("**/guard/passes/", lambda route: held.append(route))
    for index in (77, 78):
        phone.scan(Rider(index=index).show())
        phone.sees("verdict")
        phone.says(GO)
        phone.page.locator("[data-next]").click()
    assert len(held) == 2
    server.outcomes["ok"] = {"outcome": "amended", "verdict": "revoked"}
    server.route(held[0])
    expect(phone.page.locator("[data-notice-text]")).to_contain_text("上一位 · 不放行")
