"""Suggestions in a real browser: with the keyboard, with a Chinese input method, without a network, without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import expect

from tests import search_city
from tests.browsing import serious
from tests.pages_places import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.smoke]


@pytest.fixture
def city(regions: Any) -> Iterator[None]:
    """Return the small city at noon."""
    with time_machine.travel(at("12:00"), tick=True):
        search_city.build()
        yield


def asked(page: Any) -> list[str]:
    """Return the list to which every question for suggestions is added."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "suggest.json" in request.url else None)
    return found


def test_the_keyboard_chooses_a_suggestion_and_escape_closes(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    phone_page.goto(live_server.url + "/search/")
    field = phone_page.locator("#find")
    field.press_sequentially("康桥")
    options = phone_page.get_by_role("option")
    expect(options.first).to_contain_text("康桥街道")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(phone_page.locator("form.find [role=status]")).to_contain_text("条建议")
    assert serious(phone_page) == []
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    field.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_value("康桥")
    field.press_sequentially("充")
    expect(options.first).to_contain_text("充电")
    field.press("ArrowDown")
    field.press("Enter")
    phone_page.wait_for_url("**/search/?q=*")
    expect(phone_page.locator(".card").first).to_contain_text("康桥驿站")


def test_nothing_is_asked_while_a_chinese_word_is_composed(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    phone_page.goto(live_server.url + "/search/")
    questions = asked(phone_page)
    compose = """([typed, ends]) => {
        const field = document.querySelector("#find");
        field.focus();
        field.dispatchEvent(new CompositionEvent("compositionstart"));
        field.value = typed;
        field.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
        if (ends) field.dispatchEvent(new CompositionEvent("compositionend", { data: typed }));
    }"""
    phone_page.evaluate(compose, ["kang'q", False])
    phone_page.wait_for_timeout(500)
    assert questions == []
    phone_page.evaluate(compose, ["康桥", True])
    expect(phone_page.get_by_role("option").first).to_contain_text("康桥街道")
    assert len(questions) == 1


def test_letters_typed_quickly_are_one_question(phone_page: Any, live_server: Any, city: Any) -> None:
    phone_page.goto(live_server.url + "/search/")
    questions = asked(phone_page)
    phone_page.locator("#find").press_sequentially("kangqiao", delay=10)
    expect(phone_page.get_by_role("option").first).to_contain_text("康桥街道")
    assert len(questions) <= 2


def test_past_searches_stay_on_the_phone_and_are_forgotten_on_a_tap(
    phone_page: Any, live_server: Any, city: Any
) -> None:
    phone_page.goto(live_server.url + "/search/")
    field = phone_page.locator("#find")
    field.fill("厕所")
    field.press("Enter")
    phone_page.wait_for_url("**/search/?q=*")
    phone_page.goto(live_server.url + "/search/")
    field.focus()
    options = phone_page.get_by_role("option")
    expect(options.first).to_contain_text("厕所")
    options.last.click()
    expect(options).to_have_count(0)
    assert phone_page.evaluate("window.localStorage.getItem('nuanxin.searches')") is None


def test_without_javascript_suggestions_are_links(chromium: Any, live_server: Any, city: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url + "/search/?q=kq")
    page.get_by_role("link", name="康桥街道", exact=True).click()
    expect(page.locator(".card").first).to_contain_text("康桥食堂")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
