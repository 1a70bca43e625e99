"""One timeline of all that was done: events, versions of listings, confirmations and what was taken back of them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from portal.accounts.scope import NOTHING, acts_everywhere, area_filter, covers_city
from portal.audit.models import Event, Origin
from portal.listings.models import Channel, Confirmation, Listing, Retraction, Revision

PERMISSION = "audit.view_event"
PAGE = 50
FEW = 200


class Source(NamedTuple):
    """A table of the timeline: its name in addresses, the column of its moment, the way to its listing."""

    name: str
    model: Any
    moment: str = "made_at"
    listing: str = ""
    channel: str = ""


#: In this order within the same moment.
SOURCES = (
    Source("event", Event),
    Source("version", Revision, listing="listing", channel="channel"),
    Source("confirmed", Confirmation, "confirmed_at", listing="listing", channel="channel"),
    Source("taken-back", Retraction, listing="confirmation__listing", channel="confirmation__channel"),
)
BY_NAME = {source.name: source for source in SOURCES}


class Place(NamedTuple):
    """Where a page ends: a moment, the source's rank, a row's key."""

    moment: dt.datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}~{self.rank}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that an address names; None for anything else."""
        moment, _first, rest = text.partition("~")
        rank, _second, pk = rest.partition("~")
        try:
            parsed = parse_datetime(moment)
        except ValueError:
            return None
        plain = rank.isdecimal() and pk.isdecimal() and len(rank) < 3 and len(pk) < 19
        return cls(parsed, int(rank), int(pk)) if parsed is not None and parsed.tzinfo and plain else None


@dataclass(slots=True)
class Asked:
    """What of the timeline is wanted; every part left empty asks for all.

    `people` and `posts` are the keys of people and labels of posts, `listings` keys of listings. `address` is the
    origin's, `area` the code of an area.
    """

    sources: Iterable[str] = tuple(BY_NAME)
    actions: list[str] = field(default_factory=list)
    people: list[int] | None = None
    posts: list[str] | None = None
    listings: list[int] | None = None
    about: str = ""
    channel: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    address: str = ""
    request: str = ""
    area: str = ""


def in_reach(user: Any, source: Source) -> QuerySet:
    """Return the rows of a source that somebody may read: of the listings and the area in the acting post's reach.

    What belongs to no area is the city's to read. Private events are read by nobody but their actor, and not here.
    """
    rows = source.model._default_manager.all()
    if not user.has_perm(PERMISSION):
        return rows.none()
    if source.model is Event:
        rows = rows.filter(is_private=False)
    if acts_everywhere(user):
        return rows
    if source.model is Event:
        city = Q(area_code="") if covers_city(user) else NOTHING
        return rows.filter(area_filter(user) | city)
    kept = Listing.objects.visible_to(user)
    few = kept_few(user, kept)
    if few is not None:
        return rows.filter(**{f"{source.listing}__in": few})
    return rows.filter(Exists(kept.filter(pk=OuterRef(source.listing))))


def kept_few(user: Any, kept: QuerySet) -> list[int] | None:
    """Return the keys of the listings in reach, looked up once for a person; None when they are many.

    Of a street's listings SQLite should gather the versions, of a district's it should run down the days: it does
    the former for IN and the latter for EXISTS, and each is slow where the other belongs.
    """
    known = user.__dict__.setdefault("_kept_few", {})
    post = getattr(user.acting_post, "pk", None)
    if post not in known:
        keys = list(kept.order_by().values_list("pk", flat=True)[: FEW + 1])
        known[post] = keys if len(keys) <= FEW else None
    return known[post]


def asked_for(source: Source, user: Any, asked: Asked) -> QuerySet | None:
    """Return the rows of a source that are wanted and in reach, in no order; None where there can be none."""
    if source.name not in asked.sources or (asked.channel and not source.channel):
        return None
    rows = in_reach(user, source)
    if source.model is Event and asked.actions:
        rows = rows.filter(action__in=asked.actions)
    if asked.area:
        where = f"{source.listing}__area_code" if source.listing else "area_code"
        rows = rows.filter(**{f"{where}__startswith": asked.area})
    if asked.channel:
        rows = rows.filter(**{source.channel: asked.channel})
    if asked.people is not None:
        rows = rows.filter(actor_id__in=asked.people)
    if asked.posts is not None:
        where = "confirmation__post_label" if source.model is Retraction else "post_label"
        rows = rows.filter(**{f"{where}__in": asked.posts})
    if asked.listings is not None or asked.about:
        if source.model is Event:
            text = asked.about
            rows = rows.filter(Q(object_label__icontains=text) | Q(object_id=text)) if text else rows.none()
        else:
            rows = rows.filter(**{f"{source.listing}__in": asked.listings or []})
    if asked.since is not None:
        rows = rows.filter(**{f"{source.moment}__gte": asked.since})
    if asked.until is not None:
        rows = rows.filter(**{f"{source.moment}__lt": asked.until})
    if asked.request:
        rows = rows.filter(request_id=asked.request)
    if asked.address:
        there = Origin.objects.filter(address=asked.address).values("request_id")
        rows = rows.filter(request_id__in=there)
        if source.channel:
            rows = rows.exclude(**{source.channel: Channel.COURIER})
    return rows


def before(rows: QuerySet, source: Source, place: Place | None) -> QuerySet:
    """Return the rows that come after a place on the timeline, which runs backwards, in its order."""
    moment, rank = source.moment, SOURCES.index(source)
    if place is not None:
        if rank > place.rank:
            rows = rows.filter(**{f"{moment}__lte": place.moment})
        elif rank < place.rank:
            rows = rows.filter(**{f"{moment}__lt": place.moment})
        else:
            older = Q(**{f"{moment}__lt": place.moment}) | Q(pk__lt=place.pk)
            rows = rows.filter(older, **{f"{moment}__lte": place.moment})
    return rows.order_by(f"-{moment}", "-pk")


def page_of(
    user: Any, asked: Asked, place: Place | None = None
) -> tuple[list[tuple[Source, Any]], Place | None]:
    """Return the next rows of the timeline with their sources, and where the page after them begins.

    At most two queries a source, however many rows there are: keys and moments first, then the rows of the page alone.
    """
    keys: list[Place] = []
    for rank, source in enumerate(SOURCES):
        rows = asked_for(source, user, asked)
        if rows is not None:
            found = before(rows, source, place).values_list(source.moment, "pk")[: PAGE + 1]
            keys += [Place(moment, rank, pk) for moment, pk in found]
    keys.sort(key=lambda key: (key.moment, -key.rank, key.pk), reverse=True)
    shown = keys[:PAGE]
    read = {}
    for rank, source in enumerate(SOURCES):
        wanted = [key.pk for key in shown if key.rank == rank]
        if wanted:
            read[rank] = with_names(source).in_bulk(wanted)
    rows_shown = [(SOURCES[key.rank], read[key.rank][key.pk]) for key in shown if key.pk in read[key.rank]]
    return rows_shown, shown[-1] if len(keys) > PAGE and shown else None


def with_names(source: Source) -> QuerySet:
    """Return a source's rows with what their lines name."""
    rows = source.model._default_manager.all()
    if not source.listing:
        return rows
    return rows.select_related(source.listing).defer(f"{source.listing}__document")


def said(row: Any) -> Any:
    """Return what a row is about itself: of a confirmation that was taken back the confirmation."""
    return row.confirmation if isinstance(row, Retraction) else row


def tells_origin(row: Any) -> bool:
    """Say whether staff may read from where a row came: never where a courier was."""
    return getattr(said(row), "channel", "") != Channel.COURIER


def day_start(day: dt.date) -> dt.datetime:
    """Return the beginning of a day by the city's clock."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
