"""Give somebody a post, known by nothing but a phone number if need be."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from portal.accounts.models import Organisation, Post, User
from portal.accounts.scope import acts_everywhere, covers, covers_city
from portal.audit.models import Action
from portal.audit.recording import record

PERMISSION = "accounts.add_post"

#: What apps above do when somebody was given a post; called with the post and who gave it, in the transaction.
_TOLD: list[Callable[[Post, Any], object]] = []


def when_given(tell: Callable[[Post, Any], object]) -> None:
    """Let an app hear of every post that is given; it says so once, in its `ready`."""
    if tell not in _TOLD:
        _TOLD.append(tell)


def grantable_groups(user: Any) -> QuerySet[Group]:
    """Return the groups whose every permission the user has."""
    if acts_everywhere(user):
        return Group.objects.all()
    if user.acting_post is None:
        return Group.objects.none()
    through = Group.permissions.through.objects
    own = through.filter(group=user.acting_post.group_id).values("permission")
    beyond = through.filter(group=OuterRef("pk")).exclude(permission__in=own)
    return Group.objects.filter(~Exists(beyond))


def reaches(user: Any, organisation: Organisation, area_code: str) -> bool:
    """Say whether a post in the organisation, narrowed to the area if one is given, stays within the user's own."""
    if acts_everywhere(user):
        return True
    area = area_code or organisation.area_code
    return covers(user, area) or (covers_city(user) and not area)


def may_give(user: Any, post: Post) -> bool:
    """Say whether the user may give this post: to somebody else, within the own area, with no more permissions."""
    if acts_everywhere(user):
        return True
    return bool(
        user.has_perm(PERMISSION)
        and post.user.phone != user.phone
        and Organisation.objects.editable_by(user).filter(pk=post.organisation_id).exists()
        and reaches(user, post.organisation, post.area_code)
        and grantable_groups(user).filter(pk=post.group_id).exists()
    )


def person_for(phone: Any, name: str) -> User:
    """Return who has a number, or somebody new to be saved with it; an unproved number takes the name given."""
    person = User.objects.filter(phone=phone).first() or User(phone=phone)
    if User.objects.reached_by(phone) is None:
        person.name = name
    return person


@transaction.atomic
def give_post(*, post: Post, by: Any) -> Post:
    """Save a new post, and its person if nobody knew the number; return it, or the same post given a moment ago.

    Whoever holds a post may open the administration. Raises PermissionDenied unless `by` may give it.
    """
    if not may_give(by, post):
        raise PermissionDenied
    person = post.user
    if person._state.adding:
        entered = {"name": person.name, "is_staff": True, "password": make_password(None)}
        person, _is_new = User.objects.get_or_create(phone=person.phone, defaults=entered)
    User.objects.filter(pk=person.pk).update(is_staff=True, name=person.name)
    made, is_new = Post.objects.get_or_create(
        user=person,
        organisation=post.organisation,
        group=post.group,
        area_code=post.area_code,
        starts_on=post.starts_on,
        ended_at=None,
        defaults={"ends_on": post.ends_on},
    )
    if is_new:
        label = f"{person} · {made}"
        record(Action.POST_GIVEN, by=by, about=made, area_code=made.area, after=_kept(made), label=label)
        for tell in _TOLD:
            tell(made, by)
    return made


def _kept(post: Post) -> dict[str, str]:
    """Return what the audit keeps of a post; the number is enough to be recognised, and no more."""
    dates = {"starts_on": str(post.starts_on), "ends_on": str(post.ends_on or "")}
    names = {"organisation": str(post.organisation), "group": str(post.group), "area_code": post.area_code}
    return {"phone": post.user.masked_phone, "name": post.user.name, **names, **dates}
