"""Sources: a partner's own register of places, under whose name its rows are written."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.partners.models.keys import ApiKey


class SourceQuerySet(models.QuerySet):
    """Sources in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the sources of the organisations that somebody may change."""
        return self.editable_by(user)

    def editable_by(self, user: Any) -> Self:
        """Return the sources of the organisations that somebody may change."""
        return self.filter(organisation__in=Organisation.objects.editable_by(user))

    def written_by(self, key: ApiKey) -> Self:
        """Return those whose rows a key may write: it names them, and they are its own organisation's."""
        return self.filter(name__in=key.sources, organisation=key.organisation_id)


class Source(models.Model):
    """A register of places that one partner keeps; its name stands in the addresses under which rows are written."""

    name = models.SlugField(
        _("name"), max_length=60, unique=True, help_text=_("Stands in addresses, such as wuliu-canteens.")
    )
    label = models.CharField(_("called"), max_length=80)
    label_en = models.CharField(_("called in English"), max_length=120, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="sources"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects: ClassVar[Any] = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.label
