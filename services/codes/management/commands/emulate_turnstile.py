"""A turnstile in a terminal: texts of codes in, verdicts out."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from services.codes.turnstile.gate import Decision, Turnstile
from services.codes.turnstile.portal import Away, Portal, Refused
from services.codes.turnstile.queue import Queue

#: Exit statuses: every code opened · one did not · the portal refuses the device · passes still wait or were refused.
OPENED, NOT_OPENED, REFUSED, LEFT = 0, 1, 2, 3


class Command(BaseCommand):
    """Read codes as a turnstile does and print a verdict for each; try an integration without any hardware."""

    help = "Be a turnstile: sync, judge codes online or offline, queue passes and upload them (docs/turnstiles.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the portal, the key, and where codes come from."""
        parser.add_argument("base_url", help="the portal, such as https://portal.example")
        parser.add_argument("--key", required=True, help="an API key with passes:write and gates:read")
        parser.add_argument("--codes", default="-", help="a file with one code a line; - is standard input")
        parser.add_argument(
            "--offline", action="store_true", help="judge by the last sync and queue the passes"
        )
        parser.add_argument("--queue", help="the SQLite file with keys, list and waiting passes")
        parser.add_argument("--direction", choices=("in", "out"), default="in")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge every code; exit with 0, 1, 2 or 3."""
        path = options["queue"] or tempfile.mkdtemp(prefix="turnstile-") + "/queue.sqlite3"
        portal = Portal(options["base_url"], options["key"])
        queue = Queue(Path(path))
        gate = Turnstile(portal, queue, offline=options["offline"], direction=options["direction"])
        try:
            status = self.run(gate, options)
        except Refused as refusal:
            self.stderr.write(str(refusal))
            status = REFUSED
        finally:
            portal.close()
        if status:
            sys.exit(status)

    def run(self, gate: Turnstile, options: dict[str, Any]) -> int:
        """Sync, judge, upload; return the exit status."""
        is_synced = gate.sync()
        if not is_synced and gate.place is None:
            raise CommandError("The first sync needs the portal: run it once online with the same --queue.")
        self.stderr.write(
            f"{'synced' if is_synced else 'offline'}; {gate.queue.count('waiting')} passes wait"
        )
        decisions = []
        for text in self.texts(options["codes"]):
            decision = gate.decide(text)
            decisions.append(decision)
            self.tell(decision, as_json=options["json"])
        if not gate.offline:
            try:
                if settled := gate.upload():
                    self.stderr.write(f"{settled} passes uploaded")
            except Away as away:
                self.stderr.write(f"the portal is away ({away}); {gate.queue.count('waiting')} passes wait")
        refused = gate.queue.count("quarantined")
        if refused:
            self.stderr.write(f"{refused} passes were quarantined")
        if not gate.offline and (refused or gate.queue.count("waiting")):
            return LEFT
        return OPENED if all(decision.opens for decision in decisions) else NOT_OPENED

    def texts(self, source: str) -> Iterator[str]:
        """Yield the codes, untouched but for the end of the line: a code may begin or end with a space."""
        if source == "-":
            yield from _lines(sys.stdin)
            return
        try:
            with Path(source).open(encoding="utf-8", newline="") as file:
                yield from _lines(file)
        except OSError as error:
            raise CommandError(f"{source} cannot be read: {error.strerror}.") from error

    def tell(self, decision: Decision, *, as_json: bool) -> None:
        """Print a verdict."""
        if as_json:
            self.stdout.write(json.dumps(vars(decision)))
            return
        opens = "OPEN" if decision.opens else "shut"
        digits = f" · show {decision.challenge}" if decision.challenge else ""
        self.stdout.write(f"{opens} {decision.verdict}{digits} ({decision.by})")
        self.stdout.flush()


def _lines(source: Any) -> Iterator[str]:
    for line in source:
        text = line.rstrip("\r\n")
        if text:
            yield text
