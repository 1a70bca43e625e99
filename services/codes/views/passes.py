"""My passes, and who looked at who I am."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from services.codes.evidence import LET_IN
from services.codes.models import Amendment, Holder, LookUp, Pass
from services.codes.views.care import PAGE, courier_page, page_number, place_names, since
from services.codes.xg1 import Verdict

DAYS = 30


@require_safe
@courier_page
def passes(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show where and when my code was used within 30 days; what is my own word says so."""
    rows = Pass.objects.of_holder(holder).filter(scanned_at__gt=since(timezone.now(), DAYS))
    page = Paginator(rows.order_by("-scanned_at", "-id"), PAGE).get_page(page_number(request))
    shown = list(page.object_list)
    places = place_names(row.listing_id for row in shown)
    said = _said_later(row.pk for row in shown)
    context = {
        "tab": "code",
        "page": page,
        "days": DAYS,
        "passes": [
            {
                "row": row,
                "place": places.get(row.listing_id),
                "is_in": said.get(row.pk, row.verdict) in LET_IN or row.method == Pass.Method.OVERRIDE,
                "is_claim": row.method == Pass.Method.CLAIM,
                "is_annulled": said.get(row.pk) == Verdict.ANNULLED,
            }
            for row in shown
        ],
    }
    return render(request, "codes/care/passes.html", context)


@require_safe
@courier_page
def looked(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show which role of which unit looked up who I am, what for and when."""
    rows = LookUp.objects.told(timezone.now()).filter(holder_id=holder.pk)
    page = Paginator(rows.order_by("-made_at", "-pk"), PAGE).get_page(page_number(request))
    return render(request, "codes/care/looked.html", {"tab": "code", "page": page})


def _said_later(keys: Any) -> dict[Any, str]:
    """Return what the server or a person said of passes afterwards; a conflict alone says nothing yet."""
    kinds = [Amendment.Kind.VERDICT, Amendment.Kind.ANNULMENT]
    rows = Amendment.objects.filter(pass_id__in=list(keys), kind__in=kinds).order_by("made_at", "pk")
    return dict(rows.values_list("pass_id", "verdict"))
