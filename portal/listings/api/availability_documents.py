"""What is free, as the schema describes it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from portal.listings.api.availability_rows import MOST_COUNT, MOST_ITEMS
from portal.listings.api.documents import NAME_EN, Coded, FieldProblem, Schema, instant, text, whole

MOST_ROWS = 500


class AvailabilityItem(Schema):
    """Something of which so many are left, or the place as a whole."""

    item = text("The room type's or set meal's name; empty for the place as a whole.")
    item_en = text(NAME_EN)
    basis = Coded(allow_null=True, help_text="What is counted: never add different bases.")
    total = whole("In all, where it is known.")
    count = whole("Left at `as_of`. Null where a status is told, and when nobody knows any more.")
    status = Coded(allow_null=True, help_text="How full the place is; null as above.")
    as_of = instant("When it was said last; null when nobody ever said anything.")
    valid_until = instant("From then on count and status are null.")


class AvailabilityRow(Schema):
    """What is free at one place."""

    id = text("Public id of the listing.")
    kind = text()
    measure = text("What is told of places of this kind: rooms, portions or status.")
    items = AvailabilityItem(many=True)


class AvailabilityPage(Schema):
    """A part of the list."""

    results = AvailabilityRow(many=True)
    next = serializers.URLField(allow_null=True, help_text="Null at the end.")


class ItemOutcome(Schema):
    """What became of one item."""

    item = text()
    outcome = serializers.ChoiceField(choices=["accepted", "unchanged", "older"])


class ReportAnswer(Schema):
    """What became of a report. `older`: something newer is known and stands."""

    id = text()
    outcome = serializers.ChoiceField(choices=["accepted", "unchanged", "older"])
    items = ItemOutcome(many=True)


class ReportRowAnswer(Schema):
    """What became of one row."""

    row = whole("Its place in the request, from 0.", null=False)
    outcome = serializers.ChoiceField(choices=["accepted", "unchanged", "older", "refused"])
    id = text("Public id, where the listing is the key's to tell of.", required=False)
    items = ItemOutcome(many=True, required=False)
    code = text("Only when refused: why, for programs.", required=False)
    zh = text(required=False)
    en = text(required=False)
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]


class ReportAnswers(Schema):
    """An answer for each row, in order."""

    accepted = whole(null=False)
    unchanged = whole(null=False)
    older = whole(null=False)
    refused = whole(null=False)
    results = ReportRowAnswer(many=True)


PUBLIC_ID = OpenApiParameter(
    "public_id",
    {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{10}$"},
    OpenApiParameter.PATH,
    description="点位编号 · Public id of the listing",
)
MOMENTS: dict[str, Any] = {
    "as_of": {"type": "string", "format": "date-time", "description": "When it was counted or looked at."},
    "valid_until": {
        "type": "string",
        "format": "date-time",
        "description": "Until when it may be believed, at most 48 hours later.",
    },
}
ITEMS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_ITEMS,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["item", "count"],
        "properties": {
            "item": {"type": "string", "minLength": 1, "maxLength": 60},
            "count": {"type": "integer", "minimum": 0, "maximum": MOST_COUNT},
        },
    },
}
STATUS: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 10, "examples": ["busy"]}
BY_ID: dict[str, Any] = {"id": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{10}$"}}
BY_SOURCE: dict[str, Any] = {
    "source": {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,60}$"},
    "external_id": {"type": "string", "minLength": 1, "maxLength": 120},
}


def _report(title: str, named: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    properties = {**named, **MOMENTS, **told}
    return {
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


REPORT: dict[str, Any] = {
    "title": "Report",
    "oneOf": [_report("CountReport", {}, {"items": ITEMS}), _report("StatusReport", {}, {"status": STATUS})],
}
REPORTS: dict[str, Any] = {
    "title": "Reports",
    "type": "object",
    "required": ["rows"],
    "properties": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_ROWS,
            "items": {
                "title": "ReportRow",
                "oneOf": [
                    _report("CountRowById", BY_ID, {"items": ITEMS}),
                    _report("CountRowBySource", BY_SOURCE, {"items": ITEMS}),
                    _report("StatusRowById", BY_ID, {"status": STATUS}),
                    _report("StatusRowBySource", BY_SOURCE, {"status": STATUS}),
                ],
            },
        }
    },
}
COUNTED: dict[str, Any] = {
    "as_of": "2026-11-26T11:42:00+08:00",
    "valid_until": "2026-11-26T13:30:00+08:00",
    "items": [{"item": "一荤两素", "count": 12}],
}
FULL: dict[str, Any] = {
    "as_of": "2026-11-26T11:42:00+08:00",
    "valid_until": "2026-11-26T12:30:00+08:00",
    "status": "busy",
}
ROW: dict[str, Any] = {
    "id": "8KZ4Q0M2TN",
    "kind": "canteen",
    "measure": "portions",
    "items": [
        {
            "item": "一荤两素",
            "item_en": "1 meat, 2 vegetables",
            "basis": None,
            "total": None,
            "count": 12,
            "status": None,
            "as_of": "2026-11-26T11:42:00+08:00",
            "valid_until": "2026-11-26T13:30:00+08:00",
        }
    ],
}
PAGE: dict[str, Any] = {
    "results": [ROW],
    "next": "https://example.org/api/v1/availability/?after=8KZ4Q0M2TN",
}
ANSWER: dict[str, Any] = {
    "id": "8KZ4Q0M2TN",
    "outcome": "accepted",
    "items": [{"item": "一荤两素", "outcome": "accepted"}],
}
ROWS: dict[str, Any] = {
    "rows": [
        {"id": "8KZ4Q0M2TN", **COUNTED},
        {"source": "wulin-stations", "external_id": "7", **FULL},
    ]
}
ANSWERS: dict[str, Any] = {
    "accepted": 1,
    "unchanged": 0,
    "older": 0,
    "refused": 1,
    "results": [
        {"row": 0, **ANSWER},
        {
            "row": 1,
            "outcome": "refused",
            "code": "source_missing",
            "zh": "密钥不能写来源“wulin-stations”。",
            "en": "The key may not write the source “wulin-stations”.",
            "errors": [],
        },
    ],
}
