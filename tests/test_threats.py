"""The documents that promise something about codes name tests that exist and figures that hold."""

import ast
import datetime as dt
import re
from functools import cache
from pathlib import Path

import pytest

from services.codes import retention

ROOT = Path(__file__).resolve().parent.parent
THREATS = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
PRIVACY = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/\w+\.py)::(\w+)", THREATS)))


@cache
def functions(path: str) -> frozenset[str]:
    """Return the names of all functions of a module, methods too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_tries_a_threat_is_there(path: str, name: str) -> None:
    assert name in functions(path)


def test_every_threat_says_what_is_left_or_which_test_tries_it() -> None:
    body = THREATS.partition("## At the gate")[2].partition("## When things break")[0]
    threats = [block for block in body.split("\n\n") if block.startswith("**")]
    assert len(threats) >= 25
    assert [block[:60] for block in threats if "tests/" not in block and "*Left over:*" not in block] == []


def test_the_privacy_table_has_the_figures_by_which_things_are_deleted() -> None:
    rows = re.findall(r"^\|.*?\b(\d+) (day|hour)s?\b[^|]*\| `(\w+)` \|$", PRIVACY, re.M)
    told = {name: dt.timedelta(**{f"{unit}s": int(amount)}) for amount, unit, name in rows}
    kept = {name: span for name, span in vars(retention).items() if isinstance(span, dt.timedelta)}
    assert told == kept
