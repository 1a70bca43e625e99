"""What readers and staff ask of many listings, in their words."""

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from portal.accounts.scope import acts_everywhere, area_filter, covers_city
from portal.listings.stripes import Stripe, box

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from portal.accounts.models import User

PUBLIC = ("published", "paused")


class ListingQuerySet(models.QuerySet):
    """Listings of one kind or, asked of Listing itself, of all."""

    def published(self) -> Self:
        """Return what the public may see, paused listings included."""
        return self.filter(state__in=PUBLIC)

    def to_place(self) -> Self:
        """Return what still needs a street or a position, archived listings aside."""
        return self.filter(Q(lat__isnull=True) | Q(street__isnull=True)).exclude(state="archived")

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Return what `user` may look at as staff: what lies in the post's area or is in its care."""
        return self._in_scope(user, "view")

    def editable_by(self, user: "User | AnonymousUser") -> Self:
        """Return what `user` may change as staff."""
        return self._in_scope(user, "change")

    def publishable_by(self, user: "User | AnonymousUser") -> Self:
        """Return what `user` may publish, pause and archive."""
        return self._in_area(user) if user.has_perm("listings.publish_listing") else self.none()

    def needing_proposal(self, user: "User | AnonymousUser") -> Self:
        """Return what an edit by `user` must wait for: public, and not his to publish."""
        model: Any = self.model
        return self.published().exclude(pk__in=model.objects.publishable_by(user).values("pk"))

    def _in_scope(self, user: "User | AnonymousUser", action: str) -> Self:
        meta = self.model._meta
        if not user.has_perm(f"{meta.app_label}.{action}_{meta.model_name}"):
            return self.none()
        return self._in_area(user)

    def _in_area(self, user: "User | AnonymousUser") -> Self:
        if acts_everywhere(user):
            return self.all()
        post = getattr(user, "acting_post", None)
        if post is None:
            return self.none()
        from portal.listings.models import Stewardship

        kept = Stewardship.objects.filter(post=post).values("listing_id")
        reach = area_filter(user) | Q(pk__in=kept)
        if covers_city(user):
            # A draft that nobody has placed yet, not even in a district, is the city's to place.
            reach |= Q(area_code="")
        return self.filter(reach)

    def kept_by_sources(self) -> Self:
        """Return what partners' sources write and no office has taken over."""
        return self.exclude(source="").filter(source_record__taken_over_at=None)

    def kept_by_offices(self) -> Self:
        """Return what is an office's own to keep: of no source, or taken over from it."""
        return self.filter(Q(source="") | Q(source_record__taken_over_at__isnull=False))

    def in_area(self, code: str) -> Self:
        """Return what lies in the region with that code (city, district, street or community)."""
        return self.filter(area_code__startswith=code) if code else self

    def open_at(self, moment: dt.datetime) -> Self:
        """Return what is open at that moment: hours say so, not paused, not shut.

        Within the built horizon this is SQL over the interval table; outside it the one function answers.
        """
        from portal.listings.intervals import is_built_for, open_timetables

        standing = self.filter(
            Q(state="published") | Q(state="paused", paused_until__lte=moment),
            ~Q(shut_at__lte=moment, shut_until__gt=moment) | Q(shut_at__isnull=True),
        )
        if is_built_for(moment):
            return standing.filter(timetable__in=open_timetables(moment))
        from portal.listings.reading import open_pks

        model: Any = self.model
        return standing.filter(pk__in=open_pks(model, moment))

    def open_through(self, start: dt.datetime, end: dt.datetime) -> Self:
        """Return what is open from one moment to another without a break between.

        Open at both ends would not do: a place that shuts at noon and opens again at two is open at 11:50 and at 14:10.
        """
        from portal.listings.intervals import is_built_for, open_timetables

        open_then = self.open_at(start)
        if is_built_for(start) and is_built_for(end):
            return open_then.filter(timetable__in=open_timetables(start).filter(ends_at__gte=end))
        from portal.listings.reading import open_pks

        model: Any = self.model
        return open_then.filter(pk__in=open_pks(model, start, end))

    def search(self, text: str) -> Self:
        """Return what matches every word of `text`: Chinese, pinyin with any reading, initials, nicknames, synonyms.

        This is all that lists and the API share with the search of all kinds, which reads meanings into it as well:
        a word matches or it does not, wherever it stands. What is in quotes is one word.
        """
        from portal.listings.pinyin import fold
        from portal.listings.words import typed_words

        found = self
        for word in typed_words(text):
            if folded := fold(word.text):
                found = found.filter(search_text__contains=folded)
        return found

    def within(self, west: float, south: float, east: float, north: float) -> Self:
        """Return what lies in the box, edges included; degrees, WGS-84."""
        return self.alias(stripe=Stripe("lat")).filter(box(west, south, east, north))

    def with_groups(self) -> Self:
        """Prefetch every group's rows and planned pauses, so that snapshots and documents cost no query a row."""
        from portal.listings.models import PlannedMove

        model: Any = self.model
        relations = [relation for group in model.groups.values() for relation in group.relations]
        pauses = models.Prefetch("planned_moves", PlannedMove.objects.pauses(), to_attr="pauses_read")
        return self.select_related("district", "street", "community").prefetch_related(*relations, pauses)
