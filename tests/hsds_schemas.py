"""HSDS 3.0's own schemas, where they are at hand: beside the project, or where `HSDS_SCHEMAS` says."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "hsds" / "schema"
FOLDER = Path(os.environ.get("HSDS_SCHEMAS") or _BESIDE)

needs_schemas = pytest.mark.skipif(
    not (FOLDER / "service.json").is_file(),
    reason="HSDS's schemas are not at hand: put them beside the project or name their folder in HSDS_SCHEMAS",
)


@cache
def _registry() -> Registry:
    files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    return Registry().with_resources(
        (name, Resource.from_contents(held, default_specification=DRAFT202012))
        for name, held in files.items()
    )


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a table; formats count, and so do keys that HSDS does not know."""
    held = _registry().contents(f"{name}.json")
    return Draft202012Validator(held, registry=_registry(), format_checker=FormatChecker())


def faults(name: str, found: Any) -> list[str]:
    """Return what is wrong with an object by HSDS's schema, however deep; keys that it does not know are wrong too."""
    said = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(found)]
    return [*said, *_unknown(name, found, name)]


def _unknown(name: str, found: Any, path: str) -> list[str]:
    known = _registry().contents(f"{name}.json")["properties"]
    said = []
    for key, value in found.items():
        if key not in known:
            said.append(f"{path}.{key} is no part of HSDS")
            continue
        below = known[key].get("$ref") or known[key].get("items", {}).get("$ref")
        if below:
            for item in value if isinstance(value, list) else [value]:
                said += _unknown(below.removesuffix(".json"), item, f"{path}.{key}")
    return said
