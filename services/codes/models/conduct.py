"""Incidents, the messages about them, and graded conduct with appeal."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.scope import NOTHING, area_filter, covers_city
from portal.listings.models import Listing
from services.codes.models.credentials import Credential
from services.codes.models.devices import ScopedByListing
from services.codes.models.holders import Holder
from services.codes.models.passes import Pass


def in_area(user: Any) -> Q:
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
        return self.filter(in_area(user))

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
