"""For which of their posts a person acts."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from portal.accounts.models import Post, User
from portal.accounts.querysets import PostQuerySet
from portal.audit.models import Action
from portal.audit.recording import record

SESSION_KEY = "acting_post"


def acting_as(user: User, post: Post | None = None) -> User:
    """Let the user act for the post, by default for the first current one; return the user.

    Raises ValueError when the post is somebody else's or does not hold today.
    """
    if post is None:
        post = posts_of(user).first()
    elif post.user_id != user.pk or not post.is_current:
        raise ValueError("Only a current post of the same person can be acted for.")
    user.acting_post = post
    return user


def posts_of(user: User) -> PostQuerySet:
    """Return the posts that somebody may act for; each knows by `is_one_of_several` whether there is a choice."""
    others = Post.objects.current().filter(user=OuterRef("user")).exclude(pk=OuterRef("pk"))
    mine: Any = Post.objects.current().filter(user=user)
    return mine.select_related("organisation", "group").annotate(is_one_of_several=Exists(others))


def choose(request: HttpRequest, post: Post) -> None:
    """Act for a post from now on in this session; the choice is recorded when it is another one."""
    user = acting_as(request.user, post)  # type: ignore[arg-type]
    if request.session.get(SESSION_KEY) != post.pk:
        record(Action.POST_CHOSEN, by=user, about=post)
    request.session[SESSION_KEY] = post.pk


def keep_only_post(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Note at sign-in the only post that somebody holds, so that it never turns into another one unseen."""
    if not user.is_staff or request is None or not hasattr(request, "session"):
        return
    held = list(Post.objects.current().filter(user=user).values_list("pk", flat=True)[:2])
    if len(held) == 1:
        request.session[SESSION_KEY] = held[0]
