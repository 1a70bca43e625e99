"""The router, and what stands beside the resources."""

from typing import Any

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from portal.listings.api.availability import AvailabilityOfOneView, AvailabilityView
from portal.listings.api.changes import ChangesView
from portal.listings.api.docs import DocsView, SchemaView
from portal.listings.api.dumps import DumpFileView, DumpsView
from portal.listings.api.source_urls import source_urls
from portal.listings.api.views import NotFoundView, RootView

NAMESPACE = "api"


class ListingRouter(SimpleRouter):
    """One `register` line a kind; the resource's name is also that of its addresses ("api:canteens-list")."""

    def get_default_basename(self, viewset: Any) -> str:
        """Return the kind's plural."""
        return viewset.model.plural

    def urlpatterns(self) -> list[Any]:
        """Return root document, resources, schema, docs page, and a 404 in the API's own form for the rest."""
        resources = {prefix: f"{NAMESPACE}:{name}-list" for prefix, _viewset, name in self.registry}
        resources |= {"changes": f"{NAMESPACE}:changes", "availability": f"{NAMESPACE}:availability"}
        resources |= {"dumps": f"{NAMESPACE}:dumps"}
        resources |= {"schema": f"{NAMESPACE}:schema", "docs": f"{NAMESPACE}:docs"}
        root: Any = type("Root", (RootView,), {"resources": resources, "__doc__": RootView.__doc__})
        return [
            path("", root.as_view(), name="root"),
            path("changes/", ChangesView.as_view(), name="changes"),
            path("availability/", AvailabilityView.as_view(), name="availability"),
            re_path(
                r"^availability/(?P<public_id>[0-9A-HJKMNP-TV-Z]{10})/$",
                AvailabilityOfOneView.as_view(),
                name="availability-one",
            ),
            path("dumps/", DumpsView.as_view(), name="dumps"),
            path("dumps/<str:name>", DumpFileView.as_view(), name="dumps-file"),
            path("schema/", SchemaView.as_view(), name="schema"),
            path("docs/", DocsView.as_view(), name="docs"),
            *source_urls(),
            *self.urls,
            # Lines too: an address may hold a line break.
            re_path(r"^[\s\S]*/$", NotFoundView.as_view()),
        ]
