"""Take codes back: a lost phone, one device of two, a suspension and its lifting."""

import logging
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes import publishing_list
from services.codes.enrolling import holder_of, locked_holder
from services.codes.faults import CodeRefused
from services.codes.keyring import KeyFault
from services.codes.models import Container, Credential, Holder, StatusIndex
from services.codes.standing import clear_suspension

logger = logging.getLogger(__name__)
SUSPEND = "codes.suspend_holder"


@transaction.atomic
def lose(*, user: Any, now: datetime | None = None) -> int:
    """End every container of somebody who lost a phone, and take back all that is live; return how many codes were.

    The caller has seen a fresh code by text message.
    """
    moment = now or timezone.now()
    holder = holder_of(user, lock=True)
    if holder is None:
        raise CodeRefused("not_enrolled", _("You have no code."), 403)
    end_containers(holder.containers.live(), why="lost", now=moment)
    return revoke_live(holder.credentials.all(), now=moment)


@transaction.atomic
def end_container(*, user: Any, number: Any, now: datetime | None = None) -> None:
    """End one of a person's containers and take back what it holds; a container that ended already stays so.

    Raise CodeRefused for one that is not theirs.
    """
    moment = now or timezone.now()
    holder = holder_of(user, lock=True)
    container = holder.containers.filter(number=number).first() if holder else None
    if container is None:
        raise CodeRefused("unknown_container", _("This device is not on your list any more."), 404)
    end_containers(Container.objects.live().filter(pk=container.pk), why="ended", now=moment)
    revoke_live(container.credentials.all(), now=moment)


@transaction.atomic
def suspend(
    *, holder: Holder, by: Any, reason: str, until: datetime | None = None, now: datetime | None = None
) -> Holder:
    """Suspend a code: nothing is issued, and all that is live is taken back at once. Return the holder.

    The courier reads the reason. The browser keys stay, so that lifting needs no text message. Raise PermissionDenied,
    or ValidationError without a reason, for an end that has passed, or for a holder who is not active.
    """
    moment = now or timezone.now()
    _check(holder, by)
    why = reason.strip()
    if not why:
        raise ValidationError(_("Say why: the courier reads it."), code="reason_missing")
    if until is not None and until <= moment:
        raise ValidationError(_("This moment has passed already."), code="until_past")
    held = locked_holder(holder.pk)
    _move(held, Holder.State.SUSPENDED)
    held.suspended_at, held.suspended_until = moment, until
    held.suspended_why, held.suspended_by_label = why[:200], label_of(by)
    held.save(
        update_fields=["state", "suspended_at", "suspended_until", "suspended_why", "suspended_by_label"]
    )
    revoke_live(held.credentials.all(), now=moment)
    return held


@transaction.atomic
def lift(*, holder: Holder, by: Any) -> Holder:
    """Lift a suspension; browsers fetch new credentials by themselves. Raise PermissionDenied or ValidationError."""
    _check(holder, by)
    held = locked_holder(holder.pk)
    _move(held, Holder.State.ACTIVE)
    clear_suspension(held)
    return held


def end_containers(containers: QuerySet[Container], *, why: str, now: datetime) -> int:
    """Write that containers have ended; `why` is lost, ended, erased or idle."""
    return containers.update(retired_at=now, retired_why=why)


def revoke_live(credentials: QuerySet[Credential], *, now: datetime) -> int:
    """Take back what of these is live, with its places in the list, and publish a new list; return how many there were.

    Call it in the transaction of the deed, with the holder's row held: nothing is issued to that person meanwhile. A
    key for lists that is missing undoes no revocation: gates that are online ask the credentials' own rows.
    """
    live = credentials.filter(ends_at__gt=now, revoked_at=None)
    pids = list(live.values_list("pid", flat=True))
    if not pids:
        return 0
    indices = StatusIndex.objects.filter(pid__in=pids, revoked_at=None)
    indices.update(revoked_at=now)
    Credential.objects.filter(pid__in=pids).update(revoked_at=now)
    try:
        publishing_list.publish(now=now)
    except KeyFault as error:
        logger.error("The list of what was taken back could not be signed: %s", error)
    return len(pids)


@transaction.atomic
def revoke_ownerless(*, now: datetime) -> int:
    """Take back what is live of people whose account was switched off or deleted; return how many there were.

    Accounts are kept a layer below, where nobody knows of codes: the clock looks.
    """
    gone = Q(holder=None) | Q(holder__courier__user__is_active=False)
    return revoke_live(Credential.objects.filter(gone), now=now)


def label_of(person: Any) -> str:
    """Return how a member of staff is named beside what they decided: the post, else the name."""
    return str(person.acting_post or person)[:120]


def _check(holder: Holder, by: Any) -> None:
    if not (by.has_perm(SUSPEND) and Holder.objects.editable_by(by).filter(pk=holder.pk).exists()):
        raise PermissionDenied


def _move(holder: Holder, to: str) -> None:
    if to not in Holder.MOVES[holder.state] or holder.state == Holder.State.ERASED:
        raise ValidationError(_("That is not possible any more: the code has changed."), code="moved")
    holder.state = to
