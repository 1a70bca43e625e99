"""An origin of its own for the pages around the code, where no content of users and no administration is served.

`CODES_BASE_URL` names it; as long as it is the portal's own (`PUBLIC_BASE_URL`), nothing here does anything.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from services.codes.views.shared import json_answer, refused

#: What only the origin of codes serves.
CODES = ("/code/", "/guard/", "/g/")
#: Asked by workers that a phone keeps from before codes moved: they are told to leave.
VERSIONS = ("/code/version.json", "/guard/version.json")
#: What it serves beside: signing in as a courier, files, what the pages ask of the API, and what says that it is well.
BESIDE = (
    "/accounts/again/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/phone/",
    "/accounts/returning/",
    "/accounts/link/",
    "/accounts/logout/",
    "/accounts/inactive/",
    "/static/",
    "/api/v1/compounds/",
    "/api/v1/listings/",
    "/api/v1/keys/",
    "/api/v1/status-list/",
    "/healthz",
    "/readyz",
    "/favicon.ico",
)


def is_apart() -> bool:
    """Say whether codes have an origin of their own."""
    return _host(settings.CODES_BASE_URL) != _host(settings.PUBLIC_BASE_URL)


class CodesApart:
    """Middleware that sends a page to the origin that serves it, and refuses to take what was posted to the other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, lead to the other origin, or refuse with 421."""
        if not is_apart():
            return self.get_response(request)
        is_code = request.path_info.startswith(CODES)
        if request.get_host().lower() == _host(settings.CODES_BASE_URL):
            right = "" if is_code or request.path_info.startswith(BESIDE) else settings.PUBLIC_BASE_URL
        else:
            right = settings.CODES_BASE_URL if is_code else ""
        if not right:
            return self.get_response(request)
        if request.path_info in VERSIONS:
            return json_answer({"version": "", "kill": True})
        if request.method in {"GET", "HEAD"}:
            return redirect(right + request.get_full_path())
        return refused("misdirected", f"This address is served at {right}.", 421)


def _host(base: str) -> str:
    return urlsplit(base).netloc.lower()
