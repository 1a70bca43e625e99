"""The part on PostgreSQL and Redis: servers over sockets, and a city's load."""

import os
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from django.db import connections

from tests.bench import feed, gates, load, partners, passes, rows, serving
from tests.bench.measuring import Row

ADDRESS = "/api/v1/canteens/"
ROUNDS, SECONDS = 5, 1.2


def measure(wanted: set[str], scales: tuple[int, ...]) -> tuple[list[Row], list[str]]:
    """Return the rows of the wanted parts, and what could not be measured and why."""
    found: list[Row] = []
    absent: list[str] = []
    by_processor = {"litestar", "nginx", "passes"}
    if not Path("/proc/self/schedstat").exists() and wanted & by_processor:
        absent.append("Litestar, nginx and passes: this system has no /proc to read processor time from")
        wanted -= by_processor
    makers = {
        "litestar": lambda: over_sockets(wanted, absent),
        "nginx": lambda: over_sockets(wanted, absent) if "litestar" not in wanted else [],
        "passes": passes.pass_rows,
        "pages": lambda: load.page_rows(absent),
        "admin": load.admin_rows,
        "gate": lambda: gates.gate_rows(absent),
        "feed": feed.feed_rows,
        "partners": partners.partner_rows,
        "nearest": lambda: rows.nearest_rows(tuple(scale for scale in scales if scale != 100_000)),
    }
    for part, make in makers.items():
        if part in wanted:
            try:
                found += make()
            except serving.Failed as error:
                absent.append(f"{part}: {error}")
            connections.close_all()
    return found, absent


def over_sockets(wanted: set[str], absent: list[str]) -> list[Row]:
    """The portal, Litestar over the same rows, and nginx with the same bytes, in turns; processor time a request."""
    connections.close_all()
    with ExitStack() as stack:
        portal, port = stack.enter_context(serving.granian("wsgi", "portal.wsgi:application"))
        targets: dict[str, tuple[list[int], int, str]] = {"portal": ([portal], port, ADDRESS)}
        if "litestar" in wanted:
            star, star_port = stack.enter_context(serving.granian("asgi", "tests.bench.litestar_peer:app"))
            targets["litestar"] = ([star], star_port, "/canteens")
            targets["documents"] = ([star], star_port, "/documents")
        if "nginx" in wanted:
            try:
                body = load.get(port, ADDRESS)
                folder = Path(os.environ["BENCH_FOLDER"])
                web, still, kept = stack.enter_context(serving.nginx(folder, body, port))
                targets["static"] = ([web], still, "/list.json")
                targets["micro-cache"] = ([web, portal], kept, ADDRESS)
            except serving.Failed as error:
                absent.append(f"nginx, static and micro-cache: {error}")
        cost, rate = in_turns(targets)
    return compared(cost, rate)


def in_turns(
    targets: dict[str, tuple[list[int], int, str]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return processor milliseconds for a request and requests a second of each target, as medians of turns."""
    costs: dict[str, list[float]] = {name: [] for name in targets}
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for _processes, port, path in targets.values():
        serving.hammer(port, path, 0.5)
    for _round in range(ROUNDS):
        for name, (processes, port, path) in targets.items():
            before = sum(map(serving.processor_seconds, processes))
            count, passed = serving.hammer(port, path, SECONDS)
            costs[name].append((sum(map(serving.processor_seconds, processes)) - before) / count * 1000)
            rates[name].append(count / passed)
    return (
        {name: median(found) for name, found in costs.items()},
        {name: median(found) for name, found in rates.items()},
    )


def compared(cost: dict[str, float], rate: dict[str, float]) -> list[Row]:
    """Return the rows: what stands beside the portal, through the portal; only what the server itself takes is counted."""
    found = []
    if "litestar" in cost:
        for name, text, goal, sense in (
            ("litestar", "Litestar over its own queries, nested", 1.0, ">="),
            ("documents", "Litestar over the portal's stored documents", 0.0, ""),
        ):
            row = f"list API over a socket: {text}, through lean path"
            found.append(Row(row, cost["portal"], cost[name], cost[name] / cost["portal"], goal, sense))
            row = f"    the same in requests a second ({text.split()[0]} {rate[name]:.0f})"
            found.append(Row(row, rate["portal"], rate[name], rate["portal"] / rate[name], 0, "", "/s"))
    if "static" in cost:
        share = cost["static"] / cost["micro-cache"]
        row = "micro-cache of one second before the API: nginx static of the same bytes through it"
        found.append(Row(row, cost["micro-cache"], cost["static"], share, 0.7))
        row = "    the same in requests a second"
        found.append(
            Row(row, rate["micro-cache"], rate["static"], rate["micro-cache"] / rate["static"], 0, "", "/s")
        )
    return found
