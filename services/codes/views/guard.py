"""The guard's pages: the shell of `/guard/`, the same for everybody, and the page that enrols a phone."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from services.codes.guard_says import SAYS
from services.codes.incidents import REPORTED
from services.codes.verdict_words import words
from services.codes.views.shared import code_page
from services.codes.views.worker import FRAME_SHEETS, Shell


def _texts() -> dict[str, Any]:
    return {
        "says": {name: str(text) for name, text in SAYS.items()},
        "verdicts": words(),
        "incidents": [(kind.value, kind.label) for kind in REPORTED],
        "digits": [*"123456789"],
    }


SHELL = Shell(
    "guard",
    "codes/guard/page.html",
    sheets=(*FRAME_SHEETS, "css/guard.css"),
    modules=("js/guard/main.js",),
    files=("js/guard/reader.js", "zxing/reader/index.js", "zxing/share.js", "zxing-wasm/zxing_reader.wasm"),
    own=("guard_reader",),
    fill=_texts,
)


@require_safe
@code_page
def reader(request: HttpRequest) -> HttpResponse:
    """Return the worker that reads codes: at an address of the shell's scope, so that it starts without a network too.

    The strict policy holds inside the worker as well.
    """
    source = orjson.dumps(static("js/guard/reader.js")).decode()
    answer = HttpResponse(f"import {source};\n", content_type="text/javascript; charset=utf-8")
    answer.is_language_neutral = True  # type: ignore[attr-defined]
    patch_cache_control(answer, no_cache=True)
    return answer


@require_safe
@code_page
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Return the page with the one button that enrols this phone; the link is redeemed by POST, never by opening it."""
    answer = render(request, "codes/guard/enrol.html", {"tab": "guard"})
    answer["Referrer-Policy"] = "no-referrer"
    patch_cache_control(answer, no_store=True)
    return answer
