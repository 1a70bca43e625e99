"""What browser tests share: waiting until nothing moves or is under way, and what axe finds on a page at rest."""

import threading
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.core.signals import request_finished, request_started

from tests.code_worker import wait_until

#: Fades and slides that end are waited for; what turns for ever, or was paused, is left alone.
_FINISHED = """async () => {
    const moving = () => document.getAnimations().filter((one) =>
        one.playState === 'running' && Number.isFinite(one.effect?.getComputedTiming().endTime));
    for (let these = moving(); these.length; these = moving())
        await Promise.allSettled(these.map((one) => one.finished));
}"""
#: Leaflet moves the map and lets tiles appear by a script of its own, which no animation tells of.
_MAP_RESTS = """() => !document.querySelector('.leaflet-zoom-anim, .leaflet-pan-anim')
    && [...document.querySelectorAll('.leaflet-tile-loaded')].every((tile) => getComputedStyle(tile).opacity === '1')"""


def settle(page: Any) -> None:
    """Wait until nothing on the page fades or slides any more: colours and sizes are then what a reader sees."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(_FINISHED)
    wait_until(page, _MAP_RESTS)
    page.evaluate(_FINISHED)


def serious(page: Any) -> list[str]:
    """Return what axe finds serious or critical on a page at rest, in one line each."""
    settle(page)
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:160]} {rule['nodes'][0].get('failureSummary', '')[:200]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


class UnderWay:
    """The requests that the live server's threads are answering; those of a test client run in the test itself."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        request_started.connect(self._begun)
        request_finished.connect(self._ended)

    def wait(self, seconds: float = 20) -> None:
        """Wait until none is left: one that goes on would meet the rows of the next test, or none."""
        with self._changed:
            self._changed.wait_for(lambda: self._count <= 0, seconds)
            self._count = 0

    def _begun(self, **kwargs: Any) -> None:
        self._add(1)

    def _ended(self, **kwargs: Any) -> None:
        self._add(-1)

    def _add(self, number: int) -> None:
        if threading.current_thread() is threading.main_thread():
            return
        with self._changed:
            self._count += number
            self._changed.notify_all()
