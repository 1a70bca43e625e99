"""Incidents, graded conduct with appeal, look-ups, and refusals that couriers report."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.scope import NOTHING, area_filter, covers_city
from portal.listings.models import Listing
from portal.listings.models.listing import new_public_id
from services.codes.models.credentials import Credential
from services.codes.models.devices import ScopedByListing
from services.codes.models.holders import Holder
from services.codes.models.passes import Pass


def _in_area(user: Any) -> Q:
    """Return the condition "in the acting post's area"; what lies in no street is the city's."""
    return area_filter(user) | (Q(area_code="") if covers_city(user) else NOTHING)


class IncidentQuerySet(ScopedByListing):
    """Incidents in the words of those who ask."""

    def about(self, holder: Any) -> Self:
        """Return the incidents at passes of a person, for as long as it is known whose the passes were.

        A report that came before its pass, from a device that was offline, is found by the pass.
        """
        pids = Credential.objects.filter(holder=holder).values("pid")
        later = Pass.objects.filter(id=OuterRef("pass_id"), listing_id=OuterRef("listing_id"), pid__in=pids)
        return self.filter(Q(pid__in=pids) | Q(Exists(later), pid=""))


class Incident(models.Model):
    """Something that happened at a pass, told by the property in three taps, or an alarm that a device raised."""

    class Kind(models.TextChoices):
        """What happened."""

        SPEEDING = "speeding", _("rode too fast")
        WRONG_WAY = "wrong_way", _("rode where one walks")
        PARKING = "parking", _("parked in the way")
        DISPUTE = "dispute", _("dispute")
        DAMAGE = "damage", _("damage")
        OTHER = "other", _("other")
        GUESSING = "guessing", _("manual codes were guessed")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("not dealt with yet")
        TALKING = "talking", _("being talked over")
        CASE = "case", _("taken up as a case")
        CLOSED = "closed", _("closed")

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.OPEN: (State.TALKING, State.CASE, State.CLOSED),
        State.TALKING: (State.CASE, State.CLOSED),
        State.CASE: (State.CLOSED,),
        State.CLOSED: (),
    }

    client_id = models.UUIDField(unique=True, null=True, editable=False)
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="incidents", verbose_name=_("listing"))
    pass_id = models.UUIDField(_("pass"), null=True, blank=True, editable=False)
    pid = models.CharField(max_length=16, blank=True, editable=False)
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind)
    note = models.CharField(_("note"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField(_("what came of it"), max_length=200, blank=True)
    happened_at = models.DateTimeField(_("when"), default=timezone.now)
    made_at = models.DateTimeField(_("reported at"), default=timezone.now)
    actor_label = models.CharField(_("reported by"), max_length=80, blank=True)

    objects: ClassVar[Any] = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["pid"], name="codes_incident_pid")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%Y-%m-%d %H:%M}"


class IncidentMessage(models.Model):
    """A message between a property and a courier; the portal relays it, and no number is shown."""

    class Side(models.TextChoices):
        """Who wrote."""

        PROPERTY = "property", _("property")
        COURIER = "courier", _("courier")
        STREET = "street", _("street office")

    incident = models.ForeignKey(
        Incident, models.CASCADE, related_name="messages", verbose_name=_("incident")
    )
    side = models.CharField(_("from"), max_length=8, choices=Side)
    text = models.CharField(_("message"), max_length=300)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["made_at"]

    def __str__(self) -> str:
        return self.text[:40]


class ConductCaseQuerySet(models.QuerySet):
    """Cases in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the cases in the area of a street office or wider; a property sees none."""
        return self.filter(_in_area(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)

    def in_force(self, now: datetime | None = None) -> Self:
        """Return the cases whose measure counts now."""
        return self.filter(state=ConductCase.State.UPHELD, ends_at__gt=now or timezone.now())

    def undecided(self) -> Self:
        """Return the cases that wait for an appeal or for a decision."""
        return self.filter(state__in=(ConductCase.State.NOTICE, ConductCase.State.APPEALED))

    def to_decide(self, now: datetime | None = None) -> Self:
        """Return the cases that somebody may decide now: appealed, or with the time for an appeal over."""
        over = Q(state=ConductCase.State.NOTICE, appeal_until__lte=now or timezone.now())
        return self.filter(over | Q(state=ConductCase.State.APPEALED))

    def holding(self) -> Self:
        """Return the cases for which evidence is kept past its time."""
        ended = (ConductCase.State.DROPPED, ConductCase.State.EXPIRED)
        return self.exclude(state__in=ended)


class ConductCase(models.Model):
    """A graded measure: evidence, notice, 48 hours to appeal, a person decides, and it expires."""

    class Grade(models.TextChoices):
        """How far it goes."""

        REMINDER = "reminder", _("reminder")
        WARNING = "warning", _("warning")
        LIMITED = "limited", _("entry at this compound on foot only")
        SUSPENDED = "suspended", _("code suspended")

    class State(models.TextChoices):
        """Where it stands."""

        NOTICE = "notice", _("notice given")
        APPEALED = "appealed", _("appealed")
        UPHELD = "upheld", _("in force")
        DROPPED = "dropped", _("dropped")
        EXPIRED = "expired", _("expired")

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.NOTICE: (State.APPEALED, State.UPHELD, State.DROPPED),
        State.APPEALED: (State.UPHELD, State.DROPPED),
        State.UPHELD: (State.DROPPED, State.EXPIRED),
        State.DROPPED: (),
        State.EXPIRED: (),
    }

    holder = models.ForeignKey(Holder, models.CASCADE, related_name="conduct_cases", verbose_name=_("holder"))
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="cases", verbose_name=_("evidence"))
    area_code = models.CharField(_("area"), max_length=12)
    grade = models.CharField(_("grade"), max_length=10, choices=Grade)
    is_danger = models.BooleanField(
        _("there is danger to people"),
        default=False,
        help_text=_("Only then may a grade be skipped. Say in the reason what the danger is."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NOTICE)
    reason = models.CharField(_("reason"), max_length=300, help_text=_("The courier reads this."))
    noticed_at = models.DateTimeField(_("notice given at"))
    appeal_until = models.DateTimeField(_("appeal until"))
    appeal = models.CharField(_("appeal"), max_length=500, blank=True)
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)
    opened_by_id = models.BigIntegerField(null=True)
    opened_by_label = models.CharField(_("opened by"), max_length=80)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_label = models.CharField(_("decided by"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision = models.CharField(
        _("decision"), max_length=300, blank=True, help_text=_("The courier reads this.")
    )
    ends_at = models.DateTimeField(_("ends at"))

    objects: ClassVar[Any] = ConductCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("conduct case")
        verbose_name_plural = _("conduct cases")
        ordering = ["-noticed_at"]
        default_permissions = ("view", "add", "change")
        permissions = [("decide_conductcase", _("Can decide conduct cases"))]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} #{self.pk}"


class LookUpQuerySet(models.QuerySet):
    """Look-ups in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the look-ups of passes in the area of an office; a property sees none."""
        return self.filter(_in_area(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)

    def told(self, now: datetime) -> Self:
        """Return the look-ups that the courier is told of by now."""
        held = LookUpDelay.objects.filter(look_up=OuterRef("pk"), agreed_at__isnull=False, until__gt=now)
        return self.filter(~Exists(held), shown_from__lte=now)


class LookUp(models.Model):
    """Somebody looked up who stands behind a pass: who, for which unit, to what purpose. Append-only."""

    class Purpose(models.TextChoices):
        """What for."""

        INCIDENT = "incident", _("an incident at the gate")
        POLICE = "police", _("a request of the police")
        SAFETY = "safety", _("danger to life or health")
        COMPLAINT = "complaint", _("the courier's own complaint")
        AUDIT = "audit", _("an audit")

    pid = models.CharField(max_length=16)
    holder_id = models.BigIntegerField(null=True)
    pass_id = models.UUIDField(null=True)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_id = models.BigIntegerField()
    role_label = models.CharField(_("role"), max_length=80)
    unit_label = models.CharField(_("unit"), max_length=80)
    area_code = models.CharField(_("area"), max_length=12, blank=True)
    listing_label = models.CharField(_("listing"), max_length=80, blank=True)
    made_at = models.DateTimeField(_("when"))
    shown_from = models.DateTimeField(_("told to the courier from"))
    retention_until = models.DateTimeField()

    objects: ClassVar[Any] = LookUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("look-up")
        verbose_name_plural = _("look-ups")
        default_permissions = ("view",)
        permissions = [("look_up_holder", _("Can look up who stands behind a pass"))]
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["holder_id", "-made_at"], name="codes_lookup_holder"),
            models.Index(fields=["actor_id", "-made_at"], name="codes_lookup_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.made_at:%Y-%m-%d %H:%M}"


class LookUpDelay(models.Model):
    """Telling the courier of a look-up later: one person asks when looking, another one agrees.

    The look-up itself is append-only; what two people agree on afterwards stands here.
    """

    look_up = models.OneToOneField(LookUp, models.CASCADE, related_name="delay", verbose_name=_("look-up"))
    until = models.DateTimeField(_("told to the courier from"))
    why = models.CharField(_("why the courier is told later"), max_length=200)
    agreed_by_id = models.BigIntegerField(null=True)
    agreed_by_label = models.CharField(_("delay agreed by"), max_length=120, blank=True)
    agreed_at = models.DateTimeField(_("agreed at"), null=True)

    class Meta:
        verbose_name = _("delay of a look-up")
        verbose_name_plural = _("delays of look-ups")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.look_up_id} {self.until:%Y-%m-%d}"


class RefusalQuerySet(models.QuerySet):
    """Refusals in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the refusals in the area of an office; those at no known place are the city's."""
        return self.filter(_in_area(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)


class Refusal(models.Model):
    """A courier says that a gate refused him; it gives a delay slip and a row in the street's queue."""

    class Reason(models.TextChoices):
        """What was said at the gate."""

        NOT_LET_IN = "not_let_in", _("not let in although the code is valid")
        NO_RIDING = "no_riding", _("riding was refused although the card allows it")
        GATE_SHUT = "gate_shut", _("the gate was shut")
        LONG_WAIT = "long_wait", _("waited more than five minutes")
        ASKED_MORE = "asked_more", _("asked for a phone number or papers")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("not dealt with yet")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.OPEN: (State.ANSWERED, State.CLOSED),
        State.ANSWERED: (State.CLOSED,),
        State.CLOSED: (),
    }

    number = models.CharField(_("number"), max_length=10, unique=True, default=new_public_id, editable=False)
    client_id = models.UUIDField(unique=True, editable=False)
    holder = models.ForeignKey(Holder, models.CASCADE, related_name="refusals", verbose_name=_("holder"))
    credential = models.ForeignKey(Credential, models.SET_NULL, null=True, related_name="refusals")
    listing = models.ForeignKey(
        Listing, models.SET_NULL, null=True, related_name="refusals", verbose_name=_("listing")
    )
    checkpoint_label = models.CharField(_("gate"), max_length=120)
    area_code = models.CharField(_("area"), max_length=12, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    note = models.CharField(_("note"), max_length=200, blank=True)
    happened_at = models.DateTimeField(_("when"))
    made_at = models.DateTimeField(_("reported at"), default=timezone.now)
    confirmed_pass_id = models.UUIDField(_("confirmed by a pass"), null=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    answer = models.CharField(_("answer"), max_length=300, blank=True, help_text=_("The courier reads this."))
    answered_by_label = models.CharField(_("answered by"), max_length=80, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects: ClassVar[Any] = RefusalQuerySet.as_manager()

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        default_permissions = ("view", "change")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.number
