"""A courier's photo, if wanted: checked by staff, then shown to a guard who is online, once, for ten seconds."""

from base64 import urlsafe_b64encode
from functools import partial
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from services.codes import private_pictures
from services.codes.checking import check_may, enrolled
from services.codes.derived import secret
from services.codes.enrolling import locked_holder
from services.codes.models import Holder

SECONDS = 10


def send_photo(*, user: Any, file: Any) -> Holder:
    """Keep a photo to be checked, in place of an earlier one. Raise CodeRefused."""
    name = private_pictures.keep(file, folder="photos", width=private_pictures.FACE_WIDTH)
    try:
        with transaction.atomic():
            holder = enrolled(user)
            _replace(holder, name, Holder.PhotoState.WAITING)
    except BaseException:
        private_pictures.forget(name)
        raise
    return holder


@transaction.atomic
def take_away(*, user: Any) -> Holder:
    """Delete a courier's photo at their wish. Raise CodeRefused."""
    holder = enrolled(user)
    _replace(holder, "", Holder.PhotoState.NONE)
    return holder


@transaction.atomic
def accept_photo(*, holder: Holder, by: Any) -> Holder:
    """Let guards see a photo. Raise PermissionDenied, or ValidationError when none waits."""
    held = _waiting(holder, by)
    held.photo_state = Holder.PhotoState.ACCEPTED
    held.save(update_fields=["photo_state"])
    return held


@transaction.atomic
def refuse_photo(*, holder: Holder, by: Any, reason: str) -> Holder:
    """Refuse a photo with a reason that the courier reads, and delete it. Raise as `accept_photo` does."""
    why = reason.strip()
    if not why:
        raise ValidationError(_("Say why: the courier reads it."), code="reason_missing")
    held = _waiting(holder, by)
    _replace(held, "", Holder.PhotoState.REFUSED, why[:120])
    return held


def token_for(holder: Holder) -> str:
    """Return the token by which a guard sees a holder's photo once within ten seconds; "" when there is none to see.

    It is sealed, so that it says nothing to a guard's phone, not even that two codes are of one person.
    """
    if holder.photo_state != Holder.PhotoState.ACCEPTED or not holder.photo:
        return ""
    return _seal().encrypt(holder.photo.encode()).decode()


def open_once(token: str) -> bytes | None:
    """Return the photo of a token as WebP, the first time and within ten seconds, else None.

    A photo that was taken away meanwhile is gone. The answer must carry `Cache-Control: no-store`.
    """
    try:
        name = _seal().decrypt(token.encode(), ttl=SECONDS).decode()
    except (InvalidToken, ValueError):
        return None
    if not cache.add(f"codes:photo:{sha256(token.encode()).hexdigest()}", 1, 6 * SECONDS):
        return None
    return private_pictures.read(name)


def _seal() -> Fernet:
    return Fernet(urlsafe_b64encode(secret("photos")))


def _waiting(holder: Holder, by: Any) -> Holder:
    check_may(holder, by)
    held = locked_holder(holder.pk)
    if held.photo_state != Holder.PhotoState.WAITING:
        raise ValidationError(_("That is not possible any more: the code has changed."), code="moved")
    return held


def _replace(holder: Holder, name: str, state: str, reason: str = "") -> None:
    transaction.on_commit(partial(private_pictures.forget, holder.photo))
    holder.photo, holder.photo_state, holder.photo_reason = name, state, reason
    holder.save(update_fields=["photo", "photo_state", "photo_reason"])
