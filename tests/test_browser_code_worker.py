"""The worker of `/code/` in a real browser: opening without a network, new versions, languages, the way out."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from services.codes.views import worker
from tests.code_worker import STORES, WATCH, wait_for_worker, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.smoke]


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """Return a phone that may run workers."""
    phone = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, service_workers="allow"
    )
    phone.set_default_timeout(20_000)
    phone.add_init_script(f"({WATCH})()")
    yield phone
    phone.close()


@pytest.fixture
def page(context: Any, live_server: Any) -> Any:
    """Return the code's page with its worker."""
    page = context.new_page()
    page.goto(f"{live_server.url}/code/")
    wait_for_worker(page)
    return page


def test_the_page_opens_without_a_network_and_in_the_other_language(
    context: Any, page: Any, live_server: Any
) -> None:
    assert page.evaluate("window.violations") == []
    context.set_offline(True)
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto(f"{live_server.url}/code/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{live_server.url}/code/somewhere/")
    assert page.url == f"{live_server.url}/code/#away"
    expect(page.locator("h1").first).to_be_attached()


def test_a_new_version_takes_over_and_the_former_store_goes(
    page: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    [before] = [name for name in page.evaluate(STORES) if name not in ("code-notes",) and "code-" in name]
    page.evaluate("window.isFormer = true")
    change_a_file(monkeypatch)
    page.evaluate("navigator.serviceWorker.controller.postMessage({ type: 'check' })")
    wait_until(page, "!window.isFormer")
    wait_for_worker(page)
    wait_until(page, f"async () => !(await caches.has('{before}'))")


def test_a_page_that_is_busy_keeps_its_version_until_it_is_not(
    context: Any, page: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.evaluate("window.isFormer = true; document.querySelector('[data-dialog=card]').showModal()")
    former = page.evaluate(STORES)
    change_a_file(monkeypatch)
    other = context.new_page()
    other.goto(f"{live_server.url}/code/")
    wait_until(other, "async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting)")
    other.wait_for_timeout(5000)
    assert page.evaluate("window.isFormer")
    assert set(former) <= set(page.evaluate(STORES))
    page.evaluate("document.querySelector('[data-dialog=card]').close()")
    wait_until(page, "!window.isFormer")
    wait_for_worker(page)


def test_another_language_chosen_elsewhere_is_taken_on(context: Any, page: Any, live_server: Any) -> None:
    context.new_page().goto(f"{live_server.url}/me/?lang=en")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_way_out_takes_worker_and_stores_off_the_phone(page: Any) -> None:
    with override_settings(CODE_WORKERS_OFF=True):
        page.evaluate("navigator.serviceWorker.controller.postMessage({ type: 'check' })")
        wait_until(
            page,
            "async () => !(await navigator.serviceWorker.getRegistrations()).some((one) => one.scope.endsWith('/code/'))",
        )
        wait_until(page, "async () => !(await caches.keys()).some((name) => name.startsWith('code-'))")


def change_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server have a newer style sheet."""
    read = worker.content
    monkeypatch.setattr(
        worker, "content", lambda name: read(name) + (b" " if name == "css/code.css" else b"")
    )
