"""What the profile answers, for the portal's own schema; the whole description is HSDS's, which stays where it is."""

from typing import Any

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from portal.listings.api.documents import Schema, text, whole
from portal.listings.api.schema import described as answer_of
from portal.listings.api.schema import problem_responses

TAGS = ["hsds"]
ONE_OF = "With what belongs to it where the whole is asked for."


def uuid(help_text: str = "", **kwargs: Any) -> serializers.UUIDField:
    """Describe a UUID."""
    return serializers.UUIDField(help_text=help_text, **kwargs)


class HsdsRoot(Schema):
    """What this interface is."""

    version = text("Of HSDS.")
    profile = serializers.URLField(help_text="What this profile holds and leaves out.")
    openapi_url = serializers.URLField()


class Organization(Schema):
    """The office that keeps listings."""

    id = uuid()
    name = text()
    description = text()
    parent_organization_id = uuid("The next wider office.", required=False)
    organization_identifiers = serializers.ListField(child=serializers.JSONField(), required=False)
    services = serializers.ListField(child=serializers.JSONField(), required=False, help_text=ONE_OF)


class Phone(Schema):
    """A phone number."""

    id = uuid()
    service_id = uuid()
    number = text()
    type = text()


class Schedule(Schema):
    """An interval of some weekdays; where other hours hold it ends and begins again."""

    id = uuid()
    service_id = uuid()
    valid_from = serializers.DateField(required=False)
    valid_to = serializers.DateField(required=False)
    timezone = whole("Hours before UTC.", null=False)
    wkst = text()
    freq = serializers.ChoiceField(choices=["WEEKLY"])
    interval = whole(null=False)
    byday = text('Weekdays, "MO,TU".')
    opens_at = text('"10:30+08:00"; all day is 00:00 to 23:59.')
    closes_at = text(
        "Earlier than `opens_at` means the next day; not there where it is open-ended.", required=False
    )
    description = text(required=False)
    notes = text("Why other hours hold.", required=False)


class Address(Schema):
    """A postal address; the postal code is empty."""

    id = uuid()
    location_id = uuid()
    address_1 = text()
    address_2 = text("The address in Latin letters.", required=False)
    city = text()
    region = text("The district.")
    state_province = text()
    postal_code = text(allow_blank=True)
    country = text()
    address_type = serializers.ChoiceField(choices=["physical"])


class Location(Schema):
    """Where a listing is: degrees of WGS-84."""

    id = uuid()
    location_type = serializers.ChoiceField(choices=["physical"])
    organization_id = uuid()
    name = text()
    alternate_name = text(required=False)
    description = text(required=False)
    latitude = serializers.FloatField(required=False)
    longitude = serializers.FloatField(required=False)
    external_identifier = text("The listing's `id` in /api/v1/.")
    external_identifier_type = text()
    addresses = Address(many=True, required=False)


class Taxonomy(Schema):
    """A taxonomy."""

    id = uuid()
    name = text()
    description = text()
    version = text()


class TaxonomyTerm(Schema):
    """A kind of listing."""

    id = uuid()
    code = text("The `kind` in /api/v1/.")
    name = text()
    description = text()
    taxonomy = text()
    taxonomy_id = uuid()
    taxonomy_detail = Taxonomy()
    language = text()


class Attribute(Schema):
    """That a service is of a kind."""

    id = uuid()
    link_id = uuid()
    link_entity = text()
    taxonomy_term_id = uuid()
    taxonomy_term = TaxonomyTerm()


class ServiceLink(Schema):
    """What joins a service to its location."""

    id = uuid()
    service_id = uuid()
    location_id = uuid()
    location = Location(required=False)


class Service(Schema):
    """A listing as a service."""

    id = uuid()
    organization_id = uuid(required=False)
    name = text(required=False)
    alternate_name = text("English, else pinyin.", required=False)
    description = text("Chinese, then English.", required=False)
    url = serializers.URLField(required=False)
    status = serializers.ChoiceField(choices=["active", "temporarily closed"], required=False)
    fees_description = text(required=False)
    assured_date = serializers.DateField(
        required=False, help_text="The oldest of the last confirmations of all fact groups."
    )
    alert = text("Pauses, also those ahead; shut for now; the next exceptions.", required=False)
    last_modified = serializers.DateTimeField(required=False)
    modified_date = serializers.DateTimeField(required=False, help_text="Only with `minimal`.")
    organization = Organization(required=False)
    phones = Phone(many=True, required=False)
    schedules = Schedule(many=True, required=False)
    service_at_locations = ServiceLink(many=True, required=False)
    attributes = Attribute(many=True, required=False)


class ServiceAtLocation(ServiceLink):
    """A service at its location."""

    service = Service(required=False)
    phones = Phone(many=True, required=False)
    schedules = Schedule(many=True, required=False)


def page_of(item: type[Schema]) -> type[Schema]:
    """Return the description of a page of items."""
    numbers = ("total_items", "total_pages", "page_number", "size")
    fields: dict[str, Any] = {name: whole(null=False) for name in numbers}
    fields |= {name: serializers.BooleanField() for name in ("first_page", "last_page", "empty")}
    fields["contents"] = item(many=True)
    return type(f"{item.__name__}Page", (Schema,), {**fields, "__doc__": "A page in HSDS's frame."})


ServicePage = page_of(Service)
OrganizationPage = page_of(Organization)
LocationPage = page_of(Location)
SchedulePage = page_of(Schedule)
ServiceAtLocationPage = page_of(ServiceAtLocation)
TaxonomyPage = page_of(Taxonomy)
TaxonomyTermPage = page_of(TaxonomyTerm)


def listed(answer: type[Schema], item: dict[str, Any]) -> dict[str, Any]:
    """Return what `extend_schema` is told of a list."""
    page = {
        "total_items": 1,
        "total_pages": 1,
        "page_number": 1,
        "size": 1,
        "first_page": True,
        "last_page": True,
        "empty": False,
        "contents": [item],
    }
    return {
        "tags": TAGS,
        "responses": {
            (200, "application/json"): OpenApiResponse(
                answer, "", examples=[OpenApiExample("page", value=page, response_only=True)]
            ),
            (200, "application/x-ndjson"): answer_of(
                {"type": "string", "title": "Lines"},
                orjson.dumps(item).decode() + "\n",
                "Every item, one a line, in one answer without pages.",
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 404, 406, 429),
        },
        "auth": [{"key": []}, {}],
    }


def numbered(number: str) -> OpenApiParameter:
    """Describe the UUID in an address."""
    return OpenApiParameter(
        "id",
        OpenApiTypes.UUID,
        OpenApiParameter.PATH,
        description="编号 · Its `id`",
        examples=[OpenApiExample("id", value=number)],
    )


def single(answer: type[Schema], item: dict[str, Any], *more: OpenApiParameter) -> dict[str, Any]:
    """Return what `extend_schema` is told of one item."""
    return {
        "parameters": [numbered(item["id"]), *more] if "id" in item else [],
        "tags": TAGS,
        "responses": {
            200: OpenApiResponse(
                answer, "", examples=[OpenApiExample("item", value=item, response_only=True)]
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 403, 404, 406, 429),
        },
        "auth": [{"key": []}, {}],
    }
