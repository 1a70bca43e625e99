"""What a courier keeps with the code and may take back: photo, proof, and everything at once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.accounts.fresh import is_fresh
from portal.accounts.limits import DAY, HOUR, Rate
from portal.accounts.models import User
from portal.running.databases import up_to_date
from services.codes.answers import state_answer
from services.codes.checking import send_proof
from services.codes.enrolling import holder_of
from services.codes.erasing import erase
from services.codes.own_data import everything
from services.codes.photos import send_photo, take_away
from services.codes.views.shared import json_answer, json_view
from services.codes.views.signed_in import for_signed_in, fresh, pace, saying_why, uploads

PICTURE_RATES = (Rate(6, HOUR), Rate(12, DAY))


@uploads
@saying_why
@for_signed_in
def photo(request: HttpRequest) -> HttpResponse:
    """Keep a photo to be checked; without a file take the photo away. Answer the state."""
    pace("photo", request.user.pk, PICTURE_RATES)
    file = request.FILES.get("photo")
    if file is None and request.POST.get("take_away") == "1":
        take_away(user=request.user)
    else:
        send_photo(user=request.user, file=file)
    return json_answer(state_answer(request.user, holder_of(request.user), timezone.now()))


@uploads
@saying_why
@for_signed_in
def proof(request: HttpRequest) -> HttpResponse:
    """Keep a picture that shows for whom somebody works, to be checked; answer the state."""
    pace("proof", request.user.pk, PICTURE_RATES)
    send_proof(user=request.user, file=request.FILES.get("proof"))
    return json_answer(state_answer(request.user, holder_of(request.user), timezone.now()))


@json_view
@saying_why
@fresh
def erase_view(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Erase what is kept of the code; answer the state."""
    erase(user=request.user)
    user = User.objects.get(pk=request.user.pk)
    return json_answer(state_answer(user, holder_of(user), timezone.now()))


@require_GET
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """Give everything that is kept about the person, as a file of JSON; a link leads to the sign-in when it must."""
    if not is_fresh(request) and request.accepts("text/html"):
        return redirect(f"{reverse('account_again')}?next=/code/")
    return _everything(request)


@fresh
def _everything(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    moment = timezone.now()
    with up_to_date():
        answer = json_answer(everything(user=user, holder=holder_of(user), now=moment))
    answer["Content-Disposition"] = f'attachment; filename="nuanxin-{moment:%Y-%m-%d}.json"'
    return answer
