"""What all pages around the code have in common: the strict policy, and answers in JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import orjson
from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

#: Nothing from another host, no markup made by scripts, WebAssembly for reading codes.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, "'wasm-unsafe-eval'"],
    "style-src": [SELF],
    "img-src": [SELF, "data:", "blob:"],
    "media-src": [SELF, "blob:"],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["nuanxin"],
}
#: A page of another site cannot send this header without asking first, and is refused when it asks.
HEADER = "X-Nuanxin"
MOST_BYTES = 1 << 20

P = ParamSpec("P")
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def code_page(view: View) -> View:
    """Give the answers of a view the strict policy."""
    return cast(View, csp_replace(POLICY)(cast(Any, view)))


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Return a body as JSON that nobody keeps."""
    answer = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    return answer


def refused(code: str, sentence: str, status: int = 400) -> HttpResponse:
    """Return a refusal: a code for programs and a sentence for people, in the reader's language."""
    return json_answer({"error": code, "say": sentence}, status)


def json_view(
    view: Callable[Concatenate[HttpRequest, dict[str, Any], P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give a view the posted JSON object; refuse anything else, and whatever another site could have sent."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return refused("method_not_allowed", _("This address takes POST only."), 405)
        if request.headers.get(HEADER) != "1" or request.content_type != "application/json":
            return refused("not_from_here", _("Reload the page and try again."), 403)
        try:
            body = orjson.loads(read_body(request))
        except (ValueError, BadRequest):
            body = None
        if not isinstance(body, dict):
            return refused("bad_request", _("This could not be read. Reload the page and try again."))
        return view(request, body, *args, **kwargs)

    return answer


def read_body(request: HttpRequest) -> bytes:
    """Return the body; raise BadRequest when it is too large."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise BadRequest
    return request.body
