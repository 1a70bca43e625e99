"""What makes the portal an app on a courier's phone: the worker's set-up, the manifest, the page without a signal."""

import hashlib
import re
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.pages.context import Site

STATIC_FOLDER = settings.BASE_DIR / "static"
#: What every page of the portal may need; libraries of one page are kept when that page is.
SHELL = ("css/*.css", "js/*.js", "img/*.svg")
NOT_SHELL = {"js/api_docs.js"}
WORKER_SCRIPTS = tuple(f"js/worker/{name}.js" for name in ("keeping", "pages", "files", "requests", "life"))
#: What the worker leaves alone: work, signing in, other systems, codes that are read at a gate.
UNTOUCHED = (
    "/admin/",
    "/accounts/",
    "/api/",
    "/hsds/",
    "/open311/",
    "/code/",
    "/guard/",
    "/g/",
    "/healthz",
    "/readyz",
    "/sw.js",
)
ICON_SIZES = (192, 512)


@cache
def shell_names() -> tuple[str, ...]:
    """Return the names of the static files that every page may need."""
    found = (
        path.relative_to(STATIC_FOLDER).as_posix()
        for pattern in SHELL
        for path in STATIC_FOLDER.glob(pattern)
    )
    return tuple(sorted(set(found) - NOT_SHELL))


def setup(request: HttpRequest) -> dict[str, Any]:
    """Return what the worker must know of this release: addresses, and a version that changes with any static file."""
    shell = [static(name) for name in shell_names()]
    scripts = [static(name) for name in WORKER_SCRIPTS]
    return {
        "version": hashlib.sha256("\n".join([*shell, *scripts]).encode()).hexdigest()[:12],
        "shell": shell,
        "static": settings.STATIC_URL,
        "media": settings.MEDIA_URL,
        "data": reverse("map"),
        "untouched": UNTOUCHED,
        "unkept": [reverse("place"), reverse("share"), reverse("offline")],
        "offline": reverse("offline"),
        "any_query": [door.url for door in Site(request).doors] + [reverse("home"), reverse("map")],
        "reshaping": [reverse("look")],
        "signing": ["/accounts/", reverse("admin:login"), reverse("admin:logout")],
    }


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker: this release's set-up, then the scripts by the names of this release."""
    lines = [f"self.SETUP = {orjson.dumps(setup(request)).decode()};"]
    lines += [f"importScripts({orjson.dumps(static(name)).decode()});" for name in WORKER_SCRIPTS]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show what the phone has kept; the worker gives this page where nothing was kept."""
    parts = [
        ("favourites", _("Favourites")),
        ("recents", _("Recently viewed")),
        ("lists", _("Lists and pages")),
    ]
    return render(request, "pages/offline.html", {"tab": "", "parts": parts})


@cache
def token(name: str) -> str:
    """Return the value of a colour in tokens.css, its light one."""
    text = (STATIC_FOLDER / "css" / "tokens.css").read_text(encoding="utf-8")
    found = re.search(rf"--{name}: *(#[0-9a-f]{{6}});", text)
    if found is None:
        raise LookupError(name)
    return found[1]


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """Return the web app manifest in a language; the language is in the address because no cookie travels with it."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with override(language):
        body = {
            "id": "/",
            "name": _("Nuanxin: doors, meals and beds for couriers"),
            "short_name": _("Nuanxin"),
            "description": _(
                "Which gate, which meal, which bed, which station: kept up to date by the street offices."
            ),
            "lang": language,
            "dir": "ltr",
            "start_url": reverse("home"),
            "scope": "/",
            "display": "standalone",
            "theme_color": token("paper"),
            "background_color": token("paper"),
            "categories": ["navigation", "food", "utilities"],
            "icons": icons(),
            "shortcuts": shortcuts(request),
            "share_target": {
                "action": reverse("share"),
                "method": "GET",
                "params": {"title": "title", "text": "text", "url": "url"},
            },
        }
    return JsonResponse(
        body, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )


def icons() -> list[dict[str, str]]:
    """Return the icons: drawn ones with their own corners, and maskable ones that fill the square."""
    drawn = [
        {
            "src": static(f"img/{name}-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, purpose in (("icon", "any"), ("icon-maskable", "maskable"))
        for size in ICON_SIZES
    ]
    return [
        *drawn,
        {"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
    ]


def shortcuts(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what a long press on the icon offers: a meal, a bed, stations, the map."""
    doors = {door.kind: door for door in Site(request).doors}
    found = [
        (doors[kind].label, doors[kind].url) for kind in ("canteen", "apartment", "station") if kind in doors
    ]
    return [{"name": label, "url": url} for label, url in [*found, (_("Map"), reverse("map"))]]
