"""Giving an integration a new key while the old one still holds for a while."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit.changes import plain
from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import ApiKey
from portal.partners.reminding import forget_reminders

#: A partner has at most so long to bring the new key to all its machines.
LONGEST_OVERLAP = timedelta(days=7)

_FOLLOWERS: list[Callable[[ApiKey, ApiKey], object]] = []


def when_moved(follow: Callable[[ApiKey, ApiKey], object]) -> None:
    """Have `follow(old, new)` done in the transaction in which a key takes another's place; an app does this once."""
    if follow not in _FOLLOWERS:
        _FOLLOWERS.append(follow)


def moved(old: ApiKey, new: ApiKey) -> None:
    """Let everything that hangs on a key hang on another."""
    for follow in _FOLLOWERS:
        follow(old, new)


@transaction.atomic
def rotate_key(*, key: ApiKey, by: Any, overlap: timedelta) -> tuple[ApiKey, str]:
    """Issue a key that may do the same, let the old one hold for `overlap` at most; return the new one and its text.

    The new key ends when the old one would have ended: to prolong is the city's matter. At most two keys of an
    integration hold at once: one that was never used gives way at once to its successor, which keeps the older one's
    overlap. Raises ValidationError for a key that is over or has a successor ("over", "rotated"), and while the one
    before it still holds and both are used ("overlapping"); ValueError for an overlap of more than seven days.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("An overlap lasts from nothing to seven days.")
    now = timezone.now()
    # The one before it too, always in this order: two rotations of one integration wait for each other.
    rows = ApiKey.objects.filter(Q(pk=key.pk) | Q(successor=key.pk)).order_by("pk")
    locked = {row.pk: row for row in rows.select_related("organisation").select_for_update(of=("self",))}
    old = locked.pop(key.pk)
    older = next((row for row in locked.values() if row.is_usable), None)
    _check(old, older)
    new = ApiKey(
        organisation=old.organisation,
        name=old.name,
        scopes=old.scopes,
        sources=old.sources,
        area_code=old.area_code,
        per_minute=old.per_minute,
        expires_at=old.expires_at,
    )
    text = new.draw_secret()
    new.save()
    had = old.expires_at
    if older is not None:
        old.revoked_at, older.successor = now, new
        older.save(update_fields=["successor"])
    else:
        old.expires_at = min(old.expires_at or now + overlap, now + overlap)
        old.successor = new
    old.save(update_fields=["revoked_at", "expires_at", "successor"])
    ends = plain(old.revoked_at or old.expires_at)
    record(
        Action.KEY_ROTATED,
        by=by,
        about=old,
        before={"expires_at": plain(had)},
        after={"expires_at": ends},
        note=new.prefix,
    )
    facts = {"scopes": new.scopes, "sources": new.sources, "expires_at": plain(new.expires_at)}
    record(Action.KEY_ISSUED, by=by, about=new, after=facts, note=old.prefix)
    forget_reminders(old, had)
    moved(old, new)
    return new, text


def _check(old: ApiKey, older: ApiKey | None) -> None:
    if old.successor_id is not None:
        raise ValidationError(_("This key was replaced already: the new one is there."), code="rotated")
    if not old.is_usable:
        raise ValidationError(
            _("This key does not hold any more, so there is nothing to replace."), code="over"
        )
    if older is not None and old.last_used_at is not None:
        told = _("The key before this one (%(prefix)s…) still holds. Revoke it first, or wait until it ends.")
        raise ValidationError(told, code="overlapping", params={"prefix": older.prefix})
