"""HSDS 3.0's own schemas, where they are at hand: beside the project, or where `HSDS_SCHEMAS` says."""

import datetime as dt
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


#: How texts look that HSDS's schemas type for tables (`datapackage_type`), where JSON Schema says text only.
FORMS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"([01]\d|2[0-3]):[0-5]\d(Z|[+-]\d\d:\d\d)"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)"),
}
#: jsonschema looks at addresses and instants only with libraries that are not here.
CHECKER = FormatChecker()


@CHECKER.checks("uri")
def is_address(value: Any) -> bool:
    """Say whether a text is a whole address."""
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


@CHECKER.checks("date-time", raises=ValueError)
def is_instant(value: Any) -> bool:
    """Say whether a text is an instant with its offset."""
    return dt.datetime.fromisoformat(value).tzinfo is not None


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
    return Draft202012Validator(held, registry=_registry(), format_checker=CHECKER)


def faults(name: str, found: Any) -> list[str]:
    """Return what is wrong with an object by HSDS's schema, however deep; keys that it does not know are wrong too."""
    said = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(found)]
    return [*said, *_unknown(name, found, name)]


def _unknown(name: str, found: Any, path: str) -> list[str]:
    known = dict(_registry().contents(f"{name}.json")["properties"])
    if name == "service_at_location":
        # As in the compiled schema, which the description of the API names.
        known["service"] = {"$ref": "service.json"}
    if name == "organization":
        known["services"] = {"items": {"$ref": "service.json"}}
    said = []
    for key, value in found.items():
        if key not in known:
            said.append(f"{path}.{key} is no part of HSDS")
            continue
        form = FORMS.get(known[key].get("datapackage_type", ""))
        if form and not form.fullmatch(value):
            said.append(f"{path}.{key} is no {known[key]['datapackage_type']}: {value}")
        below = known[key].get("$ref") or known[key].get("items", {}).get("$ref")
        if below:
            for item in value if isinstance(value, list) else [value]:
                table = below.removesuffix(".json")
                if key in ("service", "services"):
                    said += [f"{path}.{key}: {error.message}" for error in validator(table).iter_errors(item)]
                said += _unknown(table, item, f"{path}.{key}")
    return said


def frame_faults(body: dict[str, Any]) -> list[str]:
    """Return what is wrong with the frame of a list by HSDS's description of pages."""
    described = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"][
        "Page"
    ]
    known = {*described["properties"], "contents"}
    said = [error.message for error in Draft202012Validator(described).iter_errors(body)]
    return [*said, *(f"{name} is missing or unknown" for name in known ^ set(body))]
