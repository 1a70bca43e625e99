"""The daily dumps in the administration: to see that they are written, and what is in them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_scope import KeyedAdmin
from portal.listings import dumping
from portal.listings.admin.through import ReadOnlyMixin
from portal.listings.models import Dump


@admin.register(Dump)
class DumpAdmin(ReadOnlyMixin, KeyedAdmin):
    """Dumps, the newest first; the clock writes and forgets them."""

    list_display: ClassVar[Any] = ("day", "made_at", "row_count", "size", "change_number", "download")
    list_display_links: ClassVar[Any] = ("day",)
    fields: ClassVar[Any] = (
        "day",
        "made_at",
        "row_count",
        "size",
        "change_number",
        "cursor",
        "sha256",
        "download",
    )
    readonly_fields: ClassVar[Any] = fields
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the dumps, each with whether it is still offered."""
        offered = Exists(dumping.standing().filter(pk=OuterRef("pk")))
        return super().get_queryset(request).annotate(is_offered=offered)

    @admin.display(description=_("bytes"), ordering="byte_count")
    def size(self, dump: Dump) -> str:
        """Return the size of the file."""
        return filesizeformat(dump.byte_count)

    @admin.display(description=_("file"))
    def download(self, dump: Dump) -> Any:
        """Return a link to the file, unless a restore ended what its cursor leads to."""
        if not getattr(dump, "is_offered", False):
            return _("no longer offered")
        return format_html(
            '<a href="{}">{}</a>', reverse("api:dumps-file", args=[dump.file_name]), dump.file_name
        )
