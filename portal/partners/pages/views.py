"""The pages on which an organisation keeps its own keys."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.models import Organisation
from portal.partners.models import ApiKey
from portal.partners.once import keep_for_next_page, take_once
from portal.partners.pages.access import for_keepers, has_proved
from portal.partners.pages.forms import RenameForm, RotateForm
from portal.partners.pages.showing import example_of, shown
from portal.partners.renaming import rename_key
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import rotate_key
from portal.partners.webhooks.showing import section


@require_safe
@for_keepers
def index(request: HttpRequest, *, organisation: Organisation) -> HttpResponse:
    """List the keys of the person's own organisation: those that hold, then those that are over."""
    rows = shown(ApiKey.objects.kept_by(request.user).order_by("name", "-pk"))
    held = [row for row in rows if row.key.is_usable]
    over = [row for row in rows if not row.key.is_usable]
    return _page(request, "index", organisation, held=held, over=over, **section(organisation))


@require_safe
@for_keepers
@sensitive_variables("secret")
def key(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Show one key; right after it was made its text too, once."""
    row = _own(request, pk)
    secret = take_once(request, f"key {row.pk}")
    return _page(request, "key", organisation, row=shown([row])[0], secret=secret, example=example_of(row))


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def rename(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Ask what a key is called."""
    row = _own(request, pk)
    form = RenameForm(request.POST or None, instance=row, label_suffix="")
    if request.method == "POST" and form.is_valid():
        if rename_key(key=row, name=form.cleaned_data["name"], by=request.user):
            messages.success(request, _("The key is now called “%(name)s”.") % form.cleaned_data)
        return redirect("partner_key", pk=pk)
    status = 400 if request.method == "POST" else 200
    return _page(request, "rename", organisation, status, row=shown([_own(request, pk)])[0], form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
@sensitive_variables("text")
def rotate(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Ask how long the old key still holds; then make the new one, whose page shows it once."""
    row = _own(request, pk)
    form = RotateForm(request.POST or None, label_suffix="")
    proved = has_proved(request)
    if request.method == "POST" and proved and form.is_valid():
        try:
            new, text = rotate_key(key=row, by=request.user, overlap=form.cleaned_data["overlap"])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("partner_key", pk=pk)
        keep_for_next_page(request, f"key {new.pk}", text)
        return redirect("partner_key", pk=new.pk)
    status = 400 if request.method == "POST" else 200
    return _page(request, "rotate", organisation, status, row=shown([row])[0], form=form, proved=proved)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def revoke(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Ask whether a key shall end at once; then end it."""
    row = _own(request, pk)
    proved = has_proved(request)
    if request.method == "POST" and proved:
        revoke_keys(keys=ApiKey.objects.kept_by(request.user).filter(pk=pk), by=request.user)
        messages.success(request, _("“%(name)s” (%(prefix)s…) does not work any more.") % _named(row))
        return redirect("partners")
    status = 400 if request.method == "POST" else 200
    return _page(request, "revoke", organisation, status, row=shown([row])[0], proved=proved)


def _named(row: ApiKey) -> dict[str, str]:
    return {"name": row.name, "prefix": row.prefix}


def _own(request: HttpRequest, pk: int) -> ApiKey:
    """Return a key of the person's own organisation; one of another's is as unknown as one that is not there."""
    rows = ApiKey.objects.kept_by(request.user).select_related("organisation", "successor")
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, name: str, organisation: Organisation, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"tab": "me", "organisation": organisation, **context}
    return render(request, f"partners/{name}.html", context, status=status)
