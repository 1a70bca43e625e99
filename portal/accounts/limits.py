"""How many codes may be asked for: by one phone from one address, by one phone, by one address, and in all.

Every request counts, whether a message leaves or not: a counter that moved only for known numbers would tell them.
A phone is held mainly together with the address that asks, so that nobody locks somebody else out from elsewhere.
"""

import hashlib
import math
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86_400

_COUNTED = "_code_counted"


class Rate(NamedTuple):
    """So many in so many seconds, counted from the first."""

    amount: int
    seconds: int


#: The gaps grow: a minute after the first code, ten after the fifth, a day after the thirtieth.
PHONE_FROM_ADDRESS = (Rate(1, MINUTE), Rate(5, 10 * MINUTE), Rate(30, DAY))
PHONE = (Rate(20, HOUR), Rate(100, DAY))


def refusal(request: HttpRequest, phone: str) -> str:
    """Count one code asked for, and return the sentence that refuses it; "" lets it go.

    A request counts once, however often it asks. What one rule refuses does not count for the rules after it.
    """
    if getattr(request, _COUNTED, False):
        return ""
    setattr(request, _COUNTED, True)
    address = get_ip(request)
    if wait := seconds_to_wait(f"phone-address:{phone} {address}", PHONE_FROM_ADDRESS):
        return _too_many_for_phone(wait)
    if wait := seconds_to_wait(f"address:{address}", [Rate(settings.SMS_PER_ADDRESS_PER_HOUR, HOUR)]):
        return _too_many_for_network(wait)
    if wait := seconds_to_wait(f"phone:{phone}", PHONE):
        return _too_many_for_phone(wait)
    if wait := seconds_to_wait("all", [Rate(settings.SMS_PER_MINUTE, MINUTE)]):
        return _too_many_for_network(wait)
    return ""


def _too_many_for_phone(wait: float) -> str:
    return ngettext(
        "No code was sent: this number has asked too often. Try again in %(minutes)s minute, or call %(phone)s.",
        "No code was sent: this number has asked too often. Try again in %(minutes)s minutes, or call %(phone)s.",
        _minutes(wait),
    ) % _values(wait)


def _too_many_for_network(wait: float) -> str:
    return ngettext(
        "No code was sent: too many codes were sent from this network. "
        "Try again in %(minutes)s minute, or call %(phone)s.",
        "No code was sent: too many codes were sent from this network. "
        "Try again in %(minutes)s minutes, or call %(phone)s.",
        _minutes(wait),
    ) % _values(wait)


def _values(wait: float) -> dict[str, Any]:
    return {"minutes": _minutes(wait), "phone": settings.HELP_PHONE}


def _minutes(seconds: float) -> int:
    return max(1, math.ceil(seconds / MINUTE))


def seconds_to_wait(who: str, rates: Iterable[Rate]) -> float:
    """Count for each rate and return the seconds until the first one over its amount ends; 0 when none is over.

    What a short rate refuses does not count for the longer ones after it: tapping twice costs nobody the day.
    """
    digest = hashlib.sha256(who.encode()).hexdigest()
    now = time.time()
    for rate in rates:
        name = f"codes:{rate.seconds}:{digest}"
        begun = _begun(name, rate.seconds, now)
        if _count(f"{name}:{begun:.3f}", rate.seconds) > rate.amount:
            return begun + rate.seconds - now
    return 0.0


def _begun(name: str, seconds: int, now: float) -> float:
    """Return when the running window began, after beginning one where none runs."""
    begun = cache.get(name)
    if begun is None or begun + seconds <= now:
        cache.delete(name)
        begun = now if cache.add(name, now, seconds) else cache.get(name, now)
    return begun


def _count(name: str, seconds: int) -> int:
    """Add one in a single step of the cache, so that requests at the same moment are all counted."""
    cache.add(name, 0, seconds + MINUTE)
    try:
        return cache.incr(name)
    except ValueError:
        return 1
