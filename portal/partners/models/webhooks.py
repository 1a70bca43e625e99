"""Webhooks: an address that is told when there is something new, and what became of each message."""

from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation


class WebhookQuerySet(models.QuerySet):
    """Webhooks in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the webhooks of the organisations that somebody may change."""
        return self.editable_by(user)

    def editable_by(self, user: Any) -> Self:
        """Return the webhooks of the organisations that somebody may change."""
        return self.filter(organisation__in=Organisation.objects.editable_by(user))

    def kept_by(self, user: Any) -> Self:
        """Return those of the organisation whose keys and webhooks somebody keeps in their acting post."""
        from portal.partners.keepers import organisation_kept_by

        organisation = organisation_kept_by(user)
        return self.none() if organisation is None else self.filter(organisation=organisation)

    def active(self) -> Self:
        """Return those that are told of changes."""
        return self.filter(stopped_at=None)

    def behind(self, seq: int) -> Self:
        """Return the active ones that have not been told of the changes up to `seq`."""
        return self.active().filter(told_seq__lt=seq)


class Webhook(models.Model):
    """An address of a partner that is told that there are changes; what they are, the feed says.

    Secrets are sealed (`portal.notices.sealing`); after a rotation both sign until `old_secret_until`.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="webhooks"
    )
    url = models.URLField(_("address"), max_length=500)
    secret = models.TextField(editable=False)
    old_secret = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    #: The last change of which its owner has been told and has said so.
    told_seq = models.BigIntegerField(_("told up to"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True, editable=False)

    objects: ClassVar[Any] = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                name="partners_webhook_once",
                fields=["organisation", "url"],
                violation_error_message=_("This organisation has this address already."),
            )
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """Return the host of the address: what follows it may be a secret of the partner's own."""
        return urlsplit(self.url).hostname or self.url

    @property
    def has_two_secrets(self) -> bool:
        """Say whether the secret before this one still signs."""
        return bool(self.old_secret and self.old_secret_until and self.old_secret_until > timezone.now())


class NudgeQuerySet(models.QuerySet):
    """Messages in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the messages of the webhooks that somebody may change."""
        return self.filter(webhook__in=Webhook.objects.editable_by(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same."""
        return self.visible_to(user)

    def waiting(self) -> Self:
        """Return those that are neither delivered nor given up."""
        return self.filter(state=Nudge.State.WAITING)

    def due(self, now: datetime) -> Self:
        """Return those whose next try has come and that nobody is sending; a stopped webhook is sent tests alone."""
        wanted = Q(kind=Nudge.Kind.TEST) | Q(webhook__in=Webhook.objects.active())
        return self.waiting().filter(
            Q(claimed_until=None) | Q(claimed_until__lte=now), wanted, next_try_at__lte=now
        )

    def in_the_way(self) -> Self:
        """Return those of which a webhook has one at most: what is not told yet."""
        return self.waiting().filter(kind=Nudge.Kind.CHANGES)


class Nudge(models.Model):
    """One message to a webhook: "there are changes after seq N", or a test; `message_id` stays over all tries."""

    class Kind(models.TextChoices):
        """What it says."""

        CHANGES = "changes", _("there are changes")
        TEST = "test", _("a test")

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waits")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="nudges", verbose_name=_("webhook"))
    message_id = models.CharField(_("message"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.CHANGES)
    after_seq = models.BigIntegerField(_("changes after"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    try_count = models.PositiveSmallIntegerField(_("tries"), default=0)
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects: ClassVar[Any] = NudgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to a webhook")
        verbose_name_plural = _("messages to webhooks")
        ordering = ("-made_at", "-pk")
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                name="partners_nudge_one_waits",
                fields=["webhook"],
                condition=Q(state="waiting", kind="changes"),
            )
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="partners_nudge_due", condition=Q(state="waiting")),
            models.Index(fields=["webhook", "-made_at"], name="partners_nudge_latest"),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def is_made_good(self) -> bool:
        """Say whether a message that was given up has been made good: a later one told of the same changes."""
        return (
            self.state == self.State.DEAD
            and self.kind == self.Kind.CHANGES
            and self.webhook.told_seq > self.after_seq
        )

    @property
    def may_go_again(self) -> bool:
        """Say whether it may be sent again: what was given up and nothing has made good."""
        return self.state == self.State.DEAD and self.kind == self.Kind.CHANGES and not self.is_made_good


class NudgeTry(models.Model):
    """One try to deliver a message: what was answered, or why nothing was."""

    nudge = models.ForeignKey(Nudge, models.CASCADE, related_name="tries")
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        ordering = ("-made_at", "-pk")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.status or self.error}"
