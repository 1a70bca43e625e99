"""The terms of a compound's gates, in short lines."""

from typing import Any

from django.utils.translation import gettext as _

from portal.listings.saying import coded_word, in_words


def rules(doc: dict[str, Any]) -> list[str]:
    """Return one line for each gate of a stored document: who comes in there, riding or not, and when."""
    return [_gate(gate) for gate in doc["gates"]]


def _gate(gate: dict[str, Any]) -> str:
    parts = [_("no entry for couriers here")] if not gate["admits_couriers"] else [_riding(gate)]
    if gate["opens"] and gate["closes"]:
        parts.append(f"{gate['opens']}–{gate['closes']}")
    if gate["note"]:
        parts.append(gate["note"])
    values = {"name": in_words(gate, "name"), "terms": _(", ").join(part for part in parts if part)}
    return _("%(name)s: %(terms)s") % values


def _riding(gate: dict[str, Any]) -> str:
    said = coded_word(gate["riding"])
    span = gate["riding_from"] and gate["riding_until"]
    return f"{said} {gate['riding_from']}–{gate['riding_until']}" if span else said
