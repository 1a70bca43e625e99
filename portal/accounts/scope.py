"""The one rule of reach: a post covers what lies in its area."""

from typing import Any

from django.db.models import Q

NOTHING = Q(pk__in=[])


def acts_everywhere(user: Any) -> bool:
    """Say whether a user is bound to no area and no post: an active superuser."""
    return bool(getattr(user, "is_superuser", False) and getattr(user, "is_active", False))


def area_of(user: Any) -> str | None:
    """Return the area code a user acts for, "" for a post without one, None for nobody; superusers act everywhere."""
    post = getattr(user, "acting_post", None)
    return None if post is None else post.area


def area_filter(user: Any, field: str = "area_code") -> Q:
    """Return the condition "lies in the area of the user's acting post" on the field that holds an area code.

    A superuser gets everything; without a post, or with a post that covers no area, it matches nothing.
    """
    if acts_everywhere(user):
        return Q()
    area = area_of(user)
    return Q(**{f"{field}__startswith": area}) if area else NOTHING


def covers_city(user: Any) -> bool:
    """Say whether the user's acting post covers a whole city, and so also what lies in no district yet."""
    return len(area_of(user) or "") == 4


def covers(user: Any, area_code: str) -> bool:
    """Say whether the user's acting post covers the area with the code given."""
    if acts_everywhere(user):
        return True
    area = area_of(user)
    return bool(area) and area_code.startswith(area or "-")
