"""Notices, what leaves the portal because of them, and how a person wants to be told."""

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.notices.kinds import said


class NoticeQuerySet(models.QuerySet):
    """Notices in the words of those who ask."""

    def shown_to(self, user: Any, now: dt.datetime | None = None) -> Self:
        """Return what a person may read by now."""
        return self.filter(user_id=user.pk, shown_from__lte=now or timezone.now())

    def unread(self) -> Self:
        """Return what was not opened yet."""
        return self.filter(read_at=None)

    def to_mail(self, kinds: Collection[str], until: dt.datetime) -> Self:
        """Return what of these kinds was to be read by then, was not, and stood in no e-mail yet."""
        return self.unread().filter(kind__in=kinds, mailed_at=None, shown_from__lte=until)


class Notice(models.Model):
    """Something that one person is told. Its words come from its kind (`kinds`) and `params`, in the reader's language.

    `key` names what it is about: the same person is told the same thing once.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=120)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    post_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    shown_from = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)
    mailed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-shown_from", "-pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="notice_once", fields=["user", "kind", "key"])]
        indexes = [
            models.Index(fields=["user", "-shown_from"], name="notice_by_person"),
            models.Index(fields=["user", "shown_from"], name="notice_unread", condition=Q(read_at=None)),
            models.Index(fields=["read_at"], name="notice_read", condition=Q(read_at__isnull=False)),
            models.Index(
                fields=["kind", "shown_from"],
                name="notice_to_mail",
                condition=Q(read_at=None, mailed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def sentence(self) -> str:
        """Return what it says, in the active language."""
        return said(self.kind, self.params)


class Channel(models.TextChoices):
    """By which way a notice leaves the portal."""

    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")


class DeliveryQuerySet(models.QuerySet):
    """Messages in the words of those who send them."""

    def due(self, now: dt.datetime) -> Self:
        """Return what should leave by now and nobody is sending: a lease that ran out was a worker's that stopped."""
        free = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.filter(free, state=Delivery.State.WAITING, due_at__lte=now)

    def failed_first(self) -> Self:
        """Return all, those first that somebody should look at, then the newest."""
        failed = models.Case(models.When(state=Delivery.State.FAILED, then=0), default=1)
        return self.annotate(rank=failed).order_by(*Delivery.FAILED_FIRST)


class Delivery(models.Model):
    """One message that leaves the portal: of one notice, a day's digest of several, or a letter of its own.

    Claimed by a lease (`leased_until`), so that a worker that is killed loses nothing and doubles nothing it can help.
    A letter has a `key` (sent once for each) and carries address and text in `sealed`, which is erased once it is gone;
    only a letter may go to somebody without an account. `to_label` is the masked number or address of a letter.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("given up")

    FAILED_FIRST = ("rank", "-due_at", "-pk")

    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="deliveries", verbose_name=_("person")
    )
    notice = models.ForeignKey(Notice, models.CASCADE, null=True, related_name="deliveries")
    channel = models.CharField(_("by"), max_length=8, choices=Channel)
    digest_on = models.DateField(_("digest of"), null=True)
    key = models.CharField(max_length=120, blank=True, default="", db_default="")
    sealed = models.TextField(blank=True, default="", db_default="")
    to_label = models.CharField(_("sent to"), max_length=80, blank=True, default="", db_default="")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    failure = models.CharField(_("what went wrong"), max_length=80, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages that leave")
        ordering = ["-due_at", "-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                name="delivery_once_a_notice", fields=["notice", "channel"], condition=~Q(notice=None)
            ),
            models.UniqueConstraint(
                name="delivery_one_digest_a_day",
                fields=["user", "channel", "digest_on"],
                condition=~Q(digest_on=None),
            ),
            models.UniqueConstraint(name="delivery_once_a_key", fields=["key"], condition=~Q(key="")),
            models.CheckConstraint(
                name="delivery_of_one_thing",
                condition=Q(user__isnull=False, notice=None, digest_on__isnull=False, key="")
                | Q(user__isnull=False, notice__isnull=False, digest_on=None, key="")
                | Q(notice=None, digest_on=None) & ~Q(key=""),
            ),
            models.CheckConstraint(
                name="delivery_gone_is_erased",
                condition=~Q(state__in=["sent", "dropped"]) | Q(sealed=""),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.get_state_display()}"


class Preference(models.Model):
    """How a person wants to be told; who has none is told as the kinds say, in Chinese, and not at night."""

    user = models.OneToOneField(User, models.CASCADE, related_name="notice_preference")
    by_sms = models.BooleanField(_("text messages for what cannot wait"), default=True)
    by_email = models.BooleanField(_("one e-mail a day"), default=True)
    quiet_from = models.TimeField(_("quiet from"), default=dt.time(21, 0))
    quiet_until = models.TimeField(_("quiet until"), default=dt.time(8, 0))
    language = models.CharField(
        _("language of messages"),
        max_length=8,
        choices=settings.LANGUAGES,
        default="zh-hans",
        db_default="zh-hans",
    )

    class Meta:
        verbose_name = _("how a person is told")
        verbose_name_plural = _("how people are told")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="preference_quiet_is_a_span",
                condition=~Q(quiet_from=F("quiet_until")),
                violation_error_message=_("The quiet hours begin and end at the same time."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)
