"""Hand a post over when its holder leaves: it stops at once, the sessions end, the work goes on."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.giving import give_post, person_for
from portal.accounts.models import Post, User
from portal.audit.models import Action
from portal.audit.recording import record

logger = logging.getLogger(__name__)

PERMISSION = "accounts.change_post"
#: How many posts one run of the clock ends.
AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Work:
    """A sort of work that a post can hold.

    `waiting(posts)` counts it by the posts' keys, those without any left out; `move(post, to)` gives it to another,
    or with None back to the office, and returns how much went. `stays` says that it waits with a post that has ended.
    """

    name: str
    label: Any
    waiting: Callable[[Iterable[int]], dict[int, int]]
    move: Callable[[Post, Post | None], int]
    stays: bool = False


@dataclass(slots=True)
class HandedOver:
    """What a handing over did: whether the post ended by it, what went where, whether all sessions ended."""

    post: Post
    to: Post | None
    has_ended: bool = False
    sessions_ended: bool = False
    moved: list[tuple[Work, int]] = field(default_factory=list)


_WORK: dict[str, Work] = {}
_TOLD: list[Callable[[HandedOver, Any], object]] = []


def reassigns(work: Work) -> Work:
    """Add a sort of work that is handed over with a post; an app says so once, in its `ready`."""
    _WORK[work.name] = work
    return work


def when_handed_over(tell: Callable[[HandedOver, Any], object]) -> None:
    """Let an app hear of every post that was handed over, in the same transaction."""
    if tell not in _TOLD:
        _TOLD.append(tell)


def work_of(posts: Iterable[int]) -> dict[int, list[tuple[Work, int]]]:
    """Return what each of the posts holds as (what, how much); one query for each sort of work."""
    keys = list(posts)
    found: dict[int, list[tuple[Work, int]]] = {key: [] for key in keys}
    for work in _WORK.values():
        for key, count in work.waiting(keys).items():
            found[key].append((work, count))
    return found


def successors(post: Post) -> Any:
    """Return the posts that can take the work: those held now in the same organisation, by people who may sign in."""
    others = Post.objects.current().filter(organisation=post.organisation_id, user__is_active=True)
    return others.exclude(pk=post.pk).select_related("user", "organisation", "group")


def may_hand_over(user: Any, post: Post) -> bool:
    """Say whether the user may hand the post over: one within the own area, and never one's own."""
    return bool(user.has_perm(PERMISSION) and Post.objects.filter(pk=post.pk).editable_by(user).exists())


@transaction.atomic
def hand_over(*, post: Post, to: Post | None = None, by: Any) -> HandedOver:
    """End a post now and give its work to a colleague's post, by default back to the office; say what was done.

    A post that has ended already only gives away what is left with it, so that twice at once does nothing twice.
    Raises PermissionDenied unless `by` may, ValidationError for a successor who is none.
    """
    if not may_hand_over(by, post):
        raise PermissionDenied
    locked = _locked(post, to)
    if to is not None and not successors(locked[post.pk]).filter(pk=to.pk).exists():
        raise ValidationError(_("Choose a colleague who holds a post in the same office."), code="successor")
    return _end(locked[post.pk], locked[to.pk] if to else None, by=by, at=timezone.now())


@transaction.atomic
def hand_over_to_newcomer(*, post: Post, phone: Any, name: str, by: Any) -> HandedOver:
    """Give the same post to whoever has a phone number, and hand the work over to them; both or neither."""
    person = person_for(phone, name)
    anew = Post(user=person, organisation=post.organisation, group=post.group, area_code=post.area_code)
    return hand_over(post=post, to=give_post(post=anew, by=by), by=by)


def end_posts_that_are_over() -> int:
    """End every post whose last day is over, and take back what reached ended posts meanwhile; return how many."""
    over = list(Post.objects.to_end().order_by("pk").values_list("pk", flat=True)[:AT_A_TIME])
    for pk in over:
        with transaction.atomic():
            post = Post.objects.to_end().select_for_update(of=("self",)).filter(pk=pk).first()
            if post is not None and post.ends_on is not None:
                next_day = dt.datetime.combine(post.ends_on + dt.timedelta(days=1), dt.time())
                _end(post, None, by=None, at=timezone.make_aware(next_day))
    _take_back()
    return len(over)


def _locked(post: Post, to: Post | None) -> dict[int, Post]:
    rows = Post.objects.select_for_update(of=("self",)).select_related("user", "organisation", "group")
    wanted = [post.pk] + ([to.pk] if to else [])
    found = {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}
    if len(found) < len(set(wanted)):
        raise ValidationError(_("This post no longer exists."), code="gone")
    return found


def _end(post: Post, to: Post | None, *, by: Any, at: dt.datetime) -> HandedOver:
    done = HandedOver(post, to)
    if post.ended_at is None:
        done.has_ended = True
        # A post that was to begin later never held: its one day is the first.
        post.ends_on = max(post.starts_on, min(timezone.localdate(at), post.ends_on or dt.date.max))
        post.ended_at = at
        post.save(update_fields=["ends_on", "ended_at"])
        record(Action.POST_ENDED, by=by, about=post, area_code=post.area, label=f"{post.user} · {post}")
        done.sessions_ended = _sign_out(post, by)
    done.moved = [
        (work, count)
        for work in _WORK.values()
        if not (to is None and work.stays) and (count := work.move(post, to))
    ]
    if to is not None and (done.has_ended or done.moved):
        told = {"to": f"{to.user} · {to}", **{work.name: count for work, count in done.moved}}
        label = f"{post.user} · {post}"
        record(Action.HANDED_OVER, by=by, about=post, area_code=post.area, after=told, label=label)
    if done.has_ended or done.moved:
        for tell in _TOLD:
            tell(done, by)
    return done


def _sign_out(post: Post, by: Any) -> bool:
    """End all sessions of somebody without a post; close the administration to whoever will have none either."""
    person = post.user
    left = Post.objects.filter(user=person)
    if not left.not_over().exists() and not person.is_superuser:
        User.objects.filter(pk=person.pk).update(is_staff=False)
    if left.current().exists():
        return False
    person.end_sessions()
    record(Action.SESSIONS_ENDED, by=by, about=person, area_code=post.area)
    return True


def _take_back() -> None:
    """Give back to the office what somebody put on an ended post's desk at the moment when it ended."""
    ended = Post.objects.exclude(ended_at=None)
    for work in _WORK.values():
        if work.stays:
            continue
        keys = work.waiting(ended.values_list("pk", flat=True))
        for post in Post.objects.filter(pk__in=keys).exclude(ended_at=None):
            with transaction.atomic():
                work.move(post, None)
