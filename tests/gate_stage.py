"""A gate with two real browsers: what the guard's camera sees are pictures of the courier's screen.

Chromium's pretended camera reads its film from a file, frame by frame, for as long as it runs. The film is written over in
place: so the pixels of the courier's page go the whole way, through getUserMedia, the reader and the check of the code.
"""

import contextlib
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from scripts import servers
from services.codes.placing import printed
from services.codes.posters import poster
from tests.code_worker import WATCH, wait_until

GO, WAIT, NO = "放行", "请稍等", "不放行"
WIDTH, HEIGHT = 1280, 720
#: How wide the courier's phone is in the picture, in pixels of it.
HELD_AT = 560
FRAMES = 4
HEADER = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420jpeg\n".encode()
SECONDS = 60
READER = "/static/zxing-wasm/zxing_reader.wasm"


class Film:
    """What the guard's camera sees; nothing but a grey wall at first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wall = Image.new("RGB", (WIDTH, HEIGHT), (120, 116, 108))
        path.write_bytes(HEADER + b"".join(b"FRAME\n" + self._planes(self.wall) for _frame in range(FRAMES)))
        self.file = path.open("r+b", buffering=0)

    def show(self, screen: Image.Image, middle: tuple[float, float]) -> None:
        """Hold a screen before the camera; `middle` is the point of it, in parts of its sides, that is aimed at."""
        self.held(screen, middle)()

    def held(self, screen: Image.Image, middle: tuple[float, float]) -> Callable[[], None]:
        """Make the picture of a held screen, and return what puts it before the camera at once."""
        scale = HELD_AT / screen.width
        held = screen.convert("RGB").resize((HELD_AT, round(screen.height * scale)))
        picture = self.wall.copy()
        picture.paste(
            held, (round(WIDTH / 2 - middle[0] * held.width), round(HEIGHT / 2 - middle[1] * held.height))
        )
        planes = self._planes(picture)
        return lambda: self._write(planes)

    def clear(self) -> None:
        """Take it away."""
        self._write(self._planes(self.wall))

    def _write(self, planes: bytes) -> None:
        for frame in range(FRAMES):
            os.pwrite(self.file.fileno(), planes, len(HEADER) + frame * (6 + len(planes)) + 6)

    @staticmethod
    def _planes(picture: Image.Image) -> bytes:
        y, cb, cr = picture.convert("YCbCr").split()
        half = (WIDTH // 2, HEIGHT // 2)
        return y.tobytes() + cb.resize(half).tobytes() + cr.resize(half).tobytes()


class Person:
    """Somebody with a phone: a browser of their own, a page, and a network that can be cut."""

    def __init__(self, browser: Any, url: str, width: int, height: int) -> None:
        self.url = url
        self.context = browser.new_context(
            locale="zh-CN",
            viewport={"width": width, "height": height},
            has_touch=True,
            device_scale_factor=2,
            service_workers="allow",
        )
        self.context.set_default_timeout(SECONDS * 1000)
        self.context.add_init_script(f"({WATCH})()")
        self.page = self.context.new_page()
        self.thrown: list[str] = []
        self.heard: list[str] = []
        self.page.on("pageerror", lambda error: self.thrown.append(str(error)))
        self.context.on("response", self._hear)

    def _hear(self, response: Any) -> None:
        with contextlib.suppress(Exception):
            if response.request.resource_type in {"fetch", "xhr", "document"}:
                self.heard.append(response.text())

    def cut(self) -> None:
        """Cut the network."""
        self.context.set_offline(True)

    def mend(self) -> None:
        """Give the network back."""
        self.context.set_offline(False)

    def leave(self) -> None:
        """Close the browser's window; nothing may have failed on the way."""
        thrown, violations = self.thrown, self.page.evaluate("window.violations ?? []")
        self.context.close()
        assert thrown == []
        assert violations == []


class CourierWithCode(Person):
    """A courier whose phone shows a code."""

    def __init__(self, browser: Any, url: str) -> None:
        super().__init__(browser, url, 390, 844)

    def screen(self) -> tuple[Image.Image, tuple[float, float]]:
        """Return a picture of the screen as it is now, and where its code is, in parts of its sides."""
        box = self.page.locator("[data-qr]").bounding_box()
        size = self.page.viewport_size
        picture = Image.open(io.BytesIO(self.page.screenshot()))
        middle = (
            (box["x"] + box["width"] / 2) / size["width"],
            (box["y"] + box["height"] / 2) / size["height"],
        )
        return picture, middle

    def scan_poster(self, place: Any) -> None:
        """Scan the poster of a gate, by a picture of it; the code is for that gate then."""
        buffer = io.BytesIO()
        poster(printed(checkpoint=place)).save(buffer, "PNG")
        picture = {"name": "poster.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
        wait_until(self.page, f"async () => Boolean(await caches.match('{READER}'))")
        self.page.get_by_role("button", name="扫场所码").click()
        self.page.locator("[data-dialog=scan] [data-picture]").set_input_files(picture)
        expect(self.page.locator("[data-bound]")).to_be_visible()

    def answer(self, digits: str) -> None:
        """Type the digits that the gate asks for."""
        self.page.get_by_role("button", name="答数字").click()
        for digit in digits:
            self.page.locator("[data-dialog=challenge]").get_by_role("button", name=digit, exact=True).click()
        if len(digits) < 4:
            self.page.get_by_role("button", name="出示", exact=True).click()
        expect(self.page.locator("[data-answered]")).to_contain_text(digits)


class Guard(Person):
    """A guard whose camera sees what is held up."""

    def __init__(self, browser: Any, url: str, film: Film) -> None:
        super().__init__(browser, url, 360, 640)
        self.film = film

    def enrol(self, link: str) -> None:
        """Open the property's link and take this phone into use."""
        self.page.goto(f"{self.url}/guard/enrol/{link}/")
        self.page.locator("main button").first.click()
        self.sees("start")

    def begin(self, guard: str, gate: str) -> None:
        """Begin a shift."""
        self.page.get_by_role("button", name=guard).click()
        self.page.get_by_role("button", name=gate).click()
        self.page.get_by_role("button", name="开始当班").click()
        self.sees("scan")

    def sees(self, *views: str) -> None:
        """Wait for one of some views."""
        expect(self.page.locator("main")).to_have_attribute("data-view", re.compile(f"^({'|'.join(views)})$"))

    def view(self) -> str:
        """Return what is on the screen."""
        return self.page.locator("main").get_attribute("data-view") or ""

    def word(self) -> str:
        """Return the large word, "" while there is none."""
        large = self.page.locator("[data-word-large]")
        return large.inner_text().strip() if large.is_visible() else ""

    def look_at(
        self, screen: Callable[[], tuple[Image.Image, tuple[float, float]]], *words: str, keeps: bool = False
    ) -> str:
        """Look at a screen, as it changes, until one of some words stands there; return it.

        `keeps` leaves what is before the camera there to begin with.
        """
        if not keeps:
            self.film.show(*screen())
        last = time.monotonic() + SECONDS
        while time.monotonic() < last:
            if (word := self.word()) in words:
                return word
            self.page.wait_for_timeout(250)
            self.film.show(*screen())
        raise AssertionError(f"{words} never came; the page shows {self.view()!r} {self.word()!r}")

    def next(self) -> None:
        """Go on scanning, with nothing before the camera until that is seen."""
        self.film.clear()
        self.page.wait_for_timeout(2000)
        if self.view() in {"verdict", "challenge"}:
            self.page.locator("[data-next]:visible, [data-again]:visible").first.click()
        self.sees("scan")

    def digits(self) -> str:
        """Return the digits that the courier must type."""
        self.sees("challenge")
        return self.page.locator("[data-digits]").inner_text().strip()

    def is_offline(self) -> None:
        """Wait until the header says that there is no network."""
        expect(self.page.locator("[data-net]")).to_have_attribute("data-state", "offline", timeout=90_000)

    def has_sent_everything(self) -> None:
        """Wait until nothing waits any more."""
        expect(self.page.locator("[data-net]")).to_have_text(re.compile(r"^已联网[^·]*$"), timeout=90_000)

    def waits(self, count: int) -> None:
        """Wait until so many passes wait for the network."""
        expect(self.page.locator("[data-net]")).to_have_text(re.compile(f"待传 {count}$"))


@contextlib.contextmanager
def camera_browser(chromium: Any, folder: Path) -> Iterator[tuple[Any, Film]]:
    """Yield a browser whose camera sees a film, and the film."""
    film = Film(folder / "camera.y4m")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--use-fake-ui-for-media-stream"]
    flags += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film.path}"]
    browser = chromium.browser_type.launch(executable_path=servers.chromium(), args=flags)
    try:
        yield browser, film
    finally:
        browser.close()
        film.file.close()
