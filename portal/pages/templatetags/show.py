"""How facts are shown: ages, moments, distances, prices, states. Every rule lives in the module it calls."""

import datetime as dt
import re
from typing import Any

import segno
from django import template
from django.core.files.storage import storages
from django.template.defaultfilters import stringfilter
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from portal.listings import selects
from portal.listings.coordinates import NavigationLink, navigation_links
from portal.listings.hours import planned_pauses
from portal.listings.kinds import listing_model
from portal.listings.languages import in_language
from portal.listings.sharing import shared_url, written
from portal.pages import freshness as fresh
from portal.pages import moment as clock
from portal.pages import states, week, wording
from portal.pages.chips import Chip, active_chips
from portal.pages.locator import locator

register = template.Library()

register.filter("label", wording.label)
register.filter("said", wording.said)
register.filter("named", wording.named)
register.filter("called", wording.called)
register.filter("listed", wording.listed)
register.filter("dotted", wording.dotted)
register.filter("short_region", wording.short_region)
register.filter("distance", wording.distance)
register.filter("travel", wording.travel)
register.filter("locator", locator)
register.filter("pause_span", wording.pause_span)


def _or_now(moment: Any) -> dt.datetime:
    return moment if isinstance(moment, dt.datetime) else clock.now()


@register.filter
def age(at: Any, moment: Any = None) -> str:
    """Return how long ago: `{{ doc.shut.since|age:moment }}`."""
    return wording.age(at, _or_now(moment))


@register.filter
def when(at: Any, moment: Any = None) -> str:
    """Return a moment as a person says it: `{{ status.closes_at|when:moment }}`."""
    return wording.when(at, _or_now(moment))


@register.filter
def pauses_ahead(doc: dict[str, Any], moment: Any = None) -> list[Any]:
    """Return the planned pauses that have not begun: `{% for pause in doc|pauses_ahead:moment %}`."""
    now = _or_now(moment)
    return [pause for start, _end, pause in planned_pauses(doc) if start > now]


@register.filter
def say_state(card: Any, moment: Any = None) -> states.Said:
    """Return tone, word and note of a card: `{% with said=card|say_state:moment %}`."""
    return states.say_state(card, _or_now(moment))


@register.filter
def freshness(doc: dict[str, Any], moment: Any = None) -> fresh.Freshness:
    """Return the leading fact group's freshness: text, is_fresh."""
    return fresh.leading_freshness(doc, _or_now(moment))


@register.filter
def confirmations(doc: dict[str, Any], moment: Any = None) -> list[fresh.Freshness]:
    """Return the freshness of every fact group: group, text, is_fresh."""
    return fresh.all_freshness(doc, _or_now(moment))


@register.filter
def week_of(doc: dict[str, Any], moment: Any = None) -> week.Week:
    """Return the resolved week: days (name, hours, why, is_today), later, calendar_confirmed."""
    return week.week_of(doc, _or_now(moment))


@register.filter
def pattern_of(doc: dict[str, Any]) -> list[week.Day]:
    """Return the weekly pattern as entered, for paper."""
    return week.pattern_of(doc)


@register.filter
def navigation(doc: dict[str, Any]) -> list[NavigationLink]:
    """Return the links to the map services, each in its own datum; none without a position."""
    position = doc.get("position")
    if not position:
        return []
    return navigation_links(doc["name"], position["lat"], position["lng"], get_language())


@register.filter
def partial(doc: dict[str, Any], part: str) -> list[str]:
    """Return the template of one part: the kind's own if it has one, else the default of all listings.

    `{% include card.doc|partial:"card" %}` looks for `<app>/_card.html`, then `listings/_card.html`.
    """
    return [f"{listing_model(doc['kind'])._meta.app_label}/_{part}.html", f"listings/_{part}.html"]


@register.simple_tag
def price(amount: str | None, unit: str = "") -> str:
    """Return an amount of yuan ("10.00") with its fen set small; the unit follows."""
    if amount is None or amount == "":
        return ""
    yuan, _point, fen = str(amount).partition(".")
    fen = f"{fen or '0':0<2}"[:2]
    return format_html(
        '<span class="price">{}<span class="cents">.{}</span><span class="unit">{}</span></span>',
        yuan,
        fen,
        unit,
    )


@register.filter
def door(doc: dict[str, Any]) -> str:
    """Return the address in Latin letters without the areas that stand in front of it on the page."""
    areas = {area["en"] for name in ("district", "street", "community") if (area := doc.get(name))}
    return ", ".join(part for part in doc.get("address_en", "").split(", ") if part not in areas)


@register.filter
@stringfilter
def media(path: str) -> str:
    """Return the address of a path in the public storage."""
    return storages["public"].url(path) if path else ""


@register.filter
@stringfilter
def dialled(phone: str) -> str:
    """Return a phone number as `tel:` wants it: digits and a leading plus."""
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


@register.filter
@stringfilter
def is_mobile(phone: str) -> bool:
    """Say whether a phone number is a mobile one, which takes text messages: eleven digits that begin with 1."""
    return bool(re.fullmatch(r"(\+?86)?1\d{10}", dialled(phone)))


@register.filter
def picture_of(doc: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first photo that shows the place itself, None when there is only a drawing."""
    return next((photo for photo in doc.get("photos", []) if photo["role"] == "picture"), None)


@register.simple_tag(takes_context=True)
def chips(context: Any, form: Any) -> list[Chip]:
    """Return the filters in force, each with the address that takes it away."""
    return active_chips(form, context["request"].GET)


@register.filter
def is_check(field: Any) -> bool:
    """Say whether a bound form field is one tick box."""
    widget = field.field.widget
    return getattr(widget, "input_type", "") == "checkbox" and not getattr(
        widget, "allow_multiple_selected", False
    )


@register.simple_tag(takes_context=True)
def querystring_without(context: Any, *names: str) -> str:
    """Return the page's query without these parameters, without the question mark ("" when nothing remains)."""
    left = context["request"].GET.copy()
    for name in names:
        left.pop(name, None)
    return left.urlencode()


@register.simple_tag(takes_context=True)
def missing_page(context: Any, page: Any) -> str:
    """Say that the page which was asked for does not exist, and which one is shown instead; "" when it does."""
    asked = context["request"].GET.get("page") or str(page.number)
    try:
        if int(asked) == page.number:
            return ""
    except ValueError:
        return gettext("Pages are numbered from 1; this is the first one.")
    return gettext("There is no page %(number)s; this is the last one.") % {"number": asked[:12]}


@register.filter
def shown_fields(filterset: Any) -> list[Any]:
    """Return the fields of a filter set that its form shows; “open now” is a chip of its own above them."""
    form = filterset.form
    form.label_suffix = ""
    return [form[name] for name in filterset.shown_on_pages if name in form.fields and name != "open_now"]


@register.filter
def field_group(filterset: Any, field: Any) -> SafeString:
    """Return label, widget and errors of one field of a filter set: `{{ filter|field_group:field }}`."""
    return selects.field_group(getattr(filterset, "whole", None) or type(filterset), field)


@register.simple_tag
def radius_choices(point: Any) -> list[int]:
    """Return the distances that the form offers, in metres, with the one in force."""
    return sorted({500, 1000, 2000, 5000, 20000} | ({int(point.radius_m)} if point else set()))


@register.filter
def public_address(doc: dict[str, Any]) -> str:
    """Return the page's address with the portal's own host and the reader's language."""
    return shared_url(doc["kind"], doc["id"])


register.filter("in_language", in_language)
register.filter("written", written)


@register.filter
def qr(address: str) -> SafeString:
    """Return a QR code as inline SVG without styles, so that a strict policy lets it show."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn)  # noqa: S308  numbers of a path, nothing of the address's text


@register.simple_tag
def active_beyond(found: list[Chip]) -> list[Chip]:
    """Return the filters in force that have no switch of their own above the list."""
    return [chip for chip in found if chip.name not in ("open_now", "near")]


@register.filter
def metres_from(doc: dict[str, Any], place: Any) -> int | None:
    """Return how far a place lies from where the visitor is, in whole metres; None without a point."""
    position = doc.get("position")
    metres = place.metres_to(position["lat"], position["lng"]) if position and place else None
    return None if metres is None else round(metres)
