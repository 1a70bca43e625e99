"""A courier says what is wrong from a phone, a clerk answers in one press, and the courier reads the outcome."""

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.upkeep import correcting
from portal.upkeep.models import Correction
from tests.browsing import serious
from tests.factories import make_canteen, weekly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ALWAYS = weekly(
    *(
        {"day": day, "rule": "all_day", "opens": None, "closes": None, "is_open_end": False, "label": ""}
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
)


def enter(context: Any, url: str, user: User) -> None:
    """Sign a person in by a cookie."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def test_two_taps_without_an_account_one_press_at_the_desk_and_the_outcome_is_read(
    phone_page: Any, desk_page: Any, live_server: Any, clerk: User
) -> None:
    canteen = make_canteen(hours=ALWAYS)
    page = phone_page
    page.goto(live_server.url + canteen.get_absolute_url())
    assert serious(page) == []
    page.get_by_text("有误？").tap()
    page.get_by_role("button", name="售完").tap()
    expect(page.get_by_text("谢谢，已收到")).to_be_visible()
    assert page.url == live_server.url + canteen.get_absolute_url()
    assert serious(page) == []
    page.get_by_role("link", name="稍后在这里看答复").tap()
    expect(page.get_by_text("等待街道处理")).to_be_visible()
    outcome = page.url

    case = Correction.objects.get()
    enter(desk_page.context, live_server.url, clerk)
    desk_page.goto(live_server.url + reverse("admin:index"))
    desk_page.get_by_role("link", name="小哥纠错").last.click()
    desk_page.get_by_role("link", name="康桥食堂").first.click()
    assert [line for line in serious(desk_page) if "nx-" in line] == []
    desk_page.get_by_role("button", name="标为售完").click()
    expect(desk_page.get_by_text("“康桥食堂”的纠错已处理并答复。")).to_be_visible()

    page.goto(outcome)
    expect(page.get_by_text("谢谢你，页面已标明售完。")).to_be_visible()
    page.get_by_role("link", name="回到点位页面").tap()
    expect(page.get_by_text("售完").first).to_be_visible()
    case.refresh_from_db()
    assert (case.state, case.closed_by_id) == (Correction.State.FIXED, clerk.pk)


def test_without_a_signal_nothing_is_lost_and_it_is_said(
    phone_page: Any, phone_context: Any, live_server: Any, regions: Any
) -> None:
    canteen = make_canteen()
    phone_page.goto(live_server.url + reverse("correct", args=[canteen.public_id]))
    phone_page.get_by_label("用一句话说哪里不对").fill("门口在修路，进不去")
    phone_context.set_offline(True)
    phone_page.get_by_role("button", name="发送").tap()
    expect(phone_page.get_by_text("没有发出去")).to_be_visible()
    expect(phone_page.get_by_label("用一句话说哪里不对")).to_have_value("门口在修路，进不去")
    phone_context.set_offline(False)
    phone_page.get_by_role("button", name="发送").tap()
    expect(phone_page.get_by_text("谢谢，已收到")).to_be_visible()
    assert [row.note for row in Correction.objects.get().reports.all()] == ["门口在修路，进不去"]


def test_it_works_without_scripts(chromium: Any, live_server: Any, regions: Any) -> None:
    canteen = make_canteen()
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(live_server.url + canteen.get_absolute_url())
    page.get_by_text("有误？").click()
    page.get_by_role("button", name="没开门").click()
    expect(page.get_by_text("谢谢，已收到")).to_be_visible()
    assert "/corrections/" in page.url
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_case_fits_a_phone_and_is_pressed_with_a_thumb(
    chromium: Any, live_server: Any, clerk: User, width: int
) -> None:

    canteen = make_canteen(name="名字很长的康桥街道邻里中心小哥友好取餐点")
    case = correcting.report(listing=canteen, kind="wrong_price", client_id=uuid.uuid4()).correction
    context = chromium.new_context(locale="zh-CN", viewport={"width": width, "height": 844})
    enter(context, live_server.url, clerk)
    page = context.new_page()
    page.goto(live_server.url + reverse("admin:upkeep_correction_change", args=[case.pk]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        heights = page.locator(".nx-correction .nx-button").evaluate_all(
            "buttons => buttons.map(button => button.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
    assert [line for line in serious(page) if "nx-" in line] == []
    page.locator("[name$=courier_price_yuan]").fill("12.5")
    page.get_by_role("button", name="以上是正确的价格").click()
    expect(page.get_by_text("没有其他待处理的纠错了")).to_be_visible()
    canteen.refresh_from_db()
    assert str(canteen.set_meals.get().courier_price_yuan) == "12.50"
    context.close()
