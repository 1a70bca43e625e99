"""What leaves the portal, in words: the text of a message, and a day's e-mail."""

import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.notices.kinds import SENSITIVE, Urgency, kind_of, names_of
from portal.notices.models import Channel, Delivery, Notice, Preference
from portal.notices.quiet import after_quiet, preference_of
from portal.notices.sealing import unseal

#: A sentence of a text message is cut here: providers bill Chinese in pieces of 67 signs, and the address follows.
MOST_SIGNS = 90
#: An e-mail names so many notices; the page has them all.
MOST_IN_DIGEST = 30


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: where to, and the words; `notices` are those that an e-mail speaks of."""

    channel: str
    to: str
    text: str
    subject: str = ""
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    notices: tuple[int, ...] = ()


class Wait(Exception):
    """It is night for whoever would be told, or too early; `until` says when that ends."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__(until)
        self.until = until


def compose(row: Delivery, now: dt.datetime) -> Message | None:
    """Return what to send now, None when nobody needs it any more. Raises Wait in quiet hours, Unreadable.

    The person's present wishes count, and so does what they have read meanwhile.
    """
    if row.user is not None and not row.user.is_active:
        return None
    if row.key:
        return _letter(row)
    preference = preference_of(row.user)
    with translation.override(preference.language):
        return _digest(row, preference, now) if row.digest_on else _text(row, preference, now)


def address_of(name: str) -> str:
    """Return the whole address of one of the portal's pages."""
    return settings.PUBLIC_BASE_URL + reverse(name)


def said_outside(notice: Notice) -> str:
    """Return what of a notice may leave the portal, in the active language."""
    kind = kind_of(notice.kind)
    return str(SENSITIVE) if kind.is_sensitive else kind.said(notice.params)


def is_reached_by_text(user: object) -> bool:
    """Say whether a person has a number that they proved to hold."""
    return bool(getattr(user, "phone", None) and getattr(user, "phone_verified_at", None))


def _text(row: Delivery, preference: Preference, now: dt.datetime) -> Message | None:
    notice = row.notice
    if notice is None or notice.read_at or not preference.by_sms or not is_reached_by_text(row.user):
        return None
    if (awake := after_quiet(max(now, notice.shown_from), preference)) > now:
        raise Wait(awake)
    # After 90 days a number may be somebody else's: they learn no more than that there is a portal.
    said = str(SENSITIVE) if row.user.is_phone_idle else said_outside(notice)  # type: ignore[union-attr]
    short = said if len(said) <= MOST_SIGNS else f"{said[: MOST_SIGNS - 1]}…"
    return Message(Channel.SMS, row.user.phone.as_e164, f"{short} {address_of('notices')}")  # type: ignore[union-attr]


def _digest(row: Delivery, preference: Preference, now: dt.datetime) -> Message | None:
    user = row.user
    if user is None or not (user.email and user.is_staff and preference.by_email):
        return None
    waiting = Notice.objects.to_mail(names_of(Urgency.DIGEST), now).filter(user=user)
    rows = list(waiting.order_by("-shown_from", "-pk"))
    if not rows:
        return None
    # What may not be said outside is one line, however much of it there is.
    lines = list(dict.fromkeys(said_outside(notice) for notice in rows))
    context = {
        "lines": lines[:MOST_IN_DIGEST],
        "more": max(0, len(lines) - MOST_IN_DIGEST),
        "count": len(rows),
        "name": user.name,
        "address": address_of("notices"),
        "wishes": address_of("notice_wishes"),
        "language": preference.language,
    }
    subject = ngettext(
        "%(count)d new message for you at Nuanxin", "%(count)d new messages for you at Nuanxin", len(rows)
    )
    return Message(
        Channel.EMAIL,
        user.email,
        render_to_string("notices/digest.txt", context),
        subject % {"count": len(rows)},
        render_to_string("notices/digest.html", context),
        {"List-Unsubscribe": f"<{context['wishes']}>"},
        tuple(notice.pk for notice in rows),
    )


def _letter(row: Delivery) -> Message:
    carried = unseal(row.sealed)
    return Message(row.channel, carried["to"], carried["text"], carried.get("subject", _("Nuanxin")))
