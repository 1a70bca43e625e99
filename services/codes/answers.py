"""What the courier's page is told: who one is, what is held where, what happened; and a credential in JSON."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.api.problems import both
from services.codes.issuing import renew_after
from services.codes.models import Container, Credential, Holder, Platform
from services.codes.naming import masked
from services.codes.news import TOLD_FOR, News, news
from services.codes.standing import HeldBack, held_back, is_named_now, platform_of

#: What a platform may have put right a moment ago.
MAY_HAVE_CHANGED = {"not_checked", "proof_waiting", "proof_refused", "provisional_over"}

WHAT_ENDED = {
    "lost": _("You ended all codes, because a phone was lost."),
    "ended": _("Your code on one device was ended."),
    "idle": _("Your code on one device ended, because it was not used for 30 days."),
}
ADDED = _("Your code was added on another device. If that was not you, end it and call your street office.")
PHOTO_REFUSED = _("Your photo was not accepted: {why}")


def b64(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: Any, length: int) -> bytes:
    """Return the bytes of a text in base64url, b"" unless there are exactly so many."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if isinstance(text, str) else b""
    except ValueError:
        return b""
    return data if len(data) == length and b64(data) == text else b""


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def iso(moment: datetime) -> str:
    """Return a moment in ISO 8601, UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def credential_answer(credential: Credential, now: datetime) -> dict[str, Any]:
    """Return what a browser is given: its bytes, its container, when it ends and is renewed, and what happened."""
    container = credential.container
    assert container is not None and credential.data is not None  # noqa: S101, PT018
    return {
        "credential": b64(bytes(credential.data)),
        "container": str(container.number),
        "ends_at_ms": epoch_ms(credential.ends_at),
        "renew_after_ms": epoch_ms(renew_after(credential)),
        "now_ms": epoch_ms(now),
        "platforms": platforms(),
        "notices": notices(container.holder, now, told_to=container),
    }


def platforms() -> list[dict[str, Any]]:
    """Return every platform's number and names."""
    rows = Platform.objects.values_list("number", "short_name", "short_name_en")
    return [{"number": number, "zh": zh, "en": en or zh} for number, zh, en in rows]


def state_answer(user: Any, holder: Holder | None, now: datetime) -> dict[str, Any]:
    """Return all that the page needs to know of whoever is signed in, or of nobody."""
    back = held_back(holder, now) if holder else None
    if holder and back and back.code in MAY_HAVE_CHANGED and is_named_now(holder, now):
        # Asking for a credential will write it down; the page asks when nothing holds it back.
        back = None
    is_here = holder is not None and holder.state != Holder.State.ERASED
    containers = list(holder.containers.all()) if holder and is_here else []
    answer = {
        "now_ms": epoch_ms(now),
        "signed_in": bool(user.is_authenticated),
        "sign_in_url": f"{reverse('account_again')}?next=/code/",
        "enrolled": is_here,
        "holder": _holder(holder) if holder and is_here else None,
        "containers": [container_row(row) for row in containers if row.retired_at is None],
        # Ended ones: what was written on the phone with one of them is still this person's.
        "former": [str(row.number) for row in containers if row.retired_at is not None],
        "notices": notices(holder, now, rows=containers, more=news(holder, now))
        if holder and is_here
        else [],
    }
    if is_here and back:
        answer["refused_because"] = _said(back)
    return answer


def container_row(row: Container) -> dict[str, Any]:
    """Return a container as its holder sees it."""
    return {
        "number": str(row.number),
        "kind": row.kind,
        "label": row.label,
        "seen_at": iso(row.seen_at),
        "is_live": row.retired_at is None,
    }


def notices(
    holder: Holder,
    now: datetime,
    *,
    rows: list[Container] | None = None,
    told_to: Container | None = None,
    more: list[News] | None = None,
) -> list[dict[str, Any]]:
    """Return what happened to a code within two weeks, newest first, as (kind, sentence in both languages, moment).

    `told_to` is the container that asks: it is told of others that came after it. `more` is told beside it.
    """
    since = now - TOLD_FOR
    containers = list(holder.containers.all()) if rows is None else rows
    found = [
        (row.created_at, "added", ADDED)
        for row in containers
        if row.created_at > since and _came_after(row, containers, told_to)
    ]
    found += [
        (row.retired_at, row.retired_why, WHAT_ENDED[row.retired_why])
        for row in containers
        if row.retired_at and row.retired_at > since and row.retired_why in WHAT_ENDED
    ]
    if holder.photo_state == Holder.PhotoState.REFUSED:
        found.append((now, "photo_refused", format_lazy(PHOTO_REFUSED, why=holder.photo_reason)))
    found += more or []
    found.sort(key=lambda notice: notice[0], reverse=True)
    return [{"kind": kind, **both(sentence), "at": iso(at)} for at, kind, sentence in found]


def _came_after(row: Container, containers: list[Container], told_to: Container | None) -> bool:
    if told_to is not None:
        return row.pk != told_to.pk and row.created_at > told_to.created_at
    return any(other.created_at < row.created_at for other in containers)


def _holder(holder: Holder) -> dict[str, Any]:
    platform = platform_of(holder)
    name = holder.courier.user.name
    until = holder.provisional_until
    return {
        "masked_name": masked(name),
        "full_name_set": bool(name),
        "platform": {
            "number": platform.number if platform else 0,
            "zh": platform.short_name if platform else "",
            "en": (platform.short_name_en or platform.short_name) if platform else "",
        },
        "work_type": holder.courier.work_type,
        "basis": holder.basis,
        "provisional_until": iso(until) if until else None,
        "state": holder.state,
        "photo_state": holder.photo_state,
        "proof_state": "waiting" if holder.proof_image else "refused" if holder.proof_reason else "none",
        "suspended_why": holder.suspended_why,
    }


def _said(back: HeldBack) -> dict[str, str]:
    return {"code": back.code, **both(back.sentence)}
