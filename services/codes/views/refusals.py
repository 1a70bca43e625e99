"""“I was refused”: the form, the same by JSON from a phone that was offline, and the slip for the platform."""

import datetime as dt
import uuid
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.limits import MINUTE, Rate, seconds_to_wait
from portal.listings.models import Listing
from services.codes import refusing
from services.codes.faults import CodeRefused
from services.codes.models import Holder, Refusal
from services.codes.views.care import courier_page
from services.codes.views.shared import code_page, json_answer, json_view
from services.codes.views.signed_in import for_signed_in, saying_why

SLIP_RATE = (Rate(60, MINUTE),)
ELSEWHERE = ""
CLOCK = "%Y-%m-%dT%H:%M"


class RefusalForm(forms.Form):
    """Where, when and what was said; `places` are the listings to choose from."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    listing = forms.ChoiceField(label=gettext_lazy("Where"), required=False, widget=forms.RadioSelect)
    place = forms.CharField(
        label=gettext_lazy("Compound or place"), required=False, max_length=80, strip=True
    )
    gate = forms.CharField(label=gettext_lazy("Which gate"), required=False, max_length=40, strip=True)
    happened_at = forms.DateTimeField(
        label=gettext_lazy("When"),
        input_formats=[CLOCK],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=CLOCK),
        error_messages={"invalid": gettext_lazy("Write the time as 2026-11-26 12:30.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("What was said"),
        choices=[(value, capfirst(label)) for value, label in Refusal.Reason.choices],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("In your words, if you like"),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, places: list[Listing], **kwargs: Any) -> None:
        """Offer places, and “elsewhere”."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        choices = [(listing.public_id, listing.name) for listing in places]
        field: Any = self.fields["listing"]
        field.choices = [*choices, (ELSEWHERE, _("Elsewhere; I write it below"))]
        if not choices:
            del self.fields["listing"]


@csrf_exempt
def refused_page(request: HttpRequest) -> HttpResponse:
    """Take JSON from the phone's outbox, or show and take the form."""
    if request.method == "POST" and request.content_type == "application/json":
        return told(request)
    return form_page(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def form_page(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show the form with what was reported before; keep what is posted and lead to its slip."""
    now = timezone.now()
    places = _places(request, holder, now)
    if request.method == "POST":
        form = RefusalForm(request.POST, places=places)
        if form.is_valid():
            try:
                row = refusing.refuse(user=request.user, **form.cleaned_data)
            except CodeRefused as error:
                form.add_error(error.field if error.field in form.fields else None, str(error.sentence))
            else:
                return redirect("code_slip", number=row.number)
    else:
        first = places[0].public_id if places else ELSEWHERE
        initial = {"client_id": uuid.uuid4(), "happened_at": now, "listing": first}
        form = RefusalForm(initial=initial, places=places)
    mine = Refusal.objects.filter(holder=holder).select_related("listing").order_by("-made_at")[:20]
    context = {"tab": "code", "form": form, "refusals": mine, "slip_since": now - refusing.SLIP_LIFE}
    return render(request, "codes/care/refused.html", context, status=400 if form.errors else 200)


@json_view
@saying_why
@for_signed_in
def told(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Keep a refusal `{id, at_ms, listing?, place?, gate?, reason, note?, container?}`; answer its number and slip.

    It may come days later, and again: the same id is the same refusal. `container` is the one whose code was on the
    phone when it was written; in somebody else's session it is refused with `other_holder`, and goes on waiting.
    """
    at = body.get("at_ms")
    if not isinstance(at, int) or not 0 < at < 1 << 45:
        raise CodeRefused("bad_request", _("This could not be read. Reload the page and try again."))
    row = refusing.refuse(
        user=request.user,
        client_id=body.get("id"),
        container=body.get("container"),
        reason=body.get("reason"),
        happened_at=dt.datetime.fromtimestamp(at / 1000, dt.UTC),
        listing=body.get("listing"),
        place=body.get("place"),
        gate=body.get("gate"),
        note=body.get("note"),
    )
    address = reverse("code_slip", args=[row.number])
    return json_answer(
        {
            "id": str(row.client_id),
            "number": row.number,
            "slip": address,
            "state": row.state,
            "confirmed": row.confirmed_pass_id is not None,
        }
    )


@code_page
@require_safe
@never_cache
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """Show a delay slip to whoever has its number; it names no phone and ends after 7 days."""
    if seconds_to_wait(f"code slip {get_ip(request)}", SLIP_RATE):
        return render(request, "codes/care/slip_gone.html", {"tab": "code", "is_busy": True}, status=429)
    found = refusing.slip(number=number.upper(), now=timezone.now())
    if found is None:
        answer = render(request, "codes/care/slip_gone.html", {"tab": "code"}, status=404)
    else:
        user: Any = request.user
        is_mine = user.is_authenticated and found.refusal.holder.courier.user_id == user.pk
        context = {
            "tab": "code",
            "slip": found,
            "is_mine": is_mine,
            "address": settings.CODES_BASE_URL.rstrip("/") + request.path,
        }
        answer = render(request, "codes/care/slip.html", context)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _places(request: HttpRequest, holder: Holder, now: dt.datetime) -> list[Listing]:
    """Return the place that was asked for by address, then those of the last two days."""
    asked = (request.GET.get("listing") or request.POST.get("listing") or "").upper()[:10]
    found = (
        list(Listing.objects.published().only("name", "public_id").filter(public_id=asked)) if asked else []
    )
    return found + [listing for listing in refusing.lately(holder, now) if listing not in found]
