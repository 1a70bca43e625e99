"""Partners' sources in the administration. They stand here, above the listings that are written under their names."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedAdmin, ScopedRelatedFilter
from portal.accounts.models import Organisation
from portal.listings.admin.lists import moment_text
from portal.listings.kinds import listing_models
from portal.listings.models import Listing
from portal.listings.publishing import republish
from portal.partners.models import ApiKey, Source

FACTS = ("listings_shown", "taken_shown", "written_shown", "keys_shown")


def source_renamed(name: str) -> None:
    """Let the public documents of a source's listings call it as it is called now."""
    for model in listing_models():
        rows = model.objects.filter(source=name).kept_by_sources().published()
        republish(model, rows.values_list("pk", flat=True))


def with_counts(rows: QuerySet) -> QuerySet:
    """Annotate how many listings a source has, how many of them offices took over, when it last wrote."""
    its_own = Listing.objects.filter(source=OuterRef("name")).order_by().values("source")
    taken = Q(source_record__taken_over_at__isnull=False)
    counts = {
        "listing_count": its_own.annotate(found=Count("pk")),
        "taken_count": its_own.annotate(found=Count("pk", filter=taken)),
    }
    numbers = {name: Coalesce(Subquery(query.values("found")), 0) for name, query in counts.items()}
    last = its_own.annotate(found=Max("source_record__sent_at")).values("found")
    return rows.annotate(**numbers, written_at=Subquery(last))


@admin.register(Source)
class SourceAdmin(ScopedAdmin):
    """Registers of places that partners keep. A name stands in addresses and never changes; what it is called may."""

    list_display = ("label", "name", "organisation", "listings_shown", "taken_shown", "written_shown")
    list_filter = (("organisation", ScopedRelatedFilter),)
    list_select_related = ("organisation",)
    search_fields = ("name", "label", "label_en", "organisation__name")
    public_fields = ("name", "label", "label_en")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the sources in scope with what their columns show."""
        return with_counts(super().get_queryset(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields; of one that is there also what came of it."""
        own = ("label", "label_en", "name", "organisation")
        return own if obj is None else (*own, "created_at", *FACTS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what does not change: addresses name the source, and keys hold it by its organisation."""
        return () if obj is None else ("name", "organisation", "created_at", *FACTS)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the organisations that one keeps."""
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.editable_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; where it is called otherwise now, its listings say so when that is stored."""
        super().save_model(request, obj, form, change)
        if change and {"label", "label_en"} & set(form.changed_data):
            transaction.on_commit(partial(source_renamed, obj.name))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: listings and their history name it."""
        return False

    @display(description=gettext_lazy("listings"), ordering="listing_count")
    def listings_shown(self, source: Any) -> Any:
        """Return how many listings are its rows, as the way to them."""
        return _way_to(source, source.listing_count)

    @display(description=gettext_lazy("taken over by offices"), ordering="taken_count")
    def taken_shown(self, source: Any) -> Any:
        """Return how many of them offices have taken over, as the way to them."""
        return _way_to(source, source.taken_count, "&kept=taken")

    @display(description=gettext_lazy("last written"), ordering="written_at")
    def written_shown(self, source: Any) -> str:
        """Return when it last wrote."""
        return moment_text(source.written_at) if source.written_at else _("nothing yet")

    @display(description=gettext_lazy("keys that write it"))
    def keys_shown(self, source: Any) -> Any:
        """Return the usable keys of its organisation that name it."""
        keys = ApiKey.objects.usable().filter(organisation=source.organisation_id)
        named = [key for key in keys if source.name in key.sources]
        if not named:
            return _("none: nothing can be written under this name")
        lines = (
            (reverse("admin:partners_apikey_change", args=[key.pk]), key.name, _lasts(key)) for key in named
        )
        return format_html_join(SafeString("<br>"), '<a class="nx-link" href="{}">{}</a> {}', lines)


def _lasts(key: ApiKey) -> str:
    if key.expires_at is None:
        return ""
    return _("until %(moment)s") % {"moment": timezone.localtime(key.expires_at).strftime("%Y-%m-%d")}


def _way_to(source: Any, count: int, more: str = "") -> Any:
    if not count:
        return "0"
    url = f"{reverse('admin:listings_listing_changelist')}?source={source.name}{more}"
    return format_html('<a class="nx-link" href="{}">{}</a>', url, count)
