"""Services, locations and the links between both."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import finding, schema
from portal.hsds.answering import HsdsList, HsdsView, framed, part_of
from portal.hsds.asking import FORMAT, PAGING, described
from portal.hsds.identifiers import service_id
from portal.hsds.places import modified, plain_service, whole_service

NARROWING = ("search", "taxonomy_term_id", "taxonomy_id", "organization_id", "modified_after")


class ServicesView(HsdsList):
    """Published listings as services."""

    parameters = (*NARROWING, "minimal", "full", *PAGING)

    @extend_schema(
        operation_id="hsds_services_list",
        summary="服务列表 · Services",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.ServicePage, schema.SERVICE),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return services, by default with what stands in one field each."""
        return self.answer(request)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page of services; with `minimal` all of them, unless a page is asked for."""
        found = finding.narrowed(request, asked)
        total = found.count()
        if asked.get("minimal"):
            if not asked.keys() & set(PAGING):
                asked = {**asked, "per_page": max(total, 1)}
            rows = found.values_list("public_id", "changed_at")[part_of(asked)]
            return framed([_least(*row) for row in rows], total, asked)
        shown = whole_service if asked.get("full") else plain_service
        return framed([shown(place) for place in finding.page(found, part_of(asked))], total, asked)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every service."""
        found = finding.narrowed(request, asked)
        if asked.get("minimal"):
            for part in finding.parts(found, "public_id", "changed_at"):
                yield from (_least(*row) for row in part)
            return
        shown = whole_service if asked.get("full") else plain_service
        yield from (shown(place) for place in finding.each(found))


class ServiceView(HsdsView):
    """One published listing as a service."""

    @extend_schema(
        operation_id="hsds_services_detail",
        summary="服务 · Service",
        **schema.single(schema.Service, schema.WHOLE_SERVICE),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a service with everything that belongs to it."""
        return self.answer(request, id=id)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return the service. Raise Http404 for none."""
        place = finding.one(request, sought["id"])
        if place.service_id != sought["id"].lower():
            raise Http404
        return whole_service(place)


def _least(public_id: str, changed_at: Any) -> dict[str, Any]:
    """Return number and moment of change, under the schema's name for it and under that of HSDS's parameter."""
    moment = modified(changed_at)
    return {"id": service_id(public_id), "last_modified": moment, "modified_date": moment}
