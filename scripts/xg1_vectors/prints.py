"""The place codes and the tokens of tests/vectors/xg1.json."""

import zlib
from typing import Any

from scripts.xg1_vectors.making import (
    ISSUER,
    PLACE_SIGNER,
    RETIRED,
    STRANGER,
    Deterministic,
    T,
    based,
    flipped,
    high_s,
    list_payload,
    token,
)
from services.codes.xg1 import curve

PLACE = "0G7H2K9MZX"
DAY = 86_400


def printed(signer: Deterministic = PLACE_SIGNER, **changes: Any) -> bytes:
    """Return the bytes of a place code, valid but for the changes."""
    parts: dict[str, Any] = {
        "version": 1,
        "kid": 11,
        "place": PLACE.encode(),
        "gate": 7,
        "exp": T + DAY,
        "name": "南门".encode(),
    }
    parts |= changes
    head = (
        parts["version"].to_bytes(1) + parts["kid"].to_bytes(2) + parts["place"] + parts["gate"].to_bytes(3)
    )
    made = (
        head + parts["exp"].to_bytes(4) + parts.get("length", len(parts["name"])).to_bytes(1) + parts["name"]
    )
    return made + curve.sign(signer, b"XP1" + made)


def place(title: str, text: str, reason: str | None = None, now: float = T, **shown: Any) -> dict[str, Any]:
    """Return one case: what the print shows, or why it is not believed."""
    found = {"kid": 11, "place": PLACE, "gate": 7, "expires_at": T + DAY, "name": "南门"} | shown
    return {"name": title, "text": text, "now": now, "reason": reason, "place": None if reason else found}


def places() -> list[dict[str, Any]]:
    """Return place codes of every kind."""
    good, bad = printed(), "bad_format"
    text = based(good)
    spare = text[:-1] + chr(ord(text[-1]) + 1)
    broken = [
        ("nothing", ""),
        ("cut", text[:-1]),
        ("cut by four", text[:-4]),
        ("longer", text + "AAAA"),
        ("padding", text + "=" * (-len(text) % 4)),
        ("a trailing newline", text + "\n"),
        ("a leading space", " " + text),
        ("the other base64 alphabet", "+/" + text[2:]),
        ("a character outside", text[:9] + "!" + text[10:]),
        ("beyond ASCII", text[:9] + "门" + text[10:]),
        ("spare bits set", spare),
        ("only a version", based(b"\1")),
        ("no room for a name's length", based(good[:20])),
        ("an empty name", based(printed(name=b""))),
        ("a name of 49 bytes", based(printed(name=b"x" * 49))),
        ("a name that is not UTF-8", based(printed(name=b"\xff"))),
        ("a right-to-left override", based(printed(name="a\u202e".encode()))),
        ("a place id in lower case", based(printed(place=PLACE.lower().encode()))),
        ("a place id with a letter that Crockford lacks", based(printed(place=b"0G7H2K9MZU"))),
        ("a place id ending in a newline", based(printed(place=b"0G7H2K9MZ\n"))),
        ("a place id beyond ASCII", based(printed(place=b"\xe5" * 10))),
    ]
    return [
        place("a gate", text),
        place("a station without gates", based(printed(gate=0, name=b"x" * 48)), gate=0, name="x" * 48),
        place("the highest gate", based(printed(gate=0xFFFFFF)), gate=0xFFFFFF),
        place("a high s", based(high_s(good))),
        place("its last second", text, now=T + DAY - 1),
        place("its end", text, "expired", now=T + DAY),
        *[place(name, one, bad) for name, one in broken],
        place("version 2", based(printed(version=2)), "unsupported_version"),
        place("version 2, short", based(b"\2"), "unsupported_version"),
        place("an unknown kid", based(printed(kid=99)), "unknown_issuer"),
        place("a retired kid", based(printed(RETIRED, kid=13)), "unknown_issuer"),
        place("a kid before its beginning", based(printed(ISSUER, kid=14)), "unknown_issuer", now=T - 1801),
        place("by the key of credentials", based(printed(ISSUER, kid=1)), "unknown_issuer"),
        place("another gate", based(flipped(good, 15)), "bad_issuer_signature"),
        place("a stranger's", based(printed(STRANGER)), "bad_issuer_signature"),
        place("a stranger's, expired", based(printed(STRANGER, exp=T)), "bad_issuer_signature"),
        place("r = 0", based(good[:-64] + bytes(32) + good[-32:]), "bad_issuer_signature"),
        place("s = n", based(good[:-32] + curve.N.to_bytes(32)), "bad_issuer_signature"),
    ]


def tokens() -> list[dict[str, Any]]:
    """Return signed tokens, for those who verify them in the browser."""
    good = token(list_payload())
    head, body, signature = good.split(".")
    forged = ".".join([token(list_payload(sub="x")).rsplit(".", 1)[0], signature])
    found = [
        ("a list", good, None),
        ("signed by a stranger", token(list_payload(), signer=STRANGER), "bad_issuer_signature"),
        ("another payload", forged, "bad_issuer_signature"),
        ("no signature", f"{head}.{body}.", "bad_format"),
        ("two parts", f"{head}.{body}", "bad_format"),
        ("nothing", "", "bad_format"),
        ("no JSON", f"AAAA.{body}.{signature}", "bad_format"),
        ("the algorithm none", token(list_payload(), alg="none"), "bad_format"),
        ("another type", token(list_payload(), typ="JWT"), "bad_format"),
        ("critical headers", token(list_payload(), crit=["b64"]), "bad_format"),
        ("no time of issue", token(list_payload(iat=None)), "bad_format"),
        ("an unknown kid", token(list_payload(), kid="99"), "unknown_issuer"),
        ("a kid written otherwise", token(list_payload(), kid="012"), "unknown_issuer"),
        ("a kid that is a number", token(list_payload(), kid=12), "unknown_issuer"),
        ("a retired kid", token(list_payload(), kid="15", signer=RETIRED), "unknown_issuer"),
        ("made before its kid", token(list_payload(iat=T - 1801), kid="16", signer=ISSUER), "unknown_issuer"),
        ("by the key of credentials", token(list_payload(), kid="1", signer=ISSUER), "unknown_issuer"),
        ("ended", token(list_payload(exp=T)), "expired"),
        ("without end", token(list_payload(exp=None)), "expired"),
    ]
    return [{"name": name, "token": one, "now": T, "reason": reason} for name, one, reason in found]


def lists() -> list[dict[str, Any]]:
    """Return payloads of status lists, and which indices they say are revoked; None when they are no list."""
    three = bytes([0b1000_0001, 0, 0b10])
    packed = zlib.compress(three, 9)
    good = {"status_list": {"bits": 1, "lst": based(packed)}}
    long = based(zlib.compress(bytes(2**21 + 1), 9))
    return [
        {"name": "without a size", "payload": good, "revoked": [0, 7, 17], "size": 24},
        {"name": "of a size", "payload": good | {"size": 18}, "revoked": [0, 7, 17], "size": 18},
        {
            "name": "whose size leaves spare bits out",
            "payload": good | {"size": 17},
            "revoked": [0, 7],
            "size": 17,
        },
        *[
            {"name": name, "payload": payload, "revoked": None, "size": None}
            for name, payload in [
                ("nothing", {}),
                ("no list", {"status_list": None}),
                ("two bits an index", {"status_list": {"bits": 2, "lst": based(packed)}}),
                ("not packed", {"status_list": {"bits": 1, "lst": based(three)}}),
                ("packed and cut", {"status_list": {"bits": 1, "lst": based(packed[:-1])}}),
                ("padded", {"status_list": {"bits": 1, "lst": based(packed) + "=="}}),
                ("longer than every index", {"status_list": {"bits": 1, "lst": long}}),
                ("shorter than its size", good | {"size": 25}),
                ("longer than its size", good | {"size": 16}),
                ("of half an index", good | {"size": 17.5}),
                ("of a negative size", good | {"size": -1}),
            ]
        ],
    ]
