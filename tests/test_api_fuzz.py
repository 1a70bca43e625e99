"""Whatever is asked, the API answers in its own form and never with a mistake of ours."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.listings.api.parameters import PAGING
from portal.listings.filters import ListingFilter
from portal.listings.kinds import listing_models
from tests import api_places

NAMES = [
    *ListingFilter.base_filters,
    *PAGING,
    "format",
    "price_max",
    "rent_max",
    "basis",
    "free",
    "amenity",
    "riding",
]
USUAL = [
    "",
    "0",
    "1",
    "-1",
    "true",
    "1e400",
    "NaN",
    "30.36,120.15",
    "120,30,121,31",
    "2026-11-23T12:00:00+08:00",
    "甲",
]
ODD = [
    "%",
    "%zz",
    "%ff",
    "%00",
    "\u202e",
    "'; --",
    "\\",
    "1" * 400,
    "😀",
    "9999-12-31T23:59:59-12:00",
    "[]",
    "{}",
    "*",
]
VALUE = st.one_of(
    st.sampled_from(USUAL + ODD), st.text(max_size=40), st.integers().map(str), st.floats().map(str)
)


def encoded(text: str) -> str:
    """Return the text as a query may hold it; what already looks encoded is left broken."""
    return text if "%" in text and text.isascii() else quote(text.encode("utf-8", "surrogatepass"))


@pytest.mark.django_db
def test_no_query_is_answered_with_a_500(regions: Any, settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 0
    api_places.canteen()
    api_places.compound()
    fuzz()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    st.sampled_from(["listings", *(model.plural for model in listing_models())]),
    st.lists(st.tuples(st.sampled_from(NAMES), VALUE), max_size=4),
)
def fuzz(plural: str, asked: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={encoded(value)}" for name, value in asked)
    response = Client().get(f"/api/v1/{plural}/?{query}")
    assert response.status_code in {200, 400, 404}, query
    if response.status_code != 200:
        body = response.json()
        assert response["Content-Type"] == "application/problem+json"
        assert all(error["zh"] and error["en"] for error in body["errors"]), query
