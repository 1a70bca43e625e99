"""The page behind the link in a text: the operator of a place says what is still true, without an account.

Looking at it changes nothing but that it was opened: messengers look at every link. Whoever holds the link may answer,
so it needs neither a session nor a cookie against forged forms: a forger would need the link as well.
"""

from typing import Any

import orjson
from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from portal.accounts.limits import MINUTE, Rate, seconds_to_wait
from portal.listings.saying import facts_said
from portal.upkeep import answering
from portal.upkeep.answer_form import AnswerForm
from portal.upkeep.models import OperatorAsk

#: So many links that are none from one address; an operator opens one.
GUESSES = (Rate(20, 10 * MINUTE),)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask about one place after the other; take each answer once."""
    try:
        link = answering.find(token)
    except answering.NoSuchLink:
        is_busy = bool(seconds_to_wait(f"operator link {get_ip(request)}", GUESSES))
        return _shown(request, "gone", 429 if is_busy else 404, is_busy=is_busy)
    asks = answering.questions_of(link)
    if request.method != "POST":
        if request.method == "GET":
            answering.opened(link)
        return _question(request, asks) if asks else _shown(request, "answered", 410)
    chosen = request.POST.get("ask", "")
    ask = next((one for one in asks if str(one.pk) == chosen), None)
    if ask is None:
        told = _("This place was answered for already.") if asks else ""
        return _question(request, asks, told=told) if asks else _shown(request, "answered", 410)
    return _answer(request, ask, asks)


def _answer(request: HttpRequest, ask: OperatorAsk, asks: list[OperatorAsk]) -> HttpResponse:
    listing = answering.place_of(ask)
    form = AnswerForm(request.POST, listing=listing, groups=_groups(ask))
    if not form.is_valid():
        return _question(request, asks, form=form, ask=ask, status=422)
    left = [one for one in asks if one.pk != ask.pk]
    try:
        answering.answer(ask=ask, form=form, version=_version(request))
    except answering.Moved:
        told = _("What is shown here has changed in the meantime. Please look at it once more.")
        return _question(request, asks, ask=ask, told=told, status=409)
    except answering.Answered:
        told = _("This place was answered for already.")
        return _question(request, left, told=told) if left else _shown(request, "answered", 410)
    if not left:
        return _shown(request, "thanks")
    return _question(request, left, told=_("Thank you for “%(name)s”.") % {"name": ask.listing.name})


def _version(request: HttpRequest) -> int:
    """Return the version of the place that the page showed; one that cannot be read is none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _groups(ask: OperatorAsk) -> list[str]:
    return [group for group in ask.groups if group in type(ask.listing.as_kind).fact_groups]


def _question(
    request: HttpRequest,
    asks: list[OperatorAsk],
    *,
    form: AnswerForm | None = None,
    ask: OperatorAsk | None = None,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the question about one place, the first that waits unless another is named."""
    ask = ask or asks[0]
    listing = answering.place_of(ask)
    form = form or AnswerForm(listing=listing, groups=_groups(ask))
    doc = orjson.loads(listing.document)
    questions = [{**one, "lines": facts_said(doc, one["group"])} for one in form.questions()]
    more = {"ask": ask, "listing": listing, "form": form, "questions": questions, "told": told}
    return _shown(request, "question", status, **more, left=len(asks))


def _shown(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    answer = render(request, f"upkeep/operator_{name}.html", context, status=status)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
