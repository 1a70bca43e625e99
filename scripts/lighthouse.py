"""Measure the pages at city scale: Lighthouse on a phone, and how soon a tap is answered on a slow one.

Starts the portal on a throw-away large city, runs the installed Lighthouse and Debian's Chromium against it, and prints
one table. Exit status 1 when a page or a tap misses its goal. `--runs 1`, `--only home break`, `--keep FOLDER` (the
full reports) and `--address URL` (a portal that runs already) are for working on one page.

The last column is Lighthouse's own benchmark of this machine while it measured. The score of performance wants some
1,000: below it, other work on the machine is what was measured.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from scripts import servers, taps
from scripts.lighthouse_portal import ROOT, city

LIGHTHOUSE = ROOT / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
GOAL = 95
ATTEMPTS = 3
LISTS = ("canteens", "housing", "stations", "compounds")
#: A place in the middle of the demo city, for the pages that need one.
NEAR = "30.277,120.190"


def main(arguments: list[str]) -> int:
    """Measure, print, and return 0 when everything holds."""
    parser = argparse.ArgumentParser(prog="make lighthouse", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="how often; the median counts (3)")
    parser.add_argument("--only", nargs="*", default=[], help="pages by name, or taps")
    parser.add_argument("--keep", type=Path, help="a folder for the full reports")
    parser.add_argument("--address", help="a portal that runs already, instead of a throw-away city")
    wanted = parser.parse_args(arguments)
    browser = servers.chromium()
    if browser is None or not LIGHTHOUSE.exists():
        print("Needs Chromium and the Lighthouse of package.json.", file=sys.stderr)
        return 1
    if wanted.address:
        return measure(browser, wanted.address.rstrip("/"), wanted)
    with tempfile.TemporaryDirectory() as place, city(Path(place)) as address:
        return measure(browser, address, wanted)


def measure(browser: str, address: str, wanted: argparse.Namespace) -> int:
    """Print both tables for the portal at `address`; return 0 when everything holds."""
    pages = {name: path for name, path in pages_of(address).items() if not wanted.only or name in wanted.only}
    if pages:
        print(f"\n{f'page (goal {GOAL})':<22}" + "".join(f"{word:>16}" for word in (*CATEGORIES, "machine")))
    scored = [page_row(browser, name, address + path, wanted) for name, path in pages.items()]
    tapped = []
    if not wanted.only or "taps" in wanted.only:
        tapped = taps.measure(browser, address, NEAR, wanted.runs)
        taps.report(tapped)
    return 0 if all(scored) and all(row.holds for row in tapped) else 1


def pages_of(address: str) -> dict[str, str]:
    """Return the pages by name: home, the break, each list, and the first open place of each list."""
    pages = {"home": "/", "break": f"/break/?near={NEAR}"}
    for kind in LISTS:
        pages[kind] = f"/{kind}/"
        with urllib.request.urlopen(f"{address}/{kind}/?near={NEAR}") as answer:  # noqa: S310
            found = re.search(rf'href="(/{kind}/[0-9A-Z]{{10}}/)"', answer.read().decode())
        if found is None:
            raise SystemExit(f"The list of {kind} shows no place.")
        pages[f"{kind}-detail"] = found[1]
    return pages


def page_row(browser: str, name: str, address: str, wanted: argparse.Namespace) -> bool:
    """Score one page, print its line and return whether it reaches the goal in every category."""
    reports = [score(browser, address) for _run in range(wanted.runs)]
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
        (wanted.keep / f"{name}.json").write_text(json.dumps(reports[-1]), encoding="utf-8")
    scores = [
        round(100 * statistics.median(report["categories"][key]["score"] or 0 for report in reports))
        for key in CATEGORIES
    ]
    holds = min(scores) >= GOAL
    machine = statistics.median(report["environment"]["benchmarkIndex"] for report in reports)
    figures = "".join(f"{value:>16}" for value in (*scores, round(machine)))
    print(f"{name:<22}{figures}   {'ok' if holds else 'BELOW'}", flush=True)
    return holds


def score(browser: str, address: str) -> dict[str, Any]:
    """Return Lighthouse's report of one run with its mobile settings.

    Now and then a trace lacks the start of the navigation, the first one of a fresh browser most of all: asked again.
    """
    command: list[str | Path] = [
        LIGHTHOUSE,
        address,
        "--quiet",
        "--output=json",
        "--output-path=stdout",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage",
    ]
    environment = {**os.environ, "CHROME_PATH": browser}
    for _attempt in range(ATTEMPTS):
        result = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if result.returncode == 0:
            return json.loads(result.stdout)
    raise SystemExit(f"Lighthouse failed on {address}:\n{result.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
