"""Proposals to decide."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.listings import deciding, revising
from portal.listings.admin.doing import admin_url
from portal.listings.admin.history import ChangedKeys
from portal.listings.admin.lists import badge
from portal.listings.admin.through import ReadOnlyMixin, ThroughListingAdmin
from portal.listings.admin.wording import Words, key_label
from portal.listings.kinds import listing_model
from portal.listings.models import Listing, Proposal
from portal.listings.snapshots import read_snapshot

OUTCOME_TONES = {
    Proposal.Outcome.WAITING: "soon",
    Proposal.Outcome.ACCEPTED: "open",
    Proposal.Outcome.PARTLY: "soon",
    Proposal.Outcome.REFUSED: "stop",
    Proposal.Outcome.WITHDRAWN: "quiet",
}


@admin.register(Proposal)
class ProposalAdmin(ChangedKeys, ReadOnlyMixin, ThroughListingAdmin):
    """Edits by people who may not publish; whoever may, accepts or refuses them."""

    list_display = ("listing_shown", "keys_shown", "actor_label", "post_label", "made_at", "outcome_shown")
    list_filter = ("outcome",)
    list_select_related = ("listing",)
    search_fields = ("listing__name", "listing__public_id", "actor_label")
    list_fullwidth = True
    actions = None

    @display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_shown(self, obj: Proposal) -> str:
        """Return the outcome as a badge."""
        return badge(obj.get_outcome_display(), OUTCOME_TONES[Proposal.Outcome(obj.outcome)])

    def get_urls(self) -> list[URLPattern]:
        """Add the address that decides."""
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<path:object_id>/decide/", view, name="listings_proposal_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what the proposal would change."""
        proposal: Any = self.get_object(request, object_id)
        if proposal is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, proposal):
            raise PermissionDenied
        model = listing_model(proposal.listing.kind)
        listing = model.objects.with_groups().get(pk=proposal.listing_id)
        stored = read_snapshot(listing)
        before = {key: stored.get(key) for key in proposal.changes}
        words = Words([(model, before), (model, proposal.changes)])
        waits = proposal.outcome == Proposal.Outcome.WAITING
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proposal for “%(name)s”") % {"name": listing.name},
            "opts": self.opts,
            "proposal": proposal,
            "listing": listing,
            "listing_url": admin_url(listing),
            "differences": words.differences(model, before, proposal.changes),
            "newer": [key_label(model, key) for key in self.overtaken(proposal)] if waits else [],
            "may_decide": waits and self.may_decide(request, listing),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/proposal.html", context)

    def overtaken(self, proposal: Proposal) -> list[str]:
        """Return what was changed since the proposal was made and that it changes too."""
        theirs = revising.changes_since(proposal.listing, proposal.base_number)
        return [key for key in proposal.changes if key in theirs]

    def may_decide(self, request: HttpRequest, listing: Listing) -> bool:
        """Say whether the person may publish the listing."""
        return Listing.objects.publishable_by(request.user).filter(pk=listing.pk).exists()

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Accept or refuse."""
        proposal: Any = self.get_object(request, object_id)
        if proposal is None or not self.may_decide(request, proposal.listing):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        accept, reason = (
            "accept" in request.POST,
            request.POST.get("reason", "").replace("\0", "").strip()[:200],
        )
        here = reverse("admin:listings_proposal_change", args=[proposal.pk])
        user: Any = request.user
        decision = {"outcome": Proposal.Part.ACCEPTED if accept else Proposal.Part.REFUSED, "reason": reason}
        try:
            result = deciding.decide_parts(
                proposal=proposal, decisions=dict.fromkeys(proposal.undecided, decision), actor=user
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(here)
        model = listing_model(proposal.listing.kind)
        for key, sentence in result.left.items():
            messages.error(request, f"{key_label(model, key)}: {sentence}")
        if not proposal.undecided:
            messages.warning(request, _("Somebody else has decided this proposal already."))
        elif len(result.left) < len(proposal.undecided):
            messages.success(request, _("Accepted: the public sees it now.") if accept else _("Refused."))
        return redirect(here)
