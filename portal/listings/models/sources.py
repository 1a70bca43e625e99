"""What a partner's source has sent of a listing, and whether an office has taken it over."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from .listing import Listing


class SourceRecordQuerySet(models.QuerySet):
    """Records in the words of those who ask."""

    def taken_over(self) -> Self:
        """Return those of listings that an office has taken over."""
        return self.filter(taken_over_at__isnull=False)


class SourceRecord(models.Model):
    """What a source said last of one of its listings; `Listing.source` and `external_id` name the row there.

    `sent` is that as a snapshot (key → value), `sent_number` the version of the listing that it made or left: what the
    portal changed since is found by comparing. While an office has taken the listing over the source may not write it.
    """

    listing = models.OneToOneField(Listing, models.CASCADE, related_name="source_record")
    sent = models.JSONField(default=dict)
    sent_number = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(_("last written"), null=True)
    sent_by_label = models.CharField(_("by"), max_length=120, blank=True)
    taken_over_at = models.DateTimeField(_("taken over"), null=True)
    taken_over_by_label = models.CharField(_("taken over by"), max_length=80, blank=True)
    taken_over_post_label = models.CharField(_("for"), max_length=120, blank=True)
    #: The last write that was refused because the office keeps the listing, for the office to see.
    refused_at = models.DateTimeField(_("last refused"), null=True)
    refused = models.JSONField(default=dict)

    objects: ClassVar[Any] = SourceRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record at the source")
        verbose_name_plural = _("records at sources")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.listing_id}"
