"""What somebody may see of their own sign-ins: when, by what, and roughly from where."""

import ipaddress
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.accounts.models import User
from portal.audit.models import SIGNING_IN, Action, Event, Origin
from portal.audit.wording import changes_of

SHOWN = 50
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "HarmonyOS": "HarmonyOS",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
PROGRAMS = {
    "MicroMessenger": "WeChat",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}


class SignIn(NamedTuple):
    """One line of the page; `place` and `program` are "" where they are not known."""

    event: Event
    ways: str
    place: str
    program: str
    is_warning: bool


@require_GET
@never_cache
@login_required
def own_sign_ins(request: HttpRequest) -> HttpResponse:
    """Show a person their own last sign-ins, so that a strange one is noticed."""
    return render(request, "account/sign_ins.html", {"lines": lines_of(request.user)})  # type: ignore[arg-type]


def lines_of(person: User) -> list[SignIn]:
    """Return a person's last sign-ins, private ones too, the newest first; two queries."""
    about = Event.objects.filter(object_kind=User._meta.label_lower, object_id=str(person.pk))
    events = list(about.filter(action__in=SIGNING_IN).order_by("-made_at", "-pk")[:SHOWN])
    origins = Origin.objects.in_bulk({event.request_id for event in events if event.request_id})
    return [_line(event, origins.get(event.request_id), person) for event in events]


def _line(event: Event, origin: Origin | None, person: User) -> SignIn:
    is_own = event.actor_id in {None, person.pk}
    ways = "、".join(word for change in changes_of(event) for word in change.new)
    return SignIn(
        event,
        ways,
        # From where a colleague reset something is the colleague's matter.
        place_of(origin.address) if origin and is_own else "",
        program_of(origin.agent) if origin and is_own else "",
        event.action in {Action.SIGN_IN_FAILED, Action.FACTOR_RESET, Action.PASSWORD_TAKEN, Action.LINK_MADE},
    )


def place_of(address: str | None) -> str:
    """Return the network of an address without its end: enough to know one's own, too little to find a door."""
    if not address:
        return ""
    if ipaddress.ip_address(address).version == 4:
        return ".".join([*address.split(".")[:2], "*", "*"])
    return ":".join([*ipaddress.ip_address(address).exploded.split(":")[:2], "*"])


def program_of(agent: str) -> str:
    """Return the system and the program that somebody used, as far as the program says it."""
    system = next((name for sign, name in SYSTEMS.items() if sign in agent), "")
    program = next((name for sign, name in PROGRAMS.items() if sign in agent), "")
    words: list[Any] = [word for word in (system, program) if word]
    return " · ".join(words) or (_("another program") if agent else "")
