"""How the schema describes what a source writes: one component a kind, derived from the kind."""

from functools import cache
from typing import Any, ClassVar

from django.db import models
from drf_spectacular.extensions import OpenApiSerializerExtension

from portal.listings.api.documents import Schema
from portal.listings.api.problems import both
from portal.listings.kinds import listing_models
from portal.listings.models import Listing
from portal.listings.models.listing import Accuracy
from portal.listings.sources.bodies import MOST_ROWS
from portal.listings.sources.naming import EXTERNAL_ID
from portal.listings.sources.values import integer_range
from portal.listings.sources.vocabulary import POSITION, STATES, Relation, vocabulary_of

DATUM = {"type": "string", "enum": ["wgs84", "gcj02", "bd09"]}
LAT = {"type": "number", "minimum": 3, "maximum": 54}
LNG = {"type": "number", "minimum": 73, "maximum": 136}
EXTERNAL = {"type": "string", "pattern": f"^{EXTERNAL_ID}$", "description": "The row's number at the source."}
#: True of a place of any kind, and of no real one.
EXAMPLE: dict[str, Any] = {
    "name": "示例点位",
    "street": "330102013",
    "address": "示例路 1 号",
    "position": {"lat": 30.287512, "lng": 120.194671, "datum": "gcj02"},
    "phone": "0571-12345",
    "hours": {
        "weekly_hours": [{"day": "workday", "opens": "10:30", "closes": "13:30", "label": "lunch"}],
        "hours_exceptions": [{"starts_on": "2026-10-01", "ends_on": "2026-10-07", "rule": "closed"}],
    },
}


class SourceBody(Schema):
    """What a source says of a place; what is left out is not the source's and stays."""

    model: ClassVar[type[Listing]] = Listing
    is_batch: ClassVar[bool] = False


@cache
def body_of(model: type[Listing], *, is_batch: bool = False) -> type[SourceBody]:
    """Return the description of a kind's body, or of its row in a batch."""
    name = f"Source{model.__name__}{'Row' if is_batch else ''}"
    return type(name, (SourceBody,), {"__doc__": SourceBody.__doc__, "model": model, "is_batch": is_batch})


def batch_row() -> dict[str, Any]:
    """Return the schema of a row of any kind."""
    return {"oneOf": [json_schema(model, is_batch=True) for model in listing_models()]}


class BodyExtension(OpenApiSerializerExtension):
    """Describe bodies by the fields of their kind."""

    target_class = SourceBody
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the component's name."""
        target: Any = self.target
        return type(target).__name__ if not isinstance(target, type) else target.__name__

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the JSON schema."""
        target: Any = self.target
        return json_schema(target.model, is_batch=target.is_batch)


@cache
def json_schema(model: type[Listing], *, is_batch: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a kind's body."""
    known = vocabulary_of(model)
    properties: dict[str, Any] = {name: field_schema(field) for name, field in known.fields.items()}
    properties[POSITION] = {**position(with_accuracy=True), "description": "Stored in WGS-84."}
    for name, relations in known.groups.items():
        properties[name] = _object(
            {relation: _rows(table) for relation, table in relations.items()}, list(relations)
        )
    properties |= {name: field_schema(field) for name, field in known.status.items()}
    properties["state"] = {
        "type": "string",
        "enum": [state.value for state in STATES],
        "description": "Only with the scope `listings:publish`; `paused` needs `pause_reason`.",
    }
    if not is_batch:
        return {**_object(properties, []), "description": SourceBody.__doc__}
    of_the_row = {
        "kind": {"type": "string", "enum": [model.kind_name]},
        "external_id": EXTERNAL,
        "withdraw": {"type": "boolean", "description": "True: the place is no more; nothing else is said."},
        "version": {"type": ["integer", "null"], "minimum": 1, "description": "As `If-Match` of one row."},
    }
    return {**_object({**of_the_row, **properties}, ["kind", "external_id"]), "title": f"{model.__name__}Row"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    told = {"required": required} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **told}


def position(*, with_accuracy: bool) -> dict[str, Any]:
    """Return the schema of a position in a body."""
    properties = {"lat": LAT, "lng": LNG, "datum": DATUM}
    if with_accuracy:
        properties["accuracy"] = {"type": "string", "enum": Accuracy.values, "default": Accuracy.EXACT.value}
    return {**_object(properties, ["lat", "lng", "datum"]), "type": ["object", "null"]}


def _rows(table: Relation) -> dict[str, Any]:
    properties = {name: field_schema(field) for name, field in table.fields.items()}
    if table.has_position:
        properties[POSITION] = position(with_accuracy=False)
    required = [name for name, field in table.fields.items() if is_needed(field)]
    return {"type": "array", "maxItems": MOST_ROWS, "items": _object(properties, required)}


def is_needed(field: Any) -> bool:
    """Say whether a new row cannot do without a field."""
    return not field.null and not field.blank and not field.has_default()


def field_schema(field: Any) -> dict[str, Any]:
    """Return the JSON schema of a field's value, with its name in both languages."""
    label = both(field.verbose_name)
    schema: dict[str, Any] = {**_typed(field), "description": f"{label['zh']} · {label['en']}"}
    if field.null:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _typed(field: Any) -> dict[str, Any]:
    if field.is_relation:
        return {"type": "string", "minLength": 1, "maxLength": field.target_field.max_length}
    if isinstance(field, models.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, models.IntegerField):
        least, most = integer_range(field)
        validators: Any = field.validators
        for validator in validators:
            limit = getattr(validator, "limit_value", None)
            if limit is not None and not callable(limit):
                is_least = validator.code == "min_value"
                least, most = (max(least, limit), most) if is_least else (least, min(most, limit))
        return {"type": "integer", "minimum": least, "maximum": most}
    if isinstance(field, models.DecimalField):
        whole = field.max_digits - field.decimal_places
        pattern = rf"^[0-9]{{1,{whole}}}(\.[0-9]{{1,{field.decimal_places}}})?$"
        return {"type": "string", "pattern": pattern}
    if isinstance(field, models.FloatField):
        return {"type": "number"}
    if isinstance(field, models.TimeField):
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
    if isinstance(field, models.DateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, models.DateField):
        return {"type": "string", "format": "date"}
    if field.choices:
        values = [value for value, _label in field.flatchoices]
        return {"type": "string", "enum": [*values, *([""] if field.blank and "" not in values else [])]}
    needed: dict[str, Any] = {} if field.blank else {"minLength": 1, "pattern": r"\S"}
    return {"type": "string", **needed, **({"maxLength": field.max_length} if field.max_length else {})}
