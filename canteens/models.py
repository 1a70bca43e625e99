"""Canteens: set meals, discounts and who is served. Meal periods are the listing's hours with their labels."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from canteens import found, said
from canteens.left import PortionsLeft
from portal.listings.documents import clock, coded, yuan
from portal.listings.drawings import Drawing, tray
from portal.listings.english import in_english, name_en
from portal.listings.groups import Group, Numbers
from portal.listings.meanings import Pattern, Saying
from portal.listings.models import FactGroup, Listing
from portal.listings.models.hours import Label, Rule, check_interval
from portal.listings.words import split_list


class Serves(models.TextChoices):
    """Who may use a canteen's courier price."""

    EVERYONE = "everyone", _("everyone")
    COURIERS = "couriers", _("couriers and drivers")
    WITH_CODE = "with_code", _("holders of an identity code")


class Canteen(Listing):
    """A pickup point with a discounted set meal or an off-peak percentage."""

    kind_name = "canteen"
    plural = "canteens"
    own_fields = ("serves", "pickup", "seats")
    groups = {
        **Listing.groups,
        "meals": Group(
            {
                "set_meals": (
                    "name",
                    "dishes",
                    "meat_count",
                    "vegetable_count",
                    "courier_price_yuan",
                    "normal_price_yuan",
                    "portions",
                    "label",
                )
            }
        ),
        "discounts": Group({"discounts": ("percent_off", "starts", "ends", "note")}),
    }
    fact_groups = (FactGroup.PRICE, FactGroup.HOURS, FactGroup.CONTACT)
    numbers = {FactGroup.PRICE: Numbers("meals", "set_meals", "courier_price_yuan")}
    measure = PortionsLeft()

    serves = models.CharField(_("who may use it"), max_length=10, choices=Serves, blank=True, default="")
    pickup = models.CharField(_("how to pick up"), max_length=200, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)

    class Meta:
        verbose_name = _("canteen")
        verbose_name_plural = _("canteens")

    def own_document(self) -> dict[str, Any]:
        """Return who is served, meals and discounts."""
        meals = list(self.set_meals.all())
        return {
            "serves": coded(Serves, self.serves),
            "pickup": self.pickup,
            "seats": self.seats,
            "set_meals": [meal.document() for meal in meals],
            "discounts": [discount.document() for discount in self.discounts.all()],
            "lowest_price": yuan(min((meal.courier_price_yuan for meal in meals), default=None)),
        }

    def own_words(self) -> list[str]:
        """Return meal names, what they are made of in either spelling, and dishes."""
        return [
            word
            for meal in self.set_meals.all()
            for word in (meal.name, *found.shape_of(meal.meat_count, meal.vegetable_count), *meal.dish_names)
        ]

    @classmethod
    def sayings(cls) -> Iterable[Saying]:
        """Return the everyday words of canteens and of their meals."""
        return found.sayings()

    @classmethod
    def patterns(cls) -> Iterable[Pattern]:
        """Understand 一荤两素 and 10元."""
        return found.PATTERNS

    @classmethod
    def facts_said(cls, group: str, doc: dict[str, Any]) -> list[str]:
        """Return the prices in words."""
        return said.prices(doc) if group == FactGroup.PRICE else []

    def drawing(self) -> Drawing:
        """Return a tray of the first set meal, or a percentage."""
        meal = next(iter(self.set_meals.all()), None)
        if meal:
            has_soup = any("汤" in dish for dish in meal.dish_names)
            return tray(meal.meat_count or 0, meal.vegetable_count or 0, has_soup, None)
        discount = next(iter(self.discounts.all()), None)
        return tray(0, 0, False, discount.percent_off if discount else None)


class SetMeal(models.Model):
    """A set meal at a courier price."""

    canteen = models.ForeignKey(Canteen, models.CASCADE, related_name="set_meals")
    name = models.CharField(_("name"), max_length=60)
    dishes = models.CharField(
        _("dishes"), max_length=300, blank=True, help_text=_("Separate with 、 or commas.")
    )
    meat_count = models.PositiveSmallIntegerField(_("meat dishes"), null=True, blank=True)
    vegetable_count = models.PositiveSmallIntegerField(_("vegetable dishes"), null=True, blank=True)
    courier_price_yuan = models.DecimalField(
        _("courier price, yuan"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)]
    )
    normal_price_yuan = models.DecimalField(
        _("normal price, yuan"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    portions = models.PositiveSmallIntegerField(_("portions a day"), null=True, blank=True)
    label = models.CharField(_("meal period"), max_length=10, choices=Label, blank=True, default="")

    class Meta:
        verbose_name = _("set meal")
        verbose_name_plural = _("set meals")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="set_meal_courier_price_lowest",
                condition=models.Q(normal_price_yuan__isnull=True)
                | models.Q(courier_price_yuan__lte=models.F("normal_price_yuan")),
                violation_error_message=_("The courier price is higher than the normal price."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dish_names(self) -> list[str]:
        """Return the dishes one by one."""
        return split_list(self.dishes)

    def document(self) -> dict[str, Any]:
        """Return the meal as the public document holds it."""
        return {
            "name": self.name,
            "name_en": name_en(self.name),
            "dishes": self.dish_names,
            "dishes_en": [name_en(dish) for dish in self.dish_names],
            "meat_count": self.meat_count,
            "vegetable_count": self.vegetable_count,
            "courier_price": yuan(self.courier_price_yuan),
            "normal_price": yuan(self.normal_price_yuan),
            "portions": self.portions,
            "label": self.label,
        }


class Discount(models.Model):
    """A percentage off the normal prices, at certain hours."""

    canteen = models.ForeignKey(Canteen, models.CASCADE, related_name="discounts")
    percent_off = models.PositiveSmallIntegerField(
        _("percent off"), validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("to"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"-{self.percent_off}%"

    def clean(self) -> None:
        """Refuse half a time span and one that no opening hours may have; past midnight is 22:00–02:00."""
        if (self.starts is None) != (self.ends is None):
            raise ValidationError({"ends": _("Give both times, or neither for the whole day.")})
        if self.starts is None:
            return
        if self.starts == self.ends:
            raise ValidationError(
                {"ends": _("Start and end are the same. Leave both empty for the whole day.")}
            )
        try:
            check_interval(Rule.OPEN, self.starts, self.ends, is_open_end=False)
        except ValidationError as error:
            raise ValidationError({"ends": error.messages}) from None

    def document(self) -> dict[str, Any]:
        """Return the discount as the public document holds it."""
        return {
            "percent_off": self.percent_off,
            "from": clock(self.starts),
            "until": clock(self.ends),
            "note": self.note,
            "note_en": in_english(self.note),
        }
