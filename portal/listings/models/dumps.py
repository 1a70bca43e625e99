"""The daily dumps: everything public in one file, with its checksum and where the change feed goes on."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Dump(models.Model):
    """A file of the storage "exports": one row a line, compressed; `cursor` is where the feed goes on from it."""

    day = models.DateField(_("day"), unique=True)
    file_name = models.CharField(_("file"), max_length=120, unique=True)
    sha256 = models.CharField(_("checksum"), max_length=64)
    byte_count = models.PositiveBigIntegerField(_("bytes"))
    row_count = models.PositiveIntegerField(_("rows"))
    change_number = models.BigIntegerField(_("up to change"))
    cursor = models.CharField(max_length=80)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("dump")
        verbose_name_plural = _("dumps")
        ordering = ("-day",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.file_name

    @property
    def stored_name(self) -> str:
        """Return the name in the storage, which says what the file holds: two that differ never have the same one."""
        return f"dumps/{self.file_name.partition('.')[0]}.{self.sha256[:16]}.ndjson.gz"
