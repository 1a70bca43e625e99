"""The admin of every kind of listing: a kind adds a few lines, or none."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin.options import csrf_protect_m
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.overrides import FORMFIELD_OVERRIDES

from portal.accounts.admin_scope import ScopedAdmin
from portal.accounts.scope import area_of
from portal.listings import revising
from portal.listings.admin import merging
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.doing import DeedsMixin, admin_url
from portal.listings.admin.fields import ClockField, ClockInput
from portal.listings.admin.forms import ListingForm
from portal.listings.admin.hours import ExceptionInline, HoursInline
from portal.listings.admin.lists import ListingListMixin, age_text, is_stale, with_confirmations
from portal.listings.admin.photos import PhotoInline
from portal.listings.admin.rows import RowInline, row_inline
from portal.listings.admin.transfer import TransferMixin
from portal.listings.admin.wording import Words
from portal.listings.coordinates import from_wgs84
from portal.listings.models import Datum, FactGroup, Listing, Proposal
from portal.listings.snapshots import Snapshot, read_snapshot, write_snapshot

HISTORY_PAGE = 30
SHORTEST_STREET = 9


def map_config(listing: Any) -> dict[str, Any]:
    """Return what the small map needs: datum, the pin, tiles if there are any, its words."""
    datum = settings.MAP_TILES_DATUM if settings.MAP_TILES_URL else str(Datum.WGS84)
    placed = listing is not None and listing.lat is not None
    return {
        "centre": [30.25, 120.17],
        "at": from_wgs84(listing.lat, listing.lng, datum) if placed else None,
        "datum": datum,
        "tiles": settings.MAP_TILES_URL,
        "attribution": settings.MAP_TILES_ATTRIBUTION,
        "outlines": reverse("map_outlines"),
        "here": _("I stand here"),
        "pin": _("Drag the pin to the place"),
        "asking": _("Asking this device for its position…"),
        "found": _("Found, to within {} metres. Drag the pin if it is off."),
        "denied": _("This device did not tell its position. Paste a map link instead."),
    }


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


class ListingAdmin(TransferMixin, DeedsMixin, ListingListMixin, ScopedAdmin, Unlocked):  # type: ignore[misc]
    """Keep the listings of one kind. Fields, groups and photos come from the model; every save goes through the kernel.

    A kind may name other inlines for its groups in `group_inlines` (relation → RowInline) and the roles of its photos.
    """

    form = ListingForm
    change_form_template = "admin/listings/change_form.html"
    group_inlines: ClassVar[dict[str, type[RowInline]]] = {}
    photo_roles: ClassVar[tuple[str, ...]] = ("picture",)
    warn_unsaved_form = True
    view_on_site = False
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        **FORMFIELD_OVERRIDES,
        models.TimeField: {"form_class": ClockField, "widget": ClockInput},
    }

    # --- what the form holds ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what it is, where it is, the kind's own fields, and where the facts come from."""
        own = tuple(self.model.own_fields)
        where = ("district", "street", "community", "address", "place", "entered_datum", "accuracy")
        sections: list[Any] = [
            (None, {"fields": ("name", "name_en", "phone", "notice")}),
            (_("Where it is"), {"fields": where}),
        ]
        if own:
            sections.append((capfirst(self.model._meta.verbose_name), {"fields": own}))
        return [*sections, (_("Source"), {"fields": ("provenance",)})]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return one inline for each relation of the kind's groups, the kind's own groups first."""
        bases = {
            "weekly_hours": HoursInline,
            "hours_exceptions": ExceptionInline,
            "photos": type(
                "KindPhotoInline", (PhotoInline,), {"__doc__": "Photos.", "roles": self.photo_roles}
            ),
            **self.group_inlines,
        }
        names = sorted(self.model.groups, key=lambda name: (name == "photos", name == "hours"))
        return [
            row_inline(self.model, relation, fields, bases.get(relation, RowInline))
            for name in names
            for relation, fields in self.model.groups[name].relations.items()
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form class, which knows the request and the listing that it is for."""
        request.listing_in_form = obj  # type: ignore[attr-defined]
        kwargs["fields"] = [name for name in self.model.editable_fields() if name not in {"lat", "lng"}]
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request, "__doc__": ListingForm.__doc__})

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search for streets and communities where the post covers too many for a list."""
        area = area_of(request.user) or ""
        return () if len(area) >= SHORTEST_STREET else ("street", "community")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the regions of the post's area, and the one that the listing already has."""
        regions = db_field.remote_field.model._default_manager.all()
        inside = regions.visible_to(request.user).filter(is_current=True)
        if kept := getattr(getattr(request, "listing_in_form", None), db_field.attname, None):
            inside = regions.filter(models.Q(pk__in=inside.values("pk")) | models.Q(pk=kept))
        kwargs["queryset"] = inside
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field without the buttons that open other tables."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(field.widget, "can_add_related"):
            field.widget = field.widget.widget
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in the post's own area."""
        area = area_of(request.user) or ""
        levels = {"district": 6, "street": 9, "community": 12}
        own = {name: area[:length] for name, length in levels.items() if len(area) >= length}
        return {**own, **super().get_changeform_initial_data(request)}

    # --- permissions ---

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: listings are archived, never deleted."""
        return False

    # --- saving ---

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
            created = revising.create(model=self.model, changes=changes, actor=user, channel=channel)
            return created, created
        listing = self.model.objects.with_groups().get(pk=form.instance.pk)
        changes = merging.settle(changes, read_snapshot(listing))
        base = form.cleaned_data.get("based_on")
        if revising.needs_proposal(listing, user):
            self._try_out(request, listing, changes)
        outcome = revising.edit(
            listing=listing, changes=changes, actor=user, channel=channel, base_number=base
        )
        return outcome, listing

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
        since = request.POST.get("compared_from", "")
        if listing is None or not since.isdecimal():
            return
        theirs = revising.changes_since(listing, int(since))
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

    # --- answers ---

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

    # --- the page around the form ---

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """Add state, freshness, buttons, and both versions when two people saved."""
        if obj is not None and change:
            form, formsets = (
                context["adminform"].form,
                [row.formset for row in context["inline_admin_formsets"]],
            )
            context.update(self._standing(request, obj))
            since = form["compared_from"].value()
            if form.is_bound and since not in (None, "") and str(since).isdecimal():
                mine = merging.collect(self.model, form, formsets)
                mine = merging.settle(mine, read_snapshot(self.model.objects.with_groups().get(pk=obj.pk)))
                stored: Any = self.get_object(request, str(obj.pk))
                context["conflict"] = merging.panel(stored, mine, int(since))
        context["map_config"] = map_config(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _standing(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the strip above the form shows."""
        now = timezone.now()
        stored = with_confirmations(self.model.objects.filter(pk=obj.pk)).defer("document").get()
        facts = []
        for group in stored.fact_groups if stored.is_public else ():
            at = getattr(stored, f"confirmed_{group}", None)
            stale = is_stale(group, at, now)
            facts.append(
                {"label": FactGroup(group).label, "text": age_text(at, now, stale), "is_stale": stale}
            )
        waiting = Proposal.objects.filter(listing=obj.pk, outcome=Proposal.Outcome.WAITING).count()
        return {
            "stored": stored,
            "state_badge": self.state_shown(stored),
            "facts": facts,
            "deeds": self.offered(request, stored),
            "may_duplicate": self.has_add_permission(request),
            "preview_url": self._preview_url(stored),
            "public_url": self._public_url(stored),
            "waiting": waiting,
            "deed_base": reverse(
                f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change", args=[obj.pk]
            ).removesuffix("change/"),
        }

    def _preview_url(self, listing: Listing) -> str:
        try:
            return reverse(f"{type(listing).plural}:preview", args=[listing.public_id])
        except NoReverseMatch:
            return ""

    def _public_url(self, listing: Listing) -> str:
        try:
            return listing.get_absolute_url() if listing.is_public else ""
        except NoReverseMatch:
            return ""

    # --- duplicate and history ---

    def get_urls(self) -> list[URLPattern]:
        """Add the address that copies a listing."""
        meta = self.model._meta
        view = self.admin_site.admin_view(self.duplicate_view)
        name = f"{meta.app_label}_{meta.model_name}_duplicate"
        return [path("<path:object_id>/duplicate/", view, name=name), *super().get_urls()]

    def duplicate_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Copy a listing into a draft of its own."""
        listing = self.get_object(request, object_id)
        if (
            listing is None
            or not self.has_add_permission(request)
            or not self.has_change_permission(request, listing)
        ):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        whole = self.model.objects.with_groups().get(pk=listing.pk)
        changes = {**read_snapshot(whole), "name": _("%(name)s (copy)") % {"name": whole.name[:70]}}
        user: Any = request.user
        try:
            with transaction.atomic():
                copy = revising.create(
                    model=self.model, changes=changes, actor=user, channel=channel_of(user)
                )
                self.require_scope(request, copy)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(admin_url(listing))
        messages.success(request, _("This is a copy, kept as a draft. Change what differs."))
        return redirect(admin_url(copy))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show every accepted version with what it changed."""
        listing = self.get_object(request, object_id)
        if listing is None or not self.has_view_or_change_permission(request, listing):
            raise PermissionDenied
        page = Paginator(listing.revisions.order_by("-number"), HISTORY_PAGE).get_page(request.GET.get("p"))
        revisions = list(page.object_list)
        words = Words((self.model, half) for row in revisions for half in (row.before, row.after))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of “%(name)s”") % {"name": listing.name},
            "opts": self.model._meta,
            "original": listing,
            "object": listing,
            "page": page,
            "rows": [(row, words.differences(self.model, row.before, row.after)) for row in revisions],
            "back": admin_url(listing),
            "media": self.media,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/history.html", context)


__all__ = ["ListingAdmin"]
