"""Look up who stands behind a pass: with a permission and a purpose, written down, and told to the courier.

The courier reads role, unit, purpose and moment. Two people may put that off: whoever looks asks, which holds it back
for a day, and somebody else with the same permission agrees within that day, for 30 days at most. Only a request of
the police or danger to people is a reason.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Courier, User
from portal.listings.models import Listing
from portal.notices.telling import put_off, tell
from services.codes import news, retention
from services.codes.evidence import holder_of_pid
from services.codes.faults import wrong
from services.codes.incidents import plain
from services.codes.models import LookUp, LookUpDelay, Pass
from services.codes.standing import platform_of

logger = logging.getLogger(__name__)
PERMISSION = "codes.look_up_holder"
Purpose = LookUp.Purpose
#: For these the phone is shown: somebody has to be reached.
WITH_PHONE = (Purpose.POLICE, Purpose.SAFETY)
#: For these the courier may be told later.
DELAYABLE = (Purpose.POLICE, Purpose.SAFETY)
#: An asked delay holds the telling back for so long; without a second person's word the courier is told then.
TO_AGREE = dt.timedelta(days=1)
LONGEST_DELAY = dt.timedelta(days=30)
MOST_PER_HOUR = 10
#: Whoever looks up so many in a day is named to the others who see look-ups.
MANY_PER_DAY = 15
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """What a look-up shows; `phone` is "" unless the purpose needs it."""

    name: str
    platform: str
    phone: str


@transaction.atomic
def look_up(
    *,
    kept: Pass,
    by: Any,
    purpose: str,
    note: str,
    delay_days: int = 0,
    delay_why: str = "",
    now: dt.datetime | None = None,
) -> Person:
    """Return who stands behind a pass, and write down in the same transaction that somebody looked.

    Raise PermissionDenied without the permission or the pass in reach; ValidationError without purpose and note, for a
    delay that is not allowed, when it is not known (any more) whose pass it was, and above ten look-ups an hour.
    """
    moment = now or timezone.now()
    if not (by.has_perm(PERMISSION) and Pass.objects.visible_to(by).filter(pk=kept.pk).exists()):
        raise PermissionDenied
    said, why = plain(note), plain(delay_why)
    if purpose not in Purpose.values:
        raise wrong("purpose", _("Choose what for."), "purpose")
    if not said:
        raise wrong("note", _("Say which incident, request or complaint."), "note_missing")
    _check_delay(purpose, delay_days, why)
    _pace(by, moment)
    holder = holder_of_pid(kept.pid)
    if holder is None:
        raise ValidationError(
            _("It is not known whose pass this was: that is forgotten 30 days after a code's end."),
            code="forgotten",
        )
    post = by.acting_post
    place = Listing.objects.only("name", "area_code").filter(pk=kept.listing_id).first()
    row = LookUp.objects.create(
        pid=kept.pid,
        holder_id=holder.pk,
        pass_id=kept.pk,
        purpose=purpose,
        note=said[:200],
        actor_id=by.pk,
        role_label=str(post.group if post else _("administrator"))[:80],
        unit_label=str(post.organisation if post else "—")[:80],
        area_code=place.area_code if place else "",
        listing_label=place.name[:80] if place else "",
        made_at=moment,
        shown_from=moment + TO_AGREE if delay_days else moment,
        retention_until=moment + retention.LOOK_UP,
    )
    if delay_days:
        until = moment + dt.timedelta(days=delay_days)
        LookUpDelay.objects.create(look_up=row, until=until, why=why[:200])
    user, platform = holder.courier.user, platform_of(holder)
    url = reverse("code_looked")
    tell(user=user, kind=news.LOOKED_UP, key=str(row.pk), url=url, shown_from=row.shown_from)
    phone = str(user.phone or "") if purpose in WITH_PHONE else ""
    return Person(user.name, str(platform or holder.courier.platform or ""), phone)


@transaction.atomic
def agree_to_delay(*, look_up: LookUp, by: Any, now: dt.datetime | None = None) -> LookUpDelay:
    """Agree, as the second person, that the courier is told later; return the delay.

    Raise PermissionDenied for whoever looked, or may not look; ValidationError when the courier has been told already.
    """
    moment = now or timezone.now()
    reach = LookUp.objects.visible_to(by).filter(pk=look_up.pk)
    if not (by.has_perm(PERMISSION) and reach.exists()):
        raise PermissionDenied
    if by.pk == look_up.actor_id:
        raise PermissionDenied(_("Whoever looked does not agree to the delay."))
    delay = LookUpDelay.objects.select_for_update().filter(look_up=look_up).first()
    if delay is None or delay.agreed_at is not None or look_up.shown_from <= moment:
        raise ValidationError(
            _("There is no delay to agree to, or the courier has been told."), code="too_late"
        )
    delay.agreed_by_id, delay.agreed_by_label, delay.agreed_at = (
        by.pk,
        str(by.acting_post or by)[:120],
        moment,
    )
    delay.save(update_fields=["agreed_by_id", "agreed_by_label", "agreed_at"])
    until = max(look_up.shown_from, delay.until)
    about = Courier.objects.filter(holder__pk__in=[look_up.holder_id])
    for user_id in about.values_list("user_id", flat=True):
        put_off(user_id=user_id, kind=news.LOOKED_UP, key=str(look_up.pk), until=until)
    return delay


def told_from(row: LookUp) -> dt.datetime:
    """Return from when the courier is told of a look-up whose delay was read with it."""
    delay = getattr(row, "delay", None)
    return max(row.shown_from, delay.until) if delay and delay.agreed_at else row.shown_from


def busiest(*, user: Any, now: dt.datetime) -> dict[int, int]:
    """Return who else looked up 15 people or more within a day, with how often, as far as somebody sees look-ups."""
    rows = LookUp.objects.visible_to(user).filter(made_at__gt=now - DAY).exclude(actor_id=user.pk)
    many = rows.values_list("actor_id").annotate(count=Count("pk")).filter(count__gte=MANY_PER_DAY)
    return dict(many.order_by("-count"))


def _check_delay(purpose: str, days: int, why: str) -> None:
    if not days:
        return
    if purpose not in DELAYABLE:
        raise wrong(
            "delay_days",
            _("The courier may be told later only for the police or in danger."),
            "delay_purpose",
        )
    if not 0 < days <= LONGEST_DELAY.days:
        raise wrong("delay_days", _("At most 30 days."), "delay_length")
    if not why:
        raise wrong("delay_why", _("Say why the courier is told later."), "delay_why")


def _pace(by: Any, now: dt.datetime) -> None:
    """Refuse the eleventh look-up of an hour; one person at a time, so that two tabs do not count past each other."""
    User.objects.select_for_update().get(pk=by.pk)
    if LookUp.objects.filter(actor_id=by.pk, made_at__gt=now - HOUR).count() >= MOST_PER_HOUR:
        logger.warning("Person %s wants to look up more than %s people within an hour.", by.pk, MOST_PER_HOUR)
        raise ValidationError(
            _(
                "You have looked up ten people within an hour. Wait, or ask a colleague to look at it with you."
            ),
            code="too_many",
        )
