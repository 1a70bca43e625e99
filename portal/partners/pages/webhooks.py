"""The pages on which an organisation keeps its own webhooks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import Organisation
from portal.partners.models import Nudge, Webhook
from portal.partners.once import keep_for_next_page, take_once
from portal.partners.pages.access import for_keepers, has_proved
from portal.partners.webhooks import keeping
from portal.partners.webhooks.showing import messages_of, said, shown


class AddForm(forms.Form):
    """Where messages go."""

    url = forms.URLField(
        label=gettext_lazy("Address of your system"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(
            attrs={
                "placeholder": "https://sync.example.com/nuanxin",
                "autocomplete": "off",
                "inputmode": "url",
            }
        ),
    )


@require_safe
@for_keepers
def webhooks(request: HttpRequest, *, organisation: Organisation) -> HttpResponse:
    """Lead to where they are listed."""
    return redirect(f"{reverse('partners')}#webhooks")


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
@sensitive_variables("secret")
def add(request: HttpRequest, *, organisation: Organisation) -> HttpResponse:
    """Ask for an address; then make the webhook, whose page shows its secret once."""
    form = AddForm(request.POST or None, label_suffix="")
    proved = has_proved(request)
    if request.method == "POST" and proved and form.is_valid():
        try:
            row, secret = keeping.add_webhook(
                organisation=organisation, url=form.cleaned_data["url"], by=request.user
            )
        except ValidationError as error:
            form.add_error("url", error.messages)
        else:
            keep_for_next_page(request, f"webhook {row.pk}", secret)
            return redirect("partner_webhook", pk=row.pk)
    status = 400 if request.method == "POST" else 200
    return _page(request, "webhook_add", organisation, status, form=form, proved=proved)


@require_safe
@for_keepers
@sensitive_variables("secret")
def webhook(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Show one webhook and what became of its messages; right after it got a secret that too, once."""
    row = shown(_own(request, pk))[0]
    secret = take_once(request, f"webhook {pk}")
    sent = messages_of(row.webhook)
    lost = any(message.message.may_go_again for message in sent)
    return _page(request, "webhook", organisation, row=row, secret=secret, sent=sent, lost=lost)


@require_POST
@for_keepers
def test(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Send a test at once and say what came of it."""
    message = keeping.send_test(webhook=_own(request, pk).get())
    if message is None:
        messages.warning(request, _("A test was sent a moment ago. Wait a few seconds."))
    elif message.state == Nudge.State.DELIVERED:
        messages.success(request, _("The test has arrived."))
    else:
        last = message.tries.first()
        why = said(last) if last is not None else _("nobody knows")
        messages.error(request, _("The test did not arrive: %(why)s.") % {"why": why})
    return redirect("partner_webhook", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
@sensitive_variables("secret")
def rotate(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Ask whether it shall get a new secret; then make it, and let the webhook's page show it once."""
    row = shown(_own(request, pk))[0]
    proved = has_proved(request)
    if request.method == "POST" and proved:
        secret = keeping.rotate_secret(webhook=row.webhook, by=request.user)
        keep_for_next_page(request, f"webhook {pk}", secret)
        return redirect("partner_webhook", pk=pk)
    status = 400 if request.method == "POST" else 200
    return _page(request, "webhook_rotate", organisation, status, row=row, proved=proved)


@require_POST
@for_keepers
def stop(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Stop telling it of changes."""
    if keeping.stop_webhook(webhook=_own(request, pk).get(), by=request.user):
        messages.success(request, _("It is stopped. What changes meanwhile is told when you start it again."))
    return redirect("partner_webhook", pk=pk)


@require_POST
@for_keepers
def start(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Tell it of changes again."""
    if keeping.start_webhook(webhook=_own(request, pk).get(), by=request.user):
        messages.success(request, _("It is told of changes again."))
    return redirect("partner_webhook", pk=pk)


@require_POST
@for_keepers
def replay(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Send what was given up again: one message, or all."""
    rows = Nudge.objects.filter(webhook__in=_own(request, pk))
    chosen = request.POST.get("message", "")
    if chosen:
        rows = rows.filter(message_id=chosen)
    if keeping.send_again(nudges=rows, by=request.user):
        messages.success(request, _("It is sent again, in a few seconds."))
    else:
        messages.warning(request, _("There is nothing to send again, or the webhook is stopped."))
    return redirect("partner_webhook", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def remove(request: HttpRequest, pk: int, *, organisation: Organisation) -> HttpResponse:
    """Ask whether a webhook shall go; then take it away."""
    row = shown(_own(request, pk))[0]
    if request.method == "POST":
        keeping.remove_webhook(webhook=row.webhook, by=request.user)
        messages.success(request, _("The webhook at %(host)s is gone.") % {"host": row.webhook.host})
        return redirect("partners")
    return _page(request, "webhook_remove", organisation, row=row)


def _own(request: HttpRequest, pk: int) -> Any:
    """Return a webhook of the person's own organisation as a queryset; another's is as unknown as one not there."""
    rows = Webhook.objects.kept_by(request.user).filter(pk=pk) if pk < 2**63 else Webhook.objects.none()
    if not rows.exists():
        raise Http404
    return rows


def _page(
    request: HttpRequest, name: str, organisation: Organisation, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"tab": "me", "organisation": organisation, **context}
    return render(request, f"partners/{name}.html", context, status=status)
