"""Run the whole suite on SQLite, then on PostgreSQL with Redis, and end with one line for both.

Arguments go to pytest. TEST_WORKERS sets the number of processes (2).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

from scripts import catalog, servers

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS_COLLECTED = 5


class Half:
    """One run of pytest against one engine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = 0
        self.counts: Counter[str] = Counter()

    def run(self, arguments: list[str], environment: dict[str, str]) -> None:
        """Run pytest and keep its exit status and counts."""
        print(f"\n──── {self.name} ────", flush=True)
        with tempfile.TemporaryDirectory(prefix="nuanxin-report-") as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "pytest", f"--junit-xml={report}", *arguments]
            self.status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
            if report.exists():
                self._read(report)

    def _read(self, report: Path) -> None:
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314
            number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            self.counts["failed"] += number["failures"]
            self.counts["skipped"] += number["skipped"]
            self.counts["errors"] += number["errors"]
            self.counts["passed"] += number["tests"] - sum(
                number[key] for key in ("failures", "errors", "skipped")
            )


def words(counts: Counter[str]) -> str:
    """Return counts as pytest words them: "2 failed, 840 passed, 3 skipped"."""
    named = [f"{counts[key]} {key}" for key in ("failed", "passed", "skipped", "errors") if counts[key]]
    if counts["errors"] == 1:
        named[-1] = "1 error"
    return ", ".join(named) or "no tests ran"


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with DATABASE_URL and friends replaced; an empty value removes a name."""
    merged = {**os.environ, "PYTHONUNBUFFERED": "1", **changes}
    return {name: value for name, value in merged.items() if value}


def main(arguments: list[str]) -> int:
    """Run both halves; return 0 when everything that had to run passed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    catalog.compile_catalog()
    workers = os.environ.get("TEST_WORKERS", "2")
    parallel = [] if workers == "0" or "no:xdist" in arguments else ["-n", workers, "--dist", "worksteal"]
    run = f"nuanxin_{uuid.uuid4().hex[:10]}"
    halves = [Half("SQLite")]
    left_out = []

    halves[0].run(
        ["-m", "not browser or smoke", *parallel, *arguments],
        environment(DATABASE_URL="", REDIS_URL="", REDIS_PREFIX=run),
    )
    with ExitStack() as stack:
        try:
            database = stack.enter_context(servers.postgresql())
            cache = stack.enter_context(servers.redis_server())
        except servers.Unusable as fault:
            database = cache = None
            halves.append(Half(f"PostgreSQL with Redis did not run. {fault}"))
            halves[1].status = 2
        if database:
            half = Half(
                f"PostgreSQL ({database.origin}) with {f'Redis ({cache.origin})' if cache else 'no Redis'}"
            )
            halves.append(half)
            stack.callback(servers.forget_databases, database.url, run)
            if cache:
                stack.callback(servers.forget_keys, cache.url, run)
            half.run(
                ["-m", "not once", *parallel, *arguments],
                environment(
                    DATABASE_URL=database.url,
                    TEST_DATABASE_NAME=run,
                    REDIS_URL=cache.url if cache else "",
                    REDIS_PREFIX=run,
                ),
            )
        elif len(halves) == 1:
            left_out.append("the PostgreSQL half (no server was found, and no binaries to start one)")
        if database and not cache:
            left_out.append("Redis (no server was found, and no binary to start one)")
    return _conclude(halves, left_out, time.monotonic() - started)


def _conclude(halves: list[Half], left_out: list[str], seconds: float) -> int:
    """Print what was run and what was not, and return the exit status."""
    total: Counter[str] = Counter()
    print()
    for half in halves:
        if half.status not in (0, NO_TESTS_COLLECTED) and not half.counts["failed"] + half.counts["errors"]:
            half.counts["errors"] += 1
        total += half.counts
        print(f"{half.name}: {words(half.counts)}" + (f" (exit status {half.status})" if half.status else ""))
    for name in left_out:
        print(f"\n{'!' * 78}\n!!! LEFT OUT: {name}.\n{'!' * 78}")
    failed = any(half.status not in (0, NO_TESTS_COLLECTED) for half in halves) or not total["passed"]
    if left_out and servers.in_ci():
        print("CI is set, so leaving a half out is a failure.")
        failed = True
    line = f" {words(total)} in {seconds:.2f}s "
    print(f"{line:=^100}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
