"""Taking a source's listing over and giving it back with a real browser, at a desk and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from canteens.models import Canteen
from portal.listings.models import ChangeCounter, SourceRecord
from tests.browsing import serious
from tests.source_writes import make_sent, make_source, write_as

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Any, user: Any, base: str) -> None:
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


@pytest.fixture(autouse=True)
def _counter(transactional_db: Any) -> Iterator[None]:
    ChangeCounter.objects.get_or_create(id=1)
    yield


def own_faults(page: Any) -> list[str]:
    """Return what axe finds in the administration's own parts; the library's colours are the library's."""
    return [line for line in serious(page) if "nx-" in line]


def fits(page: Any) -> bool:
    """Say whether nothing of the page lies beside the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_office_takes_over_edits_and_gives_back(
    size: str, desk_page: Any, phone_page: Any, live_server: Any, clerk: Any, chromium: Any
) -> None:
    page = desk_page if size == "desk" else phone_page
    source = make_source()
    canteen = make_sent(source, "WL-0017", name="物流园食堂", phone="0571-11111111", notice="来源的旧公告")
    sign_in(page, clerk, live_server.url)
    url = live_server.url + reverse("admin:canteens_canteen_change", args=[canteen.pk])
    public = live_server.url + canteen.get_absolute_url()

    page.goto(public)
    expect(page.get_by_text("物流园食堂名册")).to_be_visible()
    assert serious(page) == []
    page.goto(url)
    strip = page.locator(".nx-source")
    expect(strip.get_by_text("来源方维护")).to_be_visible()
    expect(strip.get_by_text("WL-0017")).to_be_visible()
    assert own_faults(page) == []
    strip.get_by_role("button", name="从来源方接管").click()
    expect(strip.get_by_text("已接管", exact=True)).to_be_visible()
    expect(strip.get_by_text(str(clerk.acting_post))).to_be_visible()
    assert write_as(source, "WL-0017", notice="来源的新公告", phone="0571-33333333") == "taken_over"

    page.locator("[name=phone]").fill("0571-22222222")
    page.locator("[name=_continue]").first.click()
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(strip.get_by_text("与现有内容不同的有")).to_be_visible()
    assert own_faults(page) == []
    page.goto(public)
    expect(page.get_by_text("0571-22222222").first).to_be_visible()
    expect(page.get_by_text("物流园食堂名册")).to_have_count(0)

    page.goto(url)
    strip.get_by_role("link", name="交还来源方").click()
    expect(page.get_by_role("checkbox")).to_have_count(2)
    assert page.locator("[value=notice]").is_checked()
    assert not page.locator("[value=phone]").is_checked()
    assert own_faults(page) == []
    assert fits(page)
    # The source sends once more while the page is open: it is shown before anything is given back.
    assert write_as(source, "WL-0017", notice="来源的最新公告", phone="0571-33333333") == "taken_over"
    page.get_by_role("button", name="交还来源方").click()
    expect(page.get_by_text("又发来了新内容")).to_be_visible()
    expect(page.get_by_text("来源的最新公告")).to_be_visible()
    page.get_by_role("button", name="交还来源方").click()
    expect(page.get_by_text("已交还来源方维护")).to_be_visible()
    expect(strip.get_by_text("来源方维护")).to_be_visible()
    stands = Canteen.objects.get(pk=canteen.pk)
    assert (stands.phone, stands.notice) == ("0571-22222222", "来源的最新公告")
    assert SourceRecord.objects.get().taken_over_at is None
    assert write_as(source, "WL-0017", notice="交还之后") == "changed"


def test_an_office_links_a_listing_and_parts_it_with_the_keyboard(
    desk_page: Any, live_server: Any, clerk: Any
) -> None:
    from tests.factories import make_canteen

    page, source, canteen = desk_page, make_source(), make_canteen()
    sign_in(page, clerk, live_server.url)
    page.goto(live_server.url + reverse("admin:canteens_canteen_change", args=[canteen.pk]))
    page.get_by_role("link", name="关联来源方").press("Enter")
    page.get_by_label("来源方", exact=True).select_option(
        label=f"{source.label} · {source.organisation} ({source.name})"
    )
    page.get_by_label("来源方编号").fill("a/b")
    page.get_by_label("来源方编号").press("Enter")
    expect(page.get_by_text("不能含")).to_be_visible()
    expect(page.get_by_label("来源方编号")).to_have_value("a/b")
    assert own_faults(page) == []
    page.get_by_label("来源方编号").fill("WL-0099")
    page.get_by_label("来源方编号").press("Enter")
    expect(page.locator(".nx-source").get_by_text("WL-0099")).to_be_visible()
    page.get_by_role("link", name="解除来源方关联").press("Enter")
    expect(page.get_by_text("会成为一个新点位")).to_be_visible()
    assert own_faults(page) == []
    page.get_by_role("button", name="解除来源方关联").press("Enter")
    expect(page.get_by_text("这个点位没有合作方系统维护")).to_be_visible()
    assert Canteen.objects.get(pk=canteen.pk).source == ""
