"""What a holder's right to a code rests on, and what holds a code back. Callers hold the holder's row."""

import datetime as dt
import hmac
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.hours import CITY_TIME
from services.codes.derived import secret
from services.codes.models import Holder, LiveOrder, Platform, RosterEntry

#: An order that begins within the hour counts: newcomers come to a gate before the platform's clock says so.
ORDER_AHEAD = dt.timedelta(hours=1)


class HeldBack(NamedTuple):
    """Why no credential is issued: a code for programs, and lazy text that says what to do next."""

    code: str
    sentence: Any


SENTENCES: dict[str, Any] = {
    "not_checked": _(
        "Your platform has not named you yet. Send a picture that shows that you work there, or ask at a station "
        "for a pass for today."
    ),
    "proof_waiting": _(
        "Your proof is being checked. If you need to get in today, ask at a station for a pass for today."
    ),
    "proof_refused": _(
        "Your proof was not accepted: {why} Send another one, or ask at a station for a pass for today."
    ),
    "provisional_over": _(
        "Your pass for the day has ended. Send a picture that shows that you work for your platform, "
        "or ask at a station again."
    ),
    "suspended": _("Your code is paused. The reason is in your messages, and you can answer it there."),
    "switched_off": _("Your account is switched off. Ask the street office."),
    "erased": _("You deleted your code. Fill in the form again if you want a new one."),
}


def phone_hash(phone: Any) -> str:
    """Return what is kept of a phone number that matched nobody, 64 hex digits; "" without a number."""
    return hmac.new(secret("phone"), str(phone).encode(), sha256).hexdigest() if phone else ""


def end_of_day(moment: dt.datetime) -> dt.datetime:
    """Return 23:59 of the city's day."""
    local = moment.astimezone(CITY_TIME)
    return local.replace(hour=23, minute=59, second=0, microsecond=0)


def live_orders(holder: Holder, now: dt.datetime) -> QuerySet[LiveOrder]:
    """Return the orders that a person is on now, of any platform; none for somebody without a number."""
    hashed = phone_hash(holder.courier.user.phone)
    orders = LiveOrder.objects.filter(phone_hash=hashed, starts_at__lte=now + ORDER_AHEAD, ends_at__gt=now)
    return orders if hashed else orders.none()


def platform_of(holder: Holder) -> Platform | None:
    """Return the platform that somebody says to work for, None without one or when it has no number."""
    organisation = holder.courier.platform
    return getattr(organisation, "code_platform", None)


def settle(holder: Holder, now: dt.datetime) -> None:
    """Bring what a code rests on up to date with rosters and orders, and end a suspension that is over; save it.

    Who left a platform's roster rests on an own word again. A proof that staff checked stands by itself.
    """
    if holder.state == Holder.State.SUSPENDED and _is_over(holder, now):
        clear_suspension(holder)
    if holder.state == Holder.State.ERASED or holder.basis == Holder.Basis.PROOF:
        return
    entry = _entry_of(holder)
    platform = platform_of(holder)
    if entry is not None:
        if entry.holder_id != holder.pk:
            RosterEntry.objects.filter(pk=entry.pk).update(holder=holder)
        if holder.basis != Holder.Basis.ROSTER:
            rest_on(holder, Holder.Basis.ROSTER, now, label=str(platform))
        return
    if holder.basis == Holder.Basis.ROSTER:
        rest_on(holder, Holder.Basis.CLAIM, None)
    is_admitted = holder.provisional_until is not None and holder.provisional_until > now
    if not is_admitted and _is_on_order(holder, now):
        rest_on(holder, Holder.Basis.ORDER, now, label=str(platform), until=end_of_day(now))


def is_named_now(holder: Holder, now: dt.datetime) -> bool:
    """Say whether the platform's roster or a live order would admit somebody who asks now; writes nothing."""
    return _entry_of(holder) is not None or _is_on_order(holder, now)


def _entry_of(holder: Holder) -> RosterEntry | None:
    hashed = phone_hash(holder.courier.user.phone)
    rows = RosterEntry.objects.filter(platform=platform_of(holder), phone_hash=hashed, ended_at=None)
    return rows.first()


def _is_on_order(holder: Holder, now: dt.datetime) -> bool:
    platform = platform_of(holder)
    return platform is not None and live_orders(holder, now).filter(platform=platform).exists()


def clear_suspension(holder: Holder) -> None:
    """Write that a holder is active and not suspended."""
    holder.state = Holder.State.ACTIVE
    holder.suspended_at = holder.suspended_until = None
    holder.suspended_why = holder.suspended_by_label = ""
    holder.save(
        update_fields=["state", "suspended_at", "suspended_until", "suspended_why", "suspended_by_label"]
    )


def rest_on(
    holder: Holder,
    basis: str,
    checked_at: dt.datetime | None,
    *,
    label: str = "",
    until: dt.datetime | None = None,
) -> None:
    """Write what a code rests on: when and by whom that was checked, and until when it is provisional."""
    holder.basis, holder.basis_checked_at = basis, checked_at
    holder.basis_label, holder.provisional_until = label[:120], until
    holder.save(update_fields=["basis", "basis_checked_at", "basis_label", "provisional_until"])


def held_back(holder: Holder, now: dt.datetime) -> HeldBack | None:
    """Return why a person gets no credential now, or None. Asks nothing of the database."""
    if holder.state == Holder.State.ERASED:
        return _back("erased")
    if not holder.courier.user.is_active:
        return _back("switched_off")
    if holder.state == Holder.State.SUSPENDED and not _is_over(holder, now):
        return _back("suspended")
    if holder.provisional_until is not None and holder.provisional_until > now:
        return None
    if holder.provisional_until is None and holder.basis != Holder.Basis.CLAIM:
        return None
    if holder.proof_image:
        return _back("proof_waiting")
    if holder.proof_reason:
        return HeldBack("proof_refused", format_lazy(SENTENCES["proof_refused"], why=holder.proof_reason))
    return _back("provisional_over" if holder.provisional_until else "not_checked")


def _back(code: str) -> HeldBack:
    return HeldBack(code, SENTENCES[code])


def _is_over(holder: Holder, now: dt.datetime) -> bool:
    return holder.suspended_until is not None and holder.suspended_until <= now
