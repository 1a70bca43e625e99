"""The one admin site."""

from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from portal.accounts.secured_admin import SecuredAdminSite


class PortalAdminSite(SecuredAdminSite, UnfoldAdminSite):
    """Staff keep everything here."""

    site_header = _("Nuanxin administration")
    site_title = _("Nuanxin administration")
    index_title = _("What is due today")


class PortalAdminConfig(AdminConfig):
    """Make `admin.site` the portal's own site."""

    default_site = "portal.sites.PortalAdminSite"
