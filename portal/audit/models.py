"""Events: what no listing's own history tells. Origins: from where a request came. Both append-only."""

import datetime as dt
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: How long each is kept; what a listing's revisions say stays for good.
EVENTS_KEPT = dt.timedelta(days=3 * 365)
ORIGINS_KEPT = dt.timedelta(days=365)
#: How couriers signed in and from where: for themselves, and no longer than a lost phone is noticed.
PRIVATE_KEPT = dt.timedelta(days=180)


def _events_until() -> dt.datetime:
    return timezone.now() + EVENTS_KEPT


def _origins_until() -> dt.datetime:
    return timezone.now() + ORIGINS_KEPT


class Action(models.TextChoices):
    """What was done."""

    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
    SIGNED_OUT = "signed_out", _("signed out")
    PROVED = "proved", _("proved once more who they are")
    LINK_MADE = "link_made", _("made a sign-in link")
    FACTOR_ADDED = "factor_added", _("added a second factor")
    FACTOR_REMOVED = "factor_removed", _("removed a second factor")
    CODES_RENEWED = "codes_renewed", _("made new recovery codes")
    PASSWORD_SET = "password_set", _("set a password")  # noqa: S105
    POST_CHOSEN = "post_chosen", _("chose the post to act for")
    ADDED = "added", _("added")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    POST_GIVEN = "post_given", _("gave a post")
    POST_CHANGED = "post_changed", _("changed a post")
    POST_ENDED = "post_ended", _("ended a post")
    HANDED_OVER = "handed_over", _("handed work over")
    SESSIONS_ENDED = "sessions_ended", _("ended sessions")
    PERMISSIONS_CHANGED = "permissions", _("changed permissions")
    FACTOR_RESET = "factor_reset", _("reset a second factor")
    PASSWORD_TAKEN = "password_taken", _("took a password away")  # noqa: S105
    EXPORTED = "exported", _("exported")
    IMPORTED = "imported", _("imported")
    IMPORT_UNDONE = "import_undone", _("undid an import")
    DECIDED = "decided", _("decided")
    KEY_ISSUED = "key_issued", _("issued a key")
    KEY_ROTATED = "key_rotated", _("gave a key a new secret")
    KEY_REVOKED = "key_revoked", _("revoked a key")
    WEBHOOK_ROTATED = "webhook_rotated", _("gave a webhook a new secret")
    WEBHOOK_STOPPED = "webhook_stopped", _("stopped a webhook")
    WEBHOOK_STARTED = "webhook_started", _("started a webhook again")
    WEBHOOK_REPLAYED = "webhook_replayed", _("sent a message to a webhook again")
    INSPECTED = "inspected", _("exported the audit")
    TAKEN_OVER = "taken_over", _("took a listing over from its source")
    RELEASED = "released", _("gave a listing back to its source")
    LINKED = "linked", _("linked a listing to a source")
    UNLINKED = "unlinked", _("parted a listing from its source")


def actions() -> list[tuple[str, Any]]:
    """Return what may be done; migrations name this function, so that a new deed needs none."""
    return Action.choices


#: What tells how people get in.
SIGNING_IN = (
    Action.SIGNED_IN,
    Action.SIGN_IN_FAILED,
    Action.SIGNED_OUT,
    Action.PROVED,
    Action.LINK_MADE,
    Action.FACTOR_ADDED,
    Action.FACTOR_REMOVED,
    Action.FACTOR_RESET,
    Action.CODES_RENEWED,
    Action.PASSWORD_SET,
    Action.PASSWORD_TAKEN,
    Action.SESSIONS_ENDED,
)


class Event(models.Model):
    """One deed that no listing's revision tells of. Actors and objects are plain ids with a label.

    `area_code` is the area of what was done, "" for what belongs to the city; it decides which office reads the row.
    `before` and `after` hold only what changed: field → value. What `is_private` is read by its actor alone: how
    couriers sign in is nobody else's matter.
    """

    made_at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    action = models.CharField(_("what"), max_length=16, choices=actions)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80, blank=True)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    area_code = models.CharField(_("area"), max_length=12, blank=True, db_index=True)
    object_kind = models.CharField(_("kind"), max_length=60, blank=True)
    object_id = models.CharField(_("number"), max_length=40, blank=True)
    object_label = models.CharField(_("what it is"), max_length=160, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.CharField(_("note"), max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    is_private = models.BooleanField(default=False, db_default=False)
    kept_until = models.DateTimeField(default=_events_until)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-made_at", "-pk"]
        default_permissions = ("view",)
        permissions = [("export_event", _("Can export the audit"))]
        indexes = [
            models.Index(fields=["object_kind", "object_id"], name="audit_event_object"),
            models.Index(fields=["kept_until"], name="audit_event_kept"),
            models.Index(fields=["actor_id", "-made_at"], name="audit_event_actor"),
            models.Index(
                fields=["request_id"], name="audit_event_request", condition=~models.Q(request_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} {self.action} {self.object_label}"


class Origin(models.Model):
    """From where a request came that changed something; one row for a request, named by revisions and events."""

    request_id = models.CharField(max_length=64, primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(_("address"), null=True, db_index=True)
    agent = models.CharField(_("program"), max_length=200, blank=True)
    kept_until = models.DateTimeField(default=_origins_until, db_index=True)

    class Meta:
        verbose_name = _("origin")
        verbose_name_plural = _("origins")
        default_permissions = ()

    def __str__(self) -> str:
        return self.address or self.request_id
