"""Set the post that the signed-in person acts for."""

from collections.abc import Callable

from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from portal.accounts.acting import SESSION_KEY, acting_as
from portal.accounts.models import User


class ActingPostMiddleware:
    """Give `request.user.acting_post` the post chosen in this session, else the first current one.

    Nothing is asked of the database until somebody looks at the user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace the lazy user by one that acts."""
        request.user = SimpleLazyObject(lambda: _acting_user(request))  # type: ignore[assignment]
        return self.get_response(request)


def _acting_user(request: HttpRequest) -> object:
    user = get_user(request)
    if not isinstance(user, User):
        return user
    chosen = request.session.get(SESSION_KEY)
    post = None
    if chosen:
        post = user.posts.current().select_related("organisation", "group").filter(pk=chosen).first()
    return acting_as(user, post)
