"""Graded measures after something at a gate: notice, 48 hours to appeal, a person decides, and it expires.

The rule, which couriers read at `/code/conduct/` in the same words:

1. Evidence is an incident with a pass that was proved. A courier's own claims, rows without proof and passes that
   contradict each other count for nothing, and neither does anything that a platform says or rates.
2. Grades go up one at a time: reminder, warning, entry on foot at that compound, code suspended. A measure may be one
   step above the highest that is in force, and the first one is a reminder. Only danger to people skips a step, and the
   notice says so.
3. The courier is told first and has 48 hours to appeal. Nothing takes effect before.
4. A person who did not open the case decides it, after the appeal or when its time is over. A suspension is decided
   by somebody who may suspend codes in the whole city.
5. Every measure ends by itself: a reminder after 30 days, a warning after 90, entry on foot after 30, a suspension
   after 14. What has ended counts no more.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.notices.telling import tell, withdraw
from services.codes import evidence, incidents, news, revoking
from services.codes.enrolling import locked_holder
from services.codes.faults import CodeRefused, wrong
from services.codes.models import ConductCase, Holder, Incident
from services.codes.standing import clear_suspension

OPEN, DECIDE = "codes.add_conductcase", "codes.decide_conductcase"
APPEAL = dt.timedelta(hours=48)
Grade, State = ConductCase.Grade, ConductCase.State
LADDER = (Grade.REMINDER, Grade.WARNING, Grade.LIMITED, Grade.SUSPENDED)
LASTS = {
    Grade.REMINDER: dt.timedelta(days=30),
    Grade.WARNING: dt.timedelta(days=90),
    Grade.LIMITED: dt.timedelta(days=30),
    Grade.SUSPENDED: dt.timedelta(days=14),
}


@transaction.atomic
def open_case(
    *,
    incident: Incident,
    by: Any,
    grade: str,
    reason: str,
    is_danger: bool = False,
    now: dt.datetime | None = None,
) -> ConductCase:
    """Open a case on an incident and give the courier notice; return it.

    What proves the pass, and whose it was, is kept until the case has ended. Raise PermissionDenied, or ValidationError
    where the rule above does not allow it.
    """
    moment = now or timezone.now()
    if not by.has_perm(OPEN):
        raise PermissionDenied
    held = incidents.locked(incident, by)
    said = incidents.plain(reason)
    if grade not in Grade.values:
        raise wrong("grade", _("Choose a grade."), "grade")
    if not said:
        raise wrong("reason", _("Say why: the courier reads it."), "reason_missing")
    kept = evidence.pass_of(held)
    if kept is None or not evidence.is_proof(kept):
        raise ValidationError(
            _("There is no proof: only a pass that was verified counts, and none that is in doubt."),
            code="no_proof",
        )
    known = evidence.holder_of_pid(kept.pid)
    if known is None or known.state == Holder.State.ERASED:
        raise ValidationError(_("It is no longer known whose pass it was."), code="nobody")
    holder = locked_holder(known.pk)
    if held.cases.exclude(state=State.DROPPED).exists():
        raise ValidationError(_("There is a case about this already."), code="again")
    _check_step(holder, grade, is_danger, moment)
    if held.state != Incident.State.CASE:
        incidents.move(held, Incident.State.CASE)
    case = ConductCase.objects.create(
        holder=holder,
        incident=held,
        area_code=held.listing.area_code,
        grade=grade,
        is_danger=is_danger,
        reason=said[:300],
        noticed_at=moment,
        appeal_until=moment + APPEAL,
        opened_by_id=by.pk,
        opened_by_label=revoking.label_of(by)[:80],
        ends_at=moment + APPEAL + LASTS[Grade(grade)],
    )
    evidence.hold(incident=held)
    tell(
        user=holder.courier.user,
        kind=news.CONDUCT,
        key=str(case.pk),
        params=news.appeal_params(case.appeal_until),
        url=reverse("code_conduct"),
        shown_from=moment,
    )
    return case


@transaction.atomic
def appeal(*, case: ConductCase, holder: Holder, text: str, now: dt.datetime | None = None) -> ConductCase:
    """Write down a courier's appeal; return the case.

    Raise CodeRefused for somebody else's case, ValidationError for no text or after the 48 hours.
    """
    moment = now or timezone.now()
    held = _locked(case)
    if held.holder_id != holder.pk:
        raise CodeRefused("unknown_case", _("There is no such notice."), 404)
    said = incidents.plain(text)
    if not said:
        raise ValidationError(_("Write why you do not agree."), code="empty")
    if moment >= held.appeal_until:
        raise ValidationError(_("The 48 hours for an appeal are over."), code="late")
    _move(held, State.APPEALED)
    held.appeal, held.appealed_at = said[:500], moment
    held.save(update_fields=["appeal", "appealed_at"])
    withdraw(user_id=held.holder.courier.user_id, kind=news.CONDUCT, key=str(held.pk))
    return held


@transaction.atomic
def decide(
    *, case: ConductCase, by: Any, uphold: bool, decision: str, now: dt.datetime | None = None
) -> ConductCase:
    """Decide a case: it comes into force, for as long as its grade lasts, or is dropped. Return it.

    Raise PermissionDenied for who may not, or opened the case; ValidationError before the appeal or its time, or
    without a word for the courier. A measure in force may be dropped later.
    """
    moment = now or timezone.now()
    held = _locked(case)
    reach = ConductCase.objects.editable_by(by).filter(pk=held.pk)
    if not (by.has_perm(DECIDE) and reach.exists()):
        raise PermissionDenied
    if by.pk == held.opened_by_id:
        raise PermissionDenied(_("Whoever opened a case does not decide it."))
    said = incidents.plain(decision)
    if not said:
        raise wrong("decision", _("Say why: the courier reads it."), "decision_missing")
    if uphold and held.state == State.NOTICE and moment < held.appeal_until:
        raise ValidationError(
            _("The courier may still appeal; until then it can only be dropped."), code="early"
        )
    was_in_force = held.state == State.UPHELD
    _move(held, State.UPHELD if uphold else State.DROPPED)
    held.decided_by_id, held.decided_by_label = by.pk, revoking.label_of(by)[:80]
    held.decided_at, held.decision = moment, said[:300]
    if uphold:
        held.ends_at = moment + LASTS[Grade(held.grade)]
    held.save(update_fields=["decided_by_id", "decided_by_label", "decided_at", "decision", "ends_at"])
    if held.grade == Grade.SUSPENDED and uphold:
        _suspend(held, by, moment)
    if held.grade == Grade.SUSPENDED and was_in_force:
        _lift(held)
    if not uphold:
        evidence.release(incident=held.incident)
    _tell_decided(held, moment)
    return held


@transaction.atomic
def expire(*, now: dt.datetime) -> int:
    """End the measures whose time is over, and let go what was kept for them; return how many. Run it often."""
    over = ConductCase.objects.select_for_update(of=("self",)).select_related("incident")
    count = 0
    for case in over.filter(state=State.UPHELD, ends_at__lte=now).order_by("pk")[:200]:
        _move(case, State.EXPIRED)
        if case.grade == Grade.SUSPENDED:
            _lift(case)
        evidence.release(incident=case.incident)
        count += 1
    return count


def is_on_foot_only(*, holder: Holder, listing_id: int, now: dt.datetime) -> bool:
    """Say whether a measure in force lets somebody into a compound on foot only."""
    limited = ConductCase.objects.in_force(now).filter(holder=holder, grade=Grade.LIMITED)
    return limited.filter(incident__listing_id=listing_id).exists()


def _check_step(holder: Holder, grade: str, is_danger: bool, now: dt.datetime) -> None:
    """Refuse to skip a grade without danger."""
    in_force = ConductCase.objects.in_force(now).filter(holder=holder).values_list("grade", flat=True)
    highest = max((LADDER.index(Grade(value)) for value in in_force), default=-1)
    if not is_danger and LADDER.index(Grade(grade)) > highest + 1:
        sentence = _(
            "This skips a grade. The next one possible is “%(grade)s”, unless there is danger to people."
        )
        raise wrong("grade", sentence % {"grade": LADDER[highest + 1].label}, "skips")


def _suspend(case: ConductCase, by: Any, now: dt.datetime) -> None:
    """Take the code back until the case ends; a suspension that lasts longer already is left as it is."""
    holder = locked_holder(case.holder_id)
    if holder.state == Holder.State.SUSPENDED:
        return
    revoking.suspend(holder=holder, by=by, reason=case.decision, until=case.ends_at, now=now)


def _lift(case: ConductCase) -> None:
    """Give the code back that this case took; what somebody else suspended stays so."""
    holder = locked_holder(case.holder_id)
    if holder.state == Holder.State.SUSPENDED and holder.suspended_until == case.ends_at:
        clear_suspension(holder)


def _tell_decided(case: ConductCase, now: dt.datetime) -> None:
    """Tell the courier, and take the notice back that there is time to appeal."""
    user = case.holder.courier.user
    withdraw(user_id=user.pk, kind=news.CONDUCT, key=str(case.pk))
    url = reverse("code_conduct")
    tell(user=user, kind=news.DECIDED, key=f"{case.pk}:{case.state}", url=url, shown_from=now)


def _locked(case: ConductCase) -> ConductCase:
    return (
        ConductCase.objects.select_for_update(of=("self",))
        .select_related("incident", "holder__courier__user")
        .get(pk=case.pk)
    )


def _move(case: ConductCase, to: str) -> None:
    if to not in ConductCase.MOVES[case.state]:
        raise ValidationError(_("That is not possible any more: it has changed meanwhile."), code="moved")
    case.state = to
    case.save(update_fields=["state"])
