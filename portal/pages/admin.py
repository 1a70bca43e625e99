"""The pages' own content in the administration."""

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.admin_scope import KeyedAdmin
from portal.listings.admin.dashboard import Due, also
from portal.notices.reading import unread_count
from portal.pages.models import RightsCard


def unread(user: Any) -> list[Due]:
    """Return what the person has not read of what they were told; nothing takes no place."""
    count = unread_count(user)
    return [Due(count, _("Messages to you"), reverse("notices"), _("not read yet"))] if count else []


also(unread)


@admin.register(RightsCard)
class RightsCardAdmin(KeyedAdmin):
    """Cards about rights; they belong to the whole city."""

    public_fields = ("phone",)
    list_display: ClassVar[Any] = ("title_zh", "phone", "position", "is_published", "changed_at")
    list_editable: ClassVar[Any] = ("position", "is_published")
    list_filter: ClassVar[Any] = ("is_published",)
    search_fields: ClassVar[Any] = ("title_zh", "title_en", "body_zh", "body_en", "phone")
    prepopulated_fields: ClassVar[Any] = {"slug": ("title_en",)}
    fields: ClassVar[Any] = (
        ("title_zh", "title_en"),
        "slug",
        "body_zh",
        "body_en",
        ("phone", "link"),
        "amenity_code",
        ("position", "is_published"),
    )
