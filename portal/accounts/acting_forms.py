"""A form of the administration belongs to the post for which it was opened, whatever another tab chose since."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.acting import choose, posts_of
from portal.accounts.models import Post

#: What every form carries, and what a button says that sends it again for a post.
OPENED_FOR = "acting_post"
SEND_FOR = "acting_post_now"
_TOKEN = re.compile(rb'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>')


def for_shown_post(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a page: its forms say for which post they are, and one sent for another post is not carried out.

    What says nothing of a post, as a program does, is taken for the one that is acted for.
    """

    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refused = _asked_again(request) if request.method == "POST" else None
        if refused is not None:
            return refused
        answer = view(request, *args, **kwargs)
        if hasattr(answer, "is_rendered") and not answer.is_rendered:
            answer.add_post_render_callback(lambda rendered: _mark(request, rendered))
        else:
            _mark(request, answer)
        return answer

    return answered


def _asked_again(request: HttpRequest) -> HttpResponse | None:
    """Return the page that asks for which post a form is to count; None when that is clear."""
    user: Any = request.user
    opened_for = request.POST.get(OPENED_FOR)
    if opened_for is None or not user.is_authenticated:
        return None
    posts = list(posts_of(user))
    named = request.POST.get(SEND_FOR)
    chosen = next((post for post in posts if str(post.pk) == named), None)
    if chosen is not None:
        choose(request, chosen)
        return None
    if user.acting_post is not None and opened_for == str(user.acting_post.pk):
        return None
    # The page asks by itself; nothing else has to lead to the choice.
    request.must_choose_post = ""  # type: ignore[attr-defined]
    context = {
        "posts": posts,
        "opened_for": next((post for post in posts if str(post.pk) == opened_for), None),
        "acting": user.acting_post,
        "sent": [(name, value) for name, values in request.POST.lists() for value in values if _is_typed(name)],
        "has_files": bool(request.FILES),
        "field": SEND_FOR,
    }  # fmt: skip
    return render(request, "account/form_of_another_post.html", context, status=409)


def _is_typed(name: str) -> bool:
    return name not in {"csrfmiddlewaretoken", SEND_FOR}


def _mark(request: HttpRequest, answer: Any) -> None:
    """Write into every form of a page for which post it was opened."""
    post: Post | None = getattr(request.user, "acting_post", None)
    is_page = not getattr(answer, "streaming", False) and answer.get("Content-Type", "").startswith(
        "text/html"
    )
    if post is not None and is_page:
        hidden = rb'\g<0><input type="hidden" name="%s" value="%d">' % (OPENED_FOR.encode(), post.pk)
        answer.content = _TOKEN.sub(hidden, answer.content)
