"""What was reported at a gate and written about it, and notices with their appeal."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages as told
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from services.codes import conduct, incidents
from services.codes.faults import CodeRefused
from services.codes.models import ConductCase, Holder, Incident, IncidentMessage, Pass
from services.codes.views.care import courier_page, place_names

MOST = 30
BIGINT = 2**63


class AnswerForm(forms.Form):
    """A courier's answer."""

    incident = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=BIGINT - 1)
    text = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class AppealForm(forms.Form):
    """A courier's appeal."""

    case = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=BIGINT - 1)
    text = forms.CharField(
        label=gettext_lazy("Why you do not agree"), max_length=500, widget=forms.Textarea(attrs={"rows": 4})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def messages(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show what was reported at gates about my passes, and what was written; take an answer."""
    posted = AnswerForm(request.POST, label_suffix="") if request.method == "POST" else None
    if posted is not None and posted.is_valid() and _answered(request, holder, posted):
        return redirect("code_messages")
    rows = Incident.objects.about(holder).select_related("listing").prefetch_related("messages")
    found = list(rows.order_by("-made_at")[:MOST])
    if request.method != "HEAD":
        incidents.read(incidents=found, side=IncidentMessage.Side.COURIER, reader=request.user)
    asked = posted.data.get("incident") if posted is not None else None
    context = {
        "tab": "code",
        "threads": [
            {
                "incident": row,
                "form": None
                if row.state == Incident.State.CLOSED
                else posted
                if asked == str(row.pk)
                else AnswerForm(initial={"incident": row.pk}, label_suffix="", auto_id=f"id_%s_{row.pk}"),
            }
            for row in found
        ],
    }
    return render(request, "codes/care/messages.html", context, status=400 if posted is not None else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@courier_page
def notices(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show the notices that I was given, with their evidence and clock; take an appeal."""
    posted = AppealForm(request.POST, label_suffix="") if request.method == "POST" else None
    if posted is not None and posted.is_valid() and _appealed(request, holder, posted):
        return redirect("code_conduct")
    rows = ConductCase.objects.filter(holder=holder).select_related("incident")
    cases = list(rows.order_by("-noticed_at")[:MOST])
    places = place_names(case.incident.listing_id for case in cases)
    kept = _passes(case.incident.pass_id for case in cases)
    now = timezone.now()
    asked = posted.data.get("case") if posted is not None else None
    context = {
        "tab": "code",
        "steps": [{"name": grade.label, "days": conduct.LASTS[grade].days} for grade in conduct.LADDER],
        "cases": [
            {
                "case": case,
                "place": places.get(case.incident.listing_id),
                "pass": kept.get(case.incident.pass_id) if case.incident.pass_id else None,
                "is_over": case.state == ConductCase.State.UPHELD and case.ends_at <= now,
                "form": None
                if case.state != ConductCase.State.NOTICE or case.appeal_until <= now
                else posted
                if asked == str(case.pk)
                else AppealForm(initial={"case": case.pk}, label_suffix="", auto_id=f"id_%s_{case.pk}"),
            }
            for case in cases
        ],
    }
    return render(request, "codes/care/conduct.html", context, status=400 if posted is not None else 200)


def _answered(request: HttpRequest, holder: Holder, form: forms.Form) -> bool:
    given: Any = form.cleaned_data
    incident = Incident.objects.about(holder).filter(pk=given["incident"]).first()
    if incident is None:
        form.add_error(None, _("There is no such message."))
        return False
    try:
        incidents.answer(incident=incident, holder=holder, text=given["text"])
    except ValidationError as error:
        form.add_error("text", error.messages)
        return False
    told.success(request, _("Your answer was sent. No number and no name went with it."))
    return True


def _appealed(request: HttpRequest, holder: Holder, form: forms.Form) -> bool:
    given: Any = form.cleaned_data
    case = ConductCase.objects.filter(pk=given["case"], holder=holder).first()
    try:
        if case is None:
            raise CodeRefused("unknown_case", _("There is no such notice."), 404)
        conduct.appeal(case=case, holder=holder, text=given["text"])
    except CodeRefused as error:
        form.add_error(None, str(error.sentence))
        return False
    except ValidationError as error:
        form.add_error("text", error.messages)
        return False
    told.success(
        request, _("Your appeal was received. Nothing takes effect until somebody else has decided.")
    )
    return True


def _passes(keys: Any) -> dict[uuid.UUID, Pass]:
    return Pass.objects.in_bulk([key for key in keys if key])
