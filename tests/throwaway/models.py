"""Public water taps."""

from typing import Any

from django.db import models

from portal.listings.groups import Group
from portal.listings.models import FactGroup, Listing


class Tap(Listing):
    """A tap from which anybody may fill a bottle."""

    kind_name = "tap"
    plural = "taps"
    own_fields = ("is_cold",)
    groups = {**Listing.groups, "spouts": Group({"spouts": ("name",)})}  # noqa: RUF012
    fact_groups = (FactGroup.HOURS, FactGroup.CONTACT)

    is_cold = models.BooleanField("冷水", default=True)

    class Meta:
        verbose_name = "饮水点"
        verbose_name_plural = "饮水点"

    def own_document(self) -> dict[str, Any]:
        """Return whether the water is cold, and the spouts."""
        return {"is_cold": self.is_cold, "spouts": [spout.name for spout in self.spouts.all()]}

    def own_words(self) -> list[str]:
        """Return the spouts' names."""
        return [spout.name for spout in self.spouts.all()]


class Spout(models.Model):
    """One spout of a tap."""

    tap = models.ForeignKey(Tap, models.CASCADE, related_name="spouts")
    name = models.CharField("名称", max_length=20)

    class Meta:
        verbose_name = "水嘴"
        verbose_name_plural = "水嘴"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
