"""The listing's form around proposals: filled in with what somebody proposed, and what oneself has waiting."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.admin_scope import may_be_key
from portal.listings.admin.many import AdminPart
from portal.listings.admin.waiting import cards
from portal.listings.admin.wording import key_label
from portal.listings.models import Listing, Proposal
from portal.listings.parts import parts_in, touched
from portal.listings.proposing import publishers
from portal.listings.snapshots import Snapshot, from_json

#: How long the form shows what came of one's own proposals.
REMEMBERED = dt.timedelta(days=14)
MOST_OWN = 5


class ProposedMixin(AdminPart):
    """Let a publisher take a proposal's values into the form (`?proposal=…&part=…`) and change them."""

    model: type[Listing]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the listing; for the form that a proposal is to fill in, with the proposed values in place."""
        listing = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        match = request.resolver_match
        is_form = request.method == "GET" and match is not None and str(match.url_name).endswith("_change")
        if listing is not None and is_form and (proposal := self.proposal_in(request, listing)):
            wanted = touched(request.GET.getlist("part")) & proposal.undecided.keys()
            fill_in(listing, {key: proposal.changes[key] for key in wanted})
        return listing

    def proposal_in(self, request: HttpRequest, listing: Listing) -> Proposal | None:
        """Return the waiting proposal that the address names, for a person who may decide it."""
        number = request.GET.get("proposal", "")
        if not number or not may_be_key(Proposal, number):
            return None
        found = Proposal.objects.waiting().filter(pk=number, listing_id=listing.pk).first()
        may_decide = Listing.objects.publishable_by(request.user).filter(pk=listing.pk)
        return found if found and may_decide.exists() else None

    def proposed_context(self, request: HttpRequest, listing: Listing) -> dict[str, Any]:
        """Return what the form says about proposals: whose values are in it, and what oneself has waiting."""
        proposal = self.proposal_in(request, listing)
        named = touched(request.GET.getlist("part")) & proposal.undecided.keys() if proposal else set()
        recent = models.Q(outcome=Proposal.Outcome.WAITING) | models.Q(
            decided_at__gte=timezone.now() - REMEMBERED
        )
        rows = Proposal.objects.filter(recent, listing_id=listing.pk, actor_id=request.user.pk)
        own = list(rows.exclude(outcome=Proposal.Outcome.WITHDRAWN).order_by("-made_at", "-pk")[:MOST_OWN])
        shown = cards(self.model.objects.with_groups().get(pk=listing.pk), own) if own else []
        deciding = publishers(listing.area_code[:9]) if any(card.waiting for card in shown) else []
        return {
            "proposal_in_form": proposal if named else None,
            "proposed_parts": [key_label(self.model, part) for part in parts_in(self.model, named)],
            "own_proposals": shown,
            "waits_for": str(deciding[0].organisation) if deciding else "",
        }


def fill_in(listing: Listing, changes: Snapshot) -> None:
    """Put proposed values into an instance that is only shown; rows of groups lie in `rows_in_form` by relation.

    What cannot be read any more stays as it is stored.
    """
    rows: dict[str, list[models.Model]] = {}
    for key, value in changes.items():
        if key in listing.groups:
            for relation in listing.groups[key].relations:
                related: Any = listing._meta.get_field(relation)
                rows[relation] = [_row(related.related_model, row) for row in value.get(relation, [])]
        else:
            _put(listing, key, value)
    listing.rows_in_form = rows  # type: ignore[attr-defined]


def _row(model: type[models.Model], values: Snapshot) -> models.Model:
    row = model()
    for name, value in values.items():
        _put(row, name, value)
    return row


def _put(row: models.Model, name: str, value: Any) -> None:
    db_field: Any = row._meta.get_field(name)
    try:
        setattr(row, db_field.attname, from_json(db_field, value))
    except ValidationError:
        return
