"""Posts: a person in an organisation, with an area, a group of permissions and dates."""

from datetime import date

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models.organisation import Organisation
from portal.accounts.models.person import User
from portal.accounts.querysets import PostQuerySet
from portal.regions.areas import validate_area_code


def today() -> date:
    """Return today's date in the portal's time zone."""
    return timezone.localdate()


class Post(models.Model):
    """What a person does for an organisation; all permissions come from here."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"), related_name="posts")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="posts"
    )
    group = models.ForeignKey(Group, models.PROTECT, verbose_name=_("permissions"), related_name="posts")
    area_code = models.CharField(
        _("narrower area"),
        max_length=12,
        blank=True,
        validators=[validate_area_code],
        help_text=_("Only when the post covers less than its organisation does."),
    )
    starts_on = models.DateField(_("starts on"), default=today)
    ends_on = models.DateField(
        _("ends on"), null=True, blank=True, help_text=_("The last day; empty means open.")
    )
    # When it stopped: handed over within its last day, or over and its work handed on by the clock.
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="accounts_post_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            ),
            # A post that was ended by mistake is given anew, even on the same day.
            models.UniqueConstraint(
                fields=("user", "organisation", "group", "area_code", "starts_on"),
                condition=Q(ended_at=None),
                name="accounts_post_once",
                violation_error_message=_("This person has this post already."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ends_on__isnull=False),
                name="accounts_post_ended_has_a_last_day",
                violation_error_message=_("A post that has ended has a last day."),
            ),
        ]

    def __str__(self) -> str:
        """Return organisation and group."""
        return f"{self.organisation} · {self.group}"

    @property
    def area(self) -> str:
        """Return the code of the area that the post covers; "" is nowhere, as for every firm."""
        return (self.area_code or self.organisation.area_code) if self.organisation.keeps_its_area else ""

    @property
    def is_current(self) -> bool:
        """Say whether the post holds now."""
        if self.ended_at is not None:
            return False
        return self.starts_on <= today() and (self.ends_on is None or self.ends_on >= today())

    def clean(self) -> None:
        """Refuse an area outside the organisation's, any for a firm, and changing what has ended."""
        super().clean()
        if self.ended_at is not None:
            raise ValidationError(_("This post has ended. Give a new one instead."), code="ended")
        if self.area_code and self.organisation_id and not self.organisation.keeps_its_area:
            told = _("A firm's post covers no area: choose its listings instead.")
            raise ValidationError({"area_code": told}, code="area_of_firm")
        outer = self.organisation.area_code if self.organisation_id else ""
        if self.area_code and outer and not self.area_code.startswith(outer):
            raise ValidationError(
                {"area_code": _("The area lies outside the organisation's.")}, code="area_outside"
            )
