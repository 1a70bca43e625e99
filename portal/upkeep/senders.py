"""Who says that something is wrong: a person, or a phone by its cookie; how often one may, and from where it comes.

One address of a carrier stands for thousands of phones, so it alone holds nobody up before hundreds have written.
"""

import math
import re
import secrets
from dataclasses import dataclass
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from portal.accounts.limits import DAY, HOUR, MINUTE, Rate, seconds_to_wait

COOKIE = "sender"
COOKIE_SECONDS = 400 * 24 * 3600
_NAME = re.compile(r"[\w-]{32}", re.ASCII)
SENDER = (Rate(12, 10 * MINUTE), Rate(40, DAY))
#: Phones that show no cookie yet are told apart by nothing.
NEW_PHONES = (Rate(60, HOUR),)
ADDRESS = (Rate(600, HOUR),)


@dataclass(frozen=True, slots=True)
class Sender:
    """One who writes: `user` is None for a phone, `phone` its cookie; `is_new` where the cookie is made only now."""

    user: Any
    phone: str
    address: str
    is_new: bool = False

    @property
    def digest(self) -> str:
        """Return a keyed hash of the person or the phone."""
        who = f"user:{self.user.pk}" if self.user else f"phone:{self.phone}"
        return salted_hmac("correction sender", who, algorithm="sha256").hexdigest()

    @property
    def origin(self) -> str:
        """Return what tells apart those whose word counts by itself: people by themselves, phones by their address."""
        where = f"user:{self.user.pk}" if self.user else f"address:{self.address}"
        return salted_hmac("correction origin", where, algorithm="sha256").hexdigest()[:16]

    def wait(self) -> str:
        """Count one sending, and return the sentence that puts it off; "" lets it go."""
        if self.user:
            return _later(seconds_to_wait(f"correct user {self.user.pk}", SENDER))
        if self.is_new:
            seconds = seconds_to_wait(f"correct new {self.address}", NEW_PHONES)
        else:
            seconds = seconds_to_wait(f"correct phone {self.phone} {self.address}", SENDER)
        return _later(seconds or seconds_to_wait(f"correct address {self.address}", ADDRESS))

    def remember(self, answer: HttpResponse, request: HttpRequest) -> None:
        """Give the phone its cookie, which says nothing but that it is the same phone."""
        if self.is_new:
            secure = request.is_secure()
            answer.set_cookie(
                COOKIE, self.phone, COOKIE_SECONDS, samesite="Lax", secure=secure, httponly=True
            )


def sender_of(request: HttpRequest) -> Sender:
    """Return who sends a request."""
    address = get_ip(request) or ""
    if request.user.is_authenticated:
        return Sender(request.user, "", address)
    phone = request.COOKIES.get(COOKIE, "")
    if _NAME.fullmatch(phone):
        return Sender(None, phone, address)
    return Sender(None, secrets.token_urlsafe(24), address, is_new=True)


def _later(seconds: float) -> str:
    if not seconds:
        return ""
    minutes = max(1, math.ceil(seconds / MINUTE))
    if minutes > 90:
        hours = math.ceil(minutes / 60)
        return ngettext(
            "Not sent yet: that was a lot for one day. Send it again in %(count)d hour; nothing is lost.",
            "Not sent yet: that was a lot for one day. Send it again in %(count)d hours; nothing is lost.",
            hours,
        ) % {"count": hours}
    return ngettext(
        "Not sent yet: that was a lot in a short time. Send it again in %(count)d minute; nothing is lost.",
        "Not sent yet: that was a lot in a short time. Send it again in %(count)d minutes; nothing is lost.",
        minutes,
    ) % {"count": minutes}
