"""How the schema learns what viewsets answer: parameters from filter sets, rows from the kinds' descriptions."""

from typing import Any

import django_filters
import orjson
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from portal.listings.api.documents import ProblemDocument
from portal.listings.api.parameters import MAX_PAGE_SIZE, PAGE_SIZE
from portal.listings.api.problems import MEDIA_TYPE, Problem, both
from portal.listings.filters import FlagFilter, InstantFilter

#: Format → media type, and what a stream holds.
STREAMED = {
    "ndjson": ("application/x-ndjson", "Every row, one a line, without what depends on the moment."),
    "csv": ("text/csv", "Every row, in a table; the last column holds it whole."),
}
EXAMPLES: dict[str, Any] = {
    "near": "30.285,120.190",
    "radius": "1500",
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


def type_of(found: django_filters.Filter) -> dict[str, Any]:
    """Return the JSON schema of a filter's value."""
    choices = found.extra.get("choices")
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
                parameter(name, type_of(filter_), f"{label['zh']} · {label['en']}", EXAMPLES.get(name))
            )
        if self.is_list:
            sizes = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
            found.append(parameter("page", {"type": "integer", "minimum": 1, "default": 1}, "页码 · Page"))
            found.append(parameter("page_size", sizes, "每页条数 · Rows a page"))
            resumed = "断点续传：最后一条完整行的 id · Only in a stream: the `id` of the last line that you have whole"
            found.append(parameter("after", {"type": "string"}, resumed))
        names = ["json", "geojson", *(STREAMED if self.is_list else ())]
        formats = {"type": "string", "enum": names, "default": "json"}
        return [*found, parameter("format", formats, "格式 · Format, instead of `Accept`")]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return that a key may be sent and need not be."""
        return [{"key": []}, {}]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Return False: a list's answer is a page and not an array."""
        return False

    def get_request_serializer(self) -> Any:
        """Return nothing: there are no bodies."""
        return None

    def get_response_serializers(self) -> Any:
        """Return rows in both formats, and the errors."""
        document = self.view.document_class
        if not self.is_list:
            example = OpenApiExample(self.view.model.kind_name or "listing", value=document.example)
            return {
                (200, "application/json"): OpenApiResponse(document(), "", examples=[example]),
                (200, "application/geo+json"): OpenApiResponse({**FEATURE, "title": "Feature"}, "GeoJSON"),
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
        body = {"count": 1, "next": None, "previous": None, "results": [document.example]}
        example = OpenApiExample(self.view.model.plural, value=body)
        return {
            (200, "application/json"): OpenApiResponse(page, "", examples=[example]),
            (200, "application/geo+json"): OpenApiResponse(
                {**COLLECTION, "title": "FeatureCollection"}, "GeoJSON"
            ),
            **{(200, kind): OpenApiResponse(OpenApiTypes.STR, told) for kind, told in STREAMED.values()},
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 404, 406, 429),
        }


#: Headers of answers, described once.
HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "With a key only: how many requests (`q`) in how many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"minute";q=3000;w=60',
    },
    "RateLimit": {
        "description": "With a key only: how many are left (`r`), and in how many seconds the count begins anew (`t`).",
        "schema": {"type": "string"},
        "example": '"minute";r=2987;t=41',
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
}


def tell_of_limits(generator: Any, result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Describe what answers say of the key's limit, and a 429 of when to come back; a hook after generation."""
    result.setdefault("components", {})["headers"] = HEADERS
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            for status, response in operation.get("responses", {}).items():
                names = HEADERS if status == "429" else ("RateLimit-Policy", "RateLimit")
                headers = response.setdefault("headers", {})
                headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return result
