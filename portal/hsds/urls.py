"""The profile's addresses: as HSDS writes them, without a slash at the end, and with one."""

from typing import Any

from django.urls import path, re_path

from portal.hsds.root import RootView
from portal.hsds.views import ServicesView, ServiceView
from portal.listings.api.views import NotFoundView

app_name = "hsds"


def both_ways(route: str, view: Any, name: str) -> list[Any]:
    """Return the address as the schema shows it, and the same with a slash."""
    return [path(route, view.as_view(), name=name), path(f"{route}/", view.as_view(schema=None))]


urlpatterns = [
    path("", RootView.as_view(), name="root"),
    *both_ways("services", ServicesView, "services"),
    *both_ways("services/<str:id>", ServiceView, "service"),
    re_path(r"^.*$", NotFoundView.as_view()),
]
