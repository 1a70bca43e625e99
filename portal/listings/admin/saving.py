"""Saving a listing from its form: everything on the page is one change, made by the kernel."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin.options import csrf_protect_m
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.listings import deciding, repeating, revising
from portal.listings.admin import merging
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.many import AdminPart
from portal.listings.models import Listing, Proposal
from portal.listings.snapshots import Snapshot, read_snapshot, write_snapshot


class Refused(Exception):
    """The kernel refused a change that the form had found good; carries the ValidationError."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(str(error))
        self.error = error


class Unlocked(DjangoModelAdmin):
    """Read and check a posted form outside any transaction; only the kernel's own write opens one.

    Checking a form decodes photos, and under SQLite an open transaction keeps every other writer waiting.
    """

    @csrf_protect_m
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show or take the form."""
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]


class SavingMixin(AdminPart):
    """Hand what the form holds to the kernel, and show it again when somebody else was faster.

    Needs `get_form`, `get_formsets_with_inlines` and the scope of a listing admin.
    """

    model: type[Listing]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show or save the form; a conflict or a refusal shows it again with everything that was entered."""
        if request.method == "POST" and object_id and "_theirs" in request.POST:
            self._take_theirs(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except revising.Conflict as conflict:
            self._keep_both(request, conflict)
        except Refused as refused:
            request.listing_refusal = refused.error  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave the write to `save_related`, which knows the groups too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Hand everything that the page holds to the kernel in one change."""
        changes = merging.collect(self.model, form, formsets)
        request.listing_changes = changes  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                outcome, listing = self.write(request, form, changes, change)
                if not isinstance(outcome, Proposal):
                    self.require_scope(request, listing)
        except ValidationError as error:
            raise Refused(error) from error
        request.listing_outcome = outcome  # type: ignore[attr-defined]
        form.instance.__dict__.update(
            {key: value for key, value in listing.__dict__.items() if key != "_state"}
        )
        form.instance._state.adding = False

    def write(self, request: HttpRequest, form: Any, changes: Snapshot, change: bool) -> tuple[Any, Listing]:
        """Create or edit through the kernel; return (what came of it, the listing)."""
        user: Any = request.user
        channel = channel_of(user)
        if not change:
            number = repeating.promised(form.cleaned_data.get("promised") or "")
            created = repeating.create_once(
                model=self.model, number=number, changes=changes, actor=user, channel=channel
            )
            return created, created
        listing = self.model.objects.with_groups().get(pk=form.instance.pk)
        changes = merging.settle(changes, read_snapshot(listing))
        base = form.cleaned_data.get("based_on")
        if revising.needs_proposal(listing, user):
            self._try_out(request, listing, changes)
        given = {"changes": changes, "actor": user, "channel": channel, "base_number": base}
        if proposal := self.proposal_in(request, listing):
            request.listing_proposal = proposal  # type: ignore[attr-defined]
            parts = request.GET.getlist("part")
            return deciding.accept_edited(proposal=proposal, parts=parts, **given), listing
        return revising.edit(listing=listing, **given), listing

    def _try_out(self, request: HttpRequest, listing: Listing, changes: Snapshot) -> None:
        """Raise what accepting a proposal would raise, then undo it."""
        with transaction.atomic():
            tried = revising.lock(listing)
            write_snapshot(tried, changes)
            self.require_scope(request, tried)
            transaction.set_rollback(True)

    def require_scope(self, request: HttpRequest, listing: Listing) -> None:
        """Raise ValidationError when the listing now lies where the person may not change it."""
        if not self.model.objects.editable_by(request.user).filter(pk=listing.pk).exists():
            sentence = _("That is outside your area. Choose a street or community of your own area.")
            raise ValidationError({"street": sentence})

    def _keep_both(self, request: HttpRequest, conflict: revising.Conflict) -> None:
        """Prepare the form for a second look: what only the others changed is taken over, the rest stays."""
        mine = request.listing_changes  # type: ignore[attr-defined]
        data = request.POST.copy()
        data["compared_from"] = data.get("compared_from") or data.get("based_on", "0")
        data["based_on"] = str(conflict.listing.revision_number)
        taken = merging.untouched(mine, conflict.theirs)
        self._put(request, data, conflict.listing, taken)
        request.listing_refusal = ValidationError(merging.conflict_sentence())  # type: ignore[attr-defined]

    def _take_theirs(self, request: HttpRequest, object_id: str) -> None:
        """Put the other version of one field or group into the form; nothing is saved yet."""
        listing: Any = self.get_object(request, object_id)
        since = merging.version_of(request.POST.get("compared_from"))
        if listing is None or since is None:
            return
        theirs = revising.changes_since(listing, since)
        wanted = request.POST["_theirs"]
        keys = {"lat", "lng", "entered_datum"} if wanted == "position" else {wanted}
        taken = {key: theirs[key]["after"] for key in keys & theirs.keys()}
        if wanted == "position":
            taken = {**{key: getattr(listing, key) for key in keys}, **taken}
        self._put(request, request.POST.copy(), listing, taken)
        sentence = _("Their version is in the form now. Save to keep it.")
        request.listing_refusal = ValidationError(sentence)  # type: ignore[attr-defined]

    def _put(self, request: HttpRequest, data: Any, listing: Listing, changes: Snapshot) -> None:
        form = self.get_form(request, listing, change=True)
        formsets = [
            formset(instance=listing, prefix=formset.get_default_prefix())
            for formset, _inline in self.get_formsets_with_inlines(request, listing)
        ]
        merging.put(data, self.model, form, formsets, changes)
        request.POST = data  # type: ignore[assignment]

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        """Return nothing: the revision is the history."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Write nothing: the revision is the history."""

    log_change = log_addition  # type: ignore[assignment]

    def _say(self, request: HttpRequest, obj: Any) -> None:
        outcome = request.listing_outcome  # type: ignore[attr-defined]
        names = {"name": obj.name}
        if isinstance(outcome, Proposal):
            text = _(
                "Your changes to “%(name)s” wait for someone who may publish; the public sees them after that."
            )
            messages.warning(request, text % names)
        elif outcome is None:
            messages.info(request, _("Nothing was changed on “%(name)s”.") % names)
        else:
            messages.success(request, _("“%(name)s” is saved.") % names)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what came of it, and go where the button said."""
        self._say(request, obj)
        if proposal := getattr(request, "listing_proposal", None):
            return redirect("admin:listings_proposal_change", proposal.pk)
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.path)
        if "_addanother" in request.POST:
            meta = self.model._meta
            return redirect(f"admin:{meta.app_label}_{meta.model_name}_add")
        return self.response_post_save_change(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say that the draft exists, and show it: publishing is the next step."""
        self._say(request, obj)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.path)
        return redirect(admin_url(obj))
