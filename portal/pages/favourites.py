"""Favourites without signing in: public ids in a cookie that the phone's own script may read and write too."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.listings import reading
from portal.listings.models import Listing
from portal.pages import moment as clock
from portal.pages.home import distances_to
from portal.pages.places import place_of
from portal.pages.returning import next_page

COOKIE = "favourites"
COOKIE_SECONDS = 400 * 24 * 3600
MOST = 60
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}")


def read(request: HttpRequest) -> list[str]:
    """Return the ids in the visitor's cookie, newest first; whatever is no id is left out."""
    found = [part for part in request.COOKIES.get(COOKIE, "").split(".") if _ID.fullmatch(part)]
    return list(dict.fromkeys(found))[:MOST]


def write(answer: HttpResponse, request: HttpRequest, ids: list[str]) -> None:
    """Keep the ids, newest first and never more than 60; none forgets the cookie."""
    if not ids:
        answer.delete_cookie(COOKIE, samesite="Lax")
        return
    answer.set_cookie(
        COOKIE,
        ".".join(ids[:MOST]),
        max_age=COOKIE_SECONDS,
        samesite="Lax",
        secure=request.is_secure(),
    )


def renew(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Keep the ids for as long again: Safari forgets after seven days what a script wrote, not what the server did.

    A page that a script fetched may come after a later change, which it must not undo.
    """
    ids = read(request)
    if ids and not _is_script(request):
        write(answer, request, ids)
    return answer


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


@require_http_methods(["GET", "HEAD", "POST"])
def favourites(request: HttpRequest) -> HttpResponse:
    """Show the favourites; POST `add` or `remove` with a public id changes them and leads back to `next`."""
    if request.method == "POST":
        return _change(request)
    ids = read(request)
    rows = Listing.objects.published().filter(public_id__in=ids)
    moment = clock.now()
    found = {
        card.doc["id"]: card for card in reading.cards(rows, moment, distances_to(rows, place_of(request)))
    }
    context = {
        "cards": [found[public_id] for public_id in ids if public_id in found],
        "gone": [public_id for public_id in ids if public_id not in found],
        "count": len(ids),
        "most": MOST,
        "moment": moment,
        "tab": "me",
    }
    return renew(render(request, "pages/favourites.html", context), request)


def _change(request: HttpRequest) -> HttpResponse:
    added, removed = request.POST.get("add", ""), request.POST.get("remove", "")
    ids = [public_id for public_id in read(request) if public_id not in (added, removed)]
    if _ID.fullmatch(added) and Listing.objects.published().filter(public_id=added).exists():
        ids.insert(0, added)
    if _is_script(request):
        answer = HttpResponse(status=204)
    else:
        _tell(request, ids, added, removed)
        answer = HttpResponseRedirect(next_page(request, "favourites"))
    write(answer, request, ids)
    return answer


def _tell(request: HttpRequest, ids: list[str], added: str, removed: str) -> None:
    if added in ids:
        messages.success(request, _("Added to your favourites. They are kept on this phone only."))
        if len(ids) > MOST:
            told = ngettext(
                "The phone keeps %(count)d favourite: the one you added first made room.",
                "The phone keeps %(count)d favourites: the one you added first made room.",
                MOST,
            )
            messages.warning(request, told % {"count": MOST})
    elif _ID.fullmatch(removed):
        messages.success(request, _("Removed from your favourites."))
