"""Refusals: a courier says that a gate did not let him in."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from portal.listings.models.listing import new_public_id
from services.codes.models.conduct import in_area
from services.codes.models.credentials import Credential
from services.codes.models.holders import Holder


class RefusalQuerySet(models.QuerySet):
    """Refusals in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the refusals in the area of an office; those at no known place are the city's."""
        return self.filter(in_area(user))

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
