"""Requests that hold a null character: no text of the portal has one, and PostgreSQL refuses to be asked for one."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from portal.listings.api.parameters import check_text
from portal.listings.api.problems import Problem
from portal.pages.views import bad_request


def holds_null(request: HttpRequest) -> bool:
    """Say whether path, query or a cookie holds a null character; the body is left to the forms."""
    query = request.META.get("QUERY_STRING", "")
    if "\0" in request.path_info or "%00" in query or "\0" in query:
        return True
    return any("\0" in name or "\0" in value for name, value in request.COOKIES.items())


class NullCharacters:
    """Middleware that answers such a request with 400: the portal's page, or a problem below the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse the request, or hand it on."""
        if not holds_null(request):
            return self.get_response(request)
        if not request.path_info.startswith(("/api/", "/hsds/")):
            return bad_request(request, BadRequest())
        try:
            check_text(request)
        except Problem as problem:
            return problem.response()
        return Problem(400, "bad_request").response()
