"""Proposals to decide: the list of what waits, and one page on which everything proposed for a listing is decided."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from portal.listings import deciding
from portal.listings.admin.choosing import Choice, ready_reasons
from portal.listings.admin.doing import admin_url
from portal.listings.admin.history import ChangedKeys
from portal.listings.admin.lists import badge
from portal.listings.admin.many import MOST_AT_ONCE
from portal.listings.admin.narrowing import AreaFilter, KindFilter
from portal.listings.admin.through import ReadOnlyMixin, ThroughListingAdmin
from portal.listings.admin.waiting import cards
from portal.listings.admin.wording import key_label
from portal.listings.kinds import listing_model
from portal.listings.models import Listing, Proposal
from portal.listings.parts import parts_in

OUTCOME_TONES = {
    Proposal.Outcome.WAITING: "soon",
    Proposal.Outcome.ACCEPTED: "open",
    Proposal.Outcome.PARTLY: "soon",
    Proposal.Outcome.REFUSED: "stop",
    Proposal.Outcome.WITHDRAWN: "quiet",
}


class ListingKindFilter(KindFilter):
    """The kinds of the listings that proposals are for."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep one kind."""
        return queryset.filter(listing__kind=self.value()) if self.value() else queryset


class OfficeFilter(AreaFilter):
    """The offices that the listings belong to, by their areas."""

    title = gettext_lazy("office")

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep what lies in the area."""
        code = self.value() or ""
        return queryset.filter(listing__area_code__startswith=code) if code.isdecimal() else queryset


@admin.register(Proposal)
class ProposalAdmin(ChangedKeys, ReadOnlyMixin, ThroughListingAdmin):
    """Edits by people who may not publish; whoever may, decides them part by part."""

    list_display = ("listing_shown", "keys_shown", "actor_label", "post_label", "made_at", "outcome_shown")
    list_filter = ("outcome", ListingKindFilter, OfficeFilter)
    list_select_related = ("listing",)
    search_fields = ("listing__name", "listing__public_id", "actor_label")
    ordering = ("made_at", "pk")
    list_fullwidth = True
    actions = ("accept_chosen",)

    @display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_shown(self, obj: Proposal) -> str:
        """Return the outcome as a badge."""
        return badge(obj.get_outcome_display(), OUTCOME_TONES[Proposal.Outcome(obj.outcome)])

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that decide and take back."""
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/decide/", wrap(self.decide_view), name="listings_proposal_decide"),
            path("<path:object_id>/withdraw/", wrap(self.withdraw_view), name="listings_proposal_withdraw"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer to accept only to those who publish."""
        return super().get_actions(request) if request.user.has_perm("listings.publish_listing") else {}

    @action(description=gettext_lazy("Accept the chosen ones"))
    def accept_chosen(self, request: HttpRequest, chosen: QuerySet) -> None:
        """Accept each chosen proposal that meets nothing in its way, in a transaction of its own; say what is left."""
        waiting = chosen.filter(outcome=Proposal.Outcome.WAITING).select_related("listing")
        rows = list(waiting.order_by("made_at", "pk")[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            text = _("Choose at most %(count)d proposals at once.") % {"count": MOST_AT_ONCE}
            return messages.error(request, text)
        user: Any = request.user
        done, left = 0, []
        for proposal in rows:
            try:
                deciding.accept_whole(proposal=proposal, actor=user)
                done += 1
            except deciding.NotWhole as reason:
                left += [f"{proposal.listing.name}: {line}" for line in said(proposal, reason.left)[:1]]
            except PermissionDenied:
                left.append(_("%(name)s: not yours to publish.") % {"name": proposal.listing.name})
        if done:
            text = ngettext("%(count)d proposal is accepted.", "%(count)d proposals are accepted.", done)
            messages.success(request, text % {"count": done})
        for line in left[:10]:
            messages.warning(request, line)
        if len(left) > 10:
            messages.warning(
                request, _("and %(count)d more wait for you to look.") % {"count": len(left) - 10}
            )
        return None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what is proposed, with everything else that waits for the same listing, the oldest first."""
        proposal: Any = self.get_object(request, object_id)
        if proposal is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, proposal):
            raise PermissionDenied
        return self._page(request, proposal)

    def _page(self, request: HttpRequest, proposal: Proposal, choice: Choice | None = None) -> HttpResponse:
        model = listing_model(proposal.listing.kind)
        listing = model.objects.with_groups().get(pk=proposal.listing_id)
        waiting = Proposal.objects.waiting().filter(listing_id=listing.pk).exclude(pk=proposal.pk)
        together = sorted([proposal, *waiting], key=lambda one: (one.made_at, one.pk))
        may_decide = self.may_decide(request, listing)
        shown = cards(listing, together)
        if choice is not None:
            choice.put(next(card for card in shown if card.proposal.pk == proposal.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proposal for “%(name)s”") % {"name": listing.name},
            "opts": self.opts,
            "proposal": proposal,
            "listing": listing,
            "listing_url": admin_url(listing),
            "cards": shown,
            "beside": [one.pk for one in together],
            "reasons": ready_reasons(),
            "may_decide": may_decide,
            "next": self._next(request, listing) if may_decide else None,
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/proposal.html", context)

    def _next(self, request: HttpRequest, listing: Listing) -> Proposal | None:
        """Return the oldest proposal that waits for this person at another listing."""
        mine = Listing.objects.publishable_by(request.user).exclude(pk=listing.pk).values("pk")
        return Proposal.objects.waiting().filter(listing__in=mine).order_by("made_at", "pk").first()

    def may_decide(self, request: HttpRequest, listing: Listing) -> bool:
        """Say whether the person may publish the listing."""
        return Listing.objects.publishable_by(request.user).filter(pk=listing.pk).exists()

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Decide the parts for which something was chosen; then open the form for those that are to be changed."""
        proposal: Any = self.get_object(request, object_id)
        if proposal is None or not self.may_decide(request, proposal.listing):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        choice = Choice.of(request.POST, proposal)
        user: Any = request.user
        try:
            choice.check()
            result = deciding.decide_parts(
                proposal=proposal,
                decisions=choice.decisions,
                actor=user,
                seen=choice.seen,
                beside=choice.beside,
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self._page(request, proposal, choice)
        for line in said(proposal, result.left):
            messages.error(request, line)
        if len(result.left) < len(choice.keys):
            messages.success(request, _("Decided. The public sees what you accepted."))
        if choice.edits:
            query = urlencode([("proposal", proposal.pk), *(("part", part) for part in choice.edits)])
            return redirect(f"{admin_url(proposal.listing)}?{query}")
        return redirect("admin:listings_proposal_change", proposal.pk)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Take back parts of one's own proposal, or all of it."""
        proposal: Any = self.get_object(request, object_id)
        if proposal is None:
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user: Any = request.user
        parts = request.POST.getlist("part") or list(proposal.undecided)
        deciding.withdraw(proposal=proposal, parts=parts, actor=user)
        messages.success(request, _("Taken back."))
        return redirect(admin_url(proposal.listing))


def said(proposal: Proposal, left: dict[str, Any]) -> list[str]:
    """Return why parts were left, one line for each reason and part."""
    model = listing_model(proposal.listing.kind)
    parts = parts_in(model, left)
    return [f"{key_label(model, part)}: {left[keys[0]]}" for part, keys in parts.items()]
