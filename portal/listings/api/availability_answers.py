"""How the API says what is free, and what became of reports."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.api.availability_rows import Unreadable, read_report
from portal.listings.api.problems import SENTENCES, Problem, both
from portal.listings.availability import Facts, holding, measure_of, standing
from portal.listings.documents import instant
from portal.listings.measures import Item, Told
from portal.listings.report_faults import Fault
from portal.listings.reporting import ACCEPTED, OLDER, REFUSED, UNCHANGED, Outcome, Report, take
from portal.partners.models import ApiKey

STATUSES = {"not_found": 404, "source_missing": 403, "taken_over": 409, "invalid_body": 400}


def row_of(facts: Facts, reports: Mapping[str, Told], moment: dt.datetime) -> dict[str, Any]:
    """Return a row of the list."""
    return {
        "id": facts.public_id,
        "kind": facts.kind,
        "measure": measure_of(facts.kind).name,
        "items": [_item(facts.kind, item, told, moment) for item, told in standing(facts, reports)],
    }


def _item(kind: str, item: Item, told: Told | None, moment: dt.datetime) -> dict[str, Any]:
    held = holding(told, moment)
    return {
        "item": item.name,
        "item_en": item.name_en,
        "basis": item.basis,
        "total": item.total,
        "count": held.count if held else None,
        "status": measure_of(kind).statuses.get(held.status) if held else None,
        "as_of": instant(told.as_of) if told else None,
        "valid_until": instant(told.valid_until) if told else None,
    }


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a report that was taken."""
    items = [{"item": name, "outcome": said} for name, said in outcome.items.items()]
    return {"id": outcome.public_id, "outcome": outcome.name, "items": items}


def problem_of(outcome: Outcome) -> Problem:
    """Return how a report that was refused is answered."""
    return Problem(STATUSES[outcome.code], outcome.code, outcome.faults)


def answers(key: ApiKey, rows: list[Any]) -> bytes:
    """Take rows and return the body that answers for each; call it in a transaction."""
    read = [_read(row) for row in rows]
    taken = iter(take(key=key, reports=[one for one in read if isinstance(one, Report)], now=timezone.now()))
    results = []
    for number, one in enumerate(read):
        if isinstance(one, Report):
            results.append({"row": number, **_row_answer(one, next(taken))})
        else:
            results.append({"row": number, **_refusal("invalid_body", SENTENCES["invalid_body"], one)})
    count = Counter(result["outcome"] for result in results)
    totals = {name: count[name] for name in (ACCEPTED, UNCHANGED, OLDER, REFUSED)}
    return orjson.dumps({**totals, "results": results})


def _read(row: Any) -> Report | list[Fault]:
    try:
        return read_report(row)
    except Unreadable as wrong:
        return wrong.faults


def _row_answer(report: Report, outcome: Outcome) -> dict[str, Any]:
    if outcome.name != REFUSED:
        return answer_of(outcome)
    sentence = SENTENCES[outcome.code]
    if outcome.code == "source_missing":
        sentence = format_lazy(_("The key may not write the source “{source}”."), source=report.named.source)
    return _refusal(outcome.code, sentence, outcome.faults)


def _refusal(code: str, sentence: Any, faults: list[Fault]) -> dict[str, Any]:
    errors = [{"field": name, "code": what, **both(said)} for name, what, said in faults]
    return {"outcome": REFUSED, "code": code, **both(sentence), "errors": errors}
