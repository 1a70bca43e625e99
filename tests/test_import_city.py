"""Over the whole small city: what is exported imports back with every row unchanged."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from portal.accounts.acting import acting_as
from portal.accounts.models import User
from portal.listings import exporting, importing
from portal.listings.hours import CITY_TIME
from portal.listings.importing_tables import read_table
from portal.listings.kinds import listing_models
from portal.pages.demo.loading import load

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody() -> User:
    """Load the small city; return somebody who sees all of it, places without a district too."""
    with time_machine.travel(dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME), tick=False):
        load(scale="small", seed=1)
    return acting_as(User.objects.create_superuser("13800000099", "a-long-password-for-tests"))


def verdicts(model: Any, format_name: str, user: User) -> dict[str, int]:
    table = read_table(exporting.export(model.objects.all(), format_name, user))
    report = importing.check_rows(model, table, user)
    assert report.unknown_columns == []
    return report.counts


def test_every_export_of_the_small_city_imports_back_unchanged(everybody: User) -> None:
    for model in listing_models():
        count = model.objects.count()
        assert count > 0
        for format_name in exporting.FORMATS:
            found = verdicts(model, format_name, everybody)
            assert found == {"new": 0, "changed": 0, "unchanged": count, "refused": 0, "archived": 0}, model


def test_it_is_the_values_that_are_the_same_and_not_only_the_texts(everybody: User, monkeypatch: Any) -> None:
    """Hide from the parts what they would write, so that every cell is read."""
    monkeypatch.setattr(importing, "is_said", lambda *args: False)
    for model in listing_models():
        found = verdicts(model, "csv", everybody)
        assert (found["unchanged"], found["refused"]) == (model.objects.count(), 0), model
