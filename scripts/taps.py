"""How soon a tap or a key is answered on a phone whose processor is four times slower.

Event Timing says how long the screen stood still: from the touch to the next frame, waiting for the network left out.
The longest task afterwards is what the answer of the server, once there, keeps the phone busy with.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

GOAL_MS = 100
SLOWER = 4
WATCH = """
window.answered = []; window.tasks = [];
function watch(what, keep) {
  new PerformanceObserver((list) => list.getEntries().forEach(keep)).observe(what);
}
watch({ type: "event", durationThreshold: 16 }, (e) => e.interactionId && answered.push(e.duration));
watch({ type: "longtask" }, (e) => tasks.push(e.duration));
"""


@dataclass(frozen=True, slots=True)
class Tap:
    """One thing that a person does: where, and the milliseconds of answer and of the longest task after it."""

    name: str
    answer_ms: float
    task_ms: float

    @property
    def holds(self) -> bool:
        """Say whether both stay under the goal."""
        return max(self.answer_ms, self.task_ms) < GOAL_MS


def _tap(selector: str) -> Callable[[Any], None]:
    return lambda page: page.locator(selector).first.tap()


def _choose(page: Any) -> None:
    page.locator("details summary").first.tap()
    page.wait_for_timeout(400)
    page.locator("select[name=district]").focus()
    page.evaluate("answered.length = 0; tasks.length = 0;")
    page.keyboard.press("ArrowDown")


def _type(page: Any) -> None:
    page.locator("#find").tap()
    page.keyboard.type("kangqiao", delay=120)


def deeds(near: str) -> list[tuple[str, str, Callable[[Any], None]]]:
    """Return what is measured: name, page, what is done there."""
    return [
        ("filter chip", "/canteens/", _tap("[data-filters] .chip >> nth=0")),
        ("filter chip, nearest", f"/stations/?near={near}", _tap("[data-filters] .chip >> nth=0")),
        ("open the filters", "/stations/", _tap("details summary")),
        ("choose a district", "/canteens/", _choose),
        ("next page", "/compounds/", _tap(".pager a[rel=next]")),
        ("type in the search", "/", _type),
        ("dark", "/me/", _tap("button[name=theme][value=dark]")),
        ("larger text", "/me/", _tap("button[name=size][value=large]")),
        ("break, for a driver", f"/break/?near={near}", _tap("a[href*=driver]")),
    ]


def measure(browser: str, address: str, near: str, runs: int) -> list[Tap]:
    """Return the median of some runs for each deed, each on a fresh page."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        for name, path, deed in deeds(near):
            pairs = [once(chromium, address + path, deed) for _run in range(runs)]
            found.append(Tap(name, *(statistics.median(column) for column in zip(*pairs, strict=True))))
        chromium.close()
    return found


def once(chromium: Any, address: str, deed: Callable[[Any], None]) -> tuple[float, float]:
    """Do it once; return the slowest answer and the longest task, in milliseconds."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    # What a form or link leads to is another page: its own observers would forget the tap.
    seen: list[tuple[float, float]] = []
    page.goto(address, wait_until="networkidle")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.wait_for_timeout(300)
    page.evaluate("answered.length = 0; tasks.length = 0;")
    page.expose_function("keep", lambda answer, task: seen.append((answer, task)))
    page.evaluate("addEventListener('pagehide', () => keep(Math.max(0, ...answered), Math.max(0, ...tasks)))")
    deed(page)
    page.wait_for_timeout(1500)
    page.wait_for_load_state("networkidle")
    if not seen:
        seen.append(tuple(page.evaluate("[Math.max(0, ...answered), Math.max(0, ...tasks)]")))
    context.close()
    return seen[0]


def report(rows: list[Tap]) -> None:
    """Print the table."""
    print(f"\n{f'tap, processor {SLOWER}× slower (goal {GOAL_MS} ms)':<44}{'answer':>10}{'longest task':>14}")
    for row in rows:
        verdict = "ok" if row.holds else "ABOVE"
        print(f"{row.name:<44}{row.answer_ms:>7.0f} ms{row.task_ms:>11.0f} ms   {verdict}", flush=True)
