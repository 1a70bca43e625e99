"""Code holders in the administration: proofs and photos to check, passes for a day, suspensions. No phone is shown."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import KeyedAdmin, ScopedAdmin
from portal.accounts.models import Organisation
from portal.listings.admin.lists import badge
from portal.listings.admin.through import ReadOnlyMixin
from services.codes import checking, photos, private_pictures, revoking
from services.codes.models import Holder, Platform

TONES = {Holder.State.ACTIVE: "open", Holder.State.SUSPENDED: "stop", Holder.State.ERASED: "quiet"}
#: A holder, who decides, and what was typed.
Deed = Callable[[Holder, Any, dict[str, str]], object]
CHECKS: dict[str, Deed] = {
    "accept_proof": lambda holder, by, typed: checking.accept_proof(holder=holder, by=by),
    "refuse_proof": lambda holder, by, typed: checking.refuse_proof(
        holder=holder, by=by, reason=typed["proof_reason"]
    ),
    "accept_photo": lambda holder, by, typed: photos.accept_photo(holder=holder, by=by),
    "refuse_photo": lambda holder, by, typed: photos.refuse_photo(
        holder=holder, by=by, reason=typed["photo_reason"]
    ),
    "provisional": lambda holder, by, typed: checking.give_provisional(
        holder=holder, by=by, word_of=typed["word_of"]
    ),
}
SUSPENSIONS: dict[str, Deed] = {
    "suspend": lambda holder, by, typed: revoking.suspend(
        holder=holder, by=by, reason=typed["suspend_reason"], until=_moment(typed["until"])
    ),
    "lift": lambda holder, by, typed: revoking.lift(holder=holder, by=by),
}
NAMES = {
    "accept_proof": gettext_lazy("Accept the proof"),
    "refuse_proof": gettext_lazy("Refuse the proof"),
    "accept_photo": gettext_lazy("Accept the photo"),
    "refuse_photo": gettext_lazy("Refuse the photo"),
    "provisional": gettext_lazy("Give a pass for today"),
    "suspend": gettext_lazy("Suspend the code"),
    "lift": gettext_lazy("Lift the suspension"),
}
TYPED = ("proof_reason", "photo_reason", "word_of", "suspend_reason", "until")


class WaitingFilter(admin.SimpleListFilter):
    """Who waits for a check."""

    title = gettext_lazy("to be checked")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice beside all."""
        return [("1", gettext_lazy("waits for a check"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Return those who wait."""
        return queryset.waiting() if self.value() == "1" else queryset


@admin.register(Holder)
class HolderAdmin(ReadOnlyMixin, ScopedAdmin):
    """Everything about a holder is decided by a deed; nothing is edited by hand."""

    list_display = ("name_shown", "work_shown", "basis", "state_shown", "waiting_shown", "enrolled_at")
    list_filter = (WaitingFilter, "state", "basis")
    list_select_related = ("courier__user", "courier__platform")
    search_fields = ("courier__user__name",)
    actions = None

    @display(description=gettext_lazy("Name"), ordering="courier__user__name")
    def name_shown(self, obj: Holder) -> str:
        """Return the name, else the holder's number: never a phone."""
        return obj.courier.user.name or str(obj)

    @display(description=gettext_lazy("work type"))
    def work_shown(self, obj: Holder) -> str:
        """Return what somebody does, and for whom."""
        platform = obj.courier.platform
        work = obj.courier.get_work_type_display()
        return f"{work} · {platform.name}" if platform else work

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, obj: Holder) -> str:
        """Return the state as a badge."""
        return badge(obj.get_state_display(), TONES[Holder.State(obj.state)])

    @display(description=gettext_lazy("to be checked"))
    def waiting_shown(self, obj: Holder) -> str:
        """Return what waits for a check."""
        waiting = [_("proof")] if obj.proof_image else []
        if obj.photo_state == Holder.PhotoState.WAITING:
            waiting.append(_("photo"))
        return badge("、".join(waiting), "soon") if waiting else "—"

    def get_urls(self) -> list[URLPattern]:
        """Add the two pictures and the address that decides."""
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/decide/", wrap(self.decide_view), name="codes_holder_decide"),
            path("<path:object_id>/proof/", wrap(self.proof_view), name="codes_holder_proof"),
            path("<path:object_id>/photo/", wrap(self.photo_view), name="codes_holder_photo"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a holder, and what may be decided now."""
        holder: Any = self.get_object(request, object_id)
        if holder is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, holder):
            raise PermissionDenied
        return self._page(request, holder, {})

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Do what was chosen; what was typed stays when it is refused."""
        holder = self._opened(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        name = request.POST.get("deed", "")
        deed = {**CHECKS, **SUSPENSIONS}.get(name)
        if deed is None:
            raise PermissionDenied
        typed = {field: request.POST.get(field, "").replace("\0", "") for field in TYPED}
        try:
            with transaction.atomic():
                deed(holder, request.user, typed)
                self.log_change(request, holder, NAMES[name])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self._page(request, holder, typed)
        messages.success(request, _("Done. The courier's page says so from now on."))
        return redirect(reverse("admin:codes_holder_change", args=[holder.pk]))

    def proof_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the picture of a proof to whoever may check it."""
        return self._picture(request, self._opened(request, object_id).proof_image)

    def photo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a photo to whoever may check it."""
        return self._picture(request, self._opened(request, object_id).photo)

    def _opened(self, request: HttpRequest, object_id: str) -> Holder:
        holder: Any = self.get_object(request, object_id)
        if holder is None or not self.has_view_permission(request, holder):
            raise PermissionDenied
        return holder

    def _picture(self, request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.has_perm(checking.CHECK):
            raise PermissionDenied
        content = private_pictures.read(name) if name else None
        if content is None:
            raise Http404
        answer = HttpResponse(content, content_type="image/webp")
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def _page(self, request: HttpRequest, holder: Holder, typed: dict[str, str]) -> HttpResponse:
        now = timezone.now()
        may_check = request.user.has_perm(checking.CHECK) and holder.state == Holder.State.ACTIVE
        is_checked = holder.basis in {Holder.Basis.ROSTER, Holder.Basis.PROOF}
        context = {
            **self.admin_site.each_context(request),
            "title": self.name_shown(holder),
            "opts": self.opts,
            "holder": holder,
            "name": self.name_shown(holder),
            "work": self.work_shown(holder),
            "tone": TONES[Holder.State(holder.state)],
            "live_count": holder.credentials.filter(ends_at__gt=now, revoked_at=None).count(),
            "container_count": holder.containers.filter(retired_at=None).count(),
            "may_check_proof": may_check and holder.proof_image,
            "may_check_photo": may_check and holder.photo_state == Holder.PhotoState.WAITING,
            "may_give_day": may_check and not is_checked,
            "may_suspend": request.user.has_perm(revoking.SUSPEND) and holder.state != Holder.State.ERASED,
            "typed": typed,
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/codes/holder.html", context)


@admin.register(Platform)
class PlatformAdmin(KeyedAdmin):
    """The numbers of platforms. Codes that are out carry a number, so it does not change and is not deleted."""

    list_display = ("number", "short_name", "short_name_en", "organisation")
    list_select_related = ("organisation",)
    search_fields = ("short_name", "short_name_en")
    fields = ("organisation", "number", "short_name", "short_name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what does not change once it is given."""
        return ("organisation", "number") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the platform companies that one sees."""
        if db_field.name == "organisation":
            visible: Any = Organisation.objects
            kwargs["queryset"] = visible.visible_to(request.user).filter(kind=Organisation.Kind.PLATFORM)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: old codes and passes name the number."""
        return False


def _moment(text: str) -> dt.datetime | None:
    """Return the moment that was typed, None for an empty field. Raise ValidationError."""
    if not text.strip():
        return None
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(_("This is no date and time."), code="until_invalid")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
