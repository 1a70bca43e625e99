"""Settings: what is set wrongly refuses to start, and says which variable and what it wants."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment
from portal.tiles import check_tiles, tile_hosts

#: Each start is a process of its own with an environment of its own, whatever this half runs on.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
TILES = "https://tiles.example/{z}/{x}/{y}.png"
TWO_HOSTS = ["https://t0.example:8443", "https://t1.example:8443"]


def start(
    say: str = "s.DEBUG, s.DATABASES['default']['ENGINE']", **variables: str
) -> subprocess.CompletedProcess:
    """Import the settings in a process of their own, as a start does, and print some of them."""
    clean = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
    }
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"import portal.settings as s; print({say})",
        ],
        cwd=ROOT,
        env={**clean, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plain_checkout_starts_with_nothing_set() -> None:
    result = start()
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["True", "django.db.backends.sqlite3"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "0"}, "Set SECRET_KEY"),
        ({"DEBUG": "ture"}, "DEBUG is 1 or 0"),
        ({"DATABASE_URL": "mysql://a@b/c"}, "DATABASE_URL begins with sqlite:/// or postgres://"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL begins with redis://"),
        ({"EMAIL_URL": "https://mail.example"}, "EMAIL_URL is written smtp+tls://"),
        ({"EMAIL_URL": "smtp+tls://u:p@mail.example:port"}, "EMAIL_URL is written smtp+tls://"),
        ({"EMAIL_URL": "smtp+tls://u:p@mail.example:587"}, "Set DEFAULT_FROM_EMAIL"),
        ({"MAP_TILES_URL": "https://tiles.example/"}, "MAP_TILES_URL holds {z}, {x} and {y}"),
        ({"MAP_TILES_URL": "https://t{s}.example/{z}/{x}/{y}"}, "MAP_TILES_SUBDOMAINS lists what {s}"),
        ({"MAP_TILES_URL": TILES}, "Set MAP_TILES_ATTRIBUTION"),
        ({"MAP_TILES_URL": TILES, "MAP_TILES_ATTRIBUTION": "© x"}, "Set MAP_TILES_REVIEW_NUMBER"),
        (
            {"MAP_TILES_URL": TILES, "MAP_TILES_ATTRIBUTION": "© x", "MAP_TILES_REVIEW_NUMBER": "1234"},
            "Set MAP_TILES_REVIEW_NUMBER",
        ),
        ({"MAP_TILES_DATUM": "bd09"}, "MAP_TILES_DATUM is one of wgs84, gcj02"),
        ({"OPEN_END_MINUTES": "0"}, "OPEN_END_MINUTES is a whole number from 15 to 480"),
        ({"API_KEY_PER_MINUTE": "-1"}, "API_KEY_PER_MINUTE is a whole number from 0"),
        ({"INTERVAL_HORIZON_DAYS": "two weeks"}, "INTERVAL_HORIZON_DAYS is a whole number from 2 to 60"),
    ],
)
def test_a_wrong_value_refuses_to_start_and_says_why(variables: dict[str, str], sentence: str) -> None:
    result = start(**variables)
    assert result.returncode != 0
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("url", "subdomains", "number", "hosts"),
    [
        (TILES, [], "GS(2024)1234号", ["https://tiles.example"]),
        ("https://t{s}.example:8443/{z}/{x}/{-y}?key=1", ["0", "1"], "GS京（2023）0123号", TWO_HOSTS),
        ("https://tiles.example/{s}/{z}/{x}/{y}", ["a", "b"], "浙S(2023)12号", ["https://tiles.example"]),
        ("", [], "", []),
    ],
)
def test_tiles_that_may_be_shown_are_let_through_the_policy_by_host(
    url: str, subdomains: list[str], number: str, hosts: list[str]
) -> None:
    check_tiles(url, subdomains, "© x" if url else "", number)
    assert tile_hosts(url, subdomains) == hosts


def test_the_number_of_proxies_reaches_everything_that_asks_for_it() -> None:
    asked = (
        "import portal.settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT, s.REST_FRAMEWORK['NUM_PROXIES'], "
    )
    asked += "getattr(s, 'SECURE_PROXY_SSL_HEADER', ('',))[0])"
    said = {}
    for count in ("0", "2"):
        command = [sys.executable, "-c", asked]
        environ = {**os.environ, "PROXIES": count}
        run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        said[count] = run.stdout.split()
    assert said == {"0": ["0", "None"], "2": ["2", "2", "HTTP_X_FORWARDED_PROTO"]}


def test_every_variable_is_described_for_operators() -> None:
    import re

    read = re.findall(
        r'\b(?:text|flag|number|choice|address|words)\(\s*"([A-Z_]+)"',
        (ROOT / "portal" / "settings.py").read_text(encoding="utf-8"),
    )
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert len(read) > 10
    assert [name for name in read if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("word", "meaning"), [("1", True), ("On", True), ("no", False), ("FALSE", False), (" ", True)]
)
def test_a_flag_is_read_in_the_usual_words(word: str, meaning: bool, monkeypatch) -> None:
    monkeypatch.setenv("A_FLAG", word)
    assert environment.flag("A_FLAG", True) is meaning


def test_a_list_loses_spaces_and_empty_parts(monkeypatch) -> None:
    monkeypatch.setenv("A_LIST", " a.example, b.example,")
    assert environment.words("A_LIST") == ["a.example", "b.example"]


def test_a_number_outside_its_range_names_the_range(monkeypatch) -> None:
    monkeypatch.setenv("A_NUMBER", "9")
    with pytest.raises(ImproperlyConfigured, match="from 1 to 8"):
        environment.number("A_NUMBER", 1, least=1, most=8)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+tls://nuanxin:p%40ss@mail.example", ("mail.example", 587, "nuanxin", "p@ss", False, True)),
        ("smtps://nuanxin:x@mail.example:9465", ("mail.example", 9465, "nuanxin", "x", True, False)),
        ("smtp://127.0.0.1", ("127.0.0.1", 25, "", "", False, False)),
    ],
)
def test_a_mail_server_is_read_from_one_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    assert tuple(environment.mail("EMAIL_URL").values()) == expected


def test_a_wrong_mail_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "imap://nuanxin:geheim@mail.example")
    with pytest.raises(ImproperlyConfigured) as error:
        environment.mail("EMAIL_URL")
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("codes", "allowed"),
    [("", "'self'"), ("https://code.example", "'self' https://code.example")],
)
def test_a_message_may_lead_to_where_codes_live(codes: str, allowed: str) -> None:
    policy = "*s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']"
    result = start(policy, PUBLIC_BASE_URL="https://portal.example", CODES_BASE_URL=codes)
    assert result.stdout.strip() == allowed, result.stderr


TWO_BUCKETS = {"MEDIA_S3_BUCKET": "pictures", "MEDIA_S3_PRIVATE_BUCKET": "private"}
EXPORTS = (
    "s.STORAGES['exports']['OPTIONS']['bucket_name'], repr(s.STORAGES['exports']['OPTIONS']['location'])"
)


def test_dumps_need_no_bucket_of_their_own_and_may_have_one() -> None:
    assert start(EXPORTS, **TWO_BUCKETS).stdout.split() == ["private", "'exports'"]
    own = start(EXPORTS, **TWO_BUCKETS, MEDIA_S3_EXPORTS_BUCKET="dumps")
    assert own.stdout.split() == ["dumps", "''"]


@pytest.mark.parametrize(
    "variables", [{}, {**TWO_BUCKETS, "MEDIA_S3_EXPORTS_BUCKET": "pictures"}], ids=["alone", "among pictures"]
)
def test_a_bucket_of_dumps_that_cannot_be_used_refuses_to_start(variables: dict[str, str]) -> None:
    result = start(**{"MEDIA_S3_EXPORTS_BUCKET": "dumps", **variables})
    assert result.returncode != 0
    assert "MEDIA_S3_EXPORTS_BUCKET" in result.stderr


def test_keys_of_before_still_open_what_they_sealed() -> None:
    result = start(say="s.SECRET_KEY_FALLBACKS", SECRET_KEY="new", SECRET_KEY_FALLBACKS="old, older")
    assert result.stdout.strip() == "['old', 'older']"
