"""Run every check of `make lint`, each one even when an earlier one failed, and say at the end which did."""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts import catalog

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

#: What a city's server would set; `check --deploy` must then have nothing to say.
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "portal.example",
    "CSRF_TRUSTED_ORIGINS": "https://portal.example",
    "PUBLIC_BASE_URL": "https://portal.example",
    "STAFF_SECOND_FACTOR": "1",
    "PROXIES": "1",
    "SMS_HTTP_URL": "https://sms.example/send",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example:587",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
    "CODE_KEYS_DIR": tempfile.mkdtemp(prefix="nuanxin-lint-keys-"),
}
atexit.register(shutil.rmtree, PRODUCTION["CODE_KEYS_DIR"], ignore_errors=True)

MANAGE = [sys.executable, "manage.py"]
CHECKS: list[tuple[str, list[str | Path], dict[str, str]]] = [
    ("ruff", [BIN / "ruff", "check", "."], {}),
    ("ruff format", [BIN / "ruff", "format", "--check", "."], {}),
    ("templates", [BIN / "djlint", "--lint", "--quiet", "templates"], {}),
    ("imports", [BIN / "lint-imports"], {}),
    ("types", [BIN / "mypy"], {}),
    ("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], {}),
    # A server has its keys by then.
    ("deployment", [*MANAGE, "rotate_code_keys", "--missing"], PRODUCTION),
    ("deployment", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ("catalogue", [sys.executable, "-m", "scripts.catalog", "--check"], {}),
]


def main(only: list[str]) -> int:
    """Run all checks, or those named in `only`; return the exit status."""
    catalog.compile_catalog()
    failed = []
    for name, command, changes in CHECKS:
        if only and name not in only:
            continue
        started = time.monotonic()
        result = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "ok" if result.returncode == 0 else "FAILED"
        print(f"{name:<12} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
        if result.returncode:
            failed.append(name)
            print(result.stdout, flush=True)
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
