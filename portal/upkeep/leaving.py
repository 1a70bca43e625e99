"""What somebody who leaves an office holds, and how it goes to a colleague."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.giving import when_given
from portal.accounts.handing_over import HandedOver, Work, reassigns, when_handed_over
from portal.accounts.models import Post
from portal.listings.models import ImportBatch, Stewardship
from portal.notices.kinds import Kind, Urgency, register
from portal.notices.telling import tell
from portal.partners.keepers import keeps_keys_alone
from portal.upkeep.models import Correction

WAITING_IMPORTS = (ImportBatch.State.CHECKING, ImportBatch.State.CHECKED)


def _counting(rows: Callable[[], QuerySet], field: str) -> Callable[[Iterable[int]], dict[int, int]]:
    def waiting(posts: Iterable[int]) -> dict[int, int]:
        held = rows().filter(**{f"{field}__in": posts}).order_by()
        return dict(held.values_list(field).annotate(count=Count("pk")))

    return waiting


def _corrections() -> QuerySet:
    return Correction.objects.open().filter(assignee__isnull=False)


def _imports() -> QuerySet:
    return ImportBatch.objects.filter(state__in=WAITING_IMPORTS)


def _within(post: Post) -> Q:
    """Return the condition that a correction's listing is one that the post keeps."""
    kept = Stewardship.objects.filter(post=post).values("listing")
    return Q(area_code__startswith=post.area) if post.area else Q(listing__in=kept)


def move_corrections(post: Post, to: Post | None) -> int:
    """Give open corrections to a colleague as far as the listings are theirs to keep; the office gets the others."""
    held = _corrections().filter(assignee=post)
    moved = held.filter(_within(to)).update(assignee=to) if to else 0
    return moved + held.update(assignee=None, state=Correction.State.OPEN)


def move_listings(post: Post, to: Post | None) -> int:
    """Give the listings in a post's care to another; what the other keeps already is not kept twice."""
    if to is None:
        return 0
    held = Stewardship.objects.filter(post=post)
    kept = Stewardship.objects.filter(post=to).values("listing")
    held.filter(listing__in=list(kept.values_list("listing", flat=True))).delete()
    return held.update(post=to)


def move_imports(post: Post, to: Post | None) -> int:
    """Give the imports that wait for a word to a colleague; without one the office's others see them all the same."""
    held = _imports().filter(post=post)
    return held.update(post=to, user=to.user_id) if to else held.update(post=None)


SORTS = (
    # The listings first: a colleague deals with a correction because the listing is in their care.
    Work(
        "listings", _("listings in this post's care"), _counting(Stewardship.objects.all, "post"), move_listings,
        stays=True,
    ),
    Work("corrections", _("corrections being dealt with"), _counting(_corrections, "assignee"), move_corrections),
    Work("imports", _("imports that wait"), _counting(_imports, "post"), move_imports),
)  # fmt: skip


POST_GIVEN = Kind(
    "post_given",
    _(
        "You were given a post: %(post)s. Sign in with this phone number; the administration then asks you to set up "
        "a second factor."
    ),
    Urgency.NOW,
)
#: Partners do nothing in the administration: their keys are kept on pages of their own.
KEYS_GIVEN = Kind(
    "keys_given",
    _("You now keep the API keys of %(organisation)s at Nuanxin. Sign in with this phone number."),
    Urgency.NOW,
)
POST_ENDED = Kind("post_ended", _("Your post has ended: %(post)s. Thank you for your work."))
WORK_RECEIVED = Kind(
    "work_received",
    _(
        "You take over from %(post)s: %(listings)d listings in its care, %(corrections)d corrections, "
        "%(imports)d imports."
    ),
    Urgency.DIGEST,
)


def tell_given(post: Post, by: Any) -> None:
    """Tell somebody that they were given a post, and what to do first."""
    if keeps_keys_alone(post):
        params = {"organisation": post.organisation.name}
        tell(user=post.user, kind=KEYS_GIVEN.name, key=f"post:{post.pk}", params=params, url="/partners/")
        return
    tell(
        user=post.user, kind=POST_GIVEN.name, key=f"post:{post.pk}", params={"post": str(post)}, url="/admin/"
    )


def tell_handed_over(done: HandedOver, by: Any) -> None:
    """Tell the person who held the post that it ended, and the successor what came with it."""
    post, key = done.post, f"post:{done.post.pk}"
    if done.has_ended:
        tell(user=post.user, kind=POST_ENDED.name, key=key, params={"post": str(post)}, url="/me/")
    if done.to is not None and done.moved:
        counts = {work.name: 0 for work in SORTS} | {work.name: count for work, count in done.moved}
        params = {"post": f"{post.user} · {post}", **counts}
        key = f"{key}:{timezone.now():%Y%m%d%H%M%S}"
        tell(user=done.to.user, kind=WORK_RECEIVED.name, key=key, params=params, url="/admin/", post=done.to)


def register_all() -> None:
    """Hand over what offices hold of listings, and tell those concerned."""
    for kind in (POST_GIVEN, KEYS_GIVEN, POST_ENDED, WORK_RECEIVED):
        register(kind)
    for work in SORTS:
        reassigns(work)
    when_given(tell_given)
    when_handed_over(tell_handed_over)
