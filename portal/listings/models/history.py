"""Revisions, proposals and the counter of public changes."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .listing import Listing
from .trust import Channel


class Revision(models.Model):
    """One accepted change, append-only (guarded by a trigger).

    `before` and `after` hold only what changed: field → value, group → relation → rows (see `snapshots`).
    Actors are plain ids with a label, so that erasing a person needs no edit here. `request_id` names the origin
    (`audit.Origin`), `batch_id` the import that made the version.
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
    note = models.CharField(_("note"), max_length=200, blank=True, default="", db_default="")
    batch_id = models.BigIntegerField(_("import"), null=True, db_index=True)
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="revision_number_once", fields=["listing", "number"])]
        indexes = [
            models.Index(fields=["made_at", "id"], name="revision_when"),
            models.Index(fields=["actor_id", "made_at"], name="revision_who"),
            models.Index(fields=["request_id"], name="revision_request", condition=~models.Q(request_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} · {self.number}"


class ProposalQuerySet(models.QuerySet):
    """Proposals in the words of those who ask."""

    def waiting(self) -> Self:
        """Return those of which something still waits for a decision."""
        return self.filter(outcome="waiting")


class Proposal(models.Model):
    """An edit that waits for someone who may publish; the public sees nothing of it until then.

    It is decided part by part: `decisions` holds field or group → {"outcome", "reason", "by", "at", "value" when it was
    accepted in other words}. `outcome` waits until every part is decided. `actor_id` is empty for an operator who
    answered by a link.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("partly accepted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Part(models.TextChoices):
        """What came of one field or group."""

        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        OVERTAKEN = "overtaken", _("overtaken by another proposal")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REPLACED = "replaced", _("replaced by a later proposal")

    #: What a decision writes.
    DECIDED_FIELDS: ClassVar[tuple[str, ...]] = (
        "decisions",
        "outcome",
        "decided_at",
        "decided_by_label",
        "reason",
    )

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="proposals", verbose_name=_("listing"))
    base_number = models.PositiveIntegerField(_("made on version"))
    changes = models.JSONField()
    made_at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    channel = models.CharField(_("through"), max_length=10, choices=Channel)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.WAITING)
    decisions = models.JSONField(default=dict)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by_label = models.CharField(_("decided by"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    batch_id = models.BigIntegerField(_("import"), null=True, db_index=True)

    objects: ClassVar[Any] = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["listing"], name="proposal_waiting", condition=models.Q(outcome="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.listing} · {self.actor_label}"

    @property
    def undecided(self) -> dict[str, Any]:
        """Return the fields and groups that still wait, with what is proposed for them."""
        if self.outcome != self.Outcome.WAITING:
            return {}
        return {key: value for key, value in self.changes.items() if key not in self.decisions}

    def is_by(self, *, actor_id: int | None, channel: str, **_names: Any) -> bool:
        """Say whether the same hand has made it: the same person, or the operator who answers by links."""
        if actor_id is not None:
            return self.actor_id == actor_id
        return self.actor_id is None and self.channel == channel

    def close(self, keys: Iterable[str], outcome: str, *, by: str, reason: str = "") -> bool:
        """Note what came of fields or groups that still wait, on the instance; say whether any did.

        When nothing waits any more the whole gets its outcome, counted without what its author took back.
        """
        open_keys = [key for key in keys if key in self.undecided]
        now = timezone.now()
        said = {"outcome": str(outcome), "reason": reason, "by": by, "at": now.isoformat()}
        self.decisions = {**self.decisions, **dict.fromkeys(open_keys, said)}
        if open_keys and not self.undecided:
            self.outcome, self.decided_at, self.decided_by_label = self._outcome(), now, by
            reasons = {one["reason"]: None for one in self.decisions.values() if one["reason"]}
            self.reason = " · ".join(reasons)[:200]
        return bool(open_keys)

    def _outcome(self) -> "Proposal.Outcome":
        own = {self.Part.WITHDRAWN, self.Part.REPLACED}
        left = {one["outcome"] for one in self.decisions.values()} - own
        if not left:
            return self.Outcome.WITHDRAWN
        if self.Part.ACCEPTED not in left:
            return self.Outcome.REFUSED
        return self.Outcome.ACCEPTED if left == {self.Part.ACCEPTED} else self.Outcome.PARTLY


class ChangeCounter(models.Model):
    """The one row from which change numbers come; taken as the last lock of a transaction."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    value = models.BigIntegerField(default=0)
