"""How soon a tap or a key is answered on a phone whose processor is four times slower.

Two figures of Chromium's trace count the processor's work and not who else uses this machine: the work from an input
until the next frame is on the screen, and the longest task of the whole deed, with what the server's answer causes.
Beside them stands what the browser's own Event Timing says; it holds on a machine that does nothing else. `left`: the
tap leads to another page, which came before the browser had timed it, and whose loading is its longest task.
"""

import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

GOAL_MS = 100
SLOWER = 4
#: The network's share is told apart by making it long: the old page must answer before the new one comes.
LATENCY_MS = 300
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
INPUTS = {"pointerdown", "pointerup", "click", "keydown", "change", "input"}
WATCH = """
window.answered = [];
new PerformanceObserver((list) => list.getEntries().forEach((e) => e.interactionId && answered.push(e.duration)))
  .observe({ type: "event", durationThreshold: 16 });
"""


@dataclass(frozen=True, slots=True)
class Tap:
    """One thing that a person does: milliseconds of work until the next frame, of the longest task, and as timed."""

    name: str
    answer_ms: float
    task_ms: float
    timed_ms: float

    @property
    def holds(self) -> bool:
        """Say whether the work stays under the goal; how another page loads is Lighthouse's to judge."""
        return self.answer_ms < GOAL_MS and (self.has_left or self.task_ms < GOAL_MS)

    @property
    def has_left(self) -> bool:
        """Say whether the tap led to another page, whose loading is the longest task."""
        return not self.timed_ms


def _tap(selector: str) -> Callable[[Any], None]:
    return lambda page: page.locator(selector).first.tap()


def _choose(page: Any) -> None:
    page.locator("select[name=district]").evaluate(
        "(field) => { field.closest('details').open = true; field.focus(); }"
    )
    page.keyboard.press("ArrowDown")


def _type(page: Any) -> None:
    page.locator("#find").tap()
    page.keyboard.type("kangqiao", delay=150)


def deeds(near: str) -> list[tuple[str, str, Callable[[Any], None]]]:
    """Return what is measured: name, page, what is done there."""
    return [
        ("filter chip", "/canteens/", _tap("[data-filters] .chip >> nth=0")),
        ("filter chip, nearest first", f"/stations/?near={near}", _tap("[data-filters] .chip >> nth=0")),
        ("open the filters", "/stations/", _tap("details summary")),
        ("choose a district", "/canteens/", _choose),
        ("next page", "/compounds/", _tap(".pager a[rel=next]")),
        ("type in the search", "/", _type),
        ("dark", "/me/", _tap("button[name=theme][value=dark]")),
        ("larger text", "/me/", _tap("button[name=size][value=large]")),
        ("a break, for a driver", f"/break/?near={near}", _tap("a[href*=driver]")),
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
            columns = zip(*(once(chromium, address + path, deed) for _run in range(runs)), strict=True)
            found.append(Tap(name, *(statistics.median(column) for column in columns)))
        chromium.close()
    return found


def once(chromium: Any, address: str, deed: Callable[[Any], None]) -> tuple[float, float, float]:
    """Do it once; return work until the next frame, longest task and slowest timed event, in milliseconds."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    timed: list[float] = []
    page.expose_function("keep", lambda slowest: timed.append(slowest))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle")
    page.evaluate("addEventListener('pagehide', () => keep(Math.max(0, ...answered)))")
    slow = context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    wire = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    slow.send("Network.emulateNetworkConditions", wire)
    page.wait_for_timeout(500)
    chromium.start_tracing(page=page, categories=CATEGORIES)
    deed(page)
    page.wait_for_timeout(2000)
    page.wait_for_load_state("networkidle")
    trace = json.loads(chromium.stop_tracing())["traceEvents"]
    timed.append(page.evaluate("Math.max(0, ...answered)"))
    context.close()
    return (*work_in(trace), timed[0])


def work_in(trace: Iterable[dict[str, Any]]) -> tuple[float, float]:
    """Return the milliseconds of work from an input until the next frame, and of the longest task from it on."""
    events = sorted((event for event in trace if "ts" in event), key=lambda event: event["ts"])
    inputs = [
        event
        for event in events
        if event["name"] == "EventDispatch" and event.get("args", {}).get("data", {}).get("type") in INPUTS
    ]
    if not inputs:
        raise SystemExit("The trace holds no input: was the thing to tap there?")
    thread = (inputs[0]["pid"], inputs[0]["tid"])
    own = [event for event in events if (event["pid"], event["tid"]) == thread]
    tasks = [event for event in own if event["name"] == "RunTask" and event["ph"] == "X"]
    frames = [event["ts"] + event.get("dur", 0) for event in own if event["name"] == "Commit"]
    answers = []
    for event in inputs:
        end = next((frame for frame in frames if frame > event["ts"]), own[-1]["ts"])
        answers.append(sum(_work(task) for task in tasks if _ends(task) > event["ts"] and task["ts"] < end))
    longest = max((_work(task) for task in tasks if _ends(task) > inputs[0]["ts"]), default=0.0)
    return max(answers), longest


def _work(task: dict[str, Any]) -> float:
    return task.get("tdur", task.get("dur", 0)) / 1000


def _ends(task: dict[str, Any]) -> float:
    return task["ts"] + task.get("dur", 0)


def report(rows: list[Tap]) -> None:
    """Print the table."""
    head = f"tap, processor {SLOWER}× slower (goal {GOAL_MS} ms)"
    print(f"\n{head:<44}{'until the frame':>16}{'longest task':>16}{'as timed':>12}")
    for row in rows:
        verdict = "ok" if row.holds else "ABOVE"
        timed = f"{row.timed_ms:>9.0f} ms" if not row.has_left else f"{'left':>12}"
        figures = f"{row.answer_ms:>13.0f} ms{row.task_ms:>13.0f} ms{timed}"
        print(f"{row.name:<44}{figures}   {verdict}", flush=True)
