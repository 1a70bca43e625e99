"""The pages of what one was told: the list, opening one, and how one wants to be told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.notices import reading, wishing
from portal.notices.digests import is_mailed
from portal.notices.forms import AddressForm, WishesForm
from portal.notices.models import Notice
from portal.notices.quiet import preference_of

PER_PAGE = 30


@require_safe
@never_cache
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Show what the person was told, the newest first."""
    rows = Notice.objects.shown_to(request.user)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"tab": "me", "page": page, "unread": reading.unread_count(request.user)}
    return render(request, "notices/list.html", context)


@require_safe
@never_cache
def unread(request: HttpRequest) -> JsonResponse:
    """Say how much is unread, for the bell; null to who is not signed in."""
    user = request.user
    return JsonResponse({"unread": reading.unread_count(user) if user.is_authenticated else None})


@require_POST
@login_required
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and lead to what it is about."""
    notice = reading.open_notice(user=request.user, pk=pk)
    if notice is None:
        raise Http404
    is_ours = notice.url.startswith("/") and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return redirect(notice.url if is_ours else "notices")


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    reading.read_all(user=request.user)
    return redirect("notices")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def wishes(request: HttpRequest) -> HttpResponse:
    """Show and keep how the person wants to be told."""
    user: Any = request.user
    form = WishesForm(
        request.POST or None, instance=preference_of(user), with_email=is_mailed(user), label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        wishing.keep(user=user, wishes=form.cleaned_data)
        messages.success(request, _("What you chose is kept."))
        return redirect("notice_wishes")
    return _shown(request, form=form, status=400 if request.method == "POST" else 200)


@require_POST
@login_required
def address(request: HttpRequest) -> HttpResponse:
    """Send a link to the address that a member of staff gave, or forget the one that is known."""
    user: Any = request.user
    if not is_mailed(user):
        raise Http404
    if "forget" in request.POST:
        wishing.forget_address(user=user)
        messages.success(request, _("The address is forgotten. You get no e-mail any more."))
        return redirect("notice_wishes")
    form = AddressForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _shown(request, address_form=form, status=400)
    try:
        wishing.ask_address(user=user, address=form.cleaned_data["address"])
    except wishing.TooOften:
        form.add_error("address", _("That is enough for today: five links were sent. Try again tomorrow."))
        return _shown(request, address_form=form, status=429)
    messages.success(request, _("A link is on its way to %(address)s.") % form.cleaned_data)
    return redirect("notice_wishes")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def address_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the address that a link was sent to; POST makes it the person's own."""
    try:
        if request.method == "POST":
            taken = wishing.take_address(user=request.user, token=token)
            messages.success(request, _("Your daily e-mail goes to %(address)s.") % {"address": taken})
            return redirect("notice_wishes")
        asked = wishing.asked_address(user=request.user, token=token)
    except wishing.NotYours:
        return render(request, "notices/address.html", {"tab": "me", "asked": ""}, status=410)
    return render(request, "notices/address.html", {"tab": "me", "asked": asked})


def _shown(
    request: HttpRequest, *, form: Any = None, address_form: Any = None, status: int = 200
) -> HttpResponse:
    user: Any = request.user
    context = {
        "tab": "me",
        "form": form or WishesForm(instance=preference_of(user), with_email=is_mailed(user), label_suffix=""),
        "address_form": (address_form or AddressForm(label_suffix="")) if is_mailed(user) else None,
    }
    return render(request, "notices/wishes.html", context, status=status)
