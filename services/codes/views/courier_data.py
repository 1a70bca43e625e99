"""What the courier's page asks of the server; every refusal is a code and a sentence."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.accounts.limits import DAY, HOUR, MINUTE, Rate
from portal.running.databases import up_to_date
from services.codes.answers import credential_answer, epoch_ms, state_answer, unb64
from services.codes.enrolling import enrol, holder_of
from services.codes.faults import CodeRefused
from services.codes.issuing import first_credential
from services.codes.models import Container
from services.codes.renewing import new_nonce, renew
from services.codes.revoking import end_container, lose
from services.codes.views.shared import json_answer, json_view, refused
from services.codes.views.signed_in import for_signed_in, fresh, pace, saying_why

ENROL_RATES = (Rate(10, HOUR), Rate(20, DAY))
CREDENTIAL_RATES = (Rate(6, 10 * MINUTE), Rate(20, DAY))
MOST_LABEL = 60


@require_GET
@never_cache
def state(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, what they hold where, and what holds a code back."""
    with up_to_date():
        holder = holder_of(request.user) if request.user.is_authenticated else None
        return json_answer(state_answer(request.user, holder, timezone.now()))


@json_view
@saying_why
@for_signed_in
def enrol_view(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Enrol, or correct what was said; answer the state."""
    user: Any = request.user
    pace("enrol", user.pk, ENROL_RATES)
    enrol(
        user=user,
        name=body.get("name"),
        work_type=body.get("work_type"),
        platform=body.get("platform"),
        agreed=body.get("agreed") is True,
        terms_version=body.get("terms_version"),
        location_agreed=body.get("location_agreed") is True,
    )
    return json_answer(state_answer(user, holder_of(user), timezone.now()))


@json_view
@saying_why
@fresh
def credential(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Give a new browser its first credential."""
    user: Any = request.user
    pace("credential", user.pk, CREDENTIAL_RATES)
    kind, label = body.get("kind"), body.get("label") or ""
    if kind not in Container.Kind.values or not isinstance(label, str):
        raise CodeRefused("bad_request", _("This could not be read. Reload the page and try again."))
    given = first_credential(
        user=user,
        public_key=unb64(body.get("public_key"), 33),
        kind=kind,
        label="".join(filter(str.isprintable, label)).strip()[:MOST_LABEL],
    )
    return json_answer(credential_answer(given, timezone.now()))


@require_GET
@never_cache
def nonce(request: HttpRequest) -> HttpResponse:
    """Give a container something to sign; nothing is asked of the database."""
    number = _number(request.GET.get("container"))
    if not number:
        return refused("bad_request", _("This could not be read. Reload the page and try again."))
    return json_answer({"nonce": new_nonce(number), "now_ms": epoch_ms(timezone.now())})


@json_view
@saying_why
def renew_view(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Give a container its next credential, by the device key before; no session counts."""
    number, text = _number(body.get("container")), body.get("nonce")
    if not number or not isinstance(text, str):
        raise CodeRefused("bad_request", _("This could not be read. Reload the page and try again."))
    given = renew(
        container=number,
        nonce=text,
        public_key=unb64(body.get("public_key"), 33),
        signature=unb64(body.get("signature"), 64),
    )
    return json_answer(credential_answer(given, timezone.now()))


@json_view
@saying_why
@fresh
def end_container_view(request: HttpRequest, body: dict[str, Any], number: uuid.UUID) -> HttpResponse:
    """End the code on one device; answer the state."""
    end_container(user=request.user, number=number)
    return json_answer(state_answer(request.user, holder_of(request.user), timezone.now()))


@json_view
@saying_why
@fresh
def lost(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """End everything that somebody holds, because a phone was lost; answer the state."""
    lose(user=request.user)
    return json_answer(state_answer(request.user, holder_of(request.user), timezone.now()))


def _number(text: Any) -> str:
    """Return a container's number in one form of writing, "" for anything else."""
    try:
        return str(uuid.UUID(text)) if isinstance(text, str) else ""
    except ValueError:
        return ""
