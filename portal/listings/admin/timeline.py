"""What happened to a listing, newest first: its versions, and what was confirmed and taken back between them."""

from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, F, QuerySet, Value
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from portal.audit.models import Origin
from portal.listings.admin.wording import Difference, Words
from portal.listings.models import Confirmation, Listing, Retraction, Revision
from portal.listings.parts import part_of

PAGE = 30
VERSION, CONFIRMATION, RETRACTION = "version", "confirmation", "retraction"
#: What the timeline may be narrowed to; "" is everything.
KINDS = (("", _("everything")), (VERSION, _("versions")), (CONFIRMATION, _("confirmations")))


@dataclass(slots=True)
class Entry:
    """One row of the timeline. `what` is the revision, the confirmation or the retraction."""

    kind: str
    what: Any
    differences: list[Difference] = field(default_factory=list)
    origin: Origin | None = None
    batch_url: str = ""
    facts: str = ""

    @property
    def at(self) -> Any:
        """Return when it happened."""
        return self.what.confirmed_at if self.kind == CONFIRMATION else self.what.made_at


def page_of(listing: Listing, kind: str, number: Any) -> Page:
    """Return a page of (kind, key) of what happened, the newest first; two queries."""
    rows = {
        VERSION: _keys(Revision.objects.filter(listing=listing.pk), VERSION, "made_at"),
        CONFIRMATION: _keys(Confirmation.objects.filter(listing=listing.pk), CONFIRMATION, "confirmed_at"),
        RETRACTION: _keys(Retraction.objects.filter(confirmation__listing=listing.pk), RETRACTION, "made_at"),
    }
    wanted = {VERSION: [VERSION], CONFIRMATION: [CONFIRMATION, RETRACTION]}.get(kind, list(rows))
    first, *others = (rows[name] for name in wanted)
    found = first.union(*others, all=True) if others else first
    return Paginator(found.order_by("-at", "entry", "-key"), PAGE).get_page(number)


def _keys(rows: QuerySet, kind: str, moment: str) -> Any:
    named = rows.order_by().annotate(entry=Value(kind, output_field=CharField()), key=F("pk"), at=F(moment))
    return named.values_list("entry", "key", "at")


def entries(model: type[Listing], keys: Any, user: Any) -> list[Entry]:
    """Return the entries of a page; the number of queries does not depend on the rows."""
    by_kind: dict[str, list[int]] = {VERSION: [], CONFIRMATION: [], RETRACTION: []}
    for kind, key, _at in keys:
        by_kind[kind].append(key)
    rows: dict[str, dict[int, Any]] = {
        VERSION: Revision.objects.in_bulk(by_kind[VERSION]),
        CONFIRMATION: Confirmation.objects.select_related("retraction").in_bulk(by_kind[CONFIRMATION]),
        RETRACTION: Retraction.objects.select_related("confirmation").in_bulk(by_kind[RETRACTION]),
    }
    found = [Entry(kind, rows[kind][key]) for kind, key, _at in keys if key in rows[kind]]
    return complete(model, found, user)


def complete(model: type[Listing], found: list[Entry], user: Any) -> list[Entry]:
    """Add words, origins and imports to entries; one query for each table that the words name."""
    versions = [entry for entry in found if entry.kind == VERSION]
    words = Words((model, half) for entry in versions for half in (entry.what.before, entry.what.after))
    for entry in versions:
        entry.differences = words.differences(model, entry.what.before, entry.what.after)
        for change in entry.differences:
            change.extra["part"] = part_of(change.key) if may_be_restored(model, change.key) else ""
        entry.batch_url = batch_url(entry.what.batch_id)
    for entry in found:
        if entry.kind != VERSION:
            confirmation = entry.what if entry.kind == CONFIRMATION else entry.what.confirmation
            entry.facts = confirmation.get_fact_group_display()
    if user.has_perm("audit.view_event"):
        origins = Origin.objects.in_bulk({entry.what.request_id for entry in found if entry.what.request_id})
        for entry in found:
            entry.origin = origins.get(entry.what.request_id)
    return found


def may_be_restored(model: type[Listing], key: str) -> bool:
    """Say whether a field or group of a version may be brought back: state and pause are moved by deeds."""
    return key == "position" or key in model.editable_fields() or key in model.groups


def batch_url(batch_id: int | None) -> str:
    """Return the page of the import that made a version, "" for none."""
    try:
        return reverse("admin:listings_importbatch_change", args=[batch_id]) if batch_id else ""
    except NoReverseMatch:
        return ""
