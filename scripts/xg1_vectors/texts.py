"""Texts that are no code, codes of strangers and forgers, and other readings of a signature."""

from typing import Any

from scripts.xg1_vectors.asking import case
from scripts.xg1_vectors.making import (
    DEVICE,
    NAME,
    OTHER_DEVICE,
    PLACE_SIGNER,
    RETIRED,
    STRANGER,
    T,
    code,
    credential,
    flipped,
    high_s,
    proof,
    wrap,
)
from services.codes.xg1 import base45
from services.codes.xg1.curve import N, P


def formats() -> list[dict[str, Any]]:
    """Return texts that are no code, or one of another version."""
    good = code()
    odd = code(credential(name=b"A"))
    raw = base45.decode(good[4:-1])
    cut = [(f"cut after {n} characters", good[:n]) for n in (0, 1, 4, 5, 7, 40, 150, len(good) - 1)]
    cut += [(f"only {n} bytes", wrap(raw[:n])) for n in (0, 1, 13, 14, 60, 112, 186, len(raw) - 1)]
    whole = [
        ("a byte too many", wrap(raw + b"\0")),
        ("a trailing newline", good + "\n"),
        ("a trailing space", good + " "),
        ("a leading space", " " + good),
        ("a newline before the full stop", good[:-1] + "\n."),
        ("lower case", good.lower()),
        ("lower case after the prefix", "XG1:" + good[4:].lower()),
        ("another prefix", good.replace("XG1:", "XG2:")),
        ("the prefix in lower case", good.replace("XG1:", "xg1:")),
        ("no prefix", good[4:]),
        ("no full stop", good[:-1]),
        ("two full stops", good + "."),
        ("a newline for the full stop", good[:-1] + "\n"),
        ("a colon for the full stop", good[:-1] + ":"),
        ("an overflowing triplet", "XG1::::" + good[7:]),
        ("a first triplet of 65536 more", "XG1:" + digits(0x0100 + 65536, 3) + good[7:]),
        ("a last pair of 256 more", odd[:-3] + digits(base45.decode(odd[4:-1])[-1] + 256, 2) + "."),
        ("a last pair of one character", odd[:-2] + "."),
        ("a character outside the alphabet", good[:20] + "#" + good[21:]),
        ("a full-width digit", good[:20] + "\uff11" + good[21:]),
        ("a lone surrogate", good[:20] + "\ud800" + good[21:]),
        ("a null character", good[:20] + "\0" + good[21:]),
        ("longer than any QR code", "XG1:" + "0" * 4500 + "."),
        ("an address", "https://example.org/g/abc"),
    ]
    long_name = "一二三四五".encode()
    fields = [
        ("an empty name", credential(name=b"")),
        ("a name of 13 bytes", credential(name=b"x" * 13)),
        ("a name of 15 bytes", credential(name=long_name)),
        ("a length of the name beyond the end", credential(length=12)),
        ("a length of the name of 255", credential(length=255)),
        ("a name that is not UTF-8", credential(name=b"\xff\xfe")),
        ("a name cut within a character", credential(name=NAME.encode()[:2])),
        ("an overlong slash in the name", credential(name=b"\xc0\xaf")),
        ("a surrogate in the name", credential(name=b"\xed\xa0\x80")),
        ("a right-to-left override in the name", credential(name="a\u202eb".encode())),
        ("a directional isolate in the name", credential(name="a\u2066b".encode())),
        ("an Arabic letter mark in the name", credential(name="a\u061cb".encode())),
        ("a newline in the name", credential(name=b"a\nb")),
        ("a null character in the name", credential(name=b"a\0b")),
        ("a byte order mark before the name", credential(name=b"\xef\xbb\xbfab")),
        ("a point with x = p", credential(point=b"\x02" + P.to_bytes(32))),
        ("a point with x = p + 5, which is x = 5 again", credential(point=b"\x02" + (P + 5).to_bytes(32))),
        ("a point with x = 2²⁵⁶-1", credential(point=b"\x02" + b"\xff" * 32)),
        ("a point off the curve", credential(point=b"\x02" + (1).to_bytes(32))),
        ("the point at infinity", credential(point=bytes(33))),
        ("an uncompressed prefix", credential(point=b"\x04" + DEVICE.point[1:])),
    ]
    versions = [
        ("version 2", credential(version=2)),
        ("version 0", credential(version=0)),
        ("version 255", credential(version=255)),
    ]
    return [
        *[case(name, text, "bad_format") for name, text in cut + whole],
        *[case(name, code(of), "bad_format") for name, of in fields],
        *[case(name, code(of), "unsupported_version") for name, of in versions],
        case("version 2 and short", wrap(b"\x02"), "unsupported_version"),
        case("version 2 and long", wrap(b"\x02" + bytes(400)), "unsupported_version"),
    ]


def digits(number: int, count: int) -> str:
    """Return the base45 digits of a number, also of one that bytes would not give."""
    return "".join(base45.ALPHABET[number // 45**place % 45] for place in range(count))


def signatures() -> list[dict[str, Any]]:
    """Return codes of strangers, forgers and other readings of a signature."""
    good, shown = credential(), proof(credential())
    forged, unknown = "bad_issuer_signature", "unknown_issuer"
    outside = [
        ("r = 0", 0, 1),
        ("s = 0", 1, 0),
        ("r = n", N, 1),
        ("s = n", 1, N),
        ("r = 2²⁵⁶-1", 2**256 - 1, 1),
    ]
    pairs = [(name, r.to_bytes(32) + s.to_bytes(32)) for name, r, s in outside]
    lines = [("kid", 2), ("index", 5), ("issue time", 9), ("life", 10), ("platform", 11)]
    lines += [("work type", 12), ("name", 14), ("signature r", 70), ("signature s", 100)]
    plain = {"work_type": "food_delivery", "provisional": False}
    other = {"work_type": "other", "provisional": False}
    provisional = {"work_type": "ride_hailing", "provisional": True}
    return [
        case("bound, offline", code(), "ok 2"),
        case("a high s of the issuer", wrap(high_s(good) + shown), "ok 2"),
        case("a high s of the device", wrap(good + high_s(shown)), "ok 2"),
        case("reserved flags set", code(credential(flags=0x0317)), "ok 2", holder=plain),
        case("a work type not known yet", code(credential(flags=0x0390)), "ok 2", holder=other),
        case("provisional", code(credential(flags=0x0338)), "ok 2", holder=provisional),
        case("a name of 12 bytes", code(credential(name="一二三四".encode())), "ok 2", shows="一二三四"),
        case("a name of one byte", code(credential(name=b"A")), "ok 2", shows="A"),
        case(
            "a name of emoji and a joiner",
            code(credential(name="a\u200d🚲".encode())),
            "ok 2",
            shows="a\u200d🚲",
        ),
        case("an unknown kid", code(credential(kid=99)), "unknown_issuer"),
        case(
            "the same device under an unknown kid, forged",
            code(credential(STRANGER, kid=99)),
            "unknown_issuer",
        ),
        case("a retired kid", code(credential(RETIRED, kid=2)), "unknown_issuer"),
        case("a kid on its last second", code(credential(RETIRED, kid=2)), "ok 2", now=T - 1),
        case("signed by the key of places", code(credential(PLACE_SIGNER, kid=11)), "unknown_issuer"),
        case("issued before the kid's beginning", code(credential(kid=3)), "unknown_issuer"),
        case("signed by a stranger", code(credential(STRANGER)), "bad_issuer_signature"),
        case("signed with another kid's key", code(credential(RETIRED)), "bad_issuer_signature"),
        *[
            case(f"issuer's {name}", wrap(good[:-64] + pair + shown), "bad_issuer_signature")
            for name, pair in pairs
        ],
        *[
            case(f"another {name}", wrap(flipped(good, at) + shown), forged if at != 2 else unknown)
            for name, at in lines
        ],
        *[
            case(f"device's {name}", wrap(good + shown[:-64] + pair), "bad_device_signature")
            for name, pair in pairs
        ],
        *[
            case(f"another {name}", wrap(good + flipped(shown, at)), "bad_device_signature")
            for name, at in (("step", 3), ("gate", 6), ("challenge", 8), ("device signature", 40))
        ],
        case(
            "another device's key", wrap(credential(point=OTHER_DEVICE.point) + shown), "bad_device_signature"
        ),
        case(
            "a presentation of an older credential",
            wrap(good + proof(credential(index=22))),
            "bad_device_signature",
        ),
        case(
            "a forger's code is not expired but forged",
            code(credential(STRANGER, life=0)),
            "bad_issuer_signature",
        ),
    ]
