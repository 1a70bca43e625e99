"""What the courier's addresses have in common: who may ask, how often, and how a refusal is said."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from portal.accounts.fresh import is_fresh
from portal.accounts.limits import MINUTE, Rate, seconds_to_wait
from services.codes.answers import container_row
from services.codes.faults import CodeRefused
from services.codes.views.shared import HEADER, json_answer, refused

P = ParamSpec("P")


def uploads(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Take a posted file from our own pages only, by the same header as JSON."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return refused("method_not_allowed", _("This address takes POST only."), 405)
        if request.headers.get(HEADER) != "1":
            return refused("not_from_here", _("Reload the page and try again."), 403)
        return view(request, *args, **kwargs)

    return answer


def saying_why(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Answer what a deed refuses."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except CodeRefused as error:
            return _refusal(error)

    return answer


def _refusal(error: CodeRefused) -> HttpResponse:
    body = {"error": error.code, "say": str(error.sentence)}
    if error.field:
        body["field"] = error.field
    if containers := error.more.get("containers"):
        return json_answer({**body, "containers": [container_row(row) for row in containers]}, error.status)
    return json_answer(body, error.status)


def for_signed_in(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse], *, needs_code: bool = False
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Refuse whoever is not signed in, or with `needs_code` not by a code by text message within 15 minutes."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return refused("sign_in", _("Sign in with your phone number first."), 403)
        if needs_code and not is_fresh(request):
            return refused(
                "sign_in_again",
                _("For this, sign in once more with a code by text message. It keeps your code yours."),
                403,
            )
        return view(request, *args, **kwargs)

    return answer


def fresh(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Refuse whoever has not typed a code by text message within 15 minutes."""
    return for_signed_in(view, needs_code=True)


def pace(what: str, who: object, rates: tuple[Rate, ...]) -> None:
    """Refuse whoever asks too often; a count of the cache, so it costs no query."""
    if wait := seconds_to_wait(f"code {what} {who}", rates):
        minutes = max(1, round(wait / MINUTE))
        sentence = _("Too many tries. Wait %(minutes)d minutes, then try again.") % {"minutes": minutes}
        raise CodeRefused("too_often", sentence, 429)
