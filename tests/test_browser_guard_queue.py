"""The guard's queue in a real browser: lines that break, answers that get lost, rows that the server refuses."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.code_worker import wait_until
from tests.guard_gate import GATE, Rider, Server
from tests.test_browser_guard import GO, WAIT, Phone, phone, server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
__all__ = ["phone", "server"]


def let_in(phone: Phone, count: int) -> None:
    """Let so many couriers in."""
    for index in range(count):
        phone.scan(Rider(index=100 + index).show(gate=GATE))
        phone.sees("verdict")
        phone.says(GO)


def test_a_lost_answer_is_asked_for_again_and_no_row_comes_twice(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    let_in(phone, 3)
    phone.waits(3)
    server.lose = 1
    phone.find_network()
    phone.waits(0)
    assert [len(batch) for batch in server.batches] == [3, 3]
    numbers = [row["sequence"] for row in server.rows]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_row_goes_only_with_its_own_answer(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    let_in(phone, 3)
    taken = server.take

    def answers_for_some(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Answer in another order, for all but the first of several, and for a row that nobody sent."""
        found = taken(rows)
        stranger = {**found[0], "id": "0199c0de-0000-7000-8000-000000000000"}
        return [*reversed(found[1:] if len(found) > 1 else found), stranger]

    server.take = answers_for_some  # type: ignore[method-assign]
    phone.find_network()
    phone.waits(0)
    first, second = server.batches
    assert [row["id"] for row in second] == [first[0]["id"]]


def test_a_refused_row_stays_with_its_reason_until_somebody_has_read_it(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    let_in(phone, 1)
    server.outcomes["ok"] = {"outcome": "quarantined", "verdict": None, "reasons": ["shift_over"]}
    phone.find_network()
    expect(phone.page.locator("[data-warning]")).to_contain_text("有 1 条被退回")
    phone.page.locator("[data-next]").click()
    phone.page.reload()
    phone.sees("scan")
    phone.page.get_by_role("button", name="更多").click()
    phone.page.get_by_role("button", name="还没上传的记录").click()
    expect(phone.page.locator("[data-waiting-list]")).to_contain_text("当时班次已经结束")
    phone.page.get_by_role("button", name="我看过了").click()
    expect(phone.page.get_by_text("都已上传")).to_be_visible()
    assert phone.queue() == []


def test_a_batch_that_cannot_be_taken_is_halved_until_the_row_at_fault_stands_alone(
    phone: Phone, server: Server
) -> None:
    phone.begin().lose_network()
    let_in(phone, 3)
    bad = phone.queue()[1]["row"]["id"]
    answer = server.answer

    def refuses_one(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path == "/guard/passes/" and any(row["id"] == bad for row in body["rows"]):
            return 400, {"error": "bad_request", "say": "读不懂。"}
        return answer(path, body)

    server.answer = refuses_one  # type: ignore[method-assign]
    phone.find_network()
    phone.waits(0)
    assert len(server.rows) == 2
    [entry] = phone.queue()
    assert (entry["row"]["id"], entry["state"], entry["reason"]) == (bad, "quarantined", "读不懂。")


def test_numbers_are_never_given_twice_and_a_proof_is_not_taken_twice_across_a_reload(
    phone: Phone, server: Server
) -> None:
    phone.begin().lose_network()
    text = Rider().show(gate=GATE)
    phone.scan(text)
    phone.says(GO)
    # Only the page's scripts and the shell are fetched anew; the gate's server is still away.
    phone.page.reload()
    phone.sees("scan")
    phone.waits(1)
    phone.scan(text)
    phone.says(WAIT)
    phone.scan(Rider(index=78).show(gate=GATE))
    phone.says(GO)
    phone.waits(2)
    phone.find_network()
    phone.waits(0)
    numbers = [row["sequence"] for row in server.rows]
    assert numbers == sorted(set(numbers))


def test_an_older_list_is_refused_and_the_newer_one_stays(phone: Phone, server: Server) -> None:
    server.revoked = (77,)
    phone.begin()
    server.revoked, server.list_version = (), 4
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(phone.page.locator("[data-warning]")).to_contain_text("停用名单比本机的旧")
    phone.scan(Rider(index=77).show())
    phone.says("不放行")


def test_the_guard_decides_alone_with_a_reason_and_takes_it_back(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    phone.page.get_by_role("button", name="手动登记").click()
    expect(phone.page.get_by_text("八位数字要联网才能核对")).to_be_visible()
    phone.page.get_by_role("button", name="自行决定放行").click()
    phone.page.get_by_role("button", name="手机没电").click()
    phone.says(GO)
    phone.page.get_by_role("button", name="下一位").click()
    phone.page.get_by_role("button", name="更多").click()
    phone.page.get_by_role("button", name="最近核验").click()
    phone.page.get_by_role("button", name="撤销上一次放行").click()
    phone.find_network()
    phone.waits(0)
    override, annulled = server.rows
    assert (override["method"], override["verdict"], override["forced_why"]) == (
        "override",
        "manual_override",
        "手机没电",
    )
    assert (annulled["verdict"], annulled["annuls"], annulled["presentation"]) == (
        "annulled",
        override["id"],
        None,
    )


def test_eight_digits_are_checked_by_the_server_and_guessing_raises_an_alarm(
    phone: Phone, server: Server
) -> None:
    phone.begin()
    phone.page.get_by_role("button", name="手动登记").click()
    server.manual = {"status": 400, "error": "wrong_code", "say": "这八位数字不对。", "left": 4}

    def press(digits: str) -> None:
        for digit in digits:
            phone.page.get_by_role("button", name=digit, exact=True).click()

    press("12345678")
    expect(phone.page.locator("[data-manual-say]")).to_have_text("这八位数字不对。 还可以试 4 次。")
    expect(phone.page.locator("[data-code]")).to_have_text("")
    server.manual = {
        "status": 403,
        "error": "locked",
        "say": "已锁定。",
        "locked_until_ms": server.now_ms() + 600_000,
    }
    press("12345678")
    expect(phone.page.get_by_text("警报：有人在试数字")).to_be_visible()
    expect(phone.page.get_by_role("button", name="1", exact=True)).to_be_disabled()


def test_the_right_digits_let_in(phone: Phone, server: Server) -> None:
    phone.begin()
    server.manual = {"verdict": "ok", "name": "李*明", "platform": 3, "provisional": True}
    phone.page.get_by_role("button", name="手动登记").click()
    for digit in "12345678":
        phone.page.get_by_role("button", name=digit, exact=True).click()
    phone.says(GO, "李*明 · 某平台", "临时码")
    [body] = [told["body"] for told in server.told if told["path"] == "/guard/manual/"]
    assert (body["code"], body["method"], body["checkpoint"]) == ("12345678", "manual_code", GATE)


def test_an_incident_takes_three_taps_and_waits_for_the_network(phone: Phone, server: Server) -> None:
    phone.begin()
    phone.scan(Rider().show())
    phone.says(GO)
    phone.lose_network()
    phone.page.get_by_role("button", name="有情况").click()
    phone.page.get_by_role("button", name="骑行过快").click()
    phone.page.get_by_role("button", name="上报").click()
    expect(phone.page.locator("[data-notice-text]")).to_contain_text("已存在本机")
    assert not [told for told in server.told if told["path"] == "/guard/incident/"]
    phone.find_network()
    expect(phone.page.locator("[data-net]")).to_contain_text("已联网")
    wait_until(
        phone.page,
        """async () => new Promise((done) => {
            const request = indexedDB.open("nuanxin-guard");
            request.onsuccess = () => {
                const count = request.result.transaction("incidents").objectStore("incidents").count();
                count.onsuccess = () => { request.result.close(); done(count.result === 0); };
            };
        })""",
    )
    [told] = [told for told in server.told if told["path"] == "/guard/incident/"]
    assert (told["body"]["kind"], told["body"]["pass"]) == ("speeding", server.rows[0]["id"])


def test_the_end_of_a_shift_wipes_the_phone_and_keeps_what_was_not_sent(phone: Phone, server: Server) -> None:
    phone.begin().lose_network()
    let_in(phone, 1)
    phone.page.locator("[data-next]").click()
    phone.page.get_by_role("button", name="更多").click()
    phone.page.get_by_role("button", name="结束当班").click()
    expect(phone.page.get_by_text("还有 1 条没上传")).to_be_visible()
    phone.page.get_by_role("button", name="结束当班").last.click()
    phone.sees("start")
    assert len(phone.queue()) == 1
    left = phone.page.evaluate(
        """() => new Promise((done) => {
            const request = indexedDB.open("nuanxin-guard");
            request.onsuccess = () => {
                const tx = request.result.transaction(["seen", "last", "kept"]);
                const found = {};
                tx.objectStore("seen").count().onsuccess = ({ target }) => { found.seen = target.result; };
                tx.objectStore("last").count().onsuccess = ({ target }) => { found.last = target.result; };
                tx.objectStore("kept").get("shift").onsuccess = ({ target }) => { found.shift = target.result; };
                tx.oncomplete = () => { request.result.close(); done(found); };
            };
        })"""
    )
    assert left == {"seen": 0, "last": 0, "shift": None}
    phone.find_network()
    phone.waits(0)
    assert len(server.rows) == 1
    assert [told for told in server.told if told["path"] == "/guard/shift/end/"]


def test_a_shift_that_begins_offline_is_told_to_the_server_later(phone: Phone, server: Server) -> None:
    phone.begin()
    phone.page.get_by_role("button", name="更多").click()
    phone.page.get_by_role("button", name="结束当班").click()
    phone.page.get_by_role("button", name="结束当班").last.click()
    phone.sees("start")
    phone.lose_network()
    phone.page.get_by_role("button", name="值班二号").click()
    phone.page.get_by_role("button", name="南门").click()
    phone.page.get_by_role("button", name="开始当班").click()
    let_in(phone, 1)
    assert phone.queue()[0]["row"]["shift"] is None
    phone.find_network()
    phone.waits(0)
    begun = [told["body"] for told in server.told if told["path"] == "/guard/shift/"]
    assert begun[-1] == {"guard": 2, "checkpoint": GATE}


def test_a_device_that_is_not_registered_says_what_to_do_and_keeps_its_queue(
    phone: Phone, server: Server
) -> None:
    phone.begin().lose_network()
    let_in(phone, 1)
    server.is_down, server.unregistered = False, True
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.sees("unregistered")
    expect(phone.page.get_by_text("请向物业要一个新链接")).to_be_visible()
    assert len(phone.queue()) == 1
    server.unregistered = False
    phone.page.get_by_role("button", name="已打开链接，再试一次").click()
    phone.sees("scan")
    phone.waits(0)
