"""Organizations: the offices that keep published listings."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import examples, finding, schema
from portal.hsds.answering import HsdsList, HsdsView, framed, part_of
from portal.hsds.asking import FORMAT, PAGING, described
from portal.hsds.identifiers import read
from portal.hsds.keepers import Keeper, kept_areas, organization, whole_organization
from portal.hsds.places import COLUMNS, least_service, places, whole_service
from portal.listings.api.problems import Problem

#: Whole services in one answer; more are read from /hsds/services, page by page.
MOST_WHOLE = 500
Kept = list[tuple[Keeper, list[str]]]


class OrganizationsView(HsdsList):
    """The offices that keep published listings."""

    parameters = ("search", "full", "full_service", *PAGING)

    @extend_schema(
        operation_id="hsds_organizations_list",
        summary="机构列表 · Organizations",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.OrganizationPage, examples.ORGANIZATION),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return organizations; with `full` or `full_service` also what they keep."""
        return self.answer(request)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page."""
        kept = self.kept(request, asked)
        return framed(self.shown(request, asked, kept[part_of(asked)]), len(kept), asked)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every organization, each with what it keeps read by itself."""
        for item in self.kept(request, asked):
            yield from self.shown(request, asked, [item], is_limited=False)

    def kept(self, request: Request, asked: dict[str, Any]) -> Kept:
        """Return the offices whose name holds the words, and the areas of what they keep."""
        words = asked.get("search", "").split()
        kept = kept_areas(finding.published(request))
        return [item for item in kept.items() if all(word in item[0].name for word in words)]

    def shown(
        self, request: Request, asked: dict[str, Any], kept: Kept, is_limited: bool = True
    ) -> list[dict[str, Any]]:
        """Return the items of some offices."""
        if asked.get("full") or asked.get("full_service"):
            return with_services(
                request, kept, is_whole=bool(asked.get("full_service")), is_limited=is_limited
            )
        return [organization(keeper) for keeper, _areas in kept]


class OrganizationView(HsdsView):
    """One office."""

    parameters = ("full_service",)

    @extend_schema(
        operation_id="hsds_organizations_detail",
        summary="机构 · Organization",
        **schema.single(schema.Organization, examples.WHOLE_ORGANIZATION, *described(*parameters)),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return an organization and the services that it keeps."""
        return self.answer(request, id=id)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return the organization. Raise Http404 for none, and for one that keeps nothing that is public."""
        wanted = read(sought["id"])
        kept = kept_areas(finding.published(request)).items() if wanted else []
        found = [item for item in kept if item[0].id == str(wanted)]
        if not found:
            raise Http404
        return with_services(request, found, is_whole=bool(asked.get("full_service")))[0]


def with_services(
    request: Request, kept: Kept, *, is_whole: bool, is_limited: bool = True
) -> list[dict[str, Any]]:
    """Return organizations with their services. Raise Problem for more whole ones than go into one answer."""
    areas = [area for _keeper, listed in kept for area in listed]
    found = finding.published(request).filter(area_code__in=areas).order_by("pk")
    if is_whole and is_limited and found.count() > MOST_WHOLE:
        told = format_lazy(
            _("More than {most} services belong here. Read them page by page, by their organization."),
            most=MOST_WHOLE,
        )
        raise Problem(400, "invalid_query", [("full_service", "too_many", told)])
    make = whole_service if is_whole else least_service
    services: dict[str, list[dict[str, Any]]] = {}
    for place in places(found.values_list(*COLUMNS), timezone.now()):
        services.setdefault(place.keeper.area, []).append(make(place))
    return [whole_organization(keeper, services.get(keeper.area, [])) for keeper, _areas in kept]
