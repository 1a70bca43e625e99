"""The pages and bulk actions that run deeds (see `deeds`)."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.listings.admin.deeds import PUBLISH, Deed, all_deeds
from portal.listings.models import Listing

MOST_AT_ONCE = 200
#: What a part of an admin stands on: at run time nothing, for the type checker anything that an admin has.
AdminPart: Any = object


def admin_url(listing: Listing, page: str = "change") -> str:
    """Return the admin page of a listing's kind."""
    from portal.listings.kinds import listing_model

    meta = listing_model(listing.kind)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[listing.pk])


class DeedsMixin:
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
        return mine + super().get_urls()  # type: ignore[misc]

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

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer every deed in bulk whose permission the person has; nobody deletes."""
        actions = super().get_actions(request)  # type: ignore[misc]
        actions.pop("delete_selected", None)
        if "_popup" in request.GET:
            return actions
        may_publish = request.user.has_perm("listings.publish_listing")
        may_change = self.has_change_permission(request)  # type: ignore[attr-defined]
        for deed in self.deeds().values():
            if may_publish if deed.scope == PUBLISH else may_change:
                actions[f"do_{deed.name}"] = (self._bulk(deed), f"do_{deed.name}", deed.label)
        return actions

    def _bulk(self, deed: Deed) -> Any:
        def act(model_admin: Any, request: HttpRequest, chosen: QuerySet) -> HttpResponseBase | None:
            return model_admin.do_many(request, deed, chosen)

        return act

    def do_many(self, request: HttpRequest, deed: Deed, chosen: QuerySet) -> HttpResponseBase | None:
        """Do a deed to each chosen listing that it fits, in a transaction of its own; say what was left out."""
        in_scope = getattr(self.model.objects.filter(pk__in=chosen.values("pk")), deed.scope)(request.user)
        pks = list(chosen.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(pks) > MOST_AT_ONCE:
            messages.error(request, _("Choose at most %(count)d listings at once.") % {"count": MOST_AT_ONCE})
            return None
        listings = list(in_scope.filter(pk__in=pks).defer("document").order_by("pk"))
        if deed.has_page:
            is_answer = "deed_answer" in request.POST
            form = deed.form(request.POST if is_answer else None, listings=listings) if deed.form else None
            if not is_answer or (form is not None and not form.is_valid()):
                selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
                return self._page(
                    request,
                    deed,
                    form,
                    [listing for listing in listings if deed.fits(listing)],
                    request.get_full_path(),
                    action=f"do_{deed.name}",
                    selected=selected,
                    select_across=request.POST.get("select_across", "0"),
                )
            asked = form.cleaned_data if form else {}
        else:
            asked = {}
        self._run_each(request, deed, listings, len(pks), asked)
        return None

    def _run_each(
        self, request: HttpRequest, deed: Deed, listings: list[Listing], total: int, asked: dict[str, Any]
    ) -> None:
        done, refused = 0, []
        for listing in listings:
            if not deed.fits(listing):
                continue
            try:
                deed.run(listing.as_kind, request.user, asked)
                done += 1
            except ValidationError as error:
                refused.append(f"{listing.name}: {' '.join(error.messages)}")
        if done:
            text = ngettext(
                "%(deed)s: done for %(count)d listing.", "%(deed)s: done for %(count)d listings.", done
            )
            messages.success(request, text % {"deed": deed.label, "count": done})
        if left := total - done - len(refused):
            text = ngettext(
                "%(count)d listing was left as it is: this does not fit its state, or it is not yours to change.",
                "%(count)d listings were left as they are: this does not fit their state, "
                "or they are not yours to change.",
                left,
            )
            messages.warning(request, text % {"count": left})
        for line in refused[:10]:
            messages.error(request, line)
