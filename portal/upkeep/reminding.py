"""Reminding offices: one digest a day of what is overdue, however much it is."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.accounts.models import Organisation, Post
from portal.accounts.offices import LEVELS, posts_with
from portal.listings.freshness import due_facts
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing, Proposal
from portal.notices.kinds import Kind, Urgency
from portal.notices.telling import tell, withdraw
from portal.upkeep.models import Correction, Reminder

KEEPS = "listings.change_listing"
#: From when on the day's digest is made: before the e-mail of the morning, after the night.
BEGINS = dt.time(7, 0)
#: Street, district, city: a community's places are its street office's to remind of.
OFFICE_LEVELS = LEVELS[1:]


class DigestKind(Kind):
    """The day's digest of an office, which names only what there is to do."""

    def said(self, params: dict[str, Any]) -> str:
        """Return the sentence in the active language."""
        counts: dict[str, int] = params.get("counts", {})
        parts = [
            said(counts.get(name, 0)) for name, said in (("facts", _facts), *_OTHERS) if counts.get(name)
        ]
        sentence = str(self.sentence) % {"office": params.get("office", ""), "parts": _("; ").join(parts)}
        if climbed := params.get("climbed"):
            names = _(", ").join(climbed)
            told = _("You are told for %(areas)s too: nobody there keeps listings at present.")
            sentence = f"{sentence} {told % {'areas': names}}"
        return sentence


OFFICE_DIGEST = DigestKind("office_digest", gettext_lazy("%(office)s today: %(parts)s."), Urgency.DIGEST)


def _facts(count: int) -> str:
    return ngettext("%(count)d fact to confirm again", "%(count)d facts to confirm again", count) % {
        "count": count
    }


def _corrections(count: int) -> str:
    return ngettext("%(count)d correction from couriers", "%(count)d corrections from couriers", count) % {
        "count": count
    }


def _overdue(count: int) -> str:
    return ngettext(
        "%(count)d correction is past its time", "%(count)d corrections are past their time", count
    ) % {"count": count}


def _proposals(count: int) -> str:
    return ngettext("%(count)d proposal to decide", "%(count)d proposals to decide", count) % {"count": count}


_OTHERS = (("corrections", _corrections), ("overdue", _overdue), ("proposals", _proposals))


@dataclass(slots=True)
class Digest:
    """What one office is told on one day; `climbed` names areas whose own office has nobody."""

    office: Organisation
    posts: list[Post]
    counts: Counter[str] = field(default_factory=Counter)
    climbed: list[str] = field(default_factory=list)


def remind_offices(now: dt.datetime | None = None) -> int:
    """Tell every office once a day what is due in its area; return how many offices were told.

    Run it as often as one likes: a reminder is a row, one for each office and day, made in the transaction that tells
    its people. An office without anybody who keeps listings climbs to the next wider one. Nothing due, nothing told.
    """
    now = now or timezone.now()
    local = now.astimezone(CITY_TIME)
    if local.time() < BEGINS:
        return 0
    reminded = set(Reminder.objects.filter(day=local.date()).values_list("organisation_id", flat=True))
    digests = [one for one in digests_of(now) if one.office.pk not in reminded]
    return sum(_remind(digest, local.date()) for digest in digests)


def digests_of(now: dt.datetime) -> list[Digest]:
    """Return what there is to tell, office by office; five queries, whatever is due."""
    due: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in due_facts(Listing.objects.all(), now):
        due[fact.area_code].update(("facts", fact.group))
    for area_code, due_at in Correction.objects.open().values_list("area_code", "due_at"):
        due[area_code].update(("corrections", "overdue") if due_at <= now else ("corrections",))
    waiting = Proposal.objects.filter(outcome=Proposal.Outcome.WAITING)
    due_proposals = waiting.order_by().values_list("listing__area_code", flat=True)
    for area_code in due_proposals:
        due[area_code]["proposals"] += 1
    offices = _offices()
    found: dict[int, Digest] = {}
    for area_code, counts in sorted(due.items()):
        chain = [office for length in OFFICE_LEVELS for office in offices.get(area_code[:length], ())]
        reached = next((one for one in chain if one.posts), None)
        if reached is None:
            continue
        digest = found.setdefault(reached.office.pk, reached)
        digest.counts.update(counts)
        nearest = chain[0].office
        if nearest != reached.office and str(nearest) not in digest.climbed:
            digest.climbed.append(str(nearest))
    return list(found.values())


def _offices() -> dict[str, list[Digest]]:
    """Return the offices by the code of their area, each with an empty digest and the people who would read it."""
    offices = list(Organisation.objects.filter(kind__in=Organisation.OFFICES).order_by("pk"))
    posts: dict[int, list[Post]] = defaultdict(list)
    for post in posts_with(KEEPS, offices):
        posts[post.organisation_id].append(post)
    found: dict[str, list[Digest]] = defaultdict(list)
    for office in offices:
        found[office.area_code].append(Digest(office, posts[office.pk]))
    return found


@transaction.atomic
def _remind(digest: Digest, day: dt.date) -> bool:
    """Keep the day's reminder and tell the office's people, unless another clock has; return whether this one did."""
    reminder, is_new = Reminder.objects.get_or_create(
        organisation=digest.office, day=day, defaults={"counts": dict(digest.counts)}
    )
    if not is_new:
        return False
    last = Reminder.objects.filter(organisation=digest.office, day__lt=day).order_by("-day").first()
    people = {post.user_id: post for post in digest.posts}
    for post in people.values():
        if last:
            withdraw(user_id=post.user_id, kind=OFFICE_DIGEST.name, key=_key(digest.office, last.day))
        tell(
            user=post.user,
            kind=OFFICE_DIGEST.name,
            key=_key(digest.office, day),
            params={
                "office": str(digest.office),
                "counts": {name: digest.counts[name] for name in ("facts", *dict(_OTHERS))},
                "climbed": _some(digest.climbed),
            },
            url=reverse("admin:upkeep_queue"),
            post=post,
        )
    Reminder.objects.filter(pk=reminder.pk).update(told_count=len(people))
    return True


def _key(office: Organisation, day: dt.date) -> str:
    return f"{office.pk}:{day}"


def _some(names: Iterable[str], most: int = 3) -> list[str]:
    """Return the first few names and "…" for the others."""
    found = list(names)
    return found if len(found) <= most else [*found[:most], "…"]
