"""Who keeps the keys and webhooks of an organisation: whoever holds a post there that allows it."""

from typing import Any

from portal.accounts.models import Organisation, Post
from portal.accounts.querysets import PostQuerySet

PERMISSION = "partners.keep_own"


def organisation_kept_by(user: Any) -> Organisation | None:
    """Return the organisation whose keys and webhooks somebody keeps in their acting post; None for everybody else."""
    post = getattr(user, "acting_post", None)
    if post is None or not user.has_perm(PERMISSION):
        return None
    return post.organisation


def keepers_of(organisation: Organisation) -> PostQuerySet:
    """Return the current posts, with their people, of those who keep an organisation's keys and webhooks."""
    label, codename = PERMISSION.split(".")
    held = {
        "group__permissions__content_type__app_label": label,
        "group__permissions__codename": codename,
    }
    posts: Any = Post.objects.current()
    return posts.filter(organisation=organisation, user__is_active=True, **held).select_related("user")


def keeps_keys_alone(post: Post) -> bool:
    """Say whether a post allows nothing but to keep keys and webhooks."""
    held = post.group.permissions.values_list("content_type__app_label", "codename")
    return {".".join(row) for row in held} == {PERMISSION}
