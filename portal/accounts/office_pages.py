"""Pages of offices: who works there, what each has on the desk, giving a post and handing one over."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts.giving import PERMISSION as GIVE
from portal.accounts.giving import give_post
from portal.accounts.handing_over import HandedOver, hand_over, hand_over_to_newcomer, may_hand_over, work_of
from portal.accounts.models import Organisation, Post
from portal.accounts.office_forms import NEWCOMER, GivePostForm, HandOverForm
from portal.accounts.offices import lacking_office, open_office
from portal.accounts.staff_pages import StaffPage, add_page

#: How many offices one page shows; a city has some 250.
MOST = 600


def may_see_offices(user: Any) -> bool:
    """Say whether the person reads who works in the offices of the own area."""
    return user.is_active and user.is_staff and user.has_perm("accounts.view_post")


def _page(request: HttpRequest, template: str, title: Any, **context: Any) -> TemplateResponse:
    request.current_app = admin.site.name
    return TemplateResponse(
        request, f"admin/accounts/{template}", {**admin.site.each_context(request), "title": title, **context}
    )


def _offices(user: Any) -> QuerySet[Organisation]:
    holding = Q(posts__in=Post.objects.current())
    rows = Organisation.objects.editable_by(user).annotate(
        colleague_count=Count("posts", filter=holding),
        seen_at=Max("posts__user__last_login", filter=holding),
    )
    return rows.order_by("area_code", "kind", "name", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
def offices_view(request: HttpRequest) -> HttpResponse:
    """List the offices and firms of one's area; open the office of a street that has none."""
    user: Any = request.user
    if request.method == "POST":
        office = open_office(area_code=request.POST.get("street", ""), by=user)
        messages.success(request, _("%(office)s is open. Give somebody a post here.") % {"office": office})
        return redirect("admin:office", pk=office.pk)
    found = list(_offices(user)[:MOST])
    offices = [row for row in found if row.keeps_its_area]
    firms = [row for row in found if not row.keeps_its_area]
    lacking = list(lacking_office(user).order_by("code"))
    return _page(
        request, "offices.html", _("Offices and colleagues"), offices=offices, firms=firms, lacking=lacking
    )


@require_http_methods(["GET", "HEAD", "POST"])
def office_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who works in an office and what waits on each desk; give a post there."""
    user: Any = request.user
    office = _one(Organisation.objects.editable_by(user), pk)
    form = GivePostForm(request.POST or None, office=office, by=user) if user.has_perm(GIVE) else None
    if request.method == "POST" and form is not None and form.is_valid() and form.post is not None:
        given = give_post(post=form.post, by=user)
        told = _("%(person)s now holds the post %(post)s and is told by text message what to do first.")
        messages.success(request, told % {"person": given.user, "post": given.group})
        return redirect("admin:office", pk=office.pk)
    posts, left = _desks(office, user)
    return _page(request, "office.html", office.name, office=office, posts=posts, left=left, form=form)


def _desks(office: Organisation, user: Any) -> tuple[list[Any], list[Any]]:
    """Return the posts held or to come, and the ended ones with which work was left."""
    factors = Authenticator.objects.filter(user=OuterRef("user"))
    rows = Post.objects.filter(organisation=office).select_related("user", "group", "organisation")
    held: list[Any] = list(rows.not_over().annotate(has_factor=Exists(factors)).order_by("starts_on", "pk"))
    ended: list[Any] = list(rows.exclude(ended_at=None).order_by("-ended_at")[:100])
    work = work_of(post.pk for post in [*held, *ended])
    mine = set()
    if user.has_perm("accounts.change_post"):
        mine = set(Post.objects.editable_by(user).filter(organisation=office).values_list("pk", flat=True))
    for post in [*held, *ended]:
        post.work = work[post.pk]
        post.may_go = post.pk in mine
    return held, [post for post in ended if post.work]


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a post holds and ask who takes over; then end it and say what went where."""
    user: Any = request.user
    post = _one(Post.objects.editable_by(user).select_related("user", "organisation", "group"), pk)
    if not may_hand_over(user, post):
        raise Http404
    form = HandOverForm(request.POST or None, post=post, by=user)
    if request.method == "POST" and form.is_valid():
        try:
            done = _handed_over(form, user)
        except ValidationError as error:
            form.add_error(None, error.messages)  # type: ignore[arg-type]
        else:
            messages.success(request, said(done))
            return redirect("admin:office", pk=post.organisation_id)
    return _page(
        request,
        "hand_over.html",
        _("Hand over"),
        post=post,
        form=form,
        work=work_of([post.pk])[post.pk],
        is_last=not form.colleagues and not post.ended_at,
    )


def _handed_over(form: HandOverForm, user: Any) -> HandedOver:
    data = form.cleaned_data
    if data["to"] == NEWCOMER:
        return hand_over_to_newcomer(post=form.post, phone=data["phone"], name=data["name"], by=user)
    return hand_over(post=form.post, to=form.colleagues.get(data["to"]), by=user)


def said(done: HandedOver) -> str:
    """Return in a sentence or two what a handing over did."""
    who = {"person": done.post.user, "post": done.post}
    parts = []
    if done.has_ended:
        parts.append(_("The post of %(person)s has ended: %(post)s.") % who)
    if done.sessions_ended:
        parts.append(_("%(person)s is signed out everywhere.") % who)
    things = "、".join(f"{work.label} {count}" for work, count in done.moved)
    if things and done.to is not None:
        parts.append(_("%(person)s takes over: %(things)s.") % {"person": done.to.user, "things": things})
    elif things:
        parts.append(_("Back in the office, for anybody to take: %(things)s.") % {"things": things})
    return " ".join(parts) or _("This post had been handed over already; nothing was left to do.")


def _one(rows: QuerySet, pk: int) -> Any:
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


OFFICES = add_page(
    StaffPage(
        "offices/", "offices", gettext_lazy("Offices and colleagues"), offices_view, may_see_offices, "domain"
    )
)
OFFICE = add_page(
    StaffPage("offices/<int:pk>/", "office", gettext_lazy("Office"), office_view, may_see_offices)
)
HAND_OVER = add_page(
    StaffPage(
        "offices/posts/<int:pk>/", "hand_over", gettext_lazy("Hand over"), hand_over_view, may_see_offices
    )
)
