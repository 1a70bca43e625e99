"""A gate with two browsers: from holding a code up to 放行, on a guard's phone that is four times slower.

Time that passes, not processor time: the camera's own delay is in it, and so is whatever else the machine does. Chromium
slows the page's main thread only; the reading worker's time is therefore counted four times.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measuring import Row

SLOWER, ROUNDS, GOAL_MS = 4, 3, 1000
#: The same phone again within ten seconds is amber, and the same step a replay.
APART_S = 17
TIMED = """async () => {
    const { Reader } = await import("/static/js/guard/reading.js");
    const read = Reader.prototype.read;
    window.reads = [];
    Reader.prototype.read = async function (...asked) {
        const began = performance.now();
        const text = await read.apply(this, asked);
        window.reads.push([began, performance.now() - began]);
        return text;
    };
}"""
SINCE = """(held) => {
    const verdict = performance.getEntriesByName("verdict").at(-1).startTime;
    const reading = window.reads.filter(([began]) => began >= held && began < verdict);
    return [verdict - held, reading.reduce((sum, [, took]) => sum + took, 0)];
}"""


def gate_rows(absent: list[str]) -> list[Row]:
    """Return a row for each way to come in; none where no Chromium is installed."""
    from scripts import servers

    executable = servers.chromium()
    if executable is None:
        absent.append("gate: no Chromium on this machine")
        return []
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with _stage(executable) as (guard, courier, scan_poster):
        guard.page.evaluate(TIMED)
        slow = guard.context.new_cdp_session(guard.page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        found = [_row("both online", _rounds(guard, courier))]
        scan_poster()
        for person in (courier, guard):
            person.cut()
        guard.is_offline()
        found.append(_row("both without a network, bound to the gate", _rounds(guard, courier)))
        courier.page.locator("[data-unbind]").click()
        found.append(_row("both without a network, digits answered", _rounds(guard, courier, asked=True)))
        return found


def _row(name: str, taken: list[float]) -> Row:
    ours = median(taken)
    return Row(
        f"code held up to 放行, phone ×{SLOWER} slower: {name}", ours, GOAL_MS, ours / GOAL_MS, 1, "<="
    )


def _rounds(guard: Any, courier: Any, *, asked: bool = False) -> list[float]:
    """Return the milliseconds of some entries, each of a step of its own."""
    taken = []
    for _round in range(ROUNDS):
        began = time.monotonic()
        if asked:
            guard.look_at(courier.screen, "请稍等")
            courier.answer(guard.digits())
        taken.append(_held_up(guard, courier))
        guard.next()
        if asked:
            courier.page.locator("[data-unanswer]").click()
        guard.page.wait_for_timeout(max(0, APART_S - (time.monotonic() - began)) * 1000)
    return taken


def _held_up(guard: Any, courier: Any) -> float:
    """Hold the code up once and return how long it took; should a step end meanwhile, the next one is held up."""
    put = guard.film.held(*courier.screen())
    held = guard.page.evaluate("performance.now()")
    put()
    guard.look_at(courier.screen, "放行", keeps=True)
    passed, reading = guard.page.evaluate(SINCE, held)
    return passed + (SLOWER - 1) * reading


@contextmanager
def _stage(executable: str) -> Iterator[tuple[Any, Any, Any]]:
    """Yield a guard on shift, a courier with a code, and what scans the gate's poster."""
    from django.conf import settings
    from playwright.sync_api import sync_playwright
    from pytest_django.live_server_helper import LiveServer

    from portal.accounts.acting import acting_as
    from portal.accounts.models import User
    from tests.gate_stage import CourierWithCode, Guard, camera_browser

    server = LiveServer("localhost")
    settings.PUBLIC_BASE_URL = settings.CODES_BASE_URL = server.url
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"]) as browser,
            camera_browser(browser, Path(folder)) as (camera, film),
        ):
            guard, courier = Guard(camera, server.url, film), CourierWithCode(browser, server.url)
            place = _place(acting_as(User.objects.get(phone="13800000002")), guard)
            _show_code(courier)
            yield guard, courier, lambda: courier.scan_poster(place)
    finally:
        server.stop()


def _place(clerk: Any, guard: Any) -> Any:
    """Make a compound that is open day and night, and let the guard begin there; return its gate."""
    from django.utils import timezone

    from services.codes.enrolling_devices import add_phone
    from services.codes.models import Checkpoint, GuardName
    from tests.code_gates import ALWAYS
    from tests.factories import gate, make_compound

    compound = make_compound(hours=ALWAYS, gates={"gates": [gate(name="南门")]})
    place = Checkpoint.objects.create(listing_id=compound.pk, name="南门", kind="gate")
    GuardName.objects.create(listing_id=compound.pk, name="值班一号")
    _device, link = add_phone(listing=place.listing, name="手机", actor=clerk, now=timezone.now())
    guard.enrol(link)
    guard.begin("值班一号", "南门")
    return place


def _show_code(courier: Any) -> None:
    from portal.accounts.models import User
    from tests.code_holders import sign_in
    from tests.code_worker import wait_for_worker

    user = User.objects.get(phone="13800000001")
    cookie = sign_in(user).cookies["sessionid"].value
    courier.context.add_cookies([{"name": "sessionid", "value": cookie, "url": courier.url}])
    courier.page.goto(f"{courier.url}/code/")
    courier.page.locator("[data-qr] svg").wait_for()
    wait_for_worker(courier.page)
