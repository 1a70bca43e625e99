"""The folder of keys: closed, whole whatever happens, one writer at a time; and the secrets made from it."""

import json
import multiprocessing
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.codes import keyfiles
from services.codes.derived import secret
from services.codes.keyfiles import KeyFault
from services.codes.keymaking import Waiting, ensure_keys, retire, rotate
from services.codes.keyring import KeyRing

START = 1_800_000_000


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> Path:
    """Return an empty folder of keys."""
    settings.CODE_KEYS_DIR, settings.CODE_KEYS_PASSPHRASE = str(tmp_path / "keys"), ""
    return tmp_path / "keys"


@pytest.fixture
def keys(place: Path) -> Path:
    """Return a folder whose first keys were made at START."""
    ensure_keys(at=START)
    return place


def kid_of(purpose: str, at: int) -> int:
    return KeyRing.load().signing(purpose, at)[0]


def test_nobody_else_can_read_the_folder(keys: Path) -> None:
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    assert not [path for path in keys.iterdir() if path.name.endswith(".new")]


def test_a_private_key_is_a_pkcs8_file_named_by_its_kid(keys: Path) -> None:
    text = (keys / f"{kid_of('credential', START)}.pem").read_text()
    assert text.startswith("-----BEGIN PRIVATE KEY-----")


def test_a_key_made_elsewhere_is_taken_over_once(keys: Path, tmp_path: Path, settings: Any) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    closed = tmp_path / "carried.pem"
    closed.write_bytes(pem(made, b"carried"))
    with pytest.raises(KeyFault, match="is closed"):
        rotate("credential", at=START, pem=closed)
    settings.CODE_KEYS_PASSPHRASE = "carried"
    entry = rotate("credential", at=START, pem=closed)
    assert (
        KeyRing.load().signing("credential", entry.used_from)[1].private_numbers() == made.private_numbers()
    )
    with pytest.raises(KeyFault, match="in the set already"):
        rotate("list", at=START, pem=closed)


def pem(key: Any, passphrase: bytes | None = None) -> bytes:
    closing = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closing)


def test_a_key_of_another_curve_or_no_key_is_refused(keys: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(KeyFault, match="P-256"):
        rotate("list", at=START, pem=other)
    other.write_text("-----BEGIN NONSENSE-----")
    with pytest.raises(KeyFault, match="no private key"):
        rotate("list", at=START, pem=other)
    with pytest.raises(KeyFault, match="cannot be read"):
        rotate("list", at=START, pem=tmp_path / "absent.pem")


def test_with_a_passphrase_every_private_file_is_closed(place: Path, settings: Any) -> None:
    settings.CODE_KEYS_PASSPHRASE = "open sesame"
    ensure_keys(at=START)
    assert all("BEGIN ENCRYPTED PRIVATE KEY" in path.read_text() for path in place.glob("*.pem"))
    assert len(list(place.glob("*.pem"))) == 4
    assert KeyRing.load().signing("list", START)
    settings.CODE_KEYS_PASSPHRASE = "wrong"
    os.utime(place / keyfiles.INDEX, (1, 1))
    with pytest.raises(KeyFault, match="CODE_KEYS_PASSPHRASE"):
        KeyRing.load().signing("list", START)


def test_a_file_that_was_swapped_signs_nothing(keys: Path) -> None:
    kid = kid_of("list", START)
    os.utime(keys / keyfiles.INDEX, (1, 1))
    (keys / f"{kid}.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(KeyFault, match="is not the key"):
        KeyRing.load().signing("list", START)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"version": 1}', '{"version": 1, "keys": [{"kid": 1}]}', '{"version": 1, "keys": [5]}'],
)
def test_a_broken_index_says_so_and_is_never_written_over(keys: Path, content: str) -> None:
    (keys / keyfiles.INDEX).write_text(content)
    with pytest.raises(KeyFault):
        KeyRing.load()
    with pytest.raises(KeyFault):
        rotate("list", at=START)
    with pytest.raises(KeyFault):
        ensure_keys(at=START)
    assert (keys / keyfiles.INDEX).read_text() == content


def test_a_line_with_wrong_values_is_refused_and_one_of_a_later_version_is_read(keys: Path) -> None:
    index = json.loads((keys / keyfiles.INDEX).read_text())
    good = dict(index["keys"][0])
    for wrong in (
        {"kid": 0},
        {"kid": "7"},
        {"nbf": "1"},
        {"exp": None},
        {"purpose": "door"},
        {"x": good["y"]},
    ):
        index["keys"][0] = {**good, **wrong}
        (keys / keyfiles.INDEX).write_text(json.dumps(index))
        with pytest.raises(KeyFault, match="not a set of keys"):
            KeyRing.load()
    index["keys"][0] = {**good, "colour": "red"}
    (keys / keyfiles.INDEX).write_text(json.dumps(index))
    assert KeyRing.load().entry(good["kid"])


def test_a_private_half_that_a_crash_left_goes_with_the_next_rotation(keys: Path) -> None:
    kid = kid_of("list", START)
    content = (keys / f"{kid}.pem").read_bytes()
    retire(kid, why="leak", at=START)
    (keys / f"{kid}.pem").write_bytes(content)
    rotate("place", at=START)
    assert not (keys / f"{kid}.pem").exists()


def test_without_a_folder_or_keys_the_sentence_says_what_to_do(place: Path, settings: Any) -> None:
    with pytest.raises(KeyFault, match="rotate_code_keys --missing"):
        KeyRing.load()
    with pytest.raises(KeyFault, match="rotate_code_keys --missing"):
        secret("phones")
    settings.CODE_KEYS_DIR = ""
    with pytest.raises(KeyFault, match="Set CODE_KEYS_DIR"):
        KeyRing.load()


def test_a_plain_checkout_makes_its_keys_when_they_are_first_wanted(place: Path, settings: Any) -> None:
    settings.DEBUG = True
    assert len(secret("phones")) == 32
    assert KeyRing.load().signing("credential")


def test_secrets_are_kept_apart_by_purpose_and_by_folder(keys: Path, settings: Any, tmp_path: Path) -> None:
    phones = secret("phones")
    assert len(phones) == 32
    assert secret("phones") == phones
    assert secret("manual codes") != phones
    settings.CODE_KEYS_DIR = str(tmp_path / "other")
    ensure_keys(at=START)
    assert secret("phones") != phones


def test_the_secret_outlives_rotation_retirement_and_another_passphrase(keys: Path, settings: Any) -> None:
    phones = secret("phones")
    rotate("list", at=START)
    retire(kid_of("list", START), why="leak", at=START)
    settings.CODE_KEYS_PASSPHRASE = "new"
    path = keys / keyfiles.SECRET
    keyfiles.write_private(path, keyfiles.read_private(path))
    assert secret("phones") == phones


def test_a_write_that_fails_leaves_the_set_as_it_was(keys: Path, monkeypatch: Any) -> None:
    before = (keys / keyfiles.INDEX).read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfiles.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        rotate("list", at=START)
    monkeypatch.undo()
    assert (keys / keyfiles.INDEX).read_bytes() == before
    assert not list(keys.glob(".*.new"))
    assert rotate("list", at=START)


def test_a_file_whose_line_was_never_written_keeps_its_number(keys: Path, monkeypatch: Any) -> None:
    (keys / "7.pem").write_text("left by a crash")
    numbers = iter([7, 8])
    monkeypatch.setattr("services.codes.keymaking.secrets.choice", lambda _kids: next(numbers))
    assert rotate("list", at=START).kid == 8


def _rotate_elsewhere(folder: str, purpose: str, barrier: Any, told: Any) -> None:
    """Rotate in a process of its own, as another node does."""
    from django.conf import settings

    settings.CODE_KEYS_DIR = folder
    barrier.wait(60)
    try:
        told.put(rotate(purpose, at=START).kid)
    except Waiting:
        told.put(None)


@pytest.mark.parametrize("purposes", [("list", "list"), ("list", "place")])
def test_two_nodes_that_rotate_at_once_make_one_key_for_each_purpose(
    keys: Path, purposes: tuple[str, str]
) -> None:
    context = multiprocessing.get_context("fork")
    barrier, told = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_rotate_elsewhere, args=(str(keys), purpose, barrier, told))
        for purpose in purposes
    ]
    before = KeyRing.load()
    for process in processes:
        process.start()
    said = [told.get(timeout=120) for _process in processes]
    for process in processes:
        process.join(60)
    made = {kid for kid in said if kid is not None}
    after = KeyRing.load()
    assert len(made) == len(set(purposes))
    assert {entry.kid for entry in after.entries} == {entry.kid for entry in before.entries} | made
    assert after.version >= before.version + len(made)
    assert len(list(keys.glob("[0-9]*.pem"))) == 3 + len(made)


def test_threads_exclude_each_other_too(place: Path) -> None:
    made: list[int] = []
    threads = [
        threading.Thread(target=lambda: made.extend(e.kid for e in ensure_keys(at=START))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(KeyRing.load().entries) == 3
