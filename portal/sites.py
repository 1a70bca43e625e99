"""The one admin site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from portal.accounts.secured_admin import SecuredAdminSite
from portal.accounts.staff_pages import all_pages


class PortalAdminSite(SecuredAdminSite, UnfoldAdminSite):
    """Staff keep everything here."""

    site_header = _("Nuanxin administration")
    site_title = _("Nuanxin administration")
    index_title = _("What is due today")
    index_template = "admin/listings/dashboard.html"
    enable_nav_sidebar = True

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Give every page of the administration its own, looser policy; the portal's own leaves `/admin/` out."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = inner(request, *args, **kwargs)
            response.headers.setdefault(
                "Content-Security-Policy", build_policy(settings.ADMIN_CONTENT_SECURITY_POLICY)
            )
            return response

        return guarded

    def get_urls(self) -> list[Any]:
        """Add the pages that belong to no single table."""
        pages = [path(page.route, self.admin_view(page.guarded), name=page.name) for page in all_pages()]
        return pages + super().get_urls()

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Answer nothing: the library keeps results by person, although what one may see depends on the acting post."""
        return HttpResponse()


class PortalAdminConfig(AdminConfig):
    """Make `admin.site` the portal's own site."""

    default_site = "portal.sites.PortalAdminSite"

    def ready(self) -> None:
        """Load every app's admin module, then give the kinds without one the admin that all share."""
        super().ready()
        from django.contrib import admin
        from django_tasks_db.models import DBTaskResult

        from portal.listings.admin.kinds import register_kinds

        # What waits for a worker is read where it belongs: imports and messages say how far they are.
        admin.site.unregister(DBTaskResult)
        register_kinds()
