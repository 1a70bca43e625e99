"""One code verified with its two signatures, and a batch of a hundred, beside a stock endpoint and the bare signatures.

Every code is shown for the first time: nothing that was verified before is found in a cache. Connections to database
and Redis are kept on both sides; what the database takes is not in the processor time.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connections
from django.utils import timezone

from services.codes import xg1
from services.codes.keyring import KeyRing, Purpose
from services.codes.xg1.curve import sign
from tests.bench import serving
from tests.bench.measuring import Caller, Row, compare

ROUNDS, TURN, BATCH = 15, 20, 100
OVER_SOCKET, CLIENTS = 300, 2


class Gate:
    """A turnstile with a key, and couriers' phones that nobody has seen yet."""

    def __init__(self, wanted: int) -> None:
        from services.codes import publishing_list
        from tests.code_gates import make_gate, make_holder, make_phone, make_turnstile

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
    """Verify and log in this process in turns with a stock endpoint and bare signatures; then once over a socket."""
    gate = Gate(2 * (ROUNDS * TURN + 1) + (ROUNDS + 1) * BATCH + 2 * OVER_SOCKET)
    caller = Caller()
    ones, stocks = (iter(gate.scans(ROUNDS * TURN + 1)) for _side in range(2))
    bare = _bare()
    one, stock, raw = compare(
        [
            lambda: _held(caller, gate, "/api/v1/passes/", next(ones), _one_holds),
            lambda: _held(caller, gate, "/peer/passes/", next(stocks), _one_holds),
            bare,
        ],
        rounds=ROUNDS,
        batch=TURN,
    )
    batches = iter(gate.batches(ROUNDS + 1))
    batch, raw_again = compare(
        [
            lambda: _held(caller, gate, "/api/v1/passes/batch/", next(batches), _all_hold),
            lambda: [bare() for _row in range(BATCH)],
        ],
        rounds=ROUNDS,
        batch=1,
    )
    batch, raw_again = batch / BATCH, raw_again / BATCH
    text = f"a batch of {BATCH}, each pass: two bare ES256 signatures through ours"
    return [
        Row(
            "verify one code, two signatures, and log it: stock DRF through ours", one, stock, stock / one, 5
        ),
        Row("verify one code: two bare ES256 signatures through ours", one, raw, raw / one, 0.1),
        Row(text, batch, raw_again, raw_again / batch, 0.4),
        *_over_a_socket(gate),
    ]


def _held(caller: Caller, gate: Gate, path: str, body: bytes, holds: Callable[[Any], bool]) -> None:
    status, _headers, said = caller.post(path, body, HTTP_AUTHORIZATION=f"Bearer {gate.key}")
    if status not in {200, 201} or not holds(json.loads(said)):
        raise serving.Failed(f"{path} answered {status} {said[:300]!r}")


def _over_a_socket(gate: Gate) -> list[Row]:
    """Return what the server takes with its own share, and how many codes a second two connections get through."""
    connections.close_all()
    with serving.granian("wsgi", "portal.wsgi:application") as (process, port):
        asked = gate.scans(OVER_SOCKET), gate.scans(OVER_SOCKET)
        _turn(port, gate.key, process, "/peer/passes/", asked[1][:20], _one_holds)
        ours, passed = _turn(port, gate.key, process, "/api/v1/passes/", asked[0], _one_holds)
        stock, stock_passed = _turn(port, gate.key, process, "/peer/passes/", asked[1][20:], _one_holds)
    name = f"    the same over {CLIENTS} connections"
    return [
        Row(name, ours, stock, stock / ours, 0, ""),
        Row(f"{name}, in codes a second", 1 / passed, 1 / stock_passed, stock_passed / passed, 0, "", "/s"),
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


def _bare() -> Callable[[], None]:
    """Return two verifications with keys that are loaded already."""
    _kid, issuer = KeyRing.load().signing(Purpose.CREDENTIAL)
    device = ec.generate_private_key(ec.SECP256R1())
    said = b"XG1" * 40
    pairs = [(key.public_key(), sign(key, said)) for key in (issuer, device)]

    def bare() -> None:
        for key, signature in pairs:
            assert xg1.is_signed(key, signature, said)

    return bare
