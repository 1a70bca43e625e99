"""What couriers say is wrong: the list by what is due, and one page for a case on which everything happens."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedAdmin
from portal.listings import private_pictures, reading
from portal.listings.admin.dashboard import Due, also
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import badge
from portal.listings.admin.narrowing import AreaFilter
from portal.listings.admin.through import ReadOnlyMixin
from portal.listings.models import Listing
from portal.listings.revising import Conflict
from portal.upkeep import correcting, fixing, saying, words
from portal.upkeep.admin.correction_forms import AnswerForm, PauseForm, PricesForm
from portal.upkeep.admin.correction_lists import MineFilter, StandingFilter
from portal.upkeep.models import Correction, CorrectionReport

State = Correction.State
TONES = {State.OPEN: "soon", State.TAKEN: "soon"}
SHOWN_WORDS = 50


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyMixin, ScopedAdmin):  # type: ignore[misc]
    """Cases, the one that is due first on top. Who said it is nowhere shown."""

    list_scope = "visible_to"
    list_display = ("place_shown", "said_shown", "due_shown", "state_shown", "assignee_shown")
    list_filter = (StandingFilter, MineFilter, "kind", AreaFilter)
    list_select_related = ("listing", "assignee__user", "assignee__organisation")
    search_fields = ("number", "listing__name")
    search_help_text = gettext_lazy("Name of the place, or number of the case")
    ordering = ("due_at", "pk")
    list_per_page = 40
    list_fullwidth = True
    show_full_result_count = False
    actions = None

    @display(description=gettext_lazy("place"), ordering="listing__name")
    def place_shown(self, row: Correction) -> str:
        """Return the name and the address of the place."""
        return format_html(
            '<span class="nx-name">{}</span><span class="nx-soft nx-cut">{}</span>',
            row.listing.name,
            row.listing.address,
        )

    @display(description=gettext_lazy("what is wrong"), ordering="kind")
    def said_shown(self, row: Correction) -> str:
        """Return what was said, and by how many."""
        return format_html("{} <span class='nx-soft'>×{}</span>", saying.CHOICES[row.kind], row.report_count)

    @display(description=gettext_lazy("due"), ordering="due_at")
    def due_shown(self, row: Correction) -> str:
        """Return until when an answer is due, and that it is late."""
        text = timezone.localtime(row.due_at).strftime("%m-%d %H:%M")
        return badge(text, "stop") if row.is_open and row.due_at <= timezone.now() else text

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, row: Correction) -> str:
        """Return where it stands."""
        return badge(row.get_state_display(), TONES.get(State(row.state), "quiet"))

    @display(description=gettext_lazy("dealt with by"), ordering="assignee")
    def assignee_shown(self, row: Correction) -> str:
        """Return who deals with it."""
        return str(row.assignee.user) if row.assignee else "—"

    def get_urls(self) -> list[URLPattern]:
        """Add what is done about a case, and its photos."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/take/", view(self.take_view), name="upkeep_correction_take"),
            path("<path:object_id>/fix/", view(self.fix_view), name="upkeep_correction_fix"),
            path(
                "<path:object_id>/photo/<int:report>/",
                view(self.photo_view),
                name="upkeep_correction_photo",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a case."""
        return self._page(request, self._opened(request, object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A case's page tells its history: show that."""
        return self.change_view(request, object_id)

    def take_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Let the acting post, or the one chosen, deal with a case."""
        case = self._opened(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = request.POST.get("post", "")
        posts = correcting.assignable(case)
        number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 else None
        own = getattr(request.user, "acting_post", None)
        post = posts.filter(pk=number).first() if number else own
        try:
            if post is None:
                raise ValidationError(_("This post cannot deal with it. Choose one of the list."))
            correcting.take(correction=case, post=post, actor=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("%(person)s deals with it now.") % {"person": post.user})
        return redirect("admin:upkeep_correction_change", case.pk)

    def fix_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Do the pressed fix and close the case; what was typed stays when it is refused."""
        case = self._opened(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        fix = next((one for one in fixing.FIXES if one.name == request.POST.get("fix")), None)
        if fix is None:
            messages.error(request, _("Choose how it ended."))
            return redirect("admin:upkeep_correction_change", case.pk)
        answer = AnswerForm(request.POST)
        asking = self._asking(fix, case, request.POST)
        if not answer.is_valid() or (asking is not None and not asking.is_valid()):
            return self._page(request, case, answer, {fix.asks: asking})
        try:
            asked = dict(asking.cleaned_data) if asking is not None else {}
            if isinstance(asking, PricesForm):
                asked["changes"] = asking.changes()
            done = fixing.carry_out(
                correction=case,
                fix=fix,
                actor=request.user,
                channel=channel_of(request.user),
                asked=asked,
                answer=answer.cleaned_data["answer"],
            )
        except (Conflict, ValidationError) as error:
            said = error.messages if isinstance(error, ValidationError) else [str(error)]
            messages.error(request, " ".join(said))
            return self._page(request, case, answer, {fix.asks: asking})
        return self._after(request, done)

    def photo_view(self, request: HttpRequest, object_id: str, report: int) -> HttpResponse:
        """Return a photo to whoever may see its case."""
        case = self._opened(request, object_id)
        row = case.reports.filter(pk=min(report, 2**62)).first()
        content = private_pictures.read(row.photo) if row and row.photo else None
        if content is None:
            raise Http404
        answer = HttpResponse(content, content_type="image/webp")
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def _opened(self, request: HttpRequest, object_id: str) -> Correction:
        case: Any = self.get_object(request, object_id)
        if case is None or not self.has_view_permission(request, case):
            raise PermissionDenied
        return case

    def _asking(self, fix: fixing.Fix, case: Correction, data: Any = None) -> Any:
        if fix.asks == "pause":
            return PauseForm(data, prefix="pause")
        if fix.asks == "prices":
            return PricesForm(data, prefix="prices", listing=case.listing.as_kind)
        return None

    def _after(self, request: HttpRequest, done: Correction) -> HttpResponse:
        """Lead to the next open case, one's own first, else to the list."""
        if done.is_open:
            messages.warning(
                request,
                _("Your change waits for the consent of the office. Close the case when it is accepted."),
            )
            return redirect("admin:upkeep_correction_change", done.pk)
        messages.success(request, _("Closed and answered: “%(name)s”.") % {"name": done.listing.name})
        following = self._next(request)
        if following is None:
            messages.info(request, _("No other correction is waiting."))
            return redirect("admin:upkeep_correction_changelist")
        return redirect("admin:upkeep_correction_change", following)

    def _next(self, request: HttpRequest) -> int | None:
        rows = Correction.objects.visible_to(request.user).open()
        post = getattr(request.user, "acting_post", None)
        own = rows.filter(assignee=post).values_list("pk", flat=True).first() if post else None
        return own or rows.values_list("pk", flat=True).first()

    def _page(
        self,
        request: HttpRequest,
        case: Correction,
        answer: AnswerForm | None = None,
        bound: dict[str, Any] | None = None,
    ) -> HttpResponse:
        moment = timezone.now()
        listing = case.listing.as_kind
        may_fix = case.is_open and request.user.has_perm(correcting.CHANGE)
        fixes = fixing.offered(case, listing, request.user) if may_fix else []
        cards = reading.cards(Listing.objects.published().filter(pk=listing.pk), moment)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{listing.name} · {saying.CHOICES[case.kind]}",
            "opts": self.opts,
            "case": case,
            "listing": listing,
            "card": cards[0] if cards else None,
            "moment": moment,
            "is_late": case.is_open and case.due_at <= moment,
            "reports": CorrectionReport.objects.filter(correction=case)[:SHOWN_WORDS],
            "answered": words.answer_of(case),
            "edit_url": admin_url(listing),
            "pressing": [self._press(fix, case, listing, moment, bound or {}) for fix in fixes],
            "answer": answer or AnswerForm(),
            "posts": correcting.assignable(case).exclude(pk=case.assignee_id) if may_fix else [],
            "own_post": getattr(request.user, "acting_post", None),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        page = TemplateResponse(request, "admin/upkeep/correction.html", context)
        page["Cache-Control"] = "no-store"
        return page

    def _press(
        self, fix: fixing.Fix, case: Correction, listing: Listing, moment: Any, bound: dict[str, Any]
    ) -> dict[str, Any]:
        label = str(fix.label)
        if "%(until)s" in label:
            until = timezone.localtime(fixing.sold_out_until(listing, moment))
            label = label % {"until": until.strftime("%H:%M")}
        asking = bound.get(fix.asks) if fix.asks else None
        return {
            "fix": fix,
            "label": label,
            "ready": words.ready(fix.state, case.kind),
            "form": asking or self._asking(fix, case),
        }


@also
def corrections_due(user: Any) -> list[Due]:
    """Return how many corrections are open and how many of them overdue, for whoever answers them."""
    if not user.has_perm(correcting.CHANGE):
        return []
    rows = Correction.objects.visible_to(user).open()
    url = reverse("admin:upkeep_correction_changelist")
    now = timezone.now()
    found = rows.aggregate(waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
    return [
        Due(found["waiting"], capfirst(_("corrections from couriers")), url),
        Due(found["late"], _("Corrections overdue"), f"{url}?standing=overdue"),
    ]
