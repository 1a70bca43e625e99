"""The buttons and pages that run deeds for one listing (see `deeds`); `many` runs them for many."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from portal.listings.admin.deeds import Deed, all_deeds
from portal.listings.admin.many import ManyMixin
from portal.listings.models import Listing


def admin_url(listing: Listing, page: str = "change") -> str:
    """Return the admin page of a listing's kind."""
    from portal.listings.kinds import listing_model

    meta = listing_model(listing.kind)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[listing.pk])


class DeedsMixin(ManyMixin):
    """Give a listing admin its deeds, as buttons of one listing and as actions of many."""

    model: type[Listing]
    admin_site: Any

    def deeds(self) -> dict[str, Deed]:
        """Return the deeds that make sense for the kind."""
        kind = self.model.kind_name
        return {
            name: deed
            for name, deed in all_deeds().items()
            if not kind or not deed.kinds or kind in deed.kinds
        }

    def offered(self, request: HttpRequest, listing: Listing) -> list[Deed]:
        """Return what this person may do to this listing now."""
        scopes = {
            scope: self.in_scope(request, listing, scope)
            for scope in {deed.scope for deed in self.deeds().values()}
        }
        return [deed for deed in self.deeds().values() if scopes[deed.scope] and deed.fits(listing)]

    def in_scope(self, request: HttpRequest, listing: Listing, scope: str) -> bool:
        """Say whether the person may change, or publish, this listing."""
        return getattr(type(listing).objects.all(), scope)(request.user).filter(pk=listing.pk).exists()

    def get_urls(self) -> list[URLPattern]:
        """Add one address for each deed."""
        meta = self.model._meta
        mine = [
            path(
                f"<path:object_id>/do/{deed.name}/",
                self.admin_site.admin_view(self.deed_view),
                {"deed": deed.name},
                name=f"{meta.app_label}_{meta.model_name}_{deed.name}",
            )
            for deed in self.deeds().values()
        ]
        return mine + super().get_urls()

    def deed_view(self, request: HttpRequest, object_id: str, deed: str) -> HttpResponseBase:
        """Ask what the deed needs, then do it to one listing."""
        chosen = self.deeds()[deed]
        listing = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if listing is None or not self.in_scope(request, listing, chosen.scope):
            raise PermissionDenied
        back = admin_url(listing)
        if not chosen.fits(listing):
            messages.warning(request, _("That is not possible any more: the listing has changed."))
            return redirect(back)
        if chosen.form is None and not chosen.asks_first and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = (
            chosen.form(request.POST if request.method == "POST" else None, listings=[listing])
            if chosen.form
            else None
        )
        if request.method == "POST" and (form is None or form.is_valid()):
            asked = form.cleaned_data if form else {}
            try:
                chosen.run(listing.as_kind, request.user, asked)
            except ValidationError as error:
                if form is not None and getattr(error, "error_dict", {}).keys() <= form.fields.keys():
                    form.add_error(None, error)
                    return self._page(request, chosen, form, [listing], back)
                messages.error(request, " ".join(error.messages))
            else:
                messages.success(
                    request,
                    _("%(deed)s: done for “%(name)s”.") % {"deed": chosen.label, "name": listing.name},
                )
            return redirect(back)
        return self._page(request, chosen, form, [listing], back)

    def _page(
        self, request: HttpRequest, deed: Deed, form: Any, listings: list[Listing], back: str, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": deed.label,
            "deed": deed,
            "form": form,
            "listings": listings,
            "back": back,
            "media": self.media,  # type: ignore[attr-defined]
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/deed.html", context)
