"""Hours of many: the page for holidays, the page that copies one listing's hours, what changes, taking it back."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from portal.accounts.staff_pages import StaffPage, add_page
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.many import CHOSEN, MOST_IN_CHUNKS
from portal.listings.admin.many_hours_forms import HolidayForm, PlacesForm, SameForm
from portal.listings.admin.many_hours_words import exceptions_text, span_text, week_text
from portal.listings.calendars import days_of
from portal.listings.english import in_english
from portal.listings.hours_for_many import Look, hours_of, look, take_back, write
from portal.listings.hours_wishes import Clash, Holiday, Hours, Wish, breaks_ahead
from portal.listings.models import CalendarDay, CalendarYear, Listing

DONE = "hours_done"
SHOWN = 30
BREAKS = 8
SOURCES = 12


def may_keep(user: Any) -> bool:
    """Say whether the person keeps listings at all; which ones is asked of `editable_by`."""
    return user.is_active and user.is_staff and user.has_perm("listings.change_listing")


def holiday_view(request: HttpRequest) -> HttpResponseBase:
    """Ask for days, hours and places; show what would change; write it."""
    user: Any = request.user
    asked = {"starts_on": "from", "ends_on": "to", "reason": "reason", "kind": "kind", "area": "area"}
    initial = {name: request.GET.get(key, "").replace("\0", "") for name, key in asked.items()}
    form = HolidayForm(request.POST or None, user=user, initial=initial | chosen(request))
    context = {"title": _("Holiday hours for many"), "form": form, "breaks": breaks()}
    if is_answered(request) and form.is_valid():
        data = form.cleaned_data
        note = f"{data['reason']} {span_text(data['starts_on'], data['ends_on'])}".strip()
        if data["deed"] == "take":
            note = _("Taken away: %(what)s") % {"what": note}
        return _answer(request, form, form.wish(), note, context)
    return _page(request, "admin/listings/holiday_hours.html", context)


def same_view(request: HttpRequest) -> HttpResponseBase:
    """Ask whose hours and for which places; show what would change; write it."""
    user: Any = request.user
    asked = {"name": "name", "kind": "kind", "area": "area", "source": "source"}
    initial = {name: request.GET.get(key, "").replace("\0", "") for name, key in asked.items()}
    form = SameForm(request.POST or None, user=user, initial=initial | chosen(request))
    key = str(form["source"].value() or "")
    source = _source(user, key)
    context: dict[str, Any] = {"title": _("Same hours as…"), "form": form, "source": source}
    if source is None:
        context["q"] = request.GET.get("q", "").replace("\0", "")[:80]
        rows = (
            Listing.objects.visible_to(user).search(context["q"]) if context["q"] else Listing.objects.none()
        )
        rows = rows.prefetch_related("weekly_hours", "hours_exceptions").order_by("name", "pk")
        context["sources"] = [(row, week_text(hours_of(row))) for row in rows[:SOURCES]]
        return _page(request, "admin/listings/same_hours.html", context)
    hours = hours_of(source)
    context |= {"week": week_text(hours), "exceptions": exceptions_text(hours["hours_exceptions"])}
    if is_answered(request) and form.is_valid():
        note = _("Hours as at “%(name)s”") % {"name": source.name}
        return _answer(request, form, form.wish(hours), note, context)
    return _page(request, "admin/listings/same_hours.html", context)


def _source(user: Any, key: str) -> Listing | None:
    """Return the listing whose hours are copied, if the person sees it."""
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    rows = Listing.objects.visible_to(user).prefetch_related("weekly_hours", "hours_exceptions")
    return rows.filter(pk=int(key)).first()


def is_answered(request: HttpRequest) -> bool:
    """Say whether a form was sent to be looked at or written; "again" goes back to it with what was entered."""
    return request.method == "POST" and "again" not in request.POST


def chosen(request: HttpRequest) -> dict[str, str]:
    """Return what was chosen in a list before, as the form takes it."""
    pks = request.session.get(CHOSEN) or [] if request.GET.get("chosen") else []
    return {"pks": ",".join(str(pk) for pk in pks)} if pks else {}


def breaks() -> list[dict[str, Any]]:
    """Return the holidays ahead: those of the calendar's years, and of the next year as far as it is known."""
    today, is_english = timezone.localdate(), get_language() == "en"
    rows = CalendarDay.objects.filter(date__gte=today, day_type="holiday").order_by("date")
    days = list(rows.values_list("date", "name"))
    years = dict(CalendarYear.objects.values_list("year", "confirmed_at"))
    for year in (today.year, today.year + 1):
        if year not in years:
            known = ((date, name) for date, (kind, name) in days_of(year).items() if kind == "holiday")
            days += [(date, name) for date, name in known if date >= today]
    return [
        {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "name": name,
            "shown": (is_english and in_english(name)) or name,
            "span": span_text(first, last),
            "is_sure": bool(years.get(first.year)),
        }
        for first, last, name in breaks_ahead(sorted(days))[:BREAKS]
    ]


def _answer(
    request: HttpRequest, form: PlacesForm, wish: Wish, note: str, context: dict[str, Any]
) -> HttpResponseBase:
    """Show what would change, or write it when that was seen."""
    user: Any = request.user
    rows = form.rows().defer("document", "search_text").order_by("name", "pk")
    if rows.count() > MOST_IN_CHUNKS:
        messages.error(request, _("Choose at most %(count)d listings at once.") % {"count": MOST_IN_CHUNKS})
        return redirect(request.get_full_path())
    found = look(rows=rows, wish=wish, actor=user)
    if "write" not in request.POST:
        return _page(request, "admin/listings/many_hours_look.html", context | _seen(found, wish))
    pks = [listing.pk for listing, *_hours in found.changes]
    outcome = write(pks=pks, wish=wish, actor=user, channel=channel_of(user), note=note)
    proposals = sum(not number for number in outcome.done.values())
    request.session[DONE] = {
        "made": [(pk, number) for pk, number in outcome.done.items() if number],
        "left": list(outcome.left.items()),
        "proposals": proposals,
        "may_undo": proposals < len(outcome.done),
        "back": request.path,
    }
    return redirect("admin:hours_done")


def _seen(found: Look, wish: Wish) -> dict[str, Any]:
    """Return what the page that asks once more shows."""
    clashes = 0
    if isinstance(wish, Holiday):
        clashes = sum(bool(wish.theirs(hours)) for hours in found.before.values())
    return {
        "count": len(found.changes),
        "same_count": len(found.same),
        "waiting_count": len(found.waiting),
        "clashes": clashes,
        "clash": Clash(wish.clash).label if isinstance(wish, Holiday) else "",
        "rows": [
            {"name": listing.name, "waits": listing.pk in found.waiting, **_difference(before, after)}
            for listing, before, after in found.changes[:SHOWN]
        ],
        "more": max(len(found.changes) - SHOWN, 0),
    }


def _difference(before: Hours, after: Hours) -> dict[str, str]:
    """Return in words what goes and what comes."""
    gone, come = [], []
    if before["weekly_hours"] != after["weekly_hours"]:
        gone.append(week_text(before))
        come.append(week_text(after))
    old, new = before["hours_exceptions"], after["hours_exceptions"]
    gone.append(exceptions_text([row for row in old if row not in new]))
    come.append(exceptions_text([row for row in new if row not in old]))
    return {"gone": " · ".join(filter(None, gone)), "come": " · ".join(filter(None, come))}


def done_view(request: HttpRequest) -> HttpResponseBase:
    """Show what was written last, and offer to take it back."""
    found = request.session.get(DONE)
    if not found:
        return redirect("admin:holiday_hours")
    context = {
        "title": _("Hours of many"),
        "done": found,
        "count": len(found["made"]),
        "undo_url": reverse("admin:hours_undo"),
    }
    return _page(request, "admin/listings/done.html", context)


def undo_view(request: HttpRequest) -> HttpResponseBase:
    """Take back what was written last, where nobody has changed the hours since."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = request.session.pop(DONE, None)
    if not found or not found["may_undo"]:
        messages.warning(request, _("There is nothing to take back any more."))
        return redirect("admin:holiday_hours")
    user: Any = request.user
    made = dict(found["made"])
    mine = set(Listing.objects.editable_by(user).filter(pk__in=made).values_list("pk", flat=True))
    numbers = {pk: number for pk, number in made.items() if pk in mine}
    outcome = take_back(numbers=numbers, actor=user, channel=channel_of(user))
    count = len(outcome.done)
    text = ngettext("Taken back for %(count)d listing.", "Taken back for %(count)d listings.", count)
    messages.success(request, text % {"count": count})
    if left := len(made) - count:
        text = ngettext(
            "%(count)d was left: its hours have changed since, or it is not yours any more.",
            "%(count)d were left: their hours have changed since, or they are not yours any more.",
            left,
        )
        messages.warning(request, text % {"count": left})
    return redirect(found["back"])


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


_TITLE = gettext_lazy("Holiday hours for many")
add_page(StaffPage("holiday-hours/", "holiday_hours", _TITLE, holiday_view, may_keep, "event_busy"))
add_page(StaffPage("same-hours/", "same_hours", gettext_lazy("Same hours as…"), same_view, may_keep))
add_page(StaffPage("hours-done/", "hours_done", _TITLE, done_view, may_keep))
add_page(StaffPage("hours-undo/", "hours_undo", _TITLE, undo_view, may_keep))
