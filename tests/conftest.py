"""What every test may use: places of its own, a fast hasher, Chinese catalogues, a browser.

Personas live in `tests/personas.py`, which is loaded as a plugin: a fixture written there is known everywhere.
"""

import importlib.util
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.utils import translation

from scripts import catalog, servers
from tests.halves import says_nothing_of_a_database
from tests.standing import own_cache_keys

pytest_plugins = ["tests.personas"] if importlib.util.find_spec("tests.personas") else []

#: How long a browser may take to come to a state: it counts only where a test fails, and machines are busy.
PATIENCE_MILLISECONDS = 30_000

# An example that takes long on a busy machine is no fault; in CI the examples are the same in every run.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize=servers.in_ci(),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the Chinese catalogue once, before any worker reads it."""
    if not hasattr(config, "workerinput"):
        catalog.compile_catalog()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches no database, so that the second half may leave it out."""
    for item in items:
        if says_nothing_of_a_database(item):
            item.add_marker("once")


@pytest.fixture(autouse=True)
def _own_cache_keys() -> Iterator[None]:
    """Give every test an empty cache, and forget what the process counted of its keys: their numbers come again."""
    from portal.partners import counting

    own_cache_keys()
    yield
    counting.forget()


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    """Empty the tables after a transactional test without truncating those that are empty."""
    from django.test import TransactionTestCase

    from tests.emptying import empty

    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        for alias in self._databases_names(include_mirrors=False):
            empty(alias, partial(flush, self))

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(scope="session", autouse=True)
def _keys_of_codes() -> None:
    """Make the issuer's keys of identity codes once, in the folder of this run."""
    from services.codes.keymaking import ensure_keys
    from services.codes.keyring import DAY, now

    # Ten days ago, so that old codes can be made too.
    ensure_keys(at=now() - 10 * DAY)


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Begin every test in the portal's language: a page that was asked for in English leaves English behind."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start the machine's own Chromium; a machine without one skips, unless CI is set.

    Playwright keeps an event loop in this thread, so Django's async guard would refuse every query of later tests.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    executable = servers.chromium()
    if executable is None:
        if servers.in_ci():
            pytest.fail("No Chromium on this machine, and CI is set.")
        pytest.skip("No Chromium on this machine.")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        # What is measured in the middle of a fade is nobody's colour. A test of motion asks for "no-preference".
        browser.new_context = partial(browser.new_context, reduced_motion="reduce")
        yield browser
        browser.close()
        # While that loop runs, Django keeps connections apart from those of before and after it: only here are they
        # reached, and an open one would keep the database from being dropped.
        connections.close_all()


@pytest.fixture(scope="session")
def _under_way() -> Any:
    """Count the requests that the live server is answering."""
    from tests.browsing import UnderWay

    return UnderWay()


@pytest.fixture(autouse=True)
def _answered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the live server answer what a browser asked for last, before the tables are emptied."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    under_way = request.getfixturevalue("_under_way")
    yield
    under_way.wait()


@pytest.fixture
def phone_context(chromium: Any) -> Iterator[Any]:
    """Return a Chinese browser context of 390 by 844 pixels, as on a courier's phone, without the worker."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, service_workers="block"
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def phone_page(phone_context: Any) -> Any:
    """Return an empty page in `phone_context`."""
    return phone_context.new_page()


@pytest.fixture
def desk_page(chromium: Any) -> Iterator[Any]:
    """Return an empty page of 1280 by 900 pixels in Chinese, as at a clerk's desk."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 900}, service_workers="block"
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def work(db: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that does all the work that waits for a worker, as `manage.py db_worker` does.

    A test's transaction lives on its connection, which the worker would close as one that nobody gave back.
    """
    from django.core.management import call_command
    from django_tasks_db.management.commands import db_worker

    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    return partial(call_command, "db_worker", batch=True, startup_delay=False, reload=False, verbosity=0)
