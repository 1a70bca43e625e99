"""Which people, organisations and posts somebody may see and change."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.accounts.scope import NOTHING, acts_everywhere, area_filter, area_of, covers_city


def _all(rows: models.QuerySet) -> Any:
    """Return all rows of a query's model, through its own manager."""
    return rows.model._default_manager.all()


class OrganisationQuerySet(models.QuerySet):
    """Organisations in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return those in the acting post's area, its own organisation, and firms, which belong to no area."""
        if acts_everywhere(user):
            return self.all()
        post = getattr(user, "acting_post", None)
        if post is None:
            return self.none()
        own = Q(pk=post.organisation_id)
        return self.filter(area_filter(user) | own | Q(area_code="")) if post.area else self.filter(own)

    def editable_by(self, user: Any) -> Self:
        """Return those in the acting post's area, and firms without an area for a city's staff."""
        if acts_everywhere(user):
            return self.all()
        firms = Q(area_code="") if covers_city(user) else NOTHING
        return self.filter(area_filter(user) | firms)


class PostQuerySet(models.QuerySet):
    """Posts in the words of those who ask."""

    def current(self) -> Self:
        """Return the posts that hold now."""
        return self.not_over().filter(starts_on__lte=timezone.localdate())

    def not_over(self) -> Self:
        """Return the posts that hold now or will."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=timezone.localdate()), ended_at=None)

    def to_end(self) -> Self:
        """Return the posts whose last day is over and that nobody has ended yet."""
        return self.filter(ends_on__lt=timezone.localdate(), ended_at=None)

    def within(self, area: str) -> Self:
        """Return the posts whose area lies in the one given; "" is nowhere."""
        if not area:
            return self.none()
        narrowed = Q(area_code="", organisation__area_code__startswith=area)
        return self.filter(Q(area_code__startswith=area) | narrowed)

    def visible_to(self, user: Any) -> Self:
        """Return a person's own posts and those in the acting post's area."""
        if acts_everywhere(user):
            return self.all()
        if not getattr(user, "is_authenticated", False):
            return self.none()
        inside = _all(self).within(area_of(user) or "").values("pk")
        return self.filter(Q(pk__in=inside) | Q(user=user))

    def editable_by(self, user: Any) -> Self:
        """Return the posts in the acting post's area, except one's own: nobody widens their own reach.

        A firm's posts have no area; staff of a city keep them.
        """
        if acts_everywhere(user):
            return self.all()
        area = area_of(user) or ""
        inside = Q(pk__in=_all(self).within(area).values("pk"))
        firms = Q(area_code="", organisation__area_code="") if covers_city(user) else NOTHING
        return self.filter(inside | firms).exclude(user=user)


class UserQuerySet(models.QuerySet):
    """People in the words of those who ask."""

    def unfinished(self) -> Self:
        """Return the sign-ups whose number nobody proved; people whom staff entered are none."""
        return self.filter(phone_verified_at=None, is_staff=False).exclude(pk__in=self._held_by_post())

    def reached_by(self, phone: Any) -> Any:
        """Return who signs in with a phone number, or None.

        A number that nobody proved counts only for somebody whom staff entered: anyone may type a number into the
        sign-up page, and its real holder must still be able to sign up.
        """
        entered = Q(is_staff=True) | Q(pk__in=self._held_by_post())
        return self.filter(Q(phone_verified_at__isnull=False) | entered, phone=phone).first()

    def _held_by_post(self) -> Any:
        posts: Any = self.model._meta.get_field("posts").related_model
        return posts._default_manager.values("user")

    def visible_to(self, user: Any) -> Self:
        """Return oneself and those whose posts one may change."""
        if acts_everywhere(user):
            return self.all()
        if not getattr(user, "is_authenticated", False):
            return self.none()
        return self.filter(Q(pk=user.pk) | Q(pk__in=_all(self).editable_by(user).values("pk")))

    def editable_by(self, user: Any) -> Self:
        """Return the people who hold a current post, all of them within the acting post's area; never a superuser.

        Somebody who also acts elsewhere is left to those who cover both: a reset here must not open a door there.
        """
        if acts_everywhere(user):
            return self.all()
        posts: Any = self.model._meta.get_field("posts").related_model._default_manager  # type: ignore[union-attr]
        held = posts.current().filter(user=OuterRef("pk"))
        reachable = posts.current().editable_by(user).values("pk")
        return self.filter(Exists(held), ~Exists(held.exclude(pk__in=reachable)), is_superuser=False)
