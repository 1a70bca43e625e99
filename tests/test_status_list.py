"""The signed list of indices taken back: the draft's vectors, our limits, and nothing forged gets through."""

import random
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from services.codes.keymaking import ensure_keys, rotate
from services.codes.keyring import DAY, KeyRing
from services.codes.status_list import (
    MOST_INDICES,
    BadList,
    encode_bits,
    read_token,
    token,
)
from services.codes.xg1.keys import StatusBits

START = 1_800_000_000
ADDRESS = "https://portal.example/api/v1/gates/list/"
#: Of draft-ietf-oauth-status-list-20: its example of 16 bits, and its 1-bit test vector over 2^20 entries.
DRAFT_SMALL = ([0, 3, 4, 5, 7, 8, 9, 13, 15], 16, "eNrbuRgAAhcBXQ")
DRAFT_LONG = (
    [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345],
    1 << 20,
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAA"
    "ADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb",
)


def packed(length: int) -> str:
    """Return so many bytes of zeros as a list carries them."""
    return urlsafe_b64encode(zlib.compress(bytes(length), 9)).rstrip(b"=").decode()


@pytest.fixture
def ring(settings: Any, tmp_path: Path) -> KeyRing:
    settings.CODE_KEYS_DIR, settings.CODE_KEYS_PASSPHRASE = str(tmp_path / "keys"), ""
    ensure_keys(at=START)
    return KeyRing.load()


def signed(ring: KeyRing, **changes: Any) -> str:
    wanted = {"indices": [3, 9], "size": 20, "version": 7, "now": START, "address": ADDRESS}
    return token(ring, **{**wanted, **changes})


def forged(ring: KeyRing, *, key: Any = None, headers: dict | None = None, **claims: Any) -> str:
    """Return a list like `signed`, with some claims or headers changed and signed anew; None takes a claim away."""
    kid, own = ring.signing("list", START)
    good = jwt.decode(signed(ring), options={"verify_signature": False})
    changed = {name: value for name, value in {**good, **claims}.items() if value is not None}
    header = {"typ": "statuslist+jwt", "kid": str(kid), **(headers or {})}
    return jwt.encode(changed, key or own, "ES256", header)


@pytest.mark.parametrize(("revoked", "size", "packed"), [DRAFT_SMALL, DRAFT_LONG])
def test_bits_are_those_of_the_draft(revoked: list[int], size: int, packed: str) -> None:
    theirs = StatusBits.from_payload({"status_list": {"bits": 1, "lst": packed}})
    assert theirs == encode_bits(revoked, size)
    assert StatusBits.from_payload({"status_list": {"bits": 1, "lst": theirs.lst}}) == theirs


def test_claims_and_header_are_those_of_the_draft(ring: KeyRing) -> None:
    text = signed(ring)
    assert jwt.get_unverified_header(text) == {
        "alg": "ES256",
        "typ": "statuslist+jwt",
        "kid": str(ring.signing("list", START)[0]),
    }
    claims = jwt.decode(text, options={"verify_signature": False})
    assert {name: value for name, value in claims.items() if name != "status_list"} == {
        "sub": ADDRESS,
        "iat": START,
        "exp": START + 86_400,
        "ttl": 900,
        "version": 7,
        "size": 20,
    }
    assert set(claims["status_list"]) == {"bits", "lst"}
    assert claims["status_list"]["bits"] == 1
    assert "=" not in claims["status_list"]["lst"]


@given(st.data())
def test_every_index_says_what_was_put_in(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5000))
    revoked = data.draw(st.sets(st.integers(0, size - 1), max_size=60))
    payload = {"size": size, "status_list": {"bits": 1, "lst": encode_bits(revoked, size).lst}}
    bits = StatusBits.from_payload(payload)
    assert {index for index in range(size) if bits(index)} == revoked


def test_a_list_is_read_back(ring: KeyRing) -> None:
    found = read_token(signed(ring), ring.public_keys(START))
    assert (found.version, found.bits.size, found.issued_at, found.address) == (7, 20, START, ADDRESS)
    assert [index for index in range(20) if found.is_revoked(index)] == [3, 9]


@pytest.mark.parametrize(
    ("later", "stale", "expired"),
    [(0, False, False), (899, False, False), (900, True, False), (86_399, True, False), (86_400, True, True)],
)
def test_an_old_list_is_read_all_the_same_and_says_that_it_is_old(
    ring: KeyRing, later: int, stale: bool, expired: bool
) -> None:
    found = read_token(signed(ring), ring.public_keys(START))
    assert (found.is_stale(START + later), found.is_expired(START + later)) == (stale, expired)


@pytest.mark.parametrize("index", [-1, 20, 23, 1 << 24])
def test_an_index_that_the_list_does_not_speak_of_is_never_fine(ring: KeyRing, index: int) -> None:
    with pytest.raises(ValueError, match="20 indices"):
        read_token(signed(ring), ring.public_keys(START)).is_revoked(index)


@pytest.mark.parametrize(("revoked", "size"), [([20], 20), ([-1], 20), ([], 0), ([], MOST_INDICES + 1)])
def test_indices_outside_of_the_list_are_refused(revoked: list[int], size: int) -> None:
    with pytest.raises(ValueError, match="indices"):
        encode_bits(revoked, size)


@pytest.mark.parametrize(
    ("claims", "headers"),
    [
        ({"exp": None}, {}),
        ({"iat": None}, {}),
        ({"sub": None}, {}),
        ({"ttl": None}, {}),
        ({"version": None}, {}),
        ({"version": True}, {}),
        ({"version": -1}, {}),
        ({"size": 200}, {}),
        ({"size": 2**40}, {}),
        ({"status_list": None}, {}),
        ({"status_list": []}, {}),
        ({"status_list": {"bits": 2, "lst": packed(3)}}, {}),
        ({"status_list": {"bits": 1, "lst": "!"}}, {}),
        ({"status_list": {"bits": 1, "lst": 5}}, {}),
        ({"status_list": {"bits": 1, "lst": packed(3)[:-2]}}, {}),
        ({"status_list": {"bits": 1, "lst": packed(2)}}, {}),
        ({"iat": START - DAY}, {}),
        ({}, {"typ": "JWT"}),
        ({}, {"kid": "0"}),
        ({}, {"kid": "x"}),
        ({}, {"kid": "٣"}),
    ],
)
def test_a_list_that_is_not_right_is_refused_although_signed(
    ring: KeyRing, claims: dict[str, Any], headers: dict[str, str]
) -> None:
    assert read_token(forged(ring), ring.public_keys(START))
    with pytest.raises(BadList):
        read_token(forged(ring, headers=headers, **claims), ring.public_keys(START))


def test_nobody_elses_signature_passes(ring: KeyRing) -> None:
    keys = ring.public_keys(START)
    with pytest.raises(BadList):
        read_token(forged(ring, key=ec.generate_private_key(ec.SECP256R1())), keys)
    kid, credential = ring.signing("credential", START)
    with pytest.raises(BadList, match="not lists"):
        read_token(forged(ring, key=credential, headers={"kid": str(kid)}), keys)
    kid, _own = ring.signing("list", START)
    head = {"typ": "statuslist+jwt", "kid": str(kid)}
    claims = jwt.decode(signed(ring), options={"verify_signature": False})
    with pytest.raises(BadList):
        read_token(jwt.encode(claims, "k" * 32, "HS256", head), keys)
    with pytest.raises(BadList):
        read_token(jwt.encode(claims, None, "none", head), keys)
    for text in ("", "a.b.c", "…", signed(ring)[:-5]):
        with pytest.raises(BadList):
            read_token(text, keys)


def test_a_small_text_that_unpacks_to_a_lot_is_refused(ring: KeyRing) -> None:
    bomb = packed(40_000_000)
    assert len(bomb) < 60_000
    with pytest.raises(BadList):
        read_token(forged(ring, status_list={"bits": 1, "lst": bomb}), ring.public_keys(START))


def test_a_list_signed_before_a_rotation_still_counts_after_it(ring: KeyRing) -> None:
    before = signed(ring)
    turn = rotate("list", at=START).used_from
    after = signed(KeyRing.load(), now=turn, version=8)
    keys = KeyRing.load().public_keys(turn)
    assert read_token(before, keys).version == 7
    assert read_token(after, keys).version == 8
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]


def test_the_list_of_a_large_city_fits_into_some_kilobytes(ring: KeyRing) -> None:
    """100,000 people with 6 live indices each, one in 200 taken back."""
    size = 600_000
    revoked = random.Random(1).sample(range(size), size // 200)
    assert len(signed(ring, indices=revoked, size=size)) < 12_000
