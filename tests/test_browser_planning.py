"""Planning a holiday and a pause with a real browser, and what a courier reads of it while the clock stands still."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from portal.listings.calendars import load_year
from portal.listings.hours_for_many import hours_of
from portal.listings.models import CalendarDay, Listing, PlannedMove
from tests.browsing import serious
from tests.factories import make_canteen, make_station

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def at_the_desk(desk_page: Any, live_server: Any, clerk: Any) -> Any:
    """Return a page in which the clerk of 康桥街道 is signed in; `base` is the portal's address."""
    client = Client()
    client.force_login(clerk)
    value = client.cookies["sessionid"].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}
    desk_page.context.add_cookies([cookie])
    desk_page.base = live_server.url
    return desk_page


def own_faults(page: Any) -> list[str]:
    """Return what axe finds in the administration's own parts; the library's colours are the library's."""
    return [line for line in serious(page) if "nx-" in line]


def test_spring_festival_for_a_street_s_canteens_in_few_clicks(at_the_desk: Any) -> None:
    page, year = at_the_desk, timezone.localdate().year + 1
    load_year(year=year, confirm=True)
    canteens = [make_canteen(name=f"{name}食堂") for name in "甲乙丙"]
    station = make_station()
    first = CalendarDay.objects.filter(name="春节").order_by("date").first()
    page.goto(page.base + reverse("admin:index"))
    page.get_by_role("link", name="批量设置节假日时间").first.click()
    page.get_by_role("link", name="春节").click()
    expect(page.locator("[name=reason]")).to_have_value("春节")
    page.locator("[name=kind]").select_option("canteen")
    page.get_by_role("button", name="看看会改什么").click()
    expect(page.get_by_role("heading", name="将改动 3 个点位")).to_be_visible()
    assert own_faults(page) == []
    page.get_by_role("button", name="确认写入").click()
    expect(page.get_by_text("已办理 3 个点位")).to_be_visible()
    assert own_faults(page) == []
    for canteen in canteens:
        rows = hours_of(Listing.objects.get(pk=canteen.pk))["hours_exceptions"]
        assert [(row["reason"], row["rule"]) for row in rows] == [("春节", "closed")]
        assert rows[0]["starts_on"] <= first.date.isoformat() <= rows[0]["ends_on"]
    assert hours_of(Listing.objects.get(pk=station.pk))["hours_exceptions"] == []
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("已为 3 个点位撤回")).to_be_visible()


def test_a_planned_pause_is_read_at_its_moment_although_the_clock_stands_still(
    at_the_desk: Any, phone_page: Any
) -> None:
    page, canteen = at_the_desk, make_canteen()
    begin = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=3)
    end = begin + dt.timedelta(days=8)
    page.goto(page.base + reverse("admin:canteens_canteen_change", args=[canteen.pk]))
    page.get_by_role("link", name="暂停", exact=True).click()
    page.locator("[name=reason]").fill("春节")
    page.locator("[name=at]").fill(begin.strftime("%Y-%m-%dT%H:%M"))
    page.locator("[name=until]").fill(end.strftime("%Y-%m-%dT%H:%M"))
    assert own_faults(page) == []
    page.get_by_role("button", name="暂停", exact=True).click()
    expect(page.get_by_text(f"定于 {begin:%Y-%m-%d %H:%M} 暂停")).to_be_visible()
    assert own_faults(page) == []
    last = end - dt.timedelta(days=1)
    phone_page.goto(page.base + canteen.get_absolute_url())
    ahead = f"{begin.month}月{begin.day}日至{last.month}月{last.day}日暂停"
    expect(phone_page.get_by_text(ahead)).to_be_visible()
    assert serious(phone_page) == []
    with time_machine.travel(begin, tick=False):
        phone_page.goto(page.base + canteen.get_absolute_url())
        expect(phone_page.locator(".banner strong", has_text="暂停")).to_be_visible()
        expect(phone_page.locator(".banner", has_text="春节")).to_be_visible()
        assert PlannedMove.objects.waiting().count() == 1, "no clock has run"
    page.get_by_role("button", name="取消预定").click()
    expect(page.get_by_text("已取消 1 项预定")).to_be_visible()
    phone_page.goto(page.base + canteen.get_absolute_url())
    expect(phone_page.get_by_role("heading", level=1)).to_be_visible()
    expect(phone_page.get_by_text(ahead)).to_have_count(0)
