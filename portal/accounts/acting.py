"""For which of their posts a person acts."""

from portal.accounts.models import Post, User

SESSION_KEY = "acting_post"


def acting_as(user: User, post: Post | None = None) -> User:
    """Let the user act for the post, by default for the first current one; return the user.

    Raises ValueError when the post is somebody else's or does not hold today.
    """
    if post is None:
        post = user.posts.current().select_related("organisation", "group").first()
    elif post.user_id != user.pk or not post.is_current:
        raise ValueError("Only a current post of the same person can be acted for.")
    user.acting_post = post
    return user
