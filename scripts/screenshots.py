"""Renew the four small pictures of docs/screenshots/ from a demo portal that this script starts and ends itself.

The portal runs at lunch time of the present day, on a database of its own, so that the pictures show the same hour.
Needs Chromium and a CJK font.
"""

import contextlib
import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scripts import servers

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
LUNCH = dt.time(11, 42)
NEAR = "p:30.277,120.190"
ADMIN_PHONE = "13800000004"
LINK = "sign-in link "
COLOURS = 128


def main() -> int:
    """Start the demo portal, take the pictures, end it; return the exit status."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
        return 0
    browser = servers.chromium()
    if browser is None:
        print("No Chromium on this machine: the pictures stay as they are.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, portal(Path(place)) as (address, link):
        for name, picture in take(browser, address, link).items():
            shrink(picture, TARGET / f"{name}.png")
            print(f"docs/screenshots/{name}.png {(TARGET / f'{name}.png').stat().st_size // 1024} KB")
    return 0


def serve(port: str) -> None:
    """Run the demo portal at lunch time (in a child of this script)."""
    import time_machine

    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    time_machine.travel(dt.datetime.combine(today, LUNCH, ZoneInfo("Asia/Shanghai")), tick=True).start()
    import django
    from django.core.management import call_command

    from scripts import catalog
    from scripts.serve import prepare

    catalog.compile_catalog()
    django.setup()
    with contextlib.redirect_stdout(io.StringIO()):
        prepare("small")
    output = io.StringIO()
    call_command("login_link", ADMIN_PHONE, stdout=output)
    print(LINK + output.getvalue().strip(), flush=True)
    call_command("runserver", port, use_reloader=False, verbosity=0)


@contextlib.contextmanager
def portal(place: Path) -> Any:
    """Yield address and sign-in link of a running demo portal whose files lie in `place`."""
    port = str(servers.free_port())
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": f"sqlite:///{place / 'demo.sqlite3'}",
        "MEDIA_ROOT": str(place / "media"),
        "CODE_KEYS_DIR": str(place / "keys"),
        "PUBLIC_BASE_URL": address,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.screenshots", "--serve", port],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = child.stdout or io.StringIO()
        link = next((line.removeprefix(LINK).strip() for line in lines if line.startswith(LINK)), "")
        if not link or not answers(address):
            raise SystemExit("The demo portal did not start; run `make run` to see why.")
        yield address, link
    finally:
        child.terminate()
        child.wait(timeout=20)


def answers(address: str) -> bool:
    """Wait up to half a minute for the portal's health."""
    for _attempt in range(60):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310
            return True
        time.sleep(0.5)
    return False


def take(browser: str, address: str, link: str) -> dict[str, bytes]:
    """Return PNG pictures by name."""
    from playwright.sync_api import sync_playwright

    pictures = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])

        def page_of(width: int, height: int, scheme: Any) -> Any:
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                locale="zh-CN",
                reduced_motion="reduce",
            )
            context.add_cookies([{"name": "place", "value": NEAR, "url": address}])
            return context.new_page()

        def shoot(page: Any, path: str, first: str = "") -> bytes:
            page.goto(path if path.startswith("http") else address + path)
            if first:
                page.locator(first).first.click()
            page.wait_for_load_state("networkidle")
            return page.screenshot()

        pictures["home-phone"] = shoot(page_of(390, 844, "light"), "/")
        pictures["detail-phone-dark"] = shoot(
            page_of(390, 844, "dark"), "/stations/?open_now=true", ".card-name a"
        )
        pictures["map-desktop"] = shoot(page_of(1280, 800, "light"), "/map/")
        admin = page_of(1280, 800, "light")
        shoot(admin, link)
        for button in admin.locator("main form button[type=submit], main form button:not([type])").all()[:1]:
            button.click()
            admin.wait_for_load_state("networkidle")
        pictures["admin-desktop"] = shoot(admin, "/admin/")
        chromium.close()
    return pictures


def shrink(picture: bytes, target: Path) -> None:
    """Store a picture small: at most 960 pixels wide, with a palette."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if image.width > 960:
        image = image.resize((960, round(image.height * 960 / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
