"""Keys as an operator meets them: the commands, and what is asked at the start of a node."""

import hashlib
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from services.codes import checks, keyfiles
from services.codes.keymaking import ensure_keys, rotate
from services.codes.keyring import DAY, KeyRing, now


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> Path:
    """Return an empty folder of keys of a city."""
    settings.CODE_KEYS_DIR, settings.CODE_KEYS_PASSPHRASE = str(tmp_path / "keys"), ""
    (tmp_path / "keys").mkdir(mode=0o700)
    return tmp_path / "keys"


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def found() -> set[str]:
    return {message.id for message in checks.keys(None)}


def test_first_keys_are_made_by_one_command_and_only_once(place: Path) -> None:
    assert run("rotate_code_keys", "--missing").count(" made, signs from ") == 3
    assert "nothing was made" in run("rotate_code_keys", "--missing")
    assert run("code_keys").count("  signs  ") == 3


def test_a_rotation_is_tried_then_made_then_refused_a_second_time(place: Path) -> None:
    run("rotate_code_keys", "--missing")
    assert run("rotate_code_keys", "--dry-run").count("would be made") == 3
    assert len(KeyRing.load().entries) == 3
    assert run("rotate_code_keys", "--purpose", "credential", "--days", "90").count(" made, ") == 1
    again = run("rotate_code_keys")
    assert again.count(" made, ") == 2
    assert "'credential' waits already" in again
    assert run("code_keys").count("  waits  ") == 3


def test_the_list_of_keys_names_who_was_retired_and_why(place: Path) -> None:
    run("rotate_code_keys", "--missing")
    kid = KeyRing.load().signing("credential")[0]
    said = run("retire_code_key", str(kid), "--why", "a laptop was stolen")
    assert "is new: gates need one synchronisation" in said
    listed = run("code_keys")
    assert "a laptop was stolen" in listed
    assert listed.count("  signs  ") == 3


def test_a_key_in_reserve_that_takes_over_is_named_as_such(place: Path) -> None:
    ensure_keys(at=now() - 10 * DAY)
    reserve = rotate("credential", at=now() - 9 * DAY, days=90)
    kid = KeyRing.load().signing("credential")[0]
    said = run("retire_code_key", str(kid), "--why", "leak")
    assert f"Key {reserve.kid} signs" in said
    assert "it was in reserve" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("retire_code_key", "70000", "--why", "x"), "There is no key 70000"),
        (("rotate_code_keys", "--days", "1"), "two days"),
        (("rotate_code_keys", "--key", "some.pem"), "Name the one --purpose"),
        (("rotate_code_keys", "--purpose", "list", "--key", "absent.pem"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    place: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    run("rotate_code_keys", "--missing")
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_without_keys_the_list_says_how_to_make_them(place: Path) -> None:
    with pytest.raises(CommandError, match="rotate_code_keys --missing"):
        run("code_keys")


def test_fingerprints_are_the_same_on_every_node(place: Path) -> None:
    ensure_keys()
    first = {entry.kid: entry.fingerprint for entry in KeyRing.load().entries}
    assert all(len(mark.split()) == 4 for mark in first.values())
    assert len(set(first.values())) == 3
    assert all(mark in run("code_keys") for mark in first.values())


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_a_key_made_by_openssl_on_a_machine_apart_is_taken_over(
    place: Path, settings: Any, tmp_path: Path
) -> None:
    """By the very commands of docs/keys.md."""
    settings.CODE_KEYS_PASSPHRASE = "sesame"
    ensure_keys()
    made = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    carried = tmp_path / "next.pem"
    subprocess.run([*made, "-aes-256-cbc", "-pass", "pass:sesame", "-out", carried], check=True)
    der = ["openssl", "pkey", "-in", carried, "-passin", "pass:sesame", "-pubout", "-outform", "DER"]
    digest = hashlib.sha256(subprocess.run(der, check=True, capture_output=True).stdout).hexdigest()
    run("rotate_code_keys", "--purpose", "credential", "--days", "90", "--key", str(carried))
    (entry,) = [entry for entry in KeyRing.load().entries if entry.is_waiting(now())]
    assert digest.startswith(entry.fingerprint.replace(" ", ""))
    assert KeyRing.load().signing("credential", entry.used_from)[0] == entry.kid


def test_a_city_with_its_keys_in_order_hears_nothing(place: Path) -> None:
    ensure_keys()
    assert found() == set()


def test_a_city_without_a_folder_hears_of_it(settings: Any, place: Path, tmp_path: Path) -> None:
    assert found() == {"codes.W004"}
    settings.CODE_KEYS_DIR = str(tmp_path / "absent")
    assert found() == {"codes.E002"}
    settings.CODE_KEYS_DIR = ""
    assert found() == {"codes.E001"}
    settings.DEBUG = True
    assert found() == set()


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        (".", 0o755, {"codes.E003"}),
        (".", 0o701, {"codes.E003"}),
        (".", 0o770, {"codes.E003"}),
        (".", 0o750, set()),
        (keyfiles.SECRET, 0o644, {"codes.E003"}),
        (keyfiles.SECRET, 0o640, set()),
    ],
)
def test_a_folder_or_file_that_others_can_open_is_an_error(
    place: Path, name: str, mode: int, expected: set[str]
) -> None:
    ensure_keys()
    (place / name).chmod(mode)
    assert found() == expected


def test_keys_that_cannot_be_used_are_an_error(place: Path, settings: Any) -> None:
    settings.CODE_KEYS_PASSPHRASE = "sesame"
    ensure_keys()
    settings.CODE_KEYS_PASSPHRASE = ""
    assert found() == {"codes.E005"}
    settings.CODE_KEYS_PASSPHRASE = "sesame"
    assert found() == set()
    (place / keyfiles.SECRET).unlink()
    assert found() == {"codes.E005"}
    (place / keyfiles.INDEX).write_text("{")
    assert found() == {"codes.E005"}


def test_forgotten_keys_are_a_warning_and_ended_ones_an_error(place: Path) -> None:
    ensure_keys(at=now() - 181 * DAY)
    assert found() == {"codes.W006"}
    for purpose in ("credential", "place", "list"):
        rotate(purpose)
    assert found() == set()


def test_keys_that_ended_are_an_error(place: Path) -> None:
    ensure_keys(at=now() - 401 * DAY)
    assert found() == {"codes.E005"}


@pytest.mark.django_db
def test_without_deploy_nothing_is_asked_about_keys(settings: Any) -> None:
    settings.CODE_KEYS_DIR = ""
    assert not [message for message in run_checks() if message.id.startswith("codes.")]
    assert "codes.E001" in {message.id for message in run_checks(include_deployment_checks=True)}
