"""A gate for tests of the guard's page: a courier who shows codes, pictures of them, and answers in the server's place."""

import io
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import segno
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from services.codes import status_list
from services.codes.keyring import KeyRing, Purpose
from services.codes.minute_words import english, word_at
from services.codes.verdict_words import words
from services.codes.xg1 import compress, issue, present, step_at

GATE, OTHER_GATE = 4711, 815
LISTING = {"public_id": "ABCDEFGHJK", "name": "文溪鼎园", "name_en": "Wenxi Dingyuan"}
TERMS = {
    "zh": "步行入内",
    "en": "enter on foot",
    "state": "enter",
    "opens": None,
    "closes": None,
    "riding": "never",
    "riding_from": None,
    "riding_until": None,
    "storm_riding": None,
    "note": "车停南侧专用位",
    "compound": {"hours": None, "paused": False},
}


def code_picture(text: str, side: int = 480) -> Image.Image:
    """Return a code as a phone shows it, in the middle of a grey square."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=6, border=4)
    code = Image.open(buffer).convert("RGB")
    code.thumbnail((round(side * 0.72),) * 2, Image.Resampling.NEAREST)
    picture = Image.new("RGB", (side, side), (90, 90, 90))
    picture.paste(code, ((side - code.width) // 2, (side - code.height) // 2))
    return picture


def png(text: str) -> dict[str, Any]:
    """Return a picture of a code as a file that a page can be given."""
    buffer = io.BytesIO()
    code_picture(text).save(buffer, "PNG")
    return {"name": "code.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def write_y4m(path: Path, text: str, width: int = 1280, height: int = 720, frames: int = 10) -> Path:
    """Write a film of a code for Chromium's pretended camera: YUV 4:2:0, full planes for each frame."""
    film = Image.new("RGB", (width, height), (70, 70, 70))
    code = code_picture(text, height)
    film.paste(code, ((width - height) // 2, 0))
    y, cb, cr = film.convert("YCbCr").split()
    half = (width // 2, height // 2)
    planes = y.tobytes() + cb.resize(half).tobytes() + cr.resize(half).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode())
        for _frame in range(frames):
            file.write(b"FRAME\n" + planes)
    return path


class Rider:
    """A courier with a credential of the test's issuer."""

    def __init__(
        self, *, index: int = 77, name: str = "李*明", issued_ago_s: int = 3600, **more: Any
    ) -> None:
        now = int(time.time())
        kid, key = KeyRing.load().signing(Purpose.CREDENTIAL, now - issued_ago_s)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = issue(
            private_key=key,
            kid=kid,
            index=index,
            issued_at=now - issued_ago_s,
            life_hours=48,
            platform=3,
            work_type="food_delivery",
            provisional=False,
            name=name,
            public_key=compress(self.key.public_key()),
            **more,
        )

    def show(self, *, ago_s: float = 0, **bound: int) -> str:
        """Return the text of the code as it was some seconds ago, bound to a gate or with a challenge if told."""
        return present(
            device_key=self.key,
            credential=self.credential,
            step=step_at(time.time() - ago_s),
            **bound,
        )


@dataclass
class Server:
    """What the gate's server answers. `is_down` breaks every line; `lose` names how many answers get lost on the way."""

    is_down: bool = False
    lose: int = 0
    unregistered: bool = False
    attended: bool = True
    list_age_s: int = 60
    list_version: int = 5
    keys_version: int = 3
    clock_ahead_ms: int = 0
    revoked: tuple[int, ...] = ()
    terms: dict[str, Any] = field(default_factory=lambda: dict(TERMS))
    told: list[dict[str, Any]] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    manual: dict[str, Any] = field(default_factory=dict)
    shift: dict[str, Any] | None = None
    shifts: int = 0

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return every row that came, once each."""
        return list({row["id"]: row for batch in self.batches for row in batch}.values())

    def now_ms(self) -> int:
        """Return the server's Unix milliseconds."""
        return int(time.time() * 1000) + self.clock_ahead_ms

    def sync(self) -> dict[str, Any]:
        """Return the answer to a sync."""
        ring, now = KeyRing.load(), int(time.time())
        token = status_list.token(
            ring,
            indices=self.revoked,
            size=4096,
            version=self.list_version,
            now=now - self.list_age_s,
            address="https://portal.example/api/v1/status-list/",
        )
        minute = int(time.time()) // 60
        spoken = {
            str(m): {"zh": word_at(GATE, m), "en": english(word_at(GATE, m))}
            for m in range(minute, minute + 30)
        }
        gates = [(GATE, "南门", "South gate"), (OTHER_GATE, "北门", "North gate")]
        return {
            "cursor": f"1.{self.list_version}.{self.keys_version}",
            "now_ms": self.now_ms(),
            "next_poll_s": 30,
            "device": {
                "id": 1,
                "name": "南门手机",
                "listing": LISTING,
                "attended": self.attended,
                "expires_at_ms": self.now_ms() + 86_400_000,
                "locked_until_ms": None,
            },
            "shift": self.shift,
            "checkpoints": [
                {"number": n, "name": zh, "name_en": en, "kind": "gate", "attended": self.attended}
                for n, zh, en in gates
            ],
            "guards": [{"id": 1, "name": "值班一号"}, {"id": 2, "name": "值班二号"}],
            "keys": ring.jwks(now),
            "keys_version": self.keys_version,
            "list": {"version": self.list_version, "token": token},
            "platforms": [{"number": 3, "zh": "某平台", "en": "A platform"}],
            "terms": {str(GATE): self.terms, str(OTHER_GATE): self.terms},
            "words": {str(GATE): spoken, str(OTHER_GATE): spoken},
            "rules": {"free_steps": [-2, 1], "challenged_steps": 20, "list_ttl_s": 900, "repeat_s": 10},
            "verdicts": words(),
        }

    def take(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Answer for rows as `outcomes` says, by verdict; else each is created."""
        known = {row["id"] for row in self.rows}
        self.batches.append(rows)
        return [
            {
                "id": row["id"],
                "outcome": "duplicate" if row["id"] in known else "created",
                "verdict": row["verdict"],
                "assurance": row["assurance"],
                "reasons": [],
                **self.outcomes.get(row["verdict"], {}),
                **(self.more if "text" in row else {}),
            }
            for row in rows
        ]

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body for a request below /guard/."""
        if self.unregistered:
            return 401, {"error": "device_unregistered", "say": "这台设备没有登记，或已到期。"}
        if path == "/guard/sync/":
            return 200, self.sync()
        if path == "/guard/passes/":
            return 200, {"answers": self.take(body["rows"]), "now_ms": self.now_ms()}
        if path == "/guard/shift/":
            self.shifts += 1
            now = self.now_ms()
            self.shift = {"id": self.shifts, **body, "started_at_ms": now, "ends_at_ms": now + 43_200_000}
            return 200, {"shift": self.shift}
        if path == "/guard/shift/end/":
            self.shift = None
            return 200, {"shift": None}
        if path == "/guard/manual/":
            status = self.manual.get("status", 200)
            return status, {key: value for key, value in self.manual.items() if key != "status"}
        return 200, {}

    def route(self, route: Any) -> None:
        """Answer in the server's place; playwright calls this for every request below /guard/ but pages and worker."""
        request = route.request
        path = "/" + request.url.split("/", 3)[3].partition("?")[0]
        body = json.loads(request.post_data or "{}")
        if self.is_down:
            return route.abort("internetdisconnected")
        self.told.append({"path": path, "body": body, "headers": request.headers})
        status, answer = self.answer(path, body)
        if self.lose and path == "/guard/passes/":
            self.lose -= 1
            return route.abort("connectionreset")
        return route.fulfill(status=status, json=answer)

    def serve(self, context: Any) -> None:
        """Answer for a browser context."""
        for name in ("sync", "passes", "shift", "shift/end", "manual", "incident", "enrol"):
            context.route(f"**/guard/{name}/", self.route)
        context.route("**/guard/sync/?*", self.route)
