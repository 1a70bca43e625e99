"""What the courier's own pages below `/code/` have in common: HTML that works without a script, signed in, in scope."""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from portal.listings.english import name_en
from portal.listings.models import Listing
from portal.running.databases import up_to_date
from services.codes.enrolling import holder_of
from services.codes.models import Holder
from services.codes.views.shared import code_page

P = ParamSpec("P")
PAGE = 40


def courier_page(
    view: Callable[Concatenate[HttpRequest, Holder, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give a view the holder who is signed in; lead others to the sign-in, or to “My code” when they have none."""

    @code_page
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
        with up_to_date():
            holder = holder_of(request.user)
            if holder is None:
                return render(request, "codes/care/none.html", {"tab": "code"})
            return view(request, holder, *args, **kwargs)

    return answer


def place_names(keys: Iterable[Any]) -> dict[Any, dict[str, str]]:
    """Return the names of listings by their keys, in Chinese and English."""
    rows = Listing.objects.filter(pk__in=set(keys)).values_list("pk", "name")
    return {pk: {"zh": name, "en": name_en(name)} for pk, name in rows}


def page_number(request: HttpRequest) -> int:
    """Return which page of a list was asked for; the first for whatever is no number."""
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 5 else 1


def since(now: dt.datetime, days: int) -> dt.datetime:
    """Return the moment so many days ago."""
    return now - dt.timedelta(days=days)
