"""What an operator answers by a link: true facts are confirmed, changes wait as a proposal, words go to the office."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.listings import confirming
from portal.listings.models import Channel, FactGroup, Listing
from portal.listings.proposing import propose
from portal.listings.revising import lock
from portal.upkeep import correcting
from portal.upkeep.answer_form import AnswerForm
from portal.upkeep.models import Correction, OperatorAsk, OperatorLink


class NoSuchLink(Exception):
    """Nobody was sent such a link, or it is over; whoever holds it is told the same."""


class Answered(Exception):
    """The question was answered already."""


class Moved(Exception):
    """The place was changed since the page with the question was made."""


def find(token: str, now: dt.datetime | None = None) -> OperatorLink:
    """Return the link of a token. Raises NoSuchLink for one that is unknown, over or taken back."""
    link = OperatorLink.objects.usable(now).filter(digest=OperatorLink.digest_of(token)).first()
    if link is None:
        raise NoSuchLink
    return link


def opened(link: OperatorLink, now: dt.datetime | None = None) -> None:
    """Write down that somebody, or a messenger's preview, has looked at the link; nothing else changes by looking."""
    OperatorLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now or timezone.now())


def questions_of(link: OperatorLink) -> list[OperatorAsk]:
    """Return the questions that wait for an answer, about places that are still public."""
    public = Listing.objects.published().values("pk")
    rows = link.asks.unanswered().filter(listing__in=public).select_related("listing")
    return list(rows.order_by("pk"))


@transaction.atomic
def answer(*, ask: OperatorAsk, form: AnswerForm, version: int) -> None:
    """Take an operator's answer about one place, once: `form` is valid, `version` is that of the page he saw.

    Raises Answered when somebody has answered meanwhile, and Moved when the place was changed.
    """
    listing = lock(ask.listing.as_kind)
    taken = OperatorAsk.objects.unanswered().filter(pk=ask.pk)
    if not taken.update(answered_at=timezone.now(), answers=form.answers):
        raise Answered
    if listing.revision_number != version or not listing.is_public:
        raise Moved
    who = operator_label()
    if form.changes:
        propose(listing=listing, changes=form.changes, actor=None, channel=Channel.OPERATOR, author=who)
    for group, words in form.words.items():
        _tell_office(listing, group, f"{who}：{words}")
    # Last, because it ends with the counter of changes.
    confirming.confirm(
        listing=listing, fact_groups=form.true_groups, actor=None, channel=Channel.OPERATOR, label=who
    )


def _tell_office(listing: Listing, group: str, words: str) -> None:
    """Hand words that are no fields to the office, as a case with a clock like those that couriers open."""
    with override(settings.LANGUAGE_CODE):
        note = f"{FactGroup(group).label}：{words}"
    correcting.report(listing=listing, kind=Correction.Kind.OTHER, client_id=uuid.uuid4(), note=note)


def operator_label() -> str:
    """Return how history names an operator who answered by a link, whatever language the page was in."""
    with override(settings.LANGUAGE_CODE):
        return _("the place's operator")


def place_of(ask: OperatorAsk) -> Any:
    """Return the listing that is asked about, of its kind and with its groups."""
    return type(ask.listing.as_kind).objects.with_groups().get(pk=ask.listing_id)
