"""Revisions, proposals and the counter of public changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .listing import Listing
from .trust import Channel


class Revision(models.Model):
    """One accepted change, append-only (guarded by a trigger).

    `before` and `after` hold only what changed: field → value, group → relation → rows (see `snapshots`).
    Actors are plain ids with a label, so that erasing a person needs no edit here.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("version"))
    made_at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    channel = models.CharField(_("through"), max_length=10, choices=Channel)
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="revision_number_once", fields=["listing", "number"])]

    def __str__(self) -> str:
        return f"{self.listing_id} · {self.number}"


class Proposal(models.Model):
    """An edit that waits for someone who may publish; the public sees nothing of it until then."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="proposals", verbose_name=_("listing"))
    base_number = models.PositiveIntegerField(_("made on version"))
    changes = models.JSONField()
    made_at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField()
    actor_label = models.CharField(_("who"), max_length=80)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    channel = models.CharField(_("through"), max_length=10, choices=Channel)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.WAITING)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by_label = models.CharField(_("decided by"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.listing} · {self.actor_label}"


class ChangeCounter(models.Model):
    """The one row from which change numbers come; taken as the last lock of a transaction."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    value = models.BigIntegerField(default=0)
