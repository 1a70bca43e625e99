"""Pages of the administration that belong to no single table: what an app adds, and who may open it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase


@dataclass(frozen=True, slots=True)
class StaffPage:
    """A page at /admin/<route>; `allowed(user)` decides who sees the link and who may open it.

    Pages without an `icon` have no link of their own in the sidebar.
    """

    route: str
    name: str
    title: Any
    view: Callable[..., HttpResponseBase]
    allowed: Callable[[Any], bool]
    icon: str = ""

    def guarded(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, or refuse whoever may not open the page."""
        if not self.allowed(request.user):
            raise PermissionDenied
        return self.view(request, *args, **kwargs)


_PAGES: dict[str, StaffPage] = {}


def add_page(page: StaffPage) -> StaffPage:
    """Add a page to the administration as admin:<name>; an app's admin module does this once."""
    _PAGES[page.name] = page
    return page


def all_pages() -> list[StaffPage]:
    """Return the pages in the order in which they were added."""
    return list(_PAGES.values())
