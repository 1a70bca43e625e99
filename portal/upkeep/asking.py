"""Asking operators whether facts are still true: by a link in a text, or by a notice to people who keep the place here.

A number gets one text a day, and one link in it for all its places; without anybody's tap a place is asked about once
a week. The text names a place, never what is asked.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext, override

from portal.listings.authors import actor_label
from portal.listings.freshness import due_facts
from portal.listings.hours import CITY_TIME
from portal.listings.models import Channel, Listing, Stewardship
from portal.notices.kinds import Kind, Urgency
from portal.notices.sending import text_to_number
from portal.notices.telling import tell
from portal.upkeep.models import OperatorAsk, OperatorContact, OperatorLink
from portal.upkeep.models.operators import LINK_LIFETIME

WEEK = dt.timedelta(days=7)
#: More places of one number than a person answers for in a few minutes wait for another day.
MOST_PLACES = 10
#: When the clock asks: in working hours, and not while people eat.
ASKED_BETWEEN = (dt.time(9, 0), dt.time(11, 0))
Wanted = Mapping[int, list[str]]


class AskedKind(Kind):
    """A question to whoever keeps a place with an account."""

    def said(self, params: dict[str, Any]) -> str:
        """Return the sentence in the active language."""
        count = int(params.get("count", 1))
        text = ngettext(
            "Please check whether what “%(name)s” shows is still true.",
            "Please check whether what “%(name)s” and your other places show is still true.",
            count,
        )
        return text % {"name": params.get("name", "")}


OPERATOR_ASKED = AskedKind("operator_asked", gettext_lazy("Please check your places."), Urgency.NOW)


@dataclass(slots=True)
class Asked:
    """What came of asking: listings asked about by text and by notice; those without anybody to ask; asked today."""

    by_text: list[int] = field(default_factory=list)
    by_notice: list[int] = field(default_factory=list)
    unreached: list[int] = field(default_factory=list)
    today_already: list[int] = field(default_factory=list)


def ask(*, facts: Iterable[tuple[int, str]], actor: Any, now: dt.datetime | None = None) -> Asked:
    """Ask the operators of these listings about these groups of facts; say which were asked, and how.

    Each number and each person is a transaction of its own. Scope is the caller's (`editable_by`).
    """
    now = now or timezone.now()
    wanted: dict[int, list[str]] = defaultdict(list)
    for pk, group in dict.fromkeys(facts):
        wanted[pk].append(str(group))
    asked = Asked()
    kept = _stewards(wanted)
    contacts = OperatorContact.objects.filter(listing__in=[pk for pk in wanted if pk not in kept])
    by_number: dict[str, list[int]] = defaultdict(list)
    for pk, phone in contacts.order_by("listing").values_list("listing", "phone"):
        by_number[str(phone)].append(pk)
    reached = set(kept).union(*by_number.values())
    asked.unreached = [pk for pk in wanted if pk not in reached]
    by_people: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for pk, people in kept.items():
        by_people[tuple(people)].append(pk)
    for together, pks in by_people.items():
        new = _notify(together, {pk: wanted[pk] for pk in pks}, actor, now)
        asked.by_notice += new
        asked.today_already += [pk for pk in pks if pk not in new]
    for phone, pks in by_number.items():
        new = _text(phone, {pk: wanted[pk] for pk in pks[:MOST_PLACES]}, actor, now)
        asked.by_text += new
        asked.today_already += [pk for pk in pks if pk not in new]
    return asked


def ask_weekly(now: dt.datetime | None = None) -> int:
    """Ask about what is overdue where nobody was asked within a week; return how many listings that were.

    For the clock, which may run it as often as it likes and on several nodes at once.
    """
    now = now or timezone.now()
    if not ASKED_BETWEEN[0] <= now.astimezone(CITY_TIME).time() < ASKED_BETWEEN[1]:
        return 0
    rows = Listing.objects.filter(
        Q(operator_contact__is_asked_weekly=True) | Q(pk__in=Stewardship.objects.values("listing"))
    ).exclude(pk__in=OperatorAsk.objects.filter(made_at__gt=now - WEEK).values("listing"))
    found = due_facts(rows.distinct(), now)
    asked = ask(facts=[(fact.listing_id, fact.group) for fact in found], actor=None, now=now)
    return len(asked.by_text) + len(asked.by_notice)


def _stewards(wanted: Iterable[int]) -> dict[int, list[Any]]:
    """Return the people with a current post that keeps a listing and may change it, by listing."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = Stewardship.objects.filter(
        listing__in=list(wanted),
        post__user__is_active=True,
        post__group__permissions__codename="change_listing",
        post__group__permissions__content_type__app_label="listings",
    )
    for row in rows.select_related("post__user").order_by("pk").distinct():
        if row.post.is_current and row.post.user not in found[row.listing_id]:
            found[row.listing_id].append(row.post.user)
    return {pk: people for pk, people in found.items() if people}


@transaction.atomic
def _notify(people: Iterable[Any], wanted: Wanted, actor: Any, now: dt.datetime) -> list[int]:
    """Tell these people once a day that places of theirs are asked about; return the listings, none when told today."""
    day = now.astimezone(CITY_TIME).date()
    name = Listing.objects.values_list("name", flat=True).get(pk=min(wanted))
    told = [
        tell(
            user=person,
            kind=OPERATOR_ASKED.name,
            key=str(day),
            params={"name": name, "count": len(wanted)},
            url=reverse("admin:upkeep_queue"),
        )
        for person in people
    ]
    if not any(told):
        return []
    _keep(None, wanted, actor, now)
    return list(wanted)


@transaction.atomic
def _text(phone: str, wanted: Wanted, actor: Any, now: dt.datetime) -> list[int]:
    """Send one number a link for these listings; return them, none when the number got its link of the day already."""
    token, day = OperatorLink.new_token(), now.astimezone(CITY_TIME).date()
    key = OperatorLink.key_of(phone)
    link, is_new = OperatorLink.objects.get_or_create(
        number_key=key,
        day=day,
        defaults={
            "digest": OperatorLink.digest_of(token),
            "sent_to": f"****{phone[-4:]}",
            "made_at": now,
            "made_by_label": _who(actor),
            "expires_at": now + LINK_LIFETIME,
        },
    )
    if not is_new:
        return []
    OperatorLink.objects.usable(now).filter(number_key=key).exclude(pk=link.pk).update(revoked_at=now)
    _keep(link, wanted, actor, now)
    text_to_number(phone=phone, text=_words(wanted, token), key=f"operator_link:{link.pk}")
    return list(wanted)


def _keep(link: OperatorLink | None, wanted: Wanted, actor: Any, now: dt.datetime) -> None:
    OperatorAsk.objects.bulk_create(
        OperatorAsk(link=link, listing_id=pk, fact_groups=groups, made_at=now, made_by_label=_who(actor))
        for pk, groups in wanted.items()
    )


def _who(actor: Any) -> str:
    """Return how a question names who asked: the person, or the clock."""
    return actor_label(actor) if actor else str(Channel.CLOCK.label)


def _words(wanted: Wanted, token: str) -> str:
    """Return the text, in Chinese: whom it is for has no account that could say otherwise."""
    name = Listing.objects.values_list("name", flat=True).get(pk=min(wanted))
    address = settings.PUBLIC_BASE_URL + reverse("confirm", args=[token])
    with override(settings.LANGUAGE_CODE):
        text = ngettext(
            "Is what couriers read about “%(name)s” still true? Half a minute, no sign-in, for 7 days: %(address)s",
            "Is what couriers read about “%(name)s” and your other places still true? "
            "A few taps, no sign-in, for 7 days: %(address)s",
            len(wanted),
        )
        return text % {"name": name, "address": address}
