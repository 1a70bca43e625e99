"""The audit in a real browser: narrowed down, opened, read on a phone."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.accounts.sign_ins import tell
from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings import confirming, revising
from tests.browsing import serious
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def filled(city_admin: User, clerk: User) -> User:
    """Return somebody who reads the audit of the city, in which a few things were done."""
    for number in range(3):
        canteen = make_canteen(name=f"康桥第{number}食堂")
        revising.edit(listing=canteen, changes={"notice": "今天送汤"}, actor=clerk, channel="office")
        confirming.confirm(listing=canteen, fact_groups=["price", "hours"], actor=clerk)
    tell(Action.SIGNED_IN, clerk, by=clerk, after={"by": ["password", "totp"]})
    tell(Action.SIGN_IN_FAILED, clerk, after={"by": ["password"]})
    post = clerk.posts.get()
    record(
        Action.POST_ENDED,
        by=city_admin,
        about=post,
        before={"ends_on": None},
        after={"ends_on": "2026-12-01"},
    )
    return city_admin


def sign_in(page: Any, person: User, base: str) -> None:
    client = Client()
    client.force_login(person)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": base}
    page.context.add_cookies([cookie])


def ours(page: Any) -> list[str]:
    """Return what axe finds in our own part of a page; the frame is the library's."""
    return [line for line in serious(page) if "nx-" in line]


def test_somebody_narrows_the_trail_and_reads_an_entry(
    desk_page: Any, live_server: Any, filled: User
) -> None:
    page = desk_page
    sign_in(page, filled, live_server.url)
    page.goto(f"{live_server.url}/admin/audit/")
    assert ours(page) == []
    page.get_by_text("筛选", exact=True).click()
    page.get_by_label("操作人").fill("康桥工作")
    page.get_by_label("做了什么").select_option("version")
    page.get_by_role("button", name="查看").click()
    lines = page.locator(".nx-trail-line")
    expect(lines).to_have_count(3)
    lines.first.click()
    expect(page.locator("ins")).to_have_text("今天送汤")
    assert ours(page) == []


def test_the_trail_fits_a_phone_and_its_lines_are_easy_to_hit(
    phone_page: Any, live_server: Any, filled: User
) -> None:
    page = phone_page
    sign_in(page, filled, live_server.url)
    for path in ("/admin/audit/?what=rights", "/admin/audit/", "/admin/audit/export/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"{live_server.url}/admin/audit/")
    lines = page.locator(".nx-trail-line")
    assert min(line.bounding_box()["height"] for line in lines.all()) >= 44
    lines.first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
