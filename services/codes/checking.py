"""Proofs of work: sent by the courier, looked at by staff; and passes for a day on the word of a station head."""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes import private_pictures
from services.codes.enrolling import holder_of, locked_holder
from services.codes.faults import CodeRefused
from services.codes.models import Holder
from services.codes.revoking import label_of
from services.codes.standing import end_of_day, rest_on

CHECK = "codes.check_holder"


def send_proof(*, user: Any, file: Any, now: datetime | None = None) -> Holder:
    """Keep a picture that shows for whom somebody works, in place of an earlier one. Raise CodeRefused."""
    name = private_pictures.keep(file, folder="proofs", width=private_pictures.PAPER_WIDTH)
    try:
        with transaction.atomic():
            holder = enrolled(user)
            before, holder.proof_image = holder.proof_image, name
            holder.proof_sent_at, holder.proof_reason = now or timezone.now(), ""
            holder.save(update_fields=["proof_image", "proof_sent_at", "proof_reason"])
            transaction.on_commit(partial(private_pictures.forget, before))
    except BaseException:
        private_pictures.forget(name)
        raise
    return holder


@transaction.atomic
def accept_proof(*, holder: Holder, by: Any, now: datetime | None = None) -> Holder:
    """Let a code rest on the proof that was looked at, and delete the picture.

    Raise PermissionDenied, or ValidationError when none waits.
    """
    held = _held(holder, by, needs_proof=True)
    rest_on(held, Holder.Basis.PROOF, now or timezone.now(), label=label_of(by))
    return _answered(held, "")


@transaction.atomic
def refuse_proof(*, holder: Holder, by: Any, reason: str) -> Holder:
    """Refuse a proof with a reason that the courier reads, and delete the picture. Raise as `accept_proof` does."""
    why = reason.strip()
    if not why:
        raise ValidationError(_("Say why: the courier reads it."), code="reason_missing")
    return _answered(_held(holder, by, needs_proof=True), why[:120])


@transaction.atomic
def give_provisional(*, holder: Holder, by: Any, word_of: str, now: datetime | None = None) -> Holder:
    """Give a pass until 23:59 on the word of a station head, who is named in `word_of`.

    Raise PermissionDenied, or ValidationError without a name, or when the code rests on more than that already.
    """
    moment = now or timezone.now()
    named = word_of.strip()
    if not named:
        raise ValidationError(_("Write whose word it is: the station and its head."), code="word_missing")
    held = _held(holder, by)
    if held.basis in {Holder.Basis.ROSTER, Holder.Basis.PROOF}:
        raise ValidationError(
            _("This code is checked already and needs no pass for the day."), code="checked"
        )
    rest_on(
        held,
        Holder.Basis.STATION,
        moment,
        label=f"{named[:60]} · {label_of(by)}",
        until=end_of_day(moment),
    )
    return held


def enrolled(user: Any) -> Holder:
    """Return a person's holder with its row held. Raise CodeRefused for somebody without a code."""
    holder = holder_of(user, lock=True)
    if holder is None or holder.state == Holder.State.ERASED:
        raise CodeRefused("not_enrolled", _("Fill in the form first."), 403)
    return holder


def check_may(holder: Holder, by: Any, permission: str = CHECK) -> None:
    """Raise PermissionDenied unless somebody has the permission and reaches the holder."""
    if not (by.has_perm(permission) and Holder.objects.editable_by(by).filter(pk=holder.pk).exists()):
        raise PermissionDenied


def _held(holder: Holder, by: Any, *, needs_proof: bool = False) -> Holder:
    check_may(holder, by)
    held = locked_holder(holder.pk)
    if held.state != Holder.State.ACTIVE or (needs_proof and not held.proof_image):
        raise ValidationError(_("That is not possible any more: the code has changed."), code="moved")
    return held


def _answered(holder: Holder, reason: str) -> Holder:
    transaction.on_commit(partial(private_pictures.forget, holder.proof_image))
    holder.proof_image, holder.proof_reason = "", reason
    holder.save(update_fields=["proof_image", "proof_reason"])
    return holder
