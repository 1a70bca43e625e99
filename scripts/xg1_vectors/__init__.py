"""Write tests/vectors/xg1.json: codes of every kind and what verifying them must say.

The keys are small known numbers and every signature is deterministic (RFC 6979), so that a second run writes the same
file. What a case expects is written here by hand, never taken from the code under test.
"""

import json
from pathlib import Path
from typing import Any

from scripts.xg1_vectors.holders import holders
from scripts.xg1_vectors.making import KEYS, LIST_SIZE, REVOKED, list_payload, token
from scripts.xg1_vectors.prints import lists, places, tokens
from scripts.xg1_vectors.scans import gates, repetitions
from scripts.xg1_vectors.texts import formats, signatures

TARGET = Path(__file__).resolve().parent.parent.parent / "tests" / "vectors" / "xg1.json"


def vectors() -> dict[str, Any]:
    """Return the whole file."""
    return {
        "about": "Made by `python -m scripts.xg1_vectors`. Times are Unix seconds; each case is judged by itself.",
        "keys": KEYS,
        "list": {"token": token(list_payload()), "size": LIST_SIZE, "revoked": [REVOKED, LIST_SIZE - 1]},
        "cases": [*formats(), *signatures(), *holders(), *gates(), *repetitions()],
        "places": places(),
        "tokens": tokens(),
        "lists": lists(),
    }


def written() -> str:
    """Return the file's text."""
    return json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n"
