"""Pages that look across all kinds cost as many queries for many places as for a few."""

import datetime as dt
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.listings import confirming
from portal.listings.hours import CITY_TIME
from portal.listings.kinds import listing_models
from tests.factories import make_listing

pytestmark = pytest.mark.django_db
LUNCH = dt.datetime(2026, 11, 24, 12, tzinfo=CITY_TIME)


@pytest.fixture(autouse=True)
def _at_lunch() -> Any:
    with time_machine.travel(LUNCH, tick=False):
        yield


def costs(ask: Callable[[], Any]) -> list[int]:
    """Return the queries of a request beside one place of each kind and beside five."""
    found = []
    made = 0
    for wanted in (1, 5):
        while made < wanted:
            for model in listing_models():
                listing = make_listing(model, name=f"康桥示例点{made}", notice="有热水")
                confirming.confirm(listing=listing, fact_groups=model.fact_groups[:1], actor=None)
            made += 1
        ask()  # What is looked up once for all requests is looked up here.
        with CaptureQueriesContext(connection) as queries:
            ask()
        found.append(len(queries))
    return found


@pytest.mark.parametrize(
    ("url", "query", "most"),
    [
        # The sections' rows and calendar, the built horizon, rights, the place.
        ("home", {}, 14),
        ("home", {"near": "30.346,120.160"}, 16),
        # The counts by kind, the open ones, the ranked rows, the page's documents, the calendar.
        ("search", {"q": "康桥"}, 12),
        ("search", {"q": "康桥", "near": "30.346,120.160"}, 12),
        # The newest number, the calendar, the documents.
        ("map_data", {}, 4),
        ("map", {}, 6),
        ("api:listings-list", {"page_size": "100"}, 6),
        ("api:listings-list", {"near": "30.346,120.160", "radius": "3000"}, 6),
        # The number, the count, the page with its offices, the calendar, names of cities.
        ("hsds:services", {"full": "true"}, 7),
    ],
)
def test_a_page_across_kinds_costs_the_same_beside_many_places(
    client: Client, regions: Any, url: str, query: dict[str, str], most: int
) -> None:
    few, many = costs(lambda: client.get(reverse(url), query))
    assert few == many
    assert many <= most


def test_the_dashboard_costs_the_same_beside_many_places(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    few, many = costs(lambda: client.get(reverse("admin:index")))
    assert few == many


@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
def test_a_form_in_the_admin_costs_the_same_beside_many_places(
    client: Client, clerk: User, model: Any
) -> None:
    listing = make_listing(model, name="要改的点")
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[listing.pk])
    client.force_login(clerk)
    few, many = costs(lambda: client.get(url))
    assert few == many


@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
@pytest.mark.parametrize(
    ("query", "most"),
    [
        # The newest number, the count, the keys, the calendar, the documents; districts (twice) and streets to choose
        # from, amenities where there are any.
        ({}, 9),
        # The same with the built horizon; the distances stand for count and keys.
        ({"open_now": "true"}, 10),
        ({"near": "30.346,120.160", "radius": "3000", "open_now": "true"}, 10),
    ],
    ids=["everything", "open", "open and near"],
)
def test_a_list_that_nobody_asked_for_yet_costs_the_same_beside_many_places(
    client: Client, regions: Any, model: Any, query: dict[str, str], most: int
) -> None:
    questions = count()
    url = reverse(f"{model.plural}:list")
    few, many = costs(lambda: client.get(url, {**query, "asked": str(next(questions))}))
    assert few == many
    # Where something runs out or fills up, what systems said of it last.
    assert many <= most + (model.measure is not None)


@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
@pytest.mark.parametrize("page", ["page", "api"])
def test_one_place_costs_the_same_beside_many_places(
    client: Client, regions: Any, model: Any, page: str
) -> None:
    listing = make_listing(model, name="要看的点")
    url = listing.get_absolute_url()
    if page == "api":
        url = reverse(f"api:{model.plural}-detail", args=[listing.public_id])
    few, many = costs(lambda: client.get(url))
    assert few == many
    # The document and the calendar; the API reads the newest number for its tag as well, a page what systems said last.
    assert many <= (4 + (model.measure is not None) if page == "page" else 3)
