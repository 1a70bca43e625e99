"""What gates ask and are answered, for the schema only."""

from typing import Any, ClassVar

from rest_framework import serializers

from portal.listings.api.documents import Schema, instant, text, whole
from services.codes.passing import MOST_ROWS
from services.codes.xg1 import Verdict

_VERDICTS = [verdict.value for verdict in Verdict]
_VERDICT: Any = {"choices": _VERDICTS, "help_text": "docs/turnstiles.md says what each one means."}
ID = "0198c5d2-7a3b-7c11-9a55-2f6d1c0e4b7a"


UUID7 = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
NOW_MS = 1795665600000


class Both(Schema):
    """A text in both languages."""

    zh = text()
    en = text()


#: What `keys` and `gates/sync` show of the issuer's keys.
JWKS: dict[str, Any] = {
    "version": 3,
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": "16",
            "use": "sig",
            "alg": "ES256",
            "purpose": "credential",
            "nbf": 1795000000,
            "exp": 1802776000,
        }
    ],
}


class ScanDocument(Schema):
    """A code that was read a moment ago; the server judges it and logs it."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "checkpoint": 4711,
        "text": "XG1:….",
        "direction": "in",
        "challenge": None,
        "sequence": 12,
    }

    id = serializers.RegexField(
        UUID7, help_text="A new UUIDv7; asked again with the same one, the answer is the same."
    )
    checkpoint = serializers.IntegerField(min_value=1, max_value=0xFFFFFF)
    text = serializers.CharField(max_length=5000, help_text="The text of the code, untouched: spaces count.")
    direction = serializers.ChoiceField(["in", "out"], default="in")
    challenge = serializers.RegexField(
        "^[0-9]{1,4}$",
        required=False,
        allow_null=True,
        help_text="The digits that the turnstile showed, if any.",
    )
    sequence = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**53 - 1)


class VerdictDocument(Schema):
    """What came of a scan. No name is in it."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "outcome": "created",
        "opens": True,
        "verdict": "ok",
        "word": "go",
        "retry": False,
        "courier": {"zh": "请通行", "en": "Please pass"},
        "next": {"zh": "放行", "en": "Let through"},
        "reasons": [],
        "assurance": 2,
        "challenge": None,
        "platform": 7,
        "work_type": "food_delivery",
        "provisional": False,
        "now_ms": NOW_MS,
    }

    id = serializers.UUIDField()
    outcome = serializers.ChoiceField(
        ["created", "duplicate", "refused"], help_text="`refused`: nothing was logged, nothing opens."
    )
    opens = serializers.BooleanField(help_text="Whether the gate opens.")
    verdict = serializers.ChoiceField(**_VERDICT)
    word = serializers.ChoiceField(["go", "wait", "no"])
    retry = serializers.BooleanField(help_text="Whether showing the code again can help.")
    courier = Both(help_text="What to show to the courier.")
    next = Both(help_text="The next step, for a guard.")
    reasons = serializers.ListField(child=serializers.CharField())
    assurance = serializers.IntegerField(allow_null=True, min_value=0, max_value=4)
    challenge = serializers.CharField(
        allow_null=True, help_text="Digits to show now; the courier enters them and shows the code again."
    )
    platform = whole("The platform's number; gates/sync names it.")
    work_type = serializers.CharField(allow_null=True)
    provisional = serializers.BooleanField(allow_null=True)
    now_ms = serializers.IntegerField(help_text="The server's Unix time in milliseconds.")


class RowDocument(Schema):
    """A pass that a device decided by itself, without the code's text."""

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "checkpoint": 4711,
        "sequence": 13,
        "shift": None,
        "direction": "in",
        "method": "scan",
        "pid": "0003e96926d81a30",
        "credential_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "presentation": "BqYc…",
        "challenge": "4821",
        "scanned_at": "2026-11-26T04:00:00.000Z",
        "clock_offset_ms": 0,
        "made_offline": True,
        "list_version": 1795703779,
        "verdict": "ok",
        "reasons": [],
        "assurance": 2,
        "forced_why": "",
        "annuls": None,
    }

    id = serializers.RegexField(UUID7, help_text="UUIDv7, made at the scan.")
    checkpoint = serializers.IntegerField(min_value=1, max_value=0xFFFFFF)
    sequence = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    shift = serializers.IntegerField(required=False, allow_null=True)
    direction = serializers.ChoiceField(["in", "out"], default="in")
    method = serializers.ChoiceField(["scan", "manual_code", "override"], default="scan")
    pid = serializers.RegexField(r"^[0-9a-f]{16}$", required=False, allow_null=True)
    credential_digest = serializers.RegexField(r"^[0-9a-f]{64}$", required=False, allow_null=True)
    presentation = serializers.CharField(
        required=False, allow_null=True, help_text="The code's last 73 bytes, base64url without padding."
    )
    challenge = serializers.CharField(
        required=False, allow_null=True, help_text="The digits that were asked."
    )
    scanned_at = instant("By the device's clock.")
    clock_offset_ms = serializers.IntegerField(
        required=False, help_text="What the device adds to its clock to get the server's."
    )
    made_offline = serializers.BooleanField(required=False)
    list_version = whole("The status list that the device went by.")
    verdict = serializers.ChoiceField(**_VERDICT)
    reasons = serializers.ListField(child=serializers.CharField(), required=False)
    assurance = serializers.IntegerField(required=False, min_value=0, max_value=4)
    forced_why = serializers.CharField(required=False, allow_blank=True, max_length=120)
    annuls = serializers.UUIDField(required=False, allow_null=True)


class BatchDocument(Schema):
    """Passes that waited, up to 500."""

    example: ClassVar[dict[str, Any]] = {"rows": [RowDocument.example], "waiting": 0}

    rows = serializers.ListField(child=RowDocument(), max_length=MOST_ROWS)
    waiting = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, help_text="How many wait, these included."
    )


class PassAnswer(Schema):
    """What became of one row. Delete it only now; a quarantined row is kept by the portal as well."""

    id = serializers.CharField()
    outcome = serializers.ChoiceField(["created", "duplicate", "amended", "conflict", "quarantined"])
    verdict = serializers.CharField(allow_null=True)
    assurance = serializers.IntegerField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class BatchAnswer(Schema):
    """One answer for each row, in their order."""

    example: ClassVar[dict[str, Any]] = {
        "answers": [{"id": ID, "outcome": "created", "verdict": "ok", "assurance": 2, "reasons": []}],
        "now_ms": NOW_MS,
    }

    answers = PassAnswer(many=True)
    now_ms = serializers.IntegerField()


class SyncDocument(Schema):
    """All that a device needs to judge codes by itself."""

    example: ClassVar[dict[str, Any]] = {
        "cursor": "1.1795665500.3",
        "now_ms": NOW_MS,
        "next_poll_s": 30,
        "device": {"id": 12, "name": "南门闸机", "kind": "turnstile", "checkpoint": 4711, "attended": False},
        "checkpoints": [
            {"number": 4711, "name": "南门", "name_en": "South Gate", "kind": "gate", "attended": False}
        ],
        "keys": JWKS,
        "keys_version": 3,
        "list": {"version": 1795665500, "token": "eyJhbGciOiJFUzI1NiJ9…"},
        "list_version": 1795665500,
        "platforms": [{"number": 7, "zh": "试送", "en": "Trial Delivery"}],
        "terms": {"4711": {"state": "ride", "zh": "可骑行", "en": "Riding allowed", "admits_couriers": True}},
        "terms_version": 4711,
        "rules": {
            "free_steps": [-2, 1],
            "challenged_steps": 4,
            "list_ttl_s": 86400,
            "repeat_s": 300,
            "challenge_s": 60,
        },
    }

    cursor = serializers.CharField(help_text="Send it next time: the list is then null while it is the same.")
    now_ms = serializers.IntegerField(help_text="The server's Unix time in milliseconds.")
    next_poll_s = serializers.IntegerField()
    device = serializers.DictField()
    checkpoints = serializers.ListField(child=serializers.DictField())
    keys = serializers.DictField(help_text="A JWK set; `purpose` says what a key signs.")
    keys_version = serializers.IntegerField()
    list = serializers.DictField(allow_null=True, help_text="{version, token}: the signed status list.")
    list_version = serializers.IntegerField()
    platforms = serializers.ListField(child=serializers.DictField())
    terms = serializers.DictField(help_text="By checkpoint: whether it is open, and how one enters.")
    terms_version = serializers.IntegerField()
    rules = serializers.DictField()
