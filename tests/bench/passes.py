"""One code verified with its two signatures, and a batch of a hundred, beside a stock endpoint and the bare signatures.

Every code is shown for the first time: nothing that was verified before is found in a cache. Processor time is the
server's own, as everywhere over a socket; the database's is not in it.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import median
from typing import Any

from django.db import connections
from django.utils import timezone

from services.codes import xg1
from services.codes.keymaking import ensure_keys
from services.codes.keyring import KeyRing, Purpose
from tests.bench import serving
from tests.bench.measuring import Row

ROUNDS, TURN, BATCHES, BATCH = 5, 400, 6, 100
CLIENTS = 2


class Gate:
    """A turnstile with a key, and couriers' phones that nobody has seen yet."""

    def __init__(self, wanted: int) -> None:
        from services.codes import publishing_list
        from tests.code_gates import make_gate, make_holder, make_phone, make_turnstile

        # Older than the codes that it signs.
        ensure_keys(at=int(time.time()) - 10 * 86_400)
        now = timezone.now()
        self.place = make_gate()
        _device, self.key = make_turnstile(self.place, now)
        holder = make_holder()
        self.phones = iter([make_phone(now, holder=holder) for _number in range(wanted)])
        publishing_list.publish(now=now)

    def scans(self, count: int) -> list[bytes]:
        """Return bodies of single scans, signed now."""
        from tests.code_gates import at_ms

        now = timezone.now()
        return [
            _body(
                id=at_ms(now),
                checkpoint=self.place.number,
                direction="in",
                text=next(self.phones).text(now, gate=self.place.number),
            )
            for _number in range(count)
        ]

    def batches(self, count: int) -> list[bytes]:
        """Return bodies of batches of a hundred rows, signed now."""
        from tests.code_gates import row_of

        now = timezone.now()
        return [
            _body(rows=[row_of(self.place, next(self.phones), now) for _row in range(BATCH)], waiting=0)
            for _number in range(count)
        ]


def _body(**said: Any) -> bytes:
    return json.dumps(said).encode()


def pass_rows() -> list[Row]:
    """Verify and log in turns with a stock endpoint on the same server; both keep their connections."""
    gate = Gate((ROUNDS + 1) * (2 * TURN + BATCHES * BATCH))
    connections.close_all()
    costs: dict[str, list[float]] = {"ours": [], "stock": [], "batch": [], "raw": []}
    rates: list[float] = []
    raw = _raw()
    with serving.granian("wsgi", "portal.wsgi:application") as (process, port):
        for turn in range(ROUNDS + 1):
            found = {
                "ours": _turn(port, gate.key, process, "/api/v1/passes/", gate.scans(TURN), _one_holds),
                "stock": _turn(port, gate.key, process, "/peer/passes/", gate.scans(TURN), _one_holds),
                "batch": _turn(
                    port, gate.key, process, "/api/v1/passes/batch/", gate.batches(BATCHES), _all_hold
                ),
                "raw": (raw(), 0.0),
            }
            # The first turn warms up.
            if turn:
                for name, (cost, _seconds) in found.items():
                    costs[name].append(cost)
                rates.append(1 / found["ours"][1])
    one, stock, batch, bare = (median(costs[name]) for name in ("ours", "stock", "batch", "raw"))
    batch /= BATCH
    return [
        Row(
            "verify one code, two signatures, and log it: stock DRF through ours", one, stock, stock / one, 5
        ),
        Row("verify one code: two bare ES256 signatures through ours", one, bare, bare / one, 0.1),
        Row(
            f"a batch of {BATCH}, each pass: two bare ES256 signatures through ours",
            batch,
            bare,
            bare / batch,
            0.4,
        ),
        Row(f"    the same in requests a second, {CLIENTS} connections", median(rates), 0, 0, 0, "", "/s"),
    ]


def _turn(
    port: int, key: str, process: int, path: str, bodies: list[bytes], holds: Callable[[Any], bool]
) -> tuple[float, float]:
    """Return the server's processor milliseconds and the seconds for each request. Raise Failed for any error."""
    before, started = serving.processor_seconds(process), time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        parts = [bodies[number::CLIENTS] for number in range(CLIENTS)]
        said = list(clients.map(lambda part: _ask(port, key, path, part), parts))
    passed = time.monotonic() - started
    cost = (serving.processor_seconds(process) - before) / len(bodies) * 1000
    for answer in (answer for part in said for answer in part):
        if not holds(json.loads(answer)):
            raise serving.Failed(f"{path} answered {answer[:300]!r}")
    return cost, passed / len(bodies)


def _ask(port: int, key: str, path: str, bodies: list[bytes]) -> list[bytes]:
    """Return the answers of one connection that is kept, as a turnstile keeps it."""
    headers = {"Host": "localhost", "Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    answers = []
    for body in bodies:
        client.request("POST", path, body, headers)
        answer = client.getresponse()
        answers.append(answer.read())
        if answer.status not in {200, 201}:
            raise serving.Failed(f"{path} answered {answer.status} {answers[-1][:300]!r}")
    client.close()
    return answers


def _one_holds(said: Any) -> bool:
    return said["verdict"] == "ok"


def _all_hold(said: Any) -> bool:
    return all(answer["outcome"] == "created" for answer in said["answers"])


def _raw() -> Callable[[], float]:
    """Return what measures the processor milliseconds of two verifications, with keys that are loaded already."""
    from cryptography.hazmat.primitives.asymmetric import ec

    _kid, issuer = KeyRing.load().signing(Purpose.CREDENTIAL)
    device = ec.generate_private_key(ec.SECP256R1())
    said = b"XG1" * 40
    pairs = [(key.public_key(), _signature(key, said)) for key in (issuer, device)]

    def measured() -> float:
        before = time.process_time()
        for _pass in range(TURN):
            for key, signature in pairs:
                assert xg1.is_signed(key, signature, said)
        return (time.process_time() - before) / TURN * 1000

    return measured


def _signature(key: Any, said: bytes) -> bytes:
    from services.codes.xg1.curve import sign

    return sign(key, said)
