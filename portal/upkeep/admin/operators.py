"""Whom to ask about one listing, and what was asked: reached from the listing's page."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from phonenumber_field.formfields import PhoneNumberField

from portal.accounts.admin_scope import BIGINT
from portal.accounts.staff_pages import StaffPage, add_page
from portal.listings.admin import pages
from portal.listings.admin.doing import admin_url
from portal.listings.freshness import facts_of
from portal.listings.models import FactGroup, Listing, Stewardship
from portal.upkeep.asking import Asked, ask
from portal.upkeep.contacts import erase_contact, keep_contact
from portal.upkeep.models import OperatorAsk, OperatorContact

MOBILE = re.compile(r"\+861[3-9]\d{9}")
VIEW, ASK = "upkeep.view_operatorcontact", "upkeep.add_operatorlink"
MOST_ASKS = 10


class ContactForm(forms.ModelForm):
    """Name and mobile phone of whoever runs the place."""

    phone = PhoneNumberField(label=gettext_lazy("mobile phone"), region="CN")

    class Meta:
        model = OperatorContact
        fields = ("name", "phone", "is_asked_weekly")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["phone"] = self.instance.phone.as_national

    def clean_phone(self) -> Any:
        """Refuse what takes no text message."""
        phone = self.cleaned_data["phone"]
        if not MOBILE.fullmatch(str(phone)):
            raise ValidationError(
                _("This number takes no text messages. Give a mobile phone such as 138 0013 8000.")
            )
        return phone


def told(request: HttpRequest, asked: Asked) -> None:
    """Say what came of asking."""
    if count := len(asked.by_text):
        text = ngettext(
            "Asked by text: %(count)d place. The link holds for seven days.",
            "Asked by text: %(count)d places. The link holds for seven days.",
            count,
        )
        messages.success(request, text % {"count": count})
    if count := len(asked.by_notice):
        text = ngettext(
            "Asked by a notice to whoever keeps it here: %(count)d place.",
            "Asked by a notice to whoever keeps them here: %(count)d places.",
            count,
        )
        messages.success(request, text % {"count": count})
    if count := len(asked.today_already):
        text = ngettext(
            "%(count)d place was left out: its operator was asked today already.",
            "%(count)d places were left out: their operators were asked today already.",
            count,
        )
        messages.warning(request, text % {"count": count})
    if count := len(asked.unreached):
        text = ngettext(
            "%(count)d place has nobody to ask. Enter a contact on its page.",
            "%(count)d places have nobody to ask. Enter a contact on their pages.",
            count,
        )
        messages.warning(request, text % {"count": count})


def _listing(request: HttpRequest, key: int) -> Any:
    user: Any = request.user
    found = Listing.objects.editable_by(user).filter(pk=key).first() if key < BIGINT else None
    if found is None:
        raise PermissionDenied
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def operator_view(request: HttpRequest, key: int) -> HttpResponseBase:
    """Show and keep the contact of one listing; ask it; erase it."""
    listing, user = _listing(request, key), request.user
    contact = OperatorContact.objects.filter(listing=listing).first()
    needed = "change" if contact else "add"
    may_keep = user.has_perm(f"upkeep.{needed}_operatorcontact")
    form = ContactForm(instance=contact)
    if request.method == "POST":
        here = redirect("admin:upkeep_operator", key)
        if "ask" in request.POST:
            _ask(request, listing)
            return here
        if "erase" in request.POST:
            if not user.has_perm("upkeep.delete_operatorcontact"):
                raise PermissionDenied
            if erase_contact(listing=listing, actor=user):
                messages.success(request, _("The contact is erased."))
            return here
        if not may_keep:
            raise PermissionDenied
        form = ContactForm(request.POST, instance=OperatorContact(listing=listing))
        if form.is_valid():
            keep_contact(listing=listing, actor=user, **form.cleaned_data)
            messages.success(request, _("The contact is kept."))
            return here
    return _page(request, listing, form, contact, may_keep)


def _ask(request: HttpRequest, listing: Listing) -> None:
    """Ask about what is overdue, else about everything."""
    if not request.user.has_perm(ASK):
        raise PermissionDenied
    facts, now = facts_of(Listing.objects.filter(pk=listing.pk)), timezone.now()
    due = [fact for fact in facts if fact.is_due(now)] or facts
    if not due:
        messages.warning(request, _("Only places that the public sees are asked about."))
        return
    told(request, ask(facts=[(fact.listing_id, fact.group) for fact in due], actor=request.user))


def _page(
    request: HttpRequest, listing: Listing, form: ContactForm, contact: Any, may_keep: bool
) -> HttpResponse:
    asks = OperatorAsk.objects.filter(listing=listing).select_related("link").order_by("-pk")[:MOST_ASKS]
    stewards = Stewardship.objects.filter(listing=listing).select_related("post__user", "post__organisation")
    context = {
        **admin.site.each_context(request),
        "title": _("Operator of “%(name)s”") % {"name": listing.name},
        "listing": listing,
        "back": admin_url(listing),
        "form": form,
        "contact": contact,
        "may_keep": may_keep,
        "may_erase": contact is not None and request.user.has_perm("upkeep.delete_operatorcontact"),
        "may_ask": listing.is_public and request.user.has_perm(ASK),
        "stewards": [row.post for row in stewards if row.post.is_current],
        "asks": [(row, _answers(row)) for row in asks],
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/upkeep/operator.html", context)


def _answers(row: OperatorAsk) -> list[tuple[str, str]]:
    """Return what was asked with what came back: "true", "wrong" or nothing."""
    return [(str(FactGroup(group).label), row.answers.get(group, "")) for group in row.groups]


def may_see(user: Any) -> bool:
    """Say whether the person may see whom to ask; of which listings is asked of `editable_by`."""
    return user.is_active and user.is_staff and user.has_perm(VIEW)


add_page(
    StaffPage(
        "operators/<int:key>/", "upkeep_operator", gettext_lazy("Operator's contact"), operator_view, may_see
    )
)


def _beside(request: HttpRequest, listing: Listing) -> pages.Beside | None:
    if not may_see(request.user):
        return None
    return pages.Beside(_("Operator's contact"), reverse("admin:upkeep_operator", args=[listing.pk]))


pages.beside(_beside)
