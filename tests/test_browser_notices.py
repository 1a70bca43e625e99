"""What people do with what they were told, in a browser: the bell, the list, opening one, and the wishes."""

import os
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.notices.models import Notice
from portal.notices.telling import tell
from tests.browsing import serious
from tests.notice_kinds import told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
__all__ = ["told"]
#: A folder in which pictures of the pages are left for whoever wants to look at them.
SHOTS = os.environ.get("SHOTS", "")


def sign_in(page: Any, live_server: Any, user: User) -> None:
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/notices-{name}.png", full_page=True)


@pytest.fixture
def three(told: Any, courier: User, settings: Any, live_server: Any) -> list[Notice]:
    """Tell a courier three things."""
    settings.PUBLIC_BASE_URL = settings.CODES_BASE_URL = live_server.url
    places = ("康桥街道综合便民服务中心职工互助食堂（小哥友好取餐点）", "康桥驿站", "蓝领公寓")
    return [
        notice
        for number, place in enumerate(places)
        if (
            notice := tell(
                user=courier, kind="test_here", key=str(number), params={"place": place}, url="/rights/"
            )
        )
    ]


def test_a_courier_sees_the_bell_reads_one_and_then_all(
    phone_page: Any, live_server: Any, courier: User, three: list[Notice]
) -> None:
    page = phone_page
    page.goto(f"{live_server.url}/")
    expect(page.locator("[data-bell]")).to_be_hidden()
    sign_in(page, live_server, courier)
    page.goto(f"{live_server.url}/me/")
    expect(page.locator("[data-bell-count]")).to_have_text("3")
    shot(page, "me-phone")
    page.goto(f"{live_server.url}/")
    expect(page.locator("[data-bell-count]")).to_have_text("3")
    shot(page, "home-phone")
    assert serious(page) == []
    page.locator("[data-bell]").click()
    expect(page.locator("h1")).to_have_text("我的消息")
    shot(page, "list-phone")
    assert serious(page) == []
    page.get_by_role("button", name="康桥驿站").click()
    page.wait_for_url("**/rights/")
    page.goto(f"{live_server.url}/me/notices/")
    expect(page.locator("[data-bell-count]")).to_have_text("2")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.locator("[data-bell-count]")).to_be_hidden()
    expect(page.locator("[data-bell]")).to_be_visible()
    expect(page.locator(".is-unread")).to_have_count(0)
    page.emulate_media(color_scheme="dark")
    shot(page, "list-phone-dark")


def test_the_bell_goes_with_whoever_signs_out(
    phone_page: Any, live_server: Any, courier: User, three: list[Notice]
) -> None:
    page = phone_page
    sign_in(page, live_server, courier)
    page.goto(f"{live_server.url}/me/")
    expect(page.locator("[data-bell]")).to_be_visible()
    page.context.clear_cookies()
    page.evaluate("localStorage.setItem('bell', JSON.stringify({ count: 3, at: 0 }))")
    page.goto(f"{live_server.url}/rights/")
    expect(page.locator("[data-bell]")).to_be_hidden()


def test_wishes_are_kept_without_a_script(
    chromium: Any, live_server: Any, clerk: User, three: list[Notice]
) -> None:
    context = chromium.new_context(
        locale="zh-CN", java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    sign_in(page, live_server, clerk)
    page.goto(f"{live_server.url}/me/notices/")
    expect(page.locator("main")).to_contain_text("暂无消息")
    page.get_by_role("link", name="消息设置").click()
    shot(page, "wishes-phone")
    page.get_by_label("免打扰开始").fill("22:00")
    page.get_by_label("紧急事项发短信").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("设置已保存")
    expect(page.get_by_label("免打扰开始")).to_have_value("22:00")
    expect(page.get_by_label("紧急事项发短信")).not_to_be_checked()
    context.close()


def test_a_clerk_finds_the_bell_in_the_administration(
    desk_page: Any, live_server: Any, clerk: User, three: list[Notice]
) -> None:
    page = desk_page
    sign_in(page, live_server, clerk)
    tell(user=clerk, kind="test_digest", key="1", params={"place": "康桥食堂"}, url="/admin/")
    page.goto(f"{live_server.url}/admin/")
    expect(page.locator(".nx-bell-count")).to_have_text("1")
    expect(page.locator(".nx-dues")).to_contain_text(["我的消息"])
    shot(page, "admin-desk")
    page.set_viewport_size({"width": 390, "height": 844})
    shot(page, "admin-phone")
    page.locator(".nx-bell").click()
    page.get_by_role("button", name="康桥食堂").click()
    expect(page.locator(".nx-bell-count")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/me/notices/?lang=en")
    shot(page, "list-desk-en")
    page.goto(f"{live_server.url}/me/notices/how/?lang=en")
    shot(page, "wishes-desk-en")
