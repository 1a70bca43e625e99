# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx"]
# ///
"""Follow a portal's change feed as a partner does, hold the copy against the browse API, and report what disagrees.

This file needs Python and httpx and nothing else of the portal: `python mirroring.py https://portal.example --key nx_…`
Exits with 0 when the copy agrees, 1 when something does not, 2 when the portal cannot be asked.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

FEED, LIST, DUMPS = "/api/v1/changes/", "/api/v1/listings/", "/api/v1/dumps/"
PATIENCE_SECONDS, MOST_TRIES = 30.0, 6
#: What a list says of the moment, and no feed does.
OF_THE_MOMENT = frozenset(
    {"open_now", "closes_at", "open_end", "opens_next_at", "hours_known", "calendar_confirmed", "held"}
)
LIST_FILTERS = frozenset({"district", "street", "community", "bbox", "state"})


class Unreachable(Exception):
    """The portal did not answer as an API does; carries a sentence."""


@dataclass
class Report:
    """What was read and what disagrees."""

    dumped: int = 0
    pages: int = 0
    updated: int = 0
    deleted: int = 0
    held: int = 0
    listed: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return the report as text."""
        lines = [
            *([f"{self.dumped} rows of the newest dump"] if self.dumped else []),
            f"{self.pages} pages: {self.updated} updated, {self.deleted} deleted, in {self.seconds:.1f} s",
            f"the copy holds {self.held} listings, the browse API lists {self.listed}",
            *(f"DISAGREES  {fault}" for fault in self.faults[:50]),
        ]
        if len(self.faults) > 50:
            lines.append(f"… and {len(self.faults) - 50} more")
        return "\n".join([*lines, "" if self.faults else "the copy agrees with the portal"]).strip()


class Mirror:
    """A partner's copy of what a question of the feed covers; `question` are its filters as (name, value)."""

    def __init__(self, client: httpx.Client, question: list[tuple[str, str]]) -> None:
        self.client, self.question = client, question
        self.held: dict[str, dict[str, Any]] = {}
        self.next = _with(FEED, question)
        self.last = 0
        self.report = Report()

    def catch_up(self) -> None:
        """Follow `next` until a page says that the copy is current."""
        while True:
            asked = self.next
            body = get(self.client, asked).json()
            self.report.pages += 1
            self._check_page(body)
            for item in body.get("items", []):
                self.apply(item)
            self.next = body["next"]
            if not body["items"] and _same(body["next"], asked):
                return

    def begin_with_dump(self) -> None:
        """Take the rows of the newest dump, and stand where the feed goes on from it. Raises Unreachable."""
        if self.question:
            raise Unreachable("A dump holds everything public: it cannot begin a copy with filters.")
        dumps = get(self.client, DUMPS).json()["results"]
        if not dumps:
            raise Unreachable("There is no dump yet.")
        newest = dumps[0]
        digest = hashlib.sha256()
        rows = 0
        for line in _lines(self.client, newest["url"], digest):
            row = json.loads(line)
            self.held[row["id"]] = row
            rows += 1
        if digest.hexdigest() != newest["sha256"]:
            self.report.faults.append(f"{newest['name']} has another checksum than its list says")
        if rows != newest["rows"]:
            self.report.faults.append(
                f"{newest['name']} holds {rows} rows, and its list says {newest['rows']}"
            )
        self.report.dumped = rows
        self.next, self.last = newest["changes"], newest["change_number"]

    def _check_page(self, body: dict[str, Any]) -> None:
        if not isinstance(body.get("items"), list) or not isinstance(body.get("next"), str):
            raise Unreachable("A page of the feed has no `items` or no `next`.")

    def apply(self, item: dict[str, Any]) -> None:
        """Take an item into the copy; note what does not keep the rules."""
        if item["seq"] <= self.last:
            self.report.faults.append(f"item {item['seq']} comes after {self.last}")
        self.last = max(self.last, item["seq"])
        if item["state"] == "deleted":
            self.report.deleted += 1
            if "data" in item:
                self.report.faults.append(f"{item['id']} is deleted and has data")
            self.held.pop(item["id"], None)
            return
        self.report.updated += 1
        row = item["data"]
        if (row["id"], row["kind"]) != (item["id"], item["kind"]):
            self.report.faults.append(f"{item['id']} carries the data of {row['id']}")
        self.held[item["id"]] = row


def get(client: httpx.Client, address: str) -> httpx.Response:
    """Return an answer of 200; what is away or busy is asked again. Raises Unreachable."""
    failure = ""
    for attempt in range(MOST_TRIES):
        try:
            answer = client.get(address)
        except httpx.HTTPError as error:
            failure = f"{type(error).__name__} at {address}"
            time.sleep(min(2**attempt, 10))
            continue
        if answer.status_code == 200:
            return answer
        failure = f"{answer.status_code} at {address}: {answer.text[:200]}"
        if answer.status_code not in {429, 502, 503, 504}:
            break
        time.sleep(min(float(answer.headers.get("Retry-After", "1")), PATIENCE_SECONDS))
    raise Unreachable(failure)


def _lines(client: httpx.Client, address: str, digest: Any) -> Iterator[bytes]:
    """Yield the lines of a compressed file as it arrives; `digest` learns of its bytes. Raises Unreachable."""
    unpacked, rest = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
    try:
        with client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise Unreachable(f"{answer.status_code} at {address}")
            for piece in answer.iter_raw():
                digest.update(piece)
                *whole, rest = (rest + unpacked.decompress(piece)).split(b"\n")
                yield from whole
    except (httpx.HTTPError, zlib.error) as error:
        raise Unreachable(f"{type(error).__name__} at {address}") from error


def browse(client: httpx.Client, question: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the browse API for the filters that it shares with the feed."""
    kinds = {value for name, value in question if name == "kind"}
    shared = [(name, value) for name, value in question if name in LIST_FILTERS]
    address: str | None = _with(LIST, [*shared, ("page_size", "200")])
    while address:
        body = get(client, address).json()
        yield from (row for row in body["results"] if not kinds or row["kind"] in kinds)
        address = body["next"]


def differences(held: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Return the keys in which a held row and a listed one differ, what depends on the moment aside."""
    keys = (held.keys() | row.keys()) - OF_THE_MOMENT - {"distance_m"}
    return sorted(key for key in keys if held.get(key) != row.get(key))


def compare(mirror: Mirror) -> dict[str, str]:
    """Return id → what disagrees between the copy and the browse API."""
    listed = {row["id"]: row for row in browse(mirror.client, mirror.question)}
    mirror.report.listed, mirror.report.held = len(listed), len(mirror.held)
    found = dict.fromkeys(mirror.held.keys() - listed.keys(), "is held and not listed")
    found |= dict.fromkeys(listed.keys() - mirror.held.keys(), "is listed and not held")
    for id_ in mirror.held.keys() & listed.keys():
        if keys := differences(mirror.held[id_], listed[id_]):
            found[id_] = f"differs in {', '.join(keys)}"
    return found


def check_protocol(mirror: Mirror) -> None:
    """Note what the feed does not keep of its rules: tags, and cursors that are none."""
    first = get(mirror.client, mirror.next)
    tag = first.headers.get("ETag")
    again = mirror.client.get(mirror.next, headers={"If-None-Match": tag or ""})
    if not tag or again.status_code not in {200, 304}:
        mirror.report.faults.append("the feed has no ETag, or does not know it again")
    wrong = mirror.client.get(_with(FEED, [*mirror.question, ("cursor", "no-cursor")]))
    if wrong.status_code != 400:
        mirror.report.faults.append(f"a cursor that is none is answered with {wrong.status_code}, not 400")


def check(
    base: str,
    *,
    key: str = "",
    question: str = "",
    follow: float = 0,
    from_dump: bool = False,
    timeout: float = PATIENCE_SECONDS,
) -> Report:
    """Mirror a portal, compare and return the report. Raises Unreachable.

    What changes between reading the feed and listing is looked at again, after catching up; only what still
    disagrees a third time is a fault. `follow` seconds are spent following before comparing. With `from_dump` the copy
    begins with the newest dump instead of the feed's beginning.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    started = time.monotonic()
    with httpx.Client(
        base_url=base.rstrip("/"), headers=headers, timeout=timeout, follow_redirects=True
    ) as client:
        mirror = Mirror(client, parse_qsl(question.lstrip("?")))
        if from_dump:
            mirror.begin_with_dump()
        mirror.catch_up()
        while time.monotonic() - started < follow:
            time.sleep(min(1.0, follow))
            mirror.catch_up()
        found: dict[str, str] = {}
        for _round in range(3):
            now = compare(mirror)
            found = now if not _round else {id_: said for id_, said in now.items() if id_ in found}
            if not found:
                break
            mirror.catch_up()
        mirror.report.faults += [f"{id_} {said}" for id_, said in sorted(found.items())]
        check_protocol(mirror)
    mirror.report.seconds = time.monotonic() - started
    return mirror.report


def _with(path: str, query: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _same(one: str, other: str) -> bool:
    """Say whether two addresses, absolute or not, ask the same."""
    first, second = httpx.URL(one), httpx.URL(other)
    return (first.path, first.query) == (second.path, second.query)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Follow a portal's change feed and compare the copy with its lists."
    )
    parser.add_argument("base", help="the portal's address, such as https://portal.example")
    parser.add_argument("--key", default=os.environ.get("NUANXIN_KEY", ""), help="an API key, or NUANXIN_KEY")
    parser.add_argument(
        "--question", default="", help='filters of the feed, such as "street=330105010&kind=canteen"'
    )
    parser.add_argument("--follow", type=float, default=0, help="go on following for so many seconds first")
    parser.add_argument("--from-dump", action="store_true", help="begin the copy with the newest daily dump")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    try:
        report = check(
            given.base,
            key=given.key,
            question=given.question,
            follow=given.follow,
            from_dump=given.from_dump,
        )
    except (Unreachable, KeyError, ValueError, TypeError) as error:
        sys.stderr.write(f"The portal cannot be asked: {error}\n")
        return 2
    text = json.dumps(vars(report), ensure_ascii=False) if given.json else report.told()
    sys.stdout.write(text + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
