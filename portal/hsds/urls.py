"""The profile's addresses: as HSDS writes them, without a slash at the end, and with one."""

from typing import Any

from django.urls import path, re_path

from portal.hsds.organization_views import OrganizationsView, OrganizationView
from portal.hsds.root import RootView
from portal.hsds.schedule_views import SchedulesView, ScheduleView
from portal.hsds.taxonomy_views import TaxonomiesView, TaxonomyView, TermsView, TermView
from portal.hsds.views import LinksView, LinkView, LocationsView, LocationView, ServicesView, ServiceView
from portal.listings.api.views import NotFoundView

app_name = "hsds"
#: Name, list, one of it.
RESOURCES: tuple[tuple[str, Any, Any], ...] = (
    ("services", ServicesView, ServiceView),
    ("organizations", OrganizationsView, OrganizationView),
    ("locations", LocationsView, LocationView),
    ("schedules", SchedulesView, ScheduleView),
    ("service_at_locations", LinksView, LinkView),
    ("taxonomies", TaxonomiesView, TaxonomyView),
    ("taxonomy_terms", TermsView, TermView),
)


def both_ways(route: str, view: Any, name: str) -> list[Any]:
    """Return the address as the schema shows it, and the same with a slash."""
    return [path(route, view.as_view(), name=name), path(f"{route}/", view.as_view(schema=None))]


urlpatterns = [
    path("", RootView.as_view(), name="root"),
    *(
        pattern
        for plural, many, single in RESOURCES
        for pattern in (
            *both_ways(plural, many, plural),
            *both_ways(f"{plural}/<str:id>", single, f"{plural}-one"),
        )
    ),
    re_path(r"^.*$", NotFoundView.as_view()),
]
