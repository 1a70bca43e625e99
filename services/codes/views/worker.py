"""The shells of `/code/` and `/guard/`, and the service worker that opens them without a network.

A shell is a page that is the same for everybody: no name, no session, no CSRF token; scripts fill it. A view module
declares its shell and takes its addresses from here:

    SHELL = Shell("guard", "codes/guard/page.html", sheets=(*FRAME_SHEETS, "css/guard.css"),
                  modules=("js/guard/main.js",), files=("zxing-wasm/zxing_reader.wasm",))
    urlpatterns = [*worker.addresses(SHELL), …]      # names "guard", "guard_worker", "guard_version"

The template extends `codes/frame.html`, which names sheets and modules from `shell`; `fill` returns more context.
What modules import is found by itself, `import("…")` included; what only a script names (wasm) is listed in
`files`, which are fetched before the worker takes over, or in `later`, which come when the page says so (`more()`).

A worker that a page starts is kept by the service worker only when its address lies below the scope: `own` names such
addresses (of views that answer everybody the same); they are kept like files.

The page calls `startWorker({ isBusy })` of `static/js/gateworker/register.js` once: a new version takes over at
once, yet never while a page answers that it is busy; then the page loads anew. `js/gateworker/look.js` (in the
frame) sets theme and size of text from their cookies. With workers off `data-worker` is missing, and `startWorker`
does nothing.

The worker keeps the shell in every language and shows the one that the server named last; it asks `version.json` on
each opening and on `check()`. `CODE_WORKERS_OFF` takes workers and kept files off the phones; IndexedDB stays. Any
other page below the scope comes from the network; without one the reader is led to the shell, `#away`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import orjson
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache as shared_cache
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from services.codes.views.shared import code_page, json_answer

#: What the frame of every page around the code names.
FRAME_SHEETS = ("css/tokens.css", "css/base.css", "css/layout.css", "css/components.css")
FRAME_FILES = (
    "js/gateworker/look.js",
    "img/icons.svg",
    "img/favicon.svg",
    "img/apple-touch-icon.png",
)
SCRIPTS = ("js/gateworker/life.js", "js/gateworker/answers.js")
#: Seconds for which the shells need not be rendered anew to know their version.
VERSION_SECONDS = 20
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Shell:
    """A page that opens without a network: its name (also of its address), its template and its static files."""

    name: str
    template: str
    sheets: tuple[str, ...] = FRAME_SHEETS
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    fill: Callable[[], dict[str, Any]] = dict

    @property
    def must(self) -> tuple[str, ...]:
        """Return the names of the static files without which the page is not whole."""
        found = {*FRAME_FILES, *self.sheets, *self.files, *with_imports(self.modules)}
        return tuple(sorted(found))

    @property
    def spare(self) -> tuple[str, ...]:
        """Return the names of the files that may come later."""
        return tuple(sorted(set(with_imports(self.later)) - set(self.must)))

    @property
    def scope(self) -> str:
        """Return the address of the page, which is the worker's scope."""
        return reverse(self.name)

    def context(self) -> dict[str, Any]:
        """Return what `codes/frame.html` needs."""
        off = settings.CODE_WORKERS_OFF
        return {
            **self.fill(),
            "shell": self,
            "tab": self.name,
            "worker": "" if off else reverse(f"{self.name}_worker"),
            "version": reverse(f"{self.name}_version"),
        }


def addresses(shell: Shell) -> list[URLPattern]:
    """Return the addresses of a shell, its worker and its version, relative to its prefix."""
    given = {"shell": shell}
    return [
        path("", page, given, name=shell.name),
        path("sw.js", script, given, name=f"{shell.name}_worker"),
        path("version.json", version, given, name=f"{shell.name}_version"),
    ]


def with_imports(names: Iterable[str]) -> list[str]:
    """Return static files with everything that the modules among them import."""
    return list(_kept_imports(tuple(names))) if settings.STATIC_BUILT else _follow(names)


@cache
def _kept_imports(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_follow(names))


def _follow(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        if name.endswith((".js", ".mjs")):
            imports = _IMPORT.findall(content(name).decode("utf-8"))
            waiting += [normpath(join(dirname(name), relative)) for relative in imports]
    return found


def content(name: str) -> bytes:
    """Return a static file; once for each process where files do not change under it."""
    return _kept_content(name) if settings.STATIC_BUILT else _read(name)


@cache
def _kept_content(name: str) -> bytes:
    return _read(name)


def _read(name: str) -> bytes:
    found = finders.find(name)
    if found:
        return Path(found).read_bytes()
    with staticfiles_storage.open(name) as file:
        return file.read()


def body_of(request: HttpRequest, shell: Shell) -> str:
    """Return the page in the language of the moment."""
    return render_to_string(shell.template, shell.context(), request)


def version_of(request: HttpRequest, shell: Shell) -> str:
    """Return 12 digits that change with any byte of the shell, in any language, of its files and of the worker."""
    digest = hashlib.sha256(str(settings.CODE_WORKERS_OFF).encode())
    for name in (*shell.must, *shell.spare, *SCRIPTS):
        digest.update(static(name).encode())
    key = f"codes:shell:{shell.name}:{digest.hexdigest()}"
    kept = shared_cache.get(key) if settings.STATIC_BUILT else None
    if kept:
        return kept
    if not settings.STATIC_BUILT:
        for name in (*shell.must, *shell.spare, *SCRIPTS):
            digest.update(content(name))
    for language, _name in settings.LANGUAGES:
        with override(language):
            digest.update(body_of(request, shell).encode())
    found = digest.hexdigest()[:12]
    if settings.STATIC_BUILT:
        shared_cache.set(key, found, VERSION_SECONDS)
    return found


@require_safe
@code_page
def page(request: HttpRequest, shell: Shell) -> HttpResponse:
    """Return the shell; the worker keeps it only when it is of the worker's own version."""
    answer = HttpResponse(body_of(request, shell))
    answer["X-Shell"] = version_of(request, shell)
    patch_cache_control(answer, no_cache=True)
    return answer


@require_safe
def version(request: HttpRequest, shell: Shell) -> HttpResponse:
    """Return the newest version, whether workers are to leave, and the reader's language."""
    return json_answer(
        {
            "version": version_of(request, shell),
            "kill": settings.CODE_WORKERS_OFF,
            "language": get_language(),
        }
    )


@require_safe
def script(request: HttpRequest, shell: Shell) -> HttpResponse:
    """Return the worker: its set-up, then its scripts by the names of this release."""
    setup = {
        "name": shell.name,
        "scope": shell.scope,
        "info": reverse(f"{shell.name}_version"),
        "version": version_of(request, shell),
        "languages": [code for code, _name in settings.LANGUAGES],
        "files": [*(static(name) for name in shell.must), *map(reverse, shell.own)],
        "later": [static(name) for name in shell.spare],
        "killed": settings.CODE_WORKERS_OFF,
    }
    lines = [f"self.SETUP = {orjson.dumps(setup).decode()};"]
    lines += [f"importScripts({orjson.dumps(static(name)).decode()});" for name in SCRIPTS]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/javascript; charset=utf-8")
    patch_cache_control(answer, no_cache=True)
    return answer
