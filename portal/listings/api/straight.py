"""The straight way to the API: what answers keys and strangers alike needs no session, no person and no language."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.urls import ResolverMatch, get_resolver
from django.urls.exceptions import Resolver404
from django.utils import translation

from portal.listings.api.views import ApiView

PREFIXES = ("/api/v1/", "/hsds/")


class StraightToApi:
    """Middleware that calls the API's views by itself, past all layers below it but those for host and frames.

    Sessions, CSRF tokens, people, posts, messages and the language are a fifth of what a short answer costs, and no
    view of the API may look at them. What people read goes the long way: the documentation, the schema, which speaks
    their language, the page for an address that no view answers, and the one for a host that is not ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the long way, and make the straight one."""
        self.long_way = get_response
        self.common = CommonMiddleware(get_response)
        self.frames = XFrameOptionsMiddleware(get_response)
        handler: Any = _Views()
        self.view: Any = convert_exception_to_response(handler._get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer from the view, or hand the request on."""
        match = match_of(request.path_info)
        if match is None:
            return self.long_way(request)
        try:
            refusal = self.common.process_request(request)
        except (SuspiciousOperation, PermissionDenied):
            return self.long_way(request)
        if refusal is not None:
            return refusal
        request.resolver_match = match
        # A page of another language may have been answered by this thread before.
        translation.activate(settings.LANGUAGE_CODE)
        answer: Any = self.frames.process_response(request, self.view(request))
        answer = self.common.process_response(request, answer)
        return answer


class _Views(BaseHandler):
    """Django's handler without any middleware: it calls the view that was found."""

    def __init__(self) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []

    def resolve_request(self, request: HttpRequest) -> Any:
        """Return the view and its arguments."""
        return request.resolver_match


def match_of(path: str) -> ResolverMatch | None:
    """Return the view of the API that answers a path, None for a page and for what is not below the API."""
    if not path.startswith(PREFIXES):
        return None
    try:
        return _found(settings.ROOT_URLCONF, path)
    except Resolver404:
        return None


@lru_cache(maxsize=512)
def _found(urlconf: str, path: str) -> ResolverMatch | None:
    """Return the match of a view that knows keys only and asks for no CSRF token. Raise Resolver404."""
    match = get_resolver(urlconf).resolve(path)
    view: Any = match.func
    is_api = issubclass(getattr(view, "cls", object), ApiView) and getattr(view, "csrf_exempt", False)
    return match if is_api else None
