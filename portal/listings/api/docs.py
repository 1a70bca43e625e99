"""The schema and the page that shows it, offline."""

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView

from portal.listings.api.problems import answer
from portal.partners.throttling import AnonymousThrottle, KeyThrottle


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1: JSON, or YAML with `format=yaml`."""

    authentication_classes: Any = []
    permission_classes: Any = []
    throttle_classes: Any = [KeyThrottle, AnonymousThrottle]
    renderer_classes: Any = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    schema = None

    def get_exception_handler(self) -> Any:
        """Return the one handler."""
        return answer


class DocsView(View):
    """Swagger UI from the portal's own static files. It writes style attributes, so only those are let in."""

    @method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}))
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        response = render(request, "api/docs.html")
        response["Cache-Control"] = "public, max-age=300"
        return response
