"""Set the post that the signed-in person acts for."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject, empty
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.accounts.acting import SESSION_KEY, acting_as, posts_of
from portal.accounts.models import User


class ActingPostMiddleware:
    """Give `request.user.acting_post` the post chosen in this session, or the only one that the person holds.

    Among several the person acts for none until they have chosen, to which the administration leads them. A chosen post
    that has ended never turns into another one unseen: the only one left is taken with a message.
    Nothing is asked of the database until somebody looks at the user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace the lazy user by one that acts; ask for a post where it turned out that one must be chosen."""
        request.user = SimpleLazyObject(lambda: _acting_user(request))  # type: ignore[assignment]
        answer = self.get_response(request)
        if getattr(request, "must_choose_post", "") and _is_work(request, answer):
            wanted = request.get_full_path() if request.method == "GET" else reverse("admin:index")
            return redirect(f"{reverse('account_post')}?{urlencode({'next': wanted})}")
        return answer


class PersonalAnswers:
    """Mark as private whatever looked at somebody who is signed in: no shared cache keeps it, and a phone forgets it.

    What never looked at the user is the same for everybody and stays as it is. Nothing is asked of the database here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add `Cache-Control: private` to an answer that was made for one person."""
        answer = self.get_response(request)
        user = request.user
        looked_at = isinstance(user, SimpleLazyObject) and user._wrapped is not empty  # type: ignore[attr-defined]
        if looked_at and user.is_authenticated:
            patch_cache_control(answer, private=True)
        return answer


def _is_work(request: HttpRequest, answer: HttpResponse) -> bool:
    return answer.status_code == 403 or request.path.startswith(reverse("admin:index"))


def _acting_user(request: HttpRequest) -> object:
    user = get_user(request)
    if not isinstance(user, User):
        return user
    chosen = request.session.get(SESSION_KEY)
    posts = posts_of(user)
    if chosen and (post := posts.filter(pk=chosen).first()) is not None:
        return acting_as(user, post)
    left = list(posts[:2])
    if len(left) > 1:
        request.must_choose_post = "ended" if chosen else "first"  # type: ignore[attr-defined]
        user.acting_post = None
        return user
    if chosen:
        request.session.pop(SESSION_KEY)
        if left:
            told = _("The post you acted for has ended. You now act for: %(post)s.") % {"post": left[0]}
            messages.warning(request, told, fail_silently=True)
    user.acting_post = left[0] if left else None
    return user
