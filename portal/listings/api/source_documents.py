"""What the addresses of sources answer, for the schema; and its examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema_field
from rest_framework import serializers

from portal.listings.api.documents import Schema, instant, text, whole
from portal.listings.api.source_bodies import EXAMPLE, EXTERNAL, batch_row
from portal.listings.sources.results import OUTCOMES

SOURCE = OpenApiParameter(
    "source",
    {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,60}$"},
    OpenApiParameter.PATH,
    description="数据来源 · The source's name",
)
NUMBER = OpenApiParameter(
    "external_id",
    EXTERNAL,
    OpenApiParameter.PATH,
    description="来源内部编号 · The row's number at the source",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
    OpenApiParameter.HEADER,
    description='The version that you have seen, such as `"7"`: what you send then wins over what an office wrote.',
    examples=[OpenApiExample("version", value='"7"')],
)


class TakenOver(Schema):
    """An office keeps the place; the source's changes are refused."""

    at = serializers.DateTimeField()
    by = text("The office.")


class Near(Schema):
    """A place that may be the same."""

    id = text("Public id.")
    name = text()
    metres = whole(null=False)


class Identity(Schema):
    """Which place a row is, and where it stands."""

    kind = text()
    external_id = text()
    id = text("Public id; never changes.")
    state = serializers.ChoiceField(choices=["draft", "in_review", "published", "paused", "archived"])
    version = whole("Grows with every change; for `If-Match`.", null=False)
    taken_over = TakenOver(allow_null=True)


class SourceAnswer(Identity):
    """What became of a row."""

    outcome = serializers.ChoiceField(choices=[one for one in OUTCOMES if one != "refused"])
    kept = serializers.ListField(
        child=text(),
        help_text="What an office has changed and the source sent as before: it stays the office's.",
    )
    proposed = serializers.ListField(child=text(), help_text="What waits until an office decides.")
    near = Near(many=True, help_text="Places that a new row may be again; it then waits in review.")


@extend_schema_field({"type": "object", "additionalProperties": True})
class Said(serializers.JSONField):
    """A row in the words of a body."""


@extend_schema_field({})
class AnyValue(serializers.JSONField):
    """A value of whatever kind."""


class SourcePlace(Identity):
    """A row in a list: what the source wrote last."""

    sent_at = instant("When the source last wrote it.")
    sent = Said(help_text="What the source said last of each field.")


class SourceRow(SourcePlace):
    """A row as the source wrote it and as it stands."""

    current = Said(help_text="What stands now, drafts included.")
    waiting = serializers.ListField(child=text(), help_text="What waits until an office decides.")


class SourcePage(Schema):
    """A part of a source's rows, in the order in which they came."""

    next = serializers.URLField(allow_null=True)
    results = SourcePlace(many=True)


class SourceName(Schema):
    """A source that the key may write."""

    name = text()
    label = text()  # type: ignore[assignment]
    label_en = text()
    rows = whole("How many places it has, withdrawn ones included.", null=False)
    url = serializers.URLField()


class SourceNames(Schema):
    """What the key may write."""

    kinds = serializers.ListField(child=text())
    area_code = text("The area to which the key is confined; empty for the city.")
    may_publish = serializers.BooleanField(help_text="Whether changes of public places hold at once.")
    sources = SourceName(many=True)


class FaultOf(Schema):
    """What is wrong with one field."""

    field = text()
    code = text()
    zh = text()
    en = text()


class Contradiction(Schema):
    """A field that both sides changed."""

    field = text()
    yours = AnyValue(help_text="What the row says.")
    ours = AnyValue(help_text="What stands.")
    by = text("The office that wrote it.")
    at = instant()
    version = whole("The version in which it was written.")


@extend_schema_field({"type": "array", "minItems": 1, "maxItems": 100, "items": batch_row()})
class Rows(serializers.ListField):
    """Rows of any kind."""


class SourceRows(Schema):
    """1 to 100 rows."""

    rows = Rows()


class SourceRowAnswer(Schema):
    """What became of one row of a batch; what does not concern it is left out."""

    row = whole("Its place in the request, from 0.", null=False)
    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    kind = text(required=False)
    external_id = text(required=False)
    id = text(required=False)
    state = text(required=False)
    version = serializers.IntegerField(required=False)
    taken_over = TakenOver(required=False, allow_null=True)
    kept = serializers.ListField(child=text(), required=False)
    proposed = serializers.ListField(child=text(), required=False)
    near = Near(many=True, required=False)
    code = text("Only when refused: why, for programs.", required=False)
    zh = text(required=False)
    en = text(required=False)
    errors = FaultOf(many=True, required=False)  # type: ignore[assignment]
    conflicts = Contradiction(many=True, required=False)
    by = text("The office that keeps or archived the place.", required=False)
    at = serializers.DateTimeField(required=False, allow_null=True)


class SourceAnswers(Schema):
    """How many rows came to what, and an answer for each, in order."""

    counts = serializers.DictField(child=whole(null=False))
    results = SourceRowAnswer(many=True)


IDENTITY: dict[str, Any] = {
    "kind": "canteen",
    "external_id": "A-1",
    "id": "8KZ4Q0M2TN",
    "state": "in_review",
    "version": 2,
    "taken_over": None,
}
ANSWER = {"outcome": "created", **IDENTITY, "kept": [], "proposed": [], "near": []}
SENT = {
    "name": EXAMPLE["name"],
    "position": {"lat": 30.29, "lng": 120.19, "datum": "wgs84", "accuracy": "exact"},
}
PLACE = {**IDENTITY, "sent_at": "2026-11-26T09:00:00+08:00", "sent": SENT}
ROW = {**PLACE, "current": {**SENT, "phone": "0571-12345"}, "waiting": []}
NAMES = {
    "kinds": ["canteen"],
    "area_code": "",
    "may_publish": False,
    "sources": [
        {
            "name": "example-canteens",
            "label": "示例食堂库",
            "label_en": "Example canteens",
            "rows": 740,
            "url": "https://example.org/api/v1/sources/example-canteens/",
        }
    ],
}
BATCH = {
    "rows": [
        {"kind": "canteen", "external_id": "A-1", **EXAMPLE},
        {"kind": "canteen", "external_id": "A-2", "withdraw": True},
    ]
}
ANSWERS = {
    "counts": {"created": 1, "refused": 1},
    "results": [
        {"row": 0, **ANSWER},
        {
            "row": 1,
            "outcome": "refused",
            "kind": "canteen",
            "external_id": "A-2",
            "code": "not_found",
            "zh": "此地址没有内容，或内容未公开。",
            "en": "There is nothing at this address, or it is not public.",
            "errors": [],
        },
    ],
}
