"""Regions in the administration: to look up, never to edit; they change by `manage.py load_regions`."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from portal.regions.models import City, Community, District, Region, Street


class RegionAdmin(ModelAdmin):
    """One level, narrowed to what the signed-in person's post covers; also what pickers search."""

    search_fields = ("name", "pinyin", "initials", "code")
    list_display = ("name", "english", "code", "is_current")
    list_filter = ("is_current",)
    ordering = ("code",)

    @admin.display(description=_("English name"))
    def english(self, obj: Region) -> str:
        """Return the English name."""
        return obj.name_en

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the area of the acting post and the levels above it."""
        return super().get_queryset(request).visible_to(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission, and for the region to be in reach."""
        allowed = super().has_view_permission(request, obj)
        return allowed and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False for everyone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for everyone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for everyone."""
        return False


admin.site.register([City, District, Street, Community], RegionAdmin)
