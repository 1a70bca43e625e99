"""Photos of a listing."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .listing import Listing


class Photo(models.Model):
    """A picture in three WebP sizes, named by the digest of its content in the public storage."""

    class Role(models.TextChoices):
        PICTURE = "picture", _("picture")
        BUILDING_MAP = "building_map", _("building map")

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="photos")
    role = models.CharField(_("shows"), max_length=12, choices=Role, default=Role.PICTURE)
    digest = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(_("what it shows"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.alt or self.digest[:12]
