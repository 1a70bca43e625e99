"""How the schema learns what viewsets answer: parameters from filter sets, rows from the kinds' descriptions."""

from typing import Any

import django_filters
import orjson
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from portal.listings.api import rows, streaming
from portal.listings.api.documents import EXAMPLE, OF_THE_MOMENT, ProblemDocument
from portal.listings.api.parameters import MAX_PAGE_SIZE, MOST_PAGE, PAGE_SIZE
from portal.listings.api.problems import MEDIA_TYPE, Problem, both
from portal.listings.coordinates import WGS84
from portal.listings.coordinates.bounds import MAX_RADIUS_M
from portal.listings.filters import MOST_LETTERS, FlagFilter, InstantFilter
from portal.listings.region_filters import RegionFilter

#: Format → media type, and what a stream holds.
STREAMED = {
    "ndjson": ("application/x-ndjson", "Every row, one a line, without what depends on the moment."),
    "csv": ("text/csv", "Every row, in a table; the last column holds it whole."),
}
PUBLIC_ID = "^[0-9A-HJKMNP-TV-Z]{10}$"
_LATITUDE = r"[+-]?(90(\.0*)?|[0-8]?[0-9](\.[0-9]{0,20})?)"
_LONGITUDE = r"[+-]?(180(\.0*)?|(1[0-7]|0?[0-9])?[0-9](\.[0-9]{0,20})?)"
#: The values of parameters that are texts to the filter set.
FORMS: dict[str, dict[str, Any]] = {
    "q": {"type": "string", "maxLength": MOST_LETTERS},
    "near": {"type": "string", "pattern": f"^{_LATITUDE},{_LONGITUDE}$"},
    "radius": {"type": "number", "minimum": 1, "maximum": MAX_RADIUS_M},
    "bbox": {"type": "string", "pattern": f"^{_LONGITUDE},{_LATITUDE},{_LONGITUDE},{_LATITUDE}$"},
    "after": {"type": "string", "pattern": PUBLIC_ID},
}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key with the same body within a day gets the same answer; with another body 409.",
    examples=[OpenApiExample("key", value="2026-11-26-1")],
)
#: How OpenAPI says that a key must be sent.
KEY_ONLY: Any = [{"key": []}]
#: How OpenAPI says that a key may be sent.
KEY_OR_NOT: Any = [{"key": []}, {}]
EXAMPLES: dict[str, Any] = {
    "near": "30.285,120.190",
    "radius": 1500,
    "bbox": "120.1,30.2,120.3,30.4",
    "district": "330102",
    "street": "330102013",
    "community": "330102013002",
    "q": "zlk",
    "at": "2026-11-23T12:00:00+08:00",
    "updated_since": "2026-11-01T00:00:00+08:00",
}
FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": "string"},
        "geometry": {
            "type": ["object", "null"],
            "properties": {
                "type": {"const": "Point"},
                "coordinates": {
                    "type": "array",
                    "items": {"type": "number"},
                    "description": "Longitude, latitude.",
                },
            },
        },
        "properties": {"type": "object", "description": "The row as in JSON."},
    },
}
COLLECTION = {
    "type": "object",
    "required": ["type", "datum", "count", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "datum": {"type": "string", "enum": ["wgs84", "gcj02", "bd09"]},
        "count": {"type": "integer"},
        "next": {"type": ["string", "null"], "format": "uri"},
        "previous": {"type": ["string", "null"], "format": "uri"},
        "features": {"type": "array", "items": FEATURE},
    },
}
PROBLEMS = {
    400: Problem(400, "invalid_query"),
    401: Problem(401, "key_invalid"),
    403: Problem(403, "scope_missing"),
    404: Problem(404, "not_found"),
    406: Problem(406, "not_acceptable"),
    409: Problem(409, "idempotency_reused"),
    413: Problem(413, "body_too_large"),
    415: Problem(415, "unsupported_media_type"),
    429: Problem(429, "throttled"),
}


def type_of(found: django_filters.Filter, name: str = "") -> dict[str, Any]:
    """Return the JSON schema of a filter's value."""
    if name in FORMS:
        return FORMS[name]
    choices = found.extra.get("choices")
    if isinstance(found, RegionFilter):
        return {"type": "string", "pattern": f"^[0-9]{{{found.queryset.model.code_length}}}$"}
    if isinstance(found, FlagFilter):
        return {"type": "boolean"}
    if isinstance(found, InstantFilter):
        return {"type": "string", "format": "date-time"}
    if isinstance(found, django_filters.NumberFilter):
        limits = {"minimum": found.extra.get("min_value"), "maximum": found.extra.get("max_value")}
        return {"type": "number", **{name: limit for name, limit in limits.items() if limit is not None}}
    if isinstance(found, django_filters.ModelMultipleChoiceFilter):
        return {"type": "array", "items": {"type": "string"}}
    if choices:
        return {"type": "string", "enum": [value for value, _label in choices]}
    return {"type": "string"}


def parameter(name: str, schema: dict[str, Any], description: str, example: Any = None) -> OpenApiParameter:
    """Describe a query parameter."""
    examples = [OpenApiExample(name, value=example)] if example else []
    return OpenApiParameter(
        name, schema, OpenApiParameter.QUERY, description=description, examples=examples, explode=True
    )


def problem_responses(*problems: int | Problem) -> dict[Any, Any]:
    """Return the errors that an address may answer, each with an example: the usual one of a status, or its own."""
    described = {}
    for problem in problems:
        body = orjson.loads((PROBLEMS[problem] if isinstance(problem, int) else problem).response().content)
        status = body["status"]
        example = OpenApiExample(body["code"], value=body, response_only=True)
        described[status, MEDIA_TYPE] = OpenApiResponse(ProblemDocument, body["title"], examples=[example])
    return described


class ListingSchema(AutoSchema):
    """Describe a kind's list and detail."""

    view: Any

    @property
    def is_list(self) -> bool:
        """Say whether this is the list and not the detail."""
        return self.view.action == "list"

    def get_tags(self) -> list[str]:
        """Return the kind's name in the addresses."""
        return [self.view.model.plural]

    def get_operation_id(self) -> str:
        """Return "canteens_list" or "canteens_detail"."""
        return f"{self.view.model.plural}_{'list' if self.is_list else 'detail'}"

    def get_summary(self) -> str:
        """Return one line in both languages."""
        meta = self.view.model._meta
        said = both(meta.verbose_name_plural if self.is_list else meta.verbose_name)
        return f"{said['zh']} · {said['en']}"

    def get_override_parameters(self) -> list[Any]:
        """Return the filters, the paging and the formats."""
        filters = self.view.filterset_class.base_filters
        wanted = filters if self.is_list else {name: filters[name] for name in ("at", "crs")}
        found = []
        for name, filter_ in wanted.items():
            label = both(filter_.label)
            found.append(
                parameter(name, type_of(filter_, name), f"{label['zh']} · {label['en']}", EXAMPLES.get(name))
            )
        if self.is_list:
            sizes = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
            pages = {"type": "integer", "minimum": 1, "maximum": MOST_PAGE, "default": 1}
            found.append(parameter("page", pages, "页码 · Page"))
            found.append(parameter("page_size", sizes, "每页条数 · Rows a page"))
            resumed = "断点续传：最后一条完整行的 id · Only in a stream: the `id` of the last line that you have whole"
            found.append(parameter("after", FORMS["after"], resumed))
        else:
            known = OpenApiExample("known", value=EXAMPLE["id"])
            told = "编号 · The public id; it never changes"
            form = {"type": "string", "pattern": PUBLIC_ID}
            found.append(
                OpenApiParameter("public_id", form, OpenApiParameter.PATH, description=told, examples=[known])
            )
        names = ["json", "geojson", *(STREAMED if self.is_list else ())]
        formats = {"type": "string", "enum": names, "default": "json"}
        return [*found, parameter("format", formats, "格式 · Format, instead of `Accept`")]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return that a key may be sent and need not be."""
        return KEY_OR_NOT

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Return False: a list's answer is a page and not an array."""
        return False

    def get_request_serializer(self) -> Any:
        """Return nothing: there are no bodies."""
        return None

    def get_response_serializers(self) -> Any:
        """Return rows in both formats, and the errors."""
        document = self.view.document_class
        row = document.example
        if not self.is_list:
            return {
                (200, "application/json"): described(document(), row),
                (200, "application/geo+json"): described(
                    {**FEATURE, "title": "Feature"}, {**rows.to_feature(row), "datum": WGS84}, "GeoJSON"
                ),
                304: OpenApiResponse(None, "What you have is current."),
                **problem_responses(400, 401, 403, 404, 406, 429),
            }
        name = f"{document.__name__.removesuffix('Document')}Page"
        page = type(
            name,
            (serializers.Serializer,),
            {
                "__doc__": "A page of rows.",
                "count": serializers.IntegerField(help_text="Rows in all."),
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": document(many=True),
            },
        )
        body = {"count": 1, "next": None, "previous": None, "results": [row]}
        facts = {key: value for key, value in row.items() if key not in OF_THE_MOMENT}
        return {
            (200, "application/json"): described(page, body),
            (200, "application/geo+json"): described(
                {**COLLECTION, "title": "FeatureCollection"}, rows.to_collection(body, WGS84), "GeoJSON"
            ),
            **{(200, kind): streamed(name, facts, told) for name, (kind, told) in STREAMED.items()},
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 404, 406, 429),
        }


def described(form: Any, example: Any, told: str = "") -> OpenApiResponse:
    """Describe an answer by its form and one example."""
    return OpenApiResponse(form, told, examples=[OpenApiExample("answer", value=example, response_only=True)])


def streamed(name: str, facts: dict[str, Any], told: str) -> OpenApiResponse:
    """Describe a stream, with the line of one row as the example."""
    lines = streaming.FORMATS[name][0](iter([orjson.dumps(facts).decode()]))
    return described(OpenApiTypes.STR, "".join(lines), told)
