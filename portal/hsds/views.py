"""Services, locations and the links between both: each published listing once."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import examples, finding, schema
from portal.hsds.answering import HsdsList, HsdsView, framed, part_of
from portal.hsds.asking import FORMAT, PAGING, described
from portal.hsds.identifiers import service_id
from portal.hsds.places import (
    Place,
    listed_link,
    modified,
    plain_service,
    whole_link,
    whole_location,
    whole_service,
)

NARROWING = ("search", "taxonomy_term_id", "taxonomy_id", "organization_id", "modified_after")
Shown = Callable[[Place], dict[str, Any]]


class PlacesView(HsdsList):
    """Published listings, one item for each."""

    plain: ClassVar[Any]
    whole: ClassVar[Any]

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page."""
        found = finding.narrowed(request, asked)
        shown = self.shown(asked)
        contents = [shown(place) for place in finding.page(found, part_of(asked))]
        return framed(contents, found.count(), asked)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every item."""
        return map(self.shown(asked), finding.each(finding.narrowed(request, asked)))

    @classmethod
    def shown(cls, asked: dict[str, Any]) -> Shown:
        """Return what makes an item of a place."""
        return cls.whole if asked.get("full") else cls.plain


class PlaceView(HsdsView):
    """One item of a published listing."""

    whole: ClassVar[Any]

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return the item. Raise Http404 for none: the beginning of a UUID alone is not enough."""
        found = type(self).whole(finding.one(request, sought["id"]))
        if found["id"] != sought["id"].lower():
            raise Http404
        return found


class ServicesView(PlacesView):
    """Published listings as services."""

    plain, whole = staticmethod(plain_service), staticmethod(whole_service)
    parameters = (*NARROWING, "minimal", "full", *PAGING)

    @extend_schema(
        operation_id="hsds_services_list",
        summary="服务列表 · Services",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.ServicePage, examples.SERVICE),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return services, by default with what stands in one field each."""
        return self.answer(request)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page; with `minimal` all of them, unless a page is asked for."""
        if not asked.get("minimal"):
            return super().body(request, asked, **sought)
        found = finding.narrowed(request, asked)
        total = found.count()
        if not asked.keys() & set(PAGING):
            asked = {**asked, "per_page": max(total, 1)}
        rows = found.values_list("public_id", "changed_at")[part_of(asked)]
        return framed([_least(*row) for row in rows], total, asked)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every service."""
        if not asked.get("minimal"):
            return super().everything(request, asked)
        found = finding.parts(finding.narrowed(request, asked), "public_id", "changed_at")
        return (_least(*row) for part in found for row in part)


class ServiceView(PlaceView):
    """One published listing as a service."""

    whole = staticmethod(whole_service)

    @extend_schema(
        operation_id="hsds_services_detail",
        summary="服务 · Service",
        **schema.single(schema.Service, examples.WHOLE_SERVICE),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a service with everything that belongs to it."""
        return self.answer(request, id=id)


class LinksView(PlacesView):
    """Services at their locations."""

    plain, whole = staticmethod(listed_link), staticmethod(whole_link)
    parameters = (*NARROWING, "full", *PAGING)

    @extend_schema(
        operation_id="hsds_service_at_locations_list",
        summary="服务与地点列表 · Services at their locations",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.ServiceAtLocationPage, examples.LISTED_LINK),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return services at their locations."""
        return self.answer(request)


class LinkView(PlaceView):
    """A service at its location."""

    whole = staticmethod(whole_link)

    @extend_schema(
        operation_id="hsds_service_at_locations_detail",
        summary="服务与地点 · Service at its location",
        **schema.single(schema.ServiceAtLocation, examples.WHOLE_LINK),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a service at its location with everything that belongs to it."""
        return self.answer(request, id=id)


class LocationsView(PlacesView):
    """Where published listings are."""

    plain = whole = staticmethod(whole_location)
    parameters = (*NARROWING, *PAGING)

    @extend_schema(
        operation_id="hsds_locations_list",
        summary="地点列表 · Locations",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.LocationPage, examples.LOCATION),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return locations with their addresses."""
        return self.answer(request)


class LocationView(PlaceView):
    """Where one published listing is."""

    whole = staticmethod(whole_location)

    @extend_schema(
        operation_id="hsds_locations_detail",
        summary="地点 · Location",
        **schema.single(schema.Location, examples.LOCATION),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a location with its address."""
        return self.answer(request, id=id)


def _least(public_id: str, changed_at: Any) -> dict[str, Any]:
    """Return number and moment of change, under the schema's name for it and under that of HSDS's parameter."""
    moment = modified(changed_at)
    return {"id": service_id(public_id), "last_modified": moment, "modified_date": moment}
