"""Lists in a real browser: what happens between a tap on a filter and the answer."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import expect

from tests import pages_places as places
from tests.pages_places import at, daily

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def canteens(regions: Any) -> Iterator[None]:
    """Place one canteen that serves at lunch and one that serves at dinner."""
    with time_machine.travel(at("11:42"), tick=True):
        places.canteen("午饭食堂")
        places.canteen("晚饭食堂", hours=daily("17:00", "19:00"))
        yield


@pytest.fixture
def held(phone_page: Any, live_server: Any, canteens: None) -> list[Any]:
    """Open the list, hold back what is asked for next, and return it in order."""
    routes: list[Any] = []
    phone_page.goto(live_server.url + "/canteens/")
    phone_page.route(lambda url: "open_now" in url, lambda route: routes.append(route))
    return routes


def test_a_tap_on_a_filter_shows_at_once_that_it_was_felt(phone_page: Any, held: list[Any]) -> None:
    phone_page.locator("[data-filters] .chip").first.tap()
    expect(phone_page.locator("[data-results][aria-busy=true]")).to_have_css("opacity", "0.5")
    expect(phone_page.locator(".card")).to_have_count(2)
    held[0].continue_()
    expect(phone_page.locator(".card")).to_have_count(1)
    expect(phone_page.locator("[data-results]")).to_have_css("opacity", "1")


def test_of_two_taps_the_later_one_counts_even_when_its_answer_comes_first(
    phone_page: Any, held: list[Any]
) -> None:
    phone_page.locator("[data-filters] .chip").first.tap()
    expect(phone_page.locator("[data-results][aria-busy=true]")).to_be_visible()
    phone_page.locator("summary").tap()
    phone_page.locator("[name=q]").fill("晚饭")
    phone_page.locator("[name=q]").press("Enter")
    expect(phone_page.locator(".card-name")).to_have_text(["晚饭食堂"])
    with contextlib.suppress(Exception):  # The page has given this one up.
        held[0].continue_()
    phone_page.wait_for_timeout(300)
    expect(phone_page.locator(".card-name")).to_have_text(["晚饭食堂"])
    assert "open_now" not in phone_page.url
    expect(phone_page.locator("[data-results][aria-busy]")).to_have_count(0)
