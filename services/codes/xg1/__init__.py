"""The protocol XG1 of identity codes, pure: no database, no Django, no clock of its own.

`static/js/xg1/` says the same in JavaScript; `tests/vectors/xg1.json` holds both to one reading.
"""

from services.codes.xg1.asking import (
    LIST_TTL_S,
    Asking,
    LastPass,
    Outcome,
    Rule,
    Seen,
    Status,
)
from services.codes.xg1.credential import (
    MAX_LIFE_HOURS,
    WORK_TYPES,
    BadCode,
    Credential,
    issue,
    read_credential,
)
from services.codes.xg1.curve import compress, is_signed, load_point
from services.codes.xg1.judging import ALREADY_PASSED_S, CHALLENGED_STEPS, FREE_STEPS
from services.codes.xg1.keys import Key, StatusBits, keys_from_jwks
from services.codes.xg1.placecode import BadPlaceCode, Place, PlaceFault, issue_place, read_place
from services.codes.xg1.presentation import (
    NO_CHALLENGE,
    NO_GATE,
    STEP_SECONDS,
    UNSHOWN,
    Issued,
    Presentation,
    decode,
    encode,
    present,
    read_proof,
    step_at,
)
from services.codes.xg1.verdicts import Group, Verdict
from services.codes.xg1.verifying import IssuerCache, verify, verify_proof

__all__ = [
    "ALREADY_PASSED_S",
    "CHALLENGED_STEPS",
    "FREE_STEPS",
    "LIST_TTL_S",
    "MAX_LIFE_HOURS",
    "NO_CHALLENGE",
    "NO_GATE",
    "STEP_SECONDS",
    "UNSHOWN",
    "WORK_TYPES",
    "Asking",
    "BadCode",
    "BadPlaceCode",
    "Credential",
    "Group",
    "Issued",
    "IssuerCache",
    "Key",
    "LastPass",
    "Outcome",
    "Place",
    "PlaceFault",
    "Presentation",
    "Rule",
    "Seen",
    "Status",
    "StatusBits",
    "Verdict",
    "compress",
    "decode",
    "encode",
    "is_signed",
    "issue",
    "issue_place",
    "keys_from_jwks",
    "load_point",
    "present",
    "read_credential",
    "read_place",
    "read_proof",
    "step_at",
    "verify",
    "verify_proof",
]
