"""The modules of the code's page that need no browser, run by Node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.servers import in_ci

CODE = Path(__file__).resolve().parent.parent / "static" / "js" / "code"
PAGE = "globalThis.document = { documentElement: { lang: 'zh-hans' }, querySelector: () => null, querySelectorAll: () => [] };"


def node(script: str) -> Any:
    """Return what a module prints as JSON."""
    if shutil.which("node") is None:
        if in_ci():
            pytest.fail("No Node on this machine, and CI is set.")
        pytest.skip("No Node on this machine.")
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PAGE + script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SIGNED_IN = {"signed_in": True, "enrolled": True, "containers": []}
SUSPENDED = {**SIGNED_IN, "refused_because": {"code": "suspended"}}
KEY = {"container": "one"}
VIEWS = [
    ("a live key shows the code, signed in or not", {"record": KEY, "isLive": True}, "code"),
    ("also when the server does not answer", {"record": KEY, "isLive": True, "state": SIGNED_IN}, "code"),
    ("a key that ended without a signal", {"record": KEY}, "expired"),
    ("no key and no signal", {"state": SIGNED_IN}, "offline"),
    ("everything was deleted a moment ago", {"isFresh": True}, "loading"),
    ("nobody is signed in", {"isFresh": True, "state": {"signed_in": False}}, "signin"),
    ("a key was here", {"isFresh": True, "had": True, "state": {"signed_in": False}}, "lost"),
    ("not enrolled", {"isFresh": True, "state": {"signed_in": True, "enrolled": False}}, "enrol"),
    (
        "not checked",
        {"isFresh": True, "state": {**SIGNED_IN, "refused_because": {"code": "not_checked"}}},
        "waiting",
    ),
    (
        "suspended, with a key",
        {"record": KEY, "isLive": True, "isFresh": True, "state": SUSPENDED},
        "suspended",
    ),
    (
        "suspended, told by renewing, signed out",
        {
            "record": KEY,
            "isLive": True,
            "isFresh": True,
            "state": {"signed_in": False},
            "heldBack": {"error": "suspended"},
        },
        "suspended",
    ),
    (
        "the suspension was lifted",
        {
            "record": KEY,
            "isLive": True,
            "isFresh": True,
            "state": SIGNED_IN,
            "heldBack": {"error": "suspended"},
        },
        "code",
    ),
    (
        "two devices already",
        {"isFresh": True, "state": SIGNED_IN, "answer": {"error": "too_many_containers"}},
        "full",
    ),
    (
        "signed in too long ago",
        {"isFresh": True, "state": SIGNED_IN, "answer": {"error": "sign_in_again"}},
        "again",
    ),
    (
        "signed in too long ago, and a key was here",
        {"isFresh": True, "had": True, "state": SIGNED_IN, "answer": {"error": "sign_in_again"}},
        "lost",
    ),
]


@pytest.mark.parametrize(("known", "view"), [row[1:] for row in VIEWS], ids=[row[0] for row in VIEWS])
def test_what_is_known_decides_the_view(known: dict[str, Any], view: str) -> None:
    script = f"const {{ viewOf }} = await import('{CODE}/views.js'); console.log(JSON.stringify(viewOf({json.dumps(known)})));"
    assert node(script) == view


AGENTS = [
    (
        "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50",
        "WeChat",
        "Android · WeChat",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 AlipayClient/10.6",
        "Alipay",
        "iPhone · Alipay",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
        "",
        "iPhone · Safari",
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36",
        "",
        "Android · Chrome",
    ),
    ("", "", ""),
]


@pytest.mark.parametrize(("agent", "app", "label"), AGENTS)
def test_another_apps_window_is_known_and_devices_have_names(agent: str, app: str, label: str) -> None:
    script = f"""const {{ inApp, label }} = await import('{CODE}/device.js');
        console.log(JSON.stringify([inApp({json.dumps(agent)}), label({json.dumps(agent)})]));"""
    assert node(script) == [app, label]


PRINTS = [
    ("https://portal.example/g/AQAB-_9/", "AQAB-_9"),
    ("https://portal.example/g/AQAB", "AQAB"),
    ("https://code.example/g/AQAB/", "AQAB"),
    ("http://portal.example/g/AQAB/", ""),
    ("https://portal.example.evil.example/g/AQAB/", ""),
    ("https://portal.example@evil.example/g/AQAB/", ""),
    ("https://portal.example/guard/", ""),
    ("https://portal.example/g/../admin/", ""),
    ("javascript:alert(1)//portal.example/g/AQAB/", ""),
    ("AQAB", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "found"), PRINTS)
def test_only_addresses_of_our_own_are_prints(text: str, found: str) -> None:
    script = f"""globalThis.window = {{ indexedDB: null, addEventListener() {{}} }};
        const {{ printOf }} = await import('{CODE}/prints.js');
        console.log(JSON.stringify(printOf({json.dumps(text)}, ['https://portal.example', 'https://code.example'])));"""
    assert node(script) == found


def test_scripts_fit_sixty_lines() -> None:
    for path in sorted(CODE.glob("*.js")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name
