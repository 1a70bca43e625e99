"""What the database refuses, and the sentences in which it does."""

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation

from canteens.models import Canteen
from portal.listings.models import Listing
from services.codes.models import Building
from tests import api_places

NOW = timezone.now()
HALF_A_LISTING = [
    {"lat": 30.3, "lng": None},
    {"lat": None, "lng": 120.1},
    {"shut_reason": "sold_out"},
    {"shut_reason": "sold_out", "shut_at": NOW},
    {"shut_reason": "sold_out", "shut_until": NOW},
    {"shut_at": NOW},
]
HALF_A_MARK: list[dict[str, Any]] = [{"x": 40, "y": None}, {"x": None, "y": 40}]
OURS = ("portal.", "services.", "housing", "canteens")
CONSTRAINTS = [
    (model, constraint)
    for model in apps.get_models()
    if model.__module__.startswith(OURS)
    for constraint in model._meta.constraints
]


def refused_everywhere(row: models.Model, half: dict[str, Any]) -> None:
    """Hold that neither validation nor the database takes these values."""
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**half)
    for name, value in half.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    assert refusal.value.message_dict.keys() == {"__all__"}


@pytest.mark.django_db
@pytest.mark.parametrize("half", HALF_A_LISTING)
@pytest.mark.usefixtures("regions")
def test_a_listing_holds_no_half_position_and_no_half_shutting(half: dict[str, Any]) -> None:
    listing = api_places.draft(Canteen, "食堂")
    refused_everywhere(Listing.objects.get(pk=listing.pk), half)


@pytest.mark.django_db
@pytest.mark.parametrize("half", [*HALF_A_MARK, {"x": 5000, "y": 10}, {"x": 10, "y": -1}])
@pytest.mark.usefixtures("regions")
def test_a_building_stands_on_the_map_or_nowhere(half: dict[str, Any]) -> None:
    compound: Any = api_places.compound()
    building = Building.objects.create(compound=compound, name="1 幢", x=10, y=20)
    refused_everywhere(building, half)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=lambda given: getattr(given, "name", None))
def test_every_constraint_can_say_what_it_refuses(
    model: type[models.Model], constraint: models.BaseConstraint, language: str
) -> None:
    with translation.override(language):
        sentence = str(constraint.get_violation_error_message())
    assert sentence
    assert "%%" not in sentence
    assert "%(" not in sentence
