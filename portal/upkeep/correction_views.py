"""The pages on which anybody says what is wrong about a listing, and reads the outcome."""

import re
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.models import User
from portal.listings.models import Listing
from portal.listings.pictures import ACCEPT
from portal.upkeep import correcting, saying
from portal.upkeep.models import CorrectionReport, OperatorLink
from portal.upkeep.senders import Sender, sender_of

TOKEN = re.compile(r"[0-9a-f]{64}")
SHOWN = 60


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what can be said about a listing; POST `kind`, `client_id`, for something else `note` or `photo`, says it.

    A script that asks gets the part of the page alone. What is refused comes back as it was filled in.
    """
    listing = get_object_or_404(Listing.objects.published().select_related("street"), public_id=public_id)
    if request.method != "POST":
        return _form(request, listing)
    sender = sender_of(request)
    answer = _hear(request, listing, sender)
    sender.remember(answer, request)
    return answer


def _hear(request: HttpRequest, listing: Listing, sender: Sender) -> HttpResponse:
    """Write down what was sent, or give it back with a sentence."""
    if problem := sender.wait():
        return _form(request, listing, problem, 429)
    try:
        said = correcting.report(
            listing=listing,
            kind=request.POST.get("kind", ""),
            client_id=_number(request, listing.public_id),
            user=sender.user,
            note=request.POST.get("note", ""),
            photo=request.FILES.get("photo"),
            sender=sender.digest,
            origin=sender.origin,
        )
    except ValidationError as error:
        return _form(request, listing, " ".join(error.messages), 400)
    return _thanks(request, said, sender)


def _number(request: HttpRequest, public_id: str) -> uuid.UUID:
    """Return the number of what is said: the page's own with its words, so that another word is another number."""
    try:
        page = uuid.UUID(request.POST.get("client_id", "")[:36])
    except ValueError:
        page = uuid.uuid4()
    photo = request.FILES.get("photo")
    words = [request.POST.get(name, "") for name in ("kind", "note")]
    return uuid.uuid5(page, "\n".join([public_id, *words, f"{photo.name} {photo.size}" if photo else ""]))


def _form(request: HttpRequest, listing: Listing, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "listing": listing,
        "asked": saying.asked_about(listing.pk, listing.public_id, listing.kind, listing.area_code),
        "problem": problem,
        "kind": request.POST.get("kind", ""),
        "note": request.POST.get("note", "")[: correcting.NOTE_LENGTH],
        "had_photo": "photo" in request.FILES,
        "client_id": request.POST.get("client_id", "")[:36],
        "accept": ACCEPT,
        "moment": timezone.now(),
    }
    part = "upkeep/_asking.html" if _is_script(request) else "upkeep/correct.html"
    return render(request, part, context, status=status)


def _thanks(request: HttpRequest, said: CorrectionReport, sender: Sender) -> HttpResponse:
    if not _is_script(request):
        return redirect(f"{correcting.address_of(said)}?sent=1")
    return render(request, "upkeep/_outcome.html", _told(said, is_new=True, is_known=sender.user is not None))


def _told(said: CorrectionReport, *, is_new: bool, is_known: bool) -> dict[str, Any]:
    case = said.correction
    return {
        "case": case,
        "shown": saying.outcome_of(case),
        "said": said,
        "is_new": is_new,
        "is_known": is_known,
        "address": correcting.address_of(said),
        "moment": timezone.now(),
    }


@never_cache
@require_safe
def outcome(request: HttpRequest, token: str) -> HttpResponse:
    """Show what came of one word, to whoever has its token."""
    if not TOKEN.fullmatch(token):
        raise Http404
    rows = CorrectionReport.objects.select_related("correction__listing__street")
    said = get_object_or_404(rows, token_digest=OperatorLink.digest_of(token))
    context = _told(said, is_new="sent" in request.GET, is_known=request.user.is_authenticated)
    answer = render(request, "upkeep/outcome.html", context)
    answer["Referrer-Policy"] = "same-origin"
    return answer


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Show a person everything that they said was wrong, the latest first, with the outcome."""
    if not isinstance(request.user, User):
        return redirect(f"{reverse('account_login')}?next={request.path}")
    rows = CorrectionReport.objects.filter(user=request.user).select_related("correction__listing__street")
    shown = [
        (row, saying.outcome_of(row.correction), correcting.address_of(row))
        for row in rows.order_by("-made_at", "-pk")[:SHOWN]
    ]
    return render(request, "upkeep/mine.html", {"rows": shown, "tab": "me"})


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"
