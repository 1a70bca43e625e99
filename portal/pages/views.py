"""The small pages: place, rights, me, the look, and what is shown when something goes wrong."""

import sys
from typing import Any

from django.db.models import Q
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    HttpResponseServerError,
)
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import Courier
from portal.notices.reading import unread_count
from portal.pages import favourites, places
from portal.pages.context import LOOKS
from portal.pages.models import RightsCard
from portal.pages.returning import next_page
from portal.partners.keepers import organisation_kept_by
from portal.regions.models import District, Street
from portal.running.databases import LOST, lost_answer
from portal.running.requests import request_id

LOOK_SECONDS = 365 * 24 * 3600
FOUND_AT_MOST = 60


@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest) -> HttpResponse:
    """Choose where to look: POST `area` (a code, "" for the whole city), or GET `near` from the phone."""
    if request.method == "POST":
        chosen = places.place_from(f"a:{request.POST.get('area', '')}")
        answer = HttpResponseRedirect(next_page(request))
        places.remember(answer, request, chosen)
        return answer
    found, problem = places.place_asked(request)
    if request.GET.get("near") and not problem:
        answer = HttpResponseRedirect(next_page(request))
        places.remember(answer, request, found)
        return answer
    return render(
        request, "pages/place.html", {**_regions(request), "next": next_page(request), "problem": problem}
    )


def _regions(request: HttpRequest) -> dict[str, Any]:
    """Return the districts, the one that is opened and its streets, or what a search found."""
    text = request.GET.get("q", "").replace("\x00", "").strip().lower()[:30]
    districts = District.objects.current()
    if text:
        matches = Q(name__icontains=text) | Q(initials__startswith=text)
        spelled = text.replace(" ", "")
        streets: list[Any] = [
            street
            for street in Street.objects.current().select_related("district")
            if _matches(street, text, spelled) or _matches(street.district, text, spelled)
        ]
        whole = list(districts.filter(matches)) + [
            row for row in districts if spelled and row.pinyin.replace(" ", "").startswith(spelled)
        ]
        found = [*dict.fromkeys(whole), *streets]
        return {"q": text, "districts": districts, "district": None, "streets": found[:FOUND_AT_MOST]}
    district = districts.filter(pk=request.GET.get("district", "")[:6]).first()
    return {
        "q": "",
        "districts": districts,
        "district": district,
        "streets": Street.objects.current().filter(district=district) if district else [],
    }


def _matches(region: Any, text: str, spelled: str) -> bool:
    pinyin = region.pinyin.replace(" ", "")
    return text in region.name or pinyin.startswith(spelled) or region.initials.startswith(spelled)


@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Show the cards about rights."""
    try:
        stations_url = reverse("stations:list")
    except NoReverseMatch:
        stations_url = ""
    context = {"cards": RightsCard.objects.published(), "stations_url": stations_url, "tab": "rights"}
    return render(request, "pages/rights.html", context)


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show who is signed in, with the phone masked; settings for everyone."""
    context: dict[str, Any] = {"tab": "me"}
    if request.user.is_authenticated:
        courier = Courier.objects.filter(user=request.user).first()
        context["work_type"] = courier.get_work_type_display() if courier else ""
        context["driver"] = bool(courier and courier.work_type == Courier.WorkType.RIDE_HAILING)
        context["unread"] = unread_count(request.user)
        context["post"] = getattr(request.user, "acting_post", None)
        context["keeps_keys"] = organisation_kept_by(request.user) is not None
        context["must_choose"] = bool(getattr(request, "must_choose_post", ""))
    return favourites.renew(render(request, "pages/me.html", context), request)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask for the old name to the icon."""
    return redirect(static("img/favicon.svg"))


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep the look or the size of text that was chosen; an empty choice follows the device."""
    answer = redirect("me")
    for name, values in LOOKS.items():
        chosen = request.POST.get(name)
        if chosen in values:
            # Scripts read it: the code's page is the same for everybody and takes on the look by itself.
            answer.set_cookie(name, chosen, max_age=LOOK_SECONDS, samesite="Lax", secure=request.is_secure())
        elif chosen is not None:
            answer.delete_cookie(name)
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be read; needs neither user nor database."""
    return HttpResponseBadRequest(loader.render_to_string("400.html"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the page is somebody else's."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing here, and where to look."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault; needs neither user nor database.

    A lost database is a 503: it will be back, and a reading request may be tried on another node at once.
    """
    body = loader.render_to_string("500.html", {"request_id": request_id()})
    if isinstance(sys.exc_info()[1], LOST):
        return lost_answer(HttpResponse(body, status=503))
    return HttpResponseServerError(body)
