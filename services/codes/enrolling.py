"""Enrolment: who somebody is and for whom they deliver; and correcting it later."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Courier, User
from services.codes import terms
from services.codes.faults import CodeRefused
from services.codes.models import Holder, Platform, RosterEntry
from services.codes.naming import masked
from services.codes.standing import rest_on, settle

MOST_LETTERS = 60


@transaction.atomic
def enrol(
    *,
    user: User,
    name: Any,
    work_type: Any,
    platform: Any,
    agreed: bool,
    terms_version: Any,
    location_agreed: bool,
    now: datetime | None = None,
) -> Holder:
    """Write down a courier who asks for a code, or correct what is written; return the holder.

    `platform` is a platform's number, 0 for none of them. A changed platform has to be checked anew; so have a proof
    and a photo beside a changed name. The name is in the next credential, and the old ones stay valid until they end.
    Raise CodeRefused with the field that is wrong.
    """
    moment = now or timezone.now()
    if not user.phone:
        raise CodeRefused("phone_missing", _("Sign in with your phone number first."), 403)
    full_name = clean_name(name)
    if work_type not in Courier.WorkType.values:
        raise CodeRefused("work_type", _("Choose what you do."), field="work_type")
    chosen = _platform(platform)
    # Whoever taps twice waits here, and then corrects what the first tap wrote.
    User.objects.select_for_update().get(pk=user.pk)
    holder = holder_of(user, lock=True)
    if holder is None or holder.state == Holder.State.ERASED or agreed:
        _check_consent(agreed, terms_version, location_agreed)
    courier = Courier.objects.get_or_create(user=user)[0] if holder is None else holder.courier
    organisation_id = chosen.organisation_id if chosen else None
    is_other_platform = courier.platform_id != organisation_id
    courier.work_type, courier.platform_id = work_type, organisation_id
    courier.save(update_fields=["work_type", "platform"])
    is_other_name = holder is not None and user.name not in ("", full_name)
    User.objects.filter(pk=user.pk).update(name=full_name)
    holder = _kept(holder, courier, moment, agreed=agreed)
    if is_other_name:
        _look_again(holder)
    if is_other_platform and holder.basis != Holder.Basis.CLAIM:
        RosterEntry.objects.filter(holder=holder).update(holder=None)
        rest_on(holder, Holder.Basis.CLAIM, None)
    found = holder_of(user)
    assert found is not None  # noqa: S101
    settle(found, moment)
    return found


def _look_again(holder: Holder) -> None:
    """Have a proof and a photo checked anew: they were looked at beside another name."""
    if holder.basis == Holder.Basis.PROOF:
        rest_on(holder, Holder.Basis.CLAIM, None)
    if holder.photo_state == Holder.PhotoState.ACCEPTED:
        holder.photo_state = Holder.PhotoState.WAITING
        holder.save(update_fields=["photo_state"])


def holder_of(user: Any, *, lock: bool = False) -> Holder | None:
    """Return a person's holder with courier, person and platform, held until the transaction ends with `lock`."""
    return _holders(lock).filter(courier__user_id=user.pk).first()


def locked_holder(pk: int) -> Holder:
    """Return a holder by its key, held until the transaction ends. Raise Holder.DoesNotExist."""
    return _holders(True).get(pk=pk)


def _holders(lock: bool) -> QuerySet[Holder]:
    rows = Holder.objects.select_related("courier__user", "courier__platform__code_platform")
    return rows.select_for_update(of=("self",)) if lock else rows


def clean_name(text: Any) -> str:
    """Return a full name in one form of writing. Raise CodeRefused for what cannot be one."""
    written = unicodedata.normalize("NFKC", text) if isinstance(text, str) else ""
    spaced = " ".join(written.split())
    name = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    if "*" in name:
        raise CodeRefused("name", _("Write your whole name. We hide part of it ourselves."), field="name")
    letters = [letter for letter in name if unicodedata.category(letter)[0] == "L"]
    if len(letters) < 2 or re.search(r"\d{3}", name) or masked(name) == "*":
        raise CodeRefused("name", _("Write your name as it is in your papers."), field="name")
    if len(name) > MOST_LETTERS:
        raise CodeRefused("name", _("This name is too long: write at most 60 characters."), field="name")
    return name


def _platform(number: Any) -> Platform | None:
    if number == 0 and not isinstance(number, bool):
        return None
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 256
    found = Platform.objects.filter(number=number).first() if is_number else None
    if found is None:
        raise CodeRefused("platform", _("Choose your platform, or “none of these”."), field="platform")
    return found


def _check_consent(agreed: bool, version: Any, location_agreed: bool) -> None:
    if agreed is not True:
        raise CodeRefused(
            "not_agreed", _("A code needs your agreement to what is kept, as shown above."), field="agreed"
        )
    if version != terms.VERSION:
        raise CodeRefused(
            "terms_changed",
            _("The text has changed since you opened this page. Reload it and read it again."),
            field="terms_version",
        )
    if location_agreed is not True:
        raise CodeRefused(
            "location_not_agreed",
            _(
                "A gate notes each pass, and passes tell where you were: without your agreement to this no code "
                "can be given. You can still go in the way that each gate offers to everybody."
            ),
            field="location_agreed",
        )


def _kept(holder: Holder | None, courier: Courier, now: datetime, *, agreed: bool) -> Holder:
    consent = {
        "terms_version": terms.VERSION,
        "consented_at": now,
        "location_consented_at": now,
    }
    if holder is None:
        return Holder.objects.create(courier=courier, enrolled_at=now, **consent)
    if agreed:
        for name, value in consent.items():
            setattr(holder, name, value)
    if holder.state == Holder.State.ERASED:
        is_suspended = holder.suspended_at is not None
        holder.state = Holder.State.SUSPENDED if is_suspended else Holder.State.ACTIVE
        holder.enrolled_at, holder.erased_at = now, None
    holder.save()
    return holder
