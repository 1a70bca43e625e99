"""The administrative levels: city, district, street (or town), community (or village).

The primary key is the national statistical code. A code begins with its parent's code, so an *area* anywhere in the
portal is simply a code of 4, 6, 9 or 12 digits, and "within an area" is a comparison of beginnings.
"""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.regions.language import in_english
from portal.regions.naming import english_name, initials_of, pinyin_of
from portal.regions.querysets import NicknameQuerySet, RegionQuerySet


class Region(models.Model):
    """What all levels have in common."""

    code_length: ClassVar[int]
    level: ClassVar[str]
    parent_field: ClassVar[str] = ""

    name = models.CharField(_("name"), max_length=60)
    pinyin = models.CharField(_("pinyin"), max_length=200, editable=False)
    initials = models.CharField(_("initials"), max_length=60, editable=False)
    is_current = models.BooleanField(_("current"), default=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("code",)

    def __str__(self) -> str:
        """Return the name in the reader's language."""
        return self.name_en if in_english() else self.name

    @property
    def name_en(self) -> str:
        """Return the English name, such as "Kangqiao Subdistrict"."""
        return english_name(self.name, self.level)

    def spell(self) -> None:
        """Fill pinyin and initials from the name."""
        self.pinyin = pinyin_of(self.name)
        self.initials = initials_of(self.name)


def _code(length: int) -> models.CharField:
    digits = RegexValidator(
        rf"^[0-9]{{{length}}}\Z", _("The code has the wrong number of digits for this level.")
    )
    return models.CharField(_("code"), max_length=length, primary_key=True, validators=[digits])


class City(Region):
    """A city at prefecture level, four digits."""

    code_length = 4
    level = "city"

    code = _code(4)

    class Meta(Region.Meta):
        verbose_name = _("city")
        verbose_name_plural = _("cities")


class District(Region):
    """A district, county or county-level city, six digits."""

    code_length = 6
    level = "district"
    parent_field = "city"

    code = _code(6)
    city = models.ForeignKey(City, models.PROTECT, verbose_name=_("city"), related_name="districts")

    class Meta(Region.Meta):
        verbose_name = _("district")
        verbose_name_plural = _("districts")


class Street(Region):
    """A street (街道), town or township, nine digits."""

    code_length = 9
    level = "street"
    parent_field = "district"

    code = _code(9)
    district = models.ForeignKey(District, models.PROTECT, verbose_name=_("district"), related_name="streets")

    class Meta(Region.Meta):
        verbose_name = _("street")
        verbose_name_plural = _("streets")


class Community(Region):
    """A community (社区) or village, twelve digits."""

    code_length = 12
    level = "community"
    parent_field = "street"

    code = _code(12)
    street = models.ForeignKey(Street, models.PROTECT, verbose_name=_("street"), related_name="communities")

    class Meta(Region.Meta):
        verbose_name = _("community")
        verbose_name_plural = _("communities")


LEVELS: dict[str, type[Region]] = {model.level: model for model in (City, District, Street, Community)}


class Nickname(models.Model):
    """What people call an area that no table calls so: 下沙 for two streets of 钱塘区.

    One name may stand for several areas, a row each. Staff end a nickname by unticking it: what they ended is not
    loaded again from the table of well-known ones.
    """

    name = models.CharField(_("nickname"), max_length=30)
    district = models.ForeignKey(
        District, models.PROTECT, verbose_name=_("district"), related_name="nicknames"
    )
    street = models.ForeignKey(
        Street,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("street"),
        related_name="nicknames",
        help_text=_("Left empty, the name stands for the whole district."),
    )
    area_code = models.GeneratedField(
        expression=Coalesce("street", "district"),
        output_field=models.CharField(max_length=12),
        db_persist=True,
        verbose_name=_("area"),
    )
    is_used = models.BooleanField(_("in use"), default=True)

    objects = NicknameQuerySet.as_manager()

    class Meta:
        verbose_name = _("nickname of an area")
        verbose_name_plural = _("nicknames of areas")
        ordering = ("name", "area_code")
        constraints = [
            models.UniqueConstraint(
                name="nickname_once_a_street",
                fields=["name", "street"],
                violation_error_message=_("This area has that nickname already."),
            ),
            models.UniqueConstraint(
                name="nickname_once_a_district",
                fields=["name", "district"],
                condition=models.Q(street=None),
                violation_error_message=_("This area has that nickname already."),
            ),
            models.CheckConstraint(
                name="nickname_not_empty",
                condition=~models.Q(name=""),
                violation_error_message=_("Write the nickname."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a street of another district, and a name too short to mean anything."""
        self.name = self.name.strip()
        if len(self.name) < 2:
            raise ValidationError({"name": _("A nickname has at least two characters.")})
        if self.street_id and not self.street_id.startswith(self.district_id or "-"):
            raise ValidationError({"street": _("This street lies in another district.")})
