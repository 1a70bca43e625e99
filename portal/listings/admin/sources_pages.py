"""A listing's source on its page: whose row it is, who keeps it, and giving it back with what was sent meanwhile."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.listings import revising, taking_over
from portal.listings.admin.deeds import PUBLISH
from portal.listings.admin.doing import admin_url
from portal.listings.admin.many import AdminPart
from portal.listings.admin.merging import version_of
from portal.listings.admin.sources_deeds import GIVE_BACK, SECTION, is_taken_over
from portal.listings.admin.wording import Words, key_label
from portal.listings.models import Listing, SourceRecord
from portal.listings.snapshots import Snapshot
from portal.partners.models import Source


class SourcesMixin(AdminPart):
    """Show the source of a listing above its form, and give a listing back on a page of its own."""

    model: type[Listing]
    admin_site: Any

    def source_context(self, stored: Any) -> dict[str, Any]:
        """Return what the strip about the source shows; a query for one that has none, two for one that has."""
        if not stored.source:
            return {"may_link": SECTION}
        kept = getattr(stored, "source_record", None)
        sent = taking_over.sent_meanwhile(stored) if is_taken_over(stored) else []
        return {
            "register": register_of(stored),
            "kept": kept,
            "is_taken_over": is_taken_over(stored),
            "sent_parts": [key_label(self.model, one.part) for one in sent],
        }

    def deed_view(self, request: HttpRequest, object_id: str, deed: str) -> HttpResponseBase:
        """Give one listing back by looking at what its source sent; every other deed as it is."""
        if deed == GIVE_BACK:
            return self.give_back_view(request, object_id)
        found: HttpResponseBase = super().deed_view(request, object_id, deed)
        return found

    def give_back_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show what the source sent meanwhile and where that differs; give back with what is ticked."""
        listing: Any = self.get_object(request, object_id)
        if listing is None or not self.in_scope(request, listing, PUBLISH):
            raise PermissionDenied
        listing, back = listing.as_kind, admin_url(listing)
        kept = SourceRecord.objects.filter(listing_id=listing.pk).first()
        if kept is None or kept.taken_over_at is None:
            messages.warning(request, _("That is not possible any more: the listing has changed."))
            return redirect(back)
        found = taking_over.sent_meanwhile(listing)
        ticked = [one for one in found if not one.is_ours]
        if request.method == "POST":
            ticked = [one for one in found if one.part in request.POST.getlist("take")]
            if self._give_back(request, listing, ticked):
                return redirect(back)
            listing.refresh_from_db()
            kept, found = SourceRecord.objects.get(listing_id=listing.pk), taking_over.sent_meanwhile(listing)
        model = type(listing)
        words = Words((model, half) for one in found for half in (one.now, one.sent))
        by_part = {one.part: words.differences(model, *differing(one)) for one in found}
        parts = {one.part for one in ticked}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Give “%(name)s” back to its source") % {"name": listing.name},
            "opts": self.model._meta,
            "original": listing,
            "register": register_of(listing),
            "kept": kept,
            "rows": [
                {
                    "one": one,
                    "label": capfirst(key_label(model, one.part)),
                    "differences": by_part[one.part],
                    "is_ticked": one.part in parts,
                }
                for one in found
            ],
            "seen": kept.refused_at.isoformat() if kept.refused_at else "",
            "back": back,
            "media": self.media,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/listings/give_back.html", context)

    def _give_back(self, request: HttpRequest, listing: Listing, parts: list[taking_over.Sent]) -> bool:
        """Give back and say so; False when the page is to be shown again."""
        user: Any = request.user
        try:
            with transaction.atomic():
                taking_over.release(
                    listing=listing,
                    by=user,
                    parts=parts,
                    seen_at=_moment(request.POST.get("seen", "")),
                    base_number=version_of(request.POST.get("version")) or 0,
                )
                if not self.in_scope(request, listing, PUBLISH):
                    raise ValidationError(
                        _("What the source sent lies outside your area: leave the area as it is.")
                    )
        except revising.Conflict:
            messages.error(
                request, _("Somebody changed this listing meanwhile. Look again, then give it back.")
            )
            return False
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return False
        messages.success(request, _("“%(name)s” is the source's to keep again.") % {"name": listing.name})
        return True


class Register(NamedTuple):
    """A source as a page names it."""

    label: str
    owner: str


def register_of(listing: Listing) -> Register:
    """Return the source of a listing in the reader's language; its bare name where there is no such source any more."""
    found = Source.objects.select_related("organisation").filter(name=listing.source).first()
    if found is None:
        return Register(listing.source, "")
    in_english = get_language() == "en" and found.label_en
    return Register(found.label_en if in_english else found.label, str(found.organisation))


def differing(one: taking_over.Sent) -> tuple[Snapshot, Snapshot]:
    """Return what stands and what was sent of a part, without what reads the same; a place is shown whole."""
    keys = {key for key in one.sent if one.now[key] != one.sent[key]}
    if keys & {"lat", "lng"}:
        keys |= {"lat", "lng"} & one.sent.keys()
    return {key: one.now[key] for key in keys}, {key: one.sent[key] for key in keys}


def _moment(text: str) -> Any:
    try:
        return parse_datetime(text) if text else None
    except ValueError:
        return None
