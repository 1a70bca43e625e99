"""What is due today, for this person's post; every figure leads to the list behind it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.admin_scope import scoped
from portal.listings.admin.narrowing import ending_soon
from portal.listings.freshness import lifetime, stale_in
from portal.listings.kinds import listing_models
from portal.listings.models import CalendarYear, FactGroup, Listing, Proposal, State

NOTICE_MONTH = 11


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do: how many, what, and where."""

    count: int
    label: str
    url: str
    hint: str = ""


#: What apps above the kernel add: what is due for a person, with a number of queries that no row changes.
MORE: list[Callable[[Any], list[Due]]] = []


def also(find: Callable[[Any], list[Due]]) -> None:
    """Let an app say what is due; its admin module calls this once."""
    if find not in MORE:
        MORE.append(find)


def lifetime_text(group: str) -> str:
    """Return how long a confirmation holds."""
    hours = int(lifetime(group).total_seconds() // 3600)
    return (
        _("holds %(count)d hours") % {"count": hours}
        if hours < 48
        else _("holds %(count)d days") % {"count": hours // 24}
    )


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what is due to the context of the first page; the number of queries does not depend on the rows."""
    user: Any = request.user
    listings = Listing.objects.editable_by(user)
    publishable = Listing.objects.publishable_by(user)
    every = reverse("admin:listings_listing_changelist")
    queue = reverse("admin:upkeep_queue")
    work: list[Due] = []
    stale: list[Due] = []
    if user.has_perm("listings.change_listing"):
        waiting = Proposal.objects.filter(outcome=Proposal.Outcome.WAITING)
        deciding = waiting.filter(listing__in=publishable.values("pk")).count()
        proposals = reverse("admin:listings_proposal_changelist") + "?outcome__exact=waiting"
        if user.has_perm("listings.publish_listing"):
            work.append(Due(deciding, _("Proposals to decide"), proposals))
            in_review = publishable.filter(state=State.IN_REVIEW).count()
            work.append(Due(in_review, _("In review"), f"{every}?state__exact=in_review"))
            work.append(Due(ending_soon(publishable).count(), _("Pauses that end soon"), f"{every}?ending=1"))
        else:
            own = waiting.filter(listing__in=listings.values("pk"), actor_id=user.pk).count()
            work.append(Due(own, _("Your pending proposals"), proposals))
        work.insert(
            0,
            Due(
                listings.to_place().count(),
                _("To place"),
                f"{every}?to_place=1",
                _("no street or no position"),
            ),
        )
        names = [group for model in listing_models() for group in model.fact_groups]
        for group in (group for group in FactGroup.values if group in names):
            count = stale_in(listings, group).count()
            stale.append(
                Due(count, str(FactGroup(group).label), f"{queue}?facts={group}", lifetime_text(group))
            )
    for find in MORE:
        work += find(user)
    context.update(
        {
            "work": work,
            "stale": stale,
            "calendar": calendar_due(user),
            "kinds": kinds_of(user),
            "nothing_due": not any(due.count for due in (*work, *stale)),
            "post": getattr(user, "acting_post", None),
        }
    )
    return context


def calendar_due(user: Any) -> list[Due]:
    """Return the calendar years that should be confirmed by now: this one, from November on the next."""
    if not user.has_perm("listings.change_calendaryear"):
        return []
    today: dt.date = timezone.localdate()
    years = [today.year] + ([today.year + 1] if today.month >= NOTICE_MONTH else [])
    known = dict(CalendarYear.objects.filter(year__in=years).values_list("year", "confirmed_at"))
    return [
        Due(
            year,
            _("Calendar %(year)d is not confirmed") % {"year": year},
            reverse("admin:listings_calendaryear_change", args=[year])
            if year in known
            else reverse("admin:listings_calendaryear_add"),
            _("Until then, opening hours of that year follow the weekdays."),
        )
        for year in years
        if known.get(year) is None
    ]


def kinds_of(user: Any) -> list[dict[str, Any]]:
    """Return the kinds that the person keeps: how many there are and how many of them are public."""
    found = []
    for model in listing_models():
        meta = model._meta
        if not user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
            continue
        rows: Any = scoped(model, user, "editable_by")
        base = f"admin:{meta.app_label}_{meta.model_name}"
        may_add = user.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        found.append(
            {
                "name": meta.verbose_name_plural,
                "one": meta.verbose_name,
                "count": rows.count(),
                "public": rows.published().count(),
                "url": reverse(f"{base}_changelist"),
                "add_url": reverse(f"{base}_add") if may_add else "",
            }
        )
    return found
