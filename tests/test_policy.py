"""The content security policy is written once and is the same that the library builds each time."""

from typing import Any

import pytest
from csp.constants import HEADER, NONCE, NONE, SELF
from csp.decorators import csp_replace, csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.running.policy import KeptPolicy


def plain(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


def failing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("x", status=404)


def with_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


VIEWS = [
    plain,
    failing,
    csp_update({"img-src": ["https://example.org"]})(plain),
    csp_replace({"default-src": [NONE]})(plain),
]


@pytest.mark.parametrize("path", ["/", "/admin/x/"])
def test_what_is_kept_is_what_would_be_built(path: str) -> None:
    kept = {view: KeptPolicy(view) for view in VIEWS}
    shared = KeptPolicy(plain)
    for _again in range(3):
        for view in VIEWS:
            built = CSPMiddleware(view)(RequestFactory().get(path))
            shared.get_response = view
            for middleware in (kept[view], shared):
                answer = middleware(RequestFactory().get(path))
                assert answer.headers.get(HEADER) == built.headers.get(HEADER)


def test_a_nonce_enters_the_policy_of_its_own_answer_only(settings: Any) -> None:
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [SELF, NONCE]}}
    middleware = KeptPolicy(plain)
    usual = middleware(RequestFactory().get("/"))[HEADER]
    middleware.get_response = with_nonce
    answer = middleware(RequestFactory().get("/"))
    assert answer.content.decode() in answer[HEADER]
    middleware.get_response = plain
    assert middleware(RequestFactory().get("/"))[HEADER] == usual


def test_another_setting_is_another_policy(settings: Any) -> None:
    middleware = KeptPolicy(plain)
    middleware(RequestFactory().get("/"))
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": [SELF]}}
    assert middleware(RequestFactory().get("/"))[HEADER] == "default-src 'self'"
