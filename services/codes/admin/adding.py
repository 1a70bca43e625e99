"""Pages that add something by a deed instead of by a model's form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from portal.listings.models import Listing
from portal.partners.models import ApiKey
from services.codes.admin.asking import ReportForm, line, say_why
from services.codes.faults import CodeRefused
from services.codes.models import Checkpoint, Device


class AddIncident(ReportForm):
    """What happened where, without a pass."""

    listing = forms.ModelChoiceField(Listing.objects.none(), label=gettext_lazy("listing"))
    field_order = ("listing", "kind", "note")

    def __init__(self, *args: Any, request: HttpRequest, model_admin: Any, **kwargs: Any) -> None:
        """Take only listings that the person keeps."""
        super().__init__(*args, **kwargs)
        keep(self, "listing", Listing.objects.editable_by(request.user), request, model_admin)


class AddDevice(forms.Form):
    """A guard's phone, or a turnstile with its key."""

    listing = forms.ModelChoiceField(Listing.objects.none(), label=gettext_lazy("listing"))
    name = line(gettext_lazy("name"), 40, help_text=gettext_lazy("How you call it: “south gate, phone 1”."))
    kind = forms.ChoiceField(
        label=gettext_lazy("kind"), choices=Device.Kind.choices, widget=UnfoldAdminSelectWidget()
    )
    checkpoint = forms.ModelChoiceField(
        Checkpoint.objects.none(),
        label=gettext_lazy("checkpoint"),
        required=False,
        help_text=gettext_lazy("Empty: the guard chooses among the listing's checkpoints."),
    )
    api_key = forms.ModelChoiceField(
        ApiKey.objects.none(),
        label=gettext_lazy("API key"),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("For a turnstile only: a key with the scope passes:write."),
    )

    def __init__(self, *args: Any, request: HttpRequest, model_admin: Any, **kwargs: Any) -> None:
        """Take only what the person keeps."""
        super().__init__(*args, **kwargs)
        keep(self, "listing", Listing.objects.editable_by(request.user), request, model_admin)
        points = Checkpoint.objects.editable_by(request.user).in_use()
        keep(self, "checkpoint", points, request, model_admin)
        key: Any = self.fields["api_key"]
        key.queryset = ApiKey.objects.editable_by(request.user)
        if not key.queryset.exists():
            # Who keeps no keys registers phones.
            del self.fields["api_key"], self.fields["kind"]
        for field in self.fields.values():
            field.label = capfirst(str(field.label))

    def clean(self) -> dict[str, Any]:
        """Ask for checkpoint and key of a turnstile."""
        asked = super().clean() or {}
        if asked.get("kind") == Device.Kind.TURNSTILE:
            for name in ("checkpoint", "api_key"):
                if not asked.get(name) and name not in self.errors:
                    self.add_error(name, _("A turnstile needs this."))
        return asked


def keep(form: forms.Form, name: str, rows: Any, request: HttpRequest, model_admin: Any) -> None:
    """Let a field take only some rows, with the picker that suggests among what the person sees."""
    db_field = model_admin.model._meta.get_field(name)
    field: Any = form.fields[name]
    picker = model_admin.formfield_for_foreignkey(db_field, request, queryset=rows)
    field.queryset = rows
    field.widget = picker.widget
    field.widget.choices = field.choices


def add_page(
    model_admin: Any,
    request: HttpRequest,
    form_class: type[Any],
    run: Callable[..., Any],
    done: Callable[[HttpRequest, Any], HttpResponse] | None = None,
) -> HttpResponse:
    """Show a form, run a deed with what was typed, and lead to what was made, or to what `done` answers."""
    is_posted = request.method == "POST"
    given = {"request": request, "model_admin": model_admin}
    form = form_class(request.POST, **given) if is_posted else form_class(**given)
    if is_posted and form.is_valid():
        try:
            made = run(by=request.user, **form.cleaned_data)
        except (CodeRefused, ValidationError) as error:
            say_why(form, error)
        else:
            if done is not None:
                return done(request, made)
            messages.success(request, _("Done."))
            return redirect(reverse(f"admin:codes_{model_admin.opts.model_name}_change", args=[made.pk]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Add: %(name)s") % {"name": model_admin.opts.verbose_name},
        "opts": model_admin.opts,
        "form": form,
        "back": reverse(f"admin:codes_{model_admin.opts.model_name}_changelist"),
        "media": model_admin.media + form.media,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/codes/add.html", context)
