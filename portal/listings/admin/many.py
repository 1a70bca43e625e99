"""Deeds for many listings: the actions of a list, the page that says what became of each, and taking it back."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.listings.admin.deeds import PUBLISH, Deed, all_deeds, channel_of
from portal.listings.models import Listing, PlannedMove
from portal.listings.moving import Outcome, can_put_back, put_back
from portal.listings.planning import call_off

#: Deeds that are done one by one, and those that are done in short transactions of many.
MOST_AT_ONCE = 200
MOST_IN_CHUNKS = 3_000
#: Where the session keeps what was done last: deed, what was made, what was left out, whether it can be taken back.
DONE = "deed_done"
#: Where the session keeps which listings were chosen for one of the pages of many.
CHOSEN = "many_chosen"
#: What a part of an admin stands on: at run time nothing, for the type checker anything that an admin has.
AdminPart: Any = object


class ManyMixin(AdminPart):
    """Give a list of listings its deeds as actions."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page of what became of many, and the address that takes it back."""
        name = self._page_name
        done, undo = self.admin_site.admin_view(self.done_view), self.admin_site.admin_view(self.undo_view)
        mine = [path("done/", done, name=name("done")), path("undo/", undo, name=name("undo"))]
        return mine + super().get_urls()

    def _page_name(self, page: str) -> str:
        meta = self.model._meta
        return f"{meta.app_label}_{meta.model_name}_{page}"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer every deed in bulk whose permission the person has; nobody deletes."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        if "_popup" in request.GET:
            return actions
        may_publish = request.user.has_perm("listings.publish_listing")  # type: ignore[union-attr]
        may_change = self.has_change_permission(request)
        for deed in self.deeds().values():
            if not deed.is_single and (may_publish if deed.scope == PUBLISH else may_change):
                actions[f"do_{deed.name}"] = (self._bulk(deed), f"do_{deed.name}", deed.label)
        if may_change:
            for page, label in (
                ("holiday_hours", _("Holiday hours for many")),
                ("same_hours", _("Same hours as…")),
            ):
                actions[page] = (self._lead_to(page), page, label)
        return actions

    def _lead_to(self, page: str) -> Any:
        """Return the action that opens a page of many with what is chosen."""

        def act(model_admin: Any, request: HttpRequest, chosen: QuerySet) -> HttpResponseBase | None:
            pks = list(chosen.order_by("pk").values_list("pk", flat=True)[: MOST_IN_CHUNKS + 1])
            if len(pks) > MOST_IN_CHUNKS:
                text = _("Choose at most %(count)d listings at once.")
                messages.error(request, text % {"count": MOST_IN_CHUNKS})
                return None
            request.session[CHOSEN] = pks
            return redirect(reverse(f"admin:{page}") + "?chosen=1")

        return act

    def _bulk(self, deed: Deed) -> Any:
        def act(model_admin: Any, request: HttpRequest, chosen: QuerySet) -> HttpResponseBase | None:
            return model_admin.do_many(request, deed, chosen)

        return act

    def do_many(self, request: HttpRequest, deed: Deed, chosen: QuerySet) -> HttpResponseBase | None:
        """Do a deed to each chosen listing that it fits, in short transactions; say what was left out."""
        most = MOST_IN_CHUNKS if deed.many else MOST_AT_ONCE
        in_scope = getattr(self.model.objects.filter(pk__in=chosen.values("pk")), deed.scope)(request.user)
        pks = list(chosen.order_by("pk").values_list("pk", flat=True)[: most + 1])
        if len(pks) > most:
            messages.error(request, _("Choose at most %(count)d listings at once.") % {"count": most})
            return None
        rows = in_scope.filter(pk__in=pks).defer("document", "search_text").select_related("source_record")
        listings = list(rows.order_by("pk"))
        asked: dict[str, Any] = {}
        if deed.has_page:
            is_answer = "deed_answer" in request.POST
            form = deed.form(request.POST if is_answer else None, listings=listings) if deed.form else None
            if not is_answer or (form is not None and not form.is_valid()):
                return self._page(
                    request,
                    deed,
                    form,
                    [listing for listing in listings if deed.fits(listing)],
                    request.get_full_path(),
                    action=f"do_{deed.name}",
                    selected=request.POST.getlist(ACTION_CHECKBOX_NAME),
                    select_across=request.POST.get("select_across", "0"),
                )
            asked = form.cleaned_data if form else {}
        fitting = [listing for listing in listings if deed.fits(listing)]
        try:
            outcome = run_many(deed, fitting, request.user, asked)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return None
        self._tell(request, deed, outcome, others=len(pks) - len(fitting))
        if deed.many is None:
            return None
        misfits = [listing.name for listing in listings if not deed.fits(listing)]
        is_plan = bool(asked.get("at"))
        request.session[DONE] = {
            "deed": deed.name,
            "made": list(outcome.done.items()),
            "left": [
                *outcome.left.items(),
                *([(_("This does not fit its state."), misfits)] if misfits else []),
            ],
            "is_plan": is_plan,
            "may_undo": bool(outcome.done)
            and (is_plan or can_put_back(deed.to, {listing.state for listing in fitting})),
            "back": request.get_full_path(),
        }
        return redirect(f"admin:{self._page_name('done')}")

    def _tell(self, request: HttpRequest, deed: Deed, outcome: Outcome, others: int) -> None:
        """Say in a sentence each how many were done, and how many and why not."""
        if done := len(outcome.done):
            text = ngettext(
                "%(deed)s: done for %(count)d listing.", "%(deed)s: done for %(count)d listings.", done
            )
            messages.success(request, text % {"deed": deed.label, "count": done})
        if others:
            text = ngettext(
                "%(count)d listing was left as it is: this does not fit its state, or it is not yours to change.",
                "%(count)d listings were left as they are: this does not fit their state, "
                "or they are not yours to change.",
                others,
            )
            messages.warning(request, text % {"count": others})
        lines = [f"{name}: {sentence}" for sentence, names in outcome.left.items() for name in names]
        for line in lines[:10]:
            messages.error(request, line)

    def done_view(self, request: HttpRequest) -> HttpResponse:
        """Show what became of the last deed for many, and offer to take it back."""
        found = request.session.get(DONE)
        deed = all_deeds().get(found["deed"]) if found else None
        if found is None or deed is None:
            return redirect(f"admin:{self._page_name('changelist')}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": deed.label,
            "done": found,
            "count": len(found["made"]),
            "undo_url": reverse(f"admin:{self._page_name('undo')}"),
            "media": self.media,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/listings/done.html", context)

    def undo_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take the last deed for many back where nothing has changed since: call plans off, else move back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = request.session.pop(DONE, None)
        deed = all_deeds().get(found["deed"]) if found else None
        if found is None or deed is None or not found["may_undo"]:
            messages.warning(request, _("There is nothing to take back any more."))
            return redirect(f"admin:{self._page_name('changelist')}")
        user: Any = request.user
        made = dict(found["made"])
        allowed = getattr(Listing.objects.filter(pk__in=made), deed.scope)(user)
        numbers = {pk: made[pk] for pk in allowed.values_list("pk", flat=True)}
        if found["is_plan"]:
            plans = PlannedMove.objects.filter(pk__in=numbers.values(), listing__in=numbers)
            count, outcome = call_off(plans=plans, actor=user), Outcome()
        else:
            outcome = put_back(numbers=numbers, actor=user, channel=channel_of(user))
            count = len(outcome.done)
        text = ngettext("Taken back for %(count)d listing.", "Taken back for %(count)d listings.", count)
        messages.success(request, text % {"count": count})
        for sentence, names in outcome.left.items():
            messages.warning(request, f"{'、'.join(names[:10])}: {sentence}")
        return redirect(found["back"])


def run_many(deed: Deed, listings: list[Listing], actor: Any, asked: dict[str, Any]) -> Outcome:
    """Do a deed to listings that it fits; in chunks where it knows how, else one by one."""
    if deed.many is not None:
        return deed.many([listing.pk for listing in listings], actor, asked)
    outcome = Outcome()
    for listing in listings:
        try:
            deed.run(listing.as_kind, actor, asked)
        except ValidationError as error:
            outcome.leave(listing, error)
        else:
            outcome.done[listing.pk] = 0
    return outcome
