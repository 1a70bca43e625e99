"""What search engines are told: robots.txt, and a sitemap that names every page in both languages."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as library
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from portal.listings.kinds import listing_models
from portal.listings.languages import in_language
from portal.listings.models import Listing

#: Pages of one person, of staff, or without end.
PRIVATE = ("admin", "accounts", "me", "place", "search", "api", "hsds", "partners")

Row = tuple[str, dt.datetime | None]


class Bilingual(Sitemap):
    """Addresses without a language, each with itself in every language beside it."""

    limit = 2000

    def items(self) -> Any:
        """Return rows of (path, when it changed last)."""
        raise NotImplementedError

    def get_urls(self, page: int | str = 1, site: Any = None, protocol: str | None = None) -> list[Any]:
        """Return what the library's template shows of a page of the sitemap."""
        return [self._entry(*row) for row in self.rows(self.paginator.page(page).object_list)]

    def rows(self, items: Any) -> Iterable[Row]:
        """Return the rows of some items."""
        return items

    def _entry(self, path: str, changed_at: dt.datetime | None) -> dict[str, Any]:
        url = settings.PUBLIC_BASE_URL.rstrip("/") + path
        others = [
            {"lang_code": code, "location": in_language(url, code)} for code, _name in settings.LANGUAGES
        ]
        default = {"lang_code": "x-default", "location": url}
        return {"location": url, "lastmod": changed_at, "alternates": [*others, default]}


class FixedPages(Bilingual):
    """Home, the list of each kind, map, the break and rights."""

    def items(self) -> list[Row]:
        """Return the pages that the installed kinds have."""
        names = ["home", *(f"{model.plural}:list" for model in listing_models()), "map", "break", "rights"]
        return [(path, None) for path in map(_path, names) if path]


class KindPages(Bilingual):
    """The published listings of one kind."""

    model: type[Listing]

    def items(self) -> Any:
        """Return public ids, the order that never changes; nothing where the kind has no pages."""
        if not _path(f"{self.model.plural}:list"):
            return []
        rows = self.model.objects.published().exclude(document="")
        return rows.order_by("pk").values_list("public_id", "changed_at")

    def rows(self, items: Any) -> Iterable[Row]:
        """Return the rows with the ids' pages."""
        return [
            (reverse(f"{self.model.plural}:detail", args=[public_id]), changed_at)
            for public_id, changed_at in items
        ]

    def get_latest_lastmod(self) -> dt.datetime | None:
        """Return when one of them changed last."""
        return self.model.objects.published().aggregate(last=Max("changed_at"))["last"]


def _path(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def sections() -> dict[str, Any]:
    """Return the parts of the sitemap by name: one for each kind."""
    kinds = {
        model.plural: type(f"{model.__name__}Pages", (KindPages,), {"model": model})
        for model in listing_models()
    }
    return {"pages": FixedPages, **kinds}


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Name the parts of the sitemap."""
    return _neutral(library.index(request, sections(), sitemap_url_name="sitemap"))


@require_safe
def sitemap(request: HttpRequest, section: str) -> HttpResponse:
    """Show one part of the sitemap."""
    return _neutral(library.sitemap(request, sections(), section))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Say what search engines may read."""
    lines = ["User-agent: *", *(f"Disallow: /{name}/" for name in PRIVATE)]
    lines.append(f"Sitemap: {settings.PUBLIC_BASE_URL.rstrip('/')}{reverse('sitemap_index')}")
    return _neutral(HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8"))


def _neutral(response: Any) -> Any:
    response.is_language_neutral = True
    return response
