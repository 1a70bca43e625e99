"""What gates ask and are answered, for the schema only."""

from typing import Any, ClassVar

from rest_framework import serializers

from portal.listings.api.documents import Schema, instant, text, whole
from services.codes.passing import MOST_ROWS
from services.codes.xg1 import Verdict

_VERDICTS = [verdict.value for verdict in Verdict]
#: What the schema says of an address that no one reads without a key; typed by the library as names only.
KEY_ONLY: Any = [{"key": []}]
_VERDICT: Any = {"choices": _VERDICTS, "help_text": "docs/turnstiles.md says what each one means."}
ID = "0198c5d2-7a3b-7c11-9a55-2f6d1c0e4b7a"


class Both(Schema):
    """A text in both languages."""

    zh = text()
    en = text()


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

    id = serializers.UUIDField(
        help_text="A new UUIDv7; asked again with the same one, the answer is the same."
    )
    checkpoint = serializers.IntegerField(min_value=1, max_value=0xFFFFFF)
    text = serializers.CharField(max_length=5000, help_text="The text of the code, untouched: spaces count.")
    direction = serializers.ChoiceField(["in", "out"], default="in")
    challenge = serializers.CharField(
        required=False, allow_null=True, help_text="The digits that the turnstile showed, if any."
    )
    sequence = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class VerdictDocument(Schema):
    """What came of a scan. No name is in it."""

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

    id = serializers.UUIDField(help_text="UUIDv7, made at the scan.")
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
        required=False, min_value=0, help_text="How many wait, these included."
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

    answers = PassAnswer(many=True)
    now_ms = serializers.IntegerField()


class SyncDocument(Schema):
    """All that a device needs to judge codes by itself."""

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
