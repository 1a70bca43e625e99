"""Generate clients of the partner API from its schema, for Python and for TypeScript, below var/clients/."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGE = "nuanxin_client"
CONFIG = {
    "project_name_override": "nuanxin-client",
    "package_name_override": PACKAGE,
    # The formatter may not be there, and who reads generated code formats it in a way of their own.
    "post_hooks": [],
    # Bodies that are neither JSON nor a form come as they are.
    "content_type_overrides": {
        "application/geo+json": "application/json",
        "application/problem+json": "application/json",
        "application/x-ndjson": "application/octet-stream",
        "application/gzip": "application/octet-stream",
        "application/statuslist+jwt": "application/octet-stream",
        "text/csv": "application/octet-stream",
    },
}


def write_schema(target: Path) -> Path:
    """Write the schema as it would be served; return its path. A warning of the generator is a failure."""
    schema = target / "schema.json"
    command: list[str | Path] = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"]
    _run([*command, "--fail-on-warn", "--file", schema])
    return schema


def python_client(schema: Path, target: Path) -> Path:
    """Generate the Python client; return the folder that holds its package."""
    config = target / "python.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    folder = target / "python"
    command: list[str | Path] = [BIN / "openapi-python-client", "generate", "--path", schema]
    _run([*command, "--output-path", folder, "--config", config, "--overwrite", "--fail-on-warning"])
    return folder


def typescript_types(schema: Path, target: Path) -> Path:
    """Generate the types for TypeScript; return the file."""
    types = target / "typescript" / "nuanxin.d.ts"
    types.parent.mkdir(parents=True, exist_ok=True)
    _run([ROOT / "node_modules" / ".bin" / "openapi-typescript", schema, "--output", types])
    return types


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")


def main(target: Path) -> int:
    """Generate both, and say where they are."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    schema = write_schema(target)
    print(f"Python:     {python_client(schema, target)}")
    print(f"TypeScript: {typescript_types(schema, target)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(ROOT / "var" / "clients"))
