"""The one admin site."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from portal.accounts.secured_admin import SecuredAdminSite


class PortalAdminSite(SecuredAdminSite, UnfoldAdminSite):
    """Staff keep everything here."""

    site_header = _("Nuanxin administration")
    site_title = _("Nuanxin administration")
    index_title = _("What is due today")
    index_template = "admin/listings/dashboard.html"
    enable_nav_sidebar = True

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Answer nothing: the library keeps results by person, although what one may see depends on the acting post."""
        return HttpResponse()


class PortalAdminConfig(AdminConfig):
    """Make `admin.site` the portal's own site."""

    default_site = "portal.sites.PortalAdminSite"

    def ready(self) -> None:
        """Load every app's admin module, then give the kinds without one the admin that all share."""
        super().ready()
        from portal.listings.admin.kinds import register_kinds

        register_kinds()
