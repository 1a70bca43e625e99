"""A partner adds a webhook in a browser, tests it, sees what became of each try, and gives it a new secret."""

import json
import os
from typing import Any

import pytest
import standardwebhooks
from django.conf import settings
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.listings import revising
from portal.partners.models import Webhook
from portal.partners.webhooks import keeping
from portal.partners.webhooks.nudging import send_due
from tests.browsing import serious
from tests.factories import make_canteen
from tests.partner_pages import signed_in
from tests.webhook_server import PartnerServer, _nothing_known, loopback, partner_server

__all__ = ["_nothing_known", "loopback", "partner_server"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
#: A folder in which pictures of the pages are left for whoever wants to look at them.
SHOTS = os.environ.get("SHOTS", "")


def enter(page: Any, live_server: Any, user: User) -> None:
    """Sign somebody in who typed a code a minute ago."""
    session = signed_in(user).cookies["sessionid"].value
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": session,
                "url": live_server.url,
            }
        ]
    )


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/webhooks-{name}.png", full_page=True)


def ills(page: Any) -> list[str]:
    """Return what makes the page wider than the screen or keeps somebody out."""
    page.wait_for_load_state()
    fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return [*serious(page), *([] if fits else ["it is wider than the screen"])]


def in_other_clothes(page: Any, name: str) -> None:
    """Look at a page in the dark and in English too."""
    if not SHOTS:
        return
    page.emulate_media(color_scheme="dark")
    shot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("where", ["phone_page", "desk_page"])
def test_a_partner_adds_a_webhook_tests_it_sees_the_tries_and_gives_it_a_new_secret(
    where: str,
    request: pytest.FixtureRequest,
    live_server: Any,
    keeper: User,
    clerk: User,
    partner_server: PartnerServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "TEST_PAUSE_SECONDS", 0)
    page = request.getfixturevalue(where)
    enter(page, live_server, keeper)
    page.goto(f"{live_server.url}/partners/")
    shot(page, f"index-empty-{where}")
    page.get_by_role("link", name="添加回调地址").click()
    page.get_by_label("贵方系统的地址").fill("https://10.0.0.8/hooks")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("main")).to_contain_text("内网")
    assert ills(page) == []
    shot(page, f"refused-{where}")
    page.get_by_label("贵方系统的地址").fill(partner_server.url)
    page.get_by_role("button", name="添加").click()
    first = page.locator("[data-secret]").inner_text()
    assert first.startswith("whsec_")
    assert ills(page) == []
    shot(page, f"secret-{where}")
    page.reload()
    expect(page.locator("[data-secret]")).to_have_count(0)

    partner_server.status = 500
    page.get_by_role("button", name="发送测试").click()
    expect(page.locator("[role=status]").first).to_contain_text("测试未送达：HTTP 500")
    partner_server.status = 204
    page.get_by_role("button", name="发送测试").click()
    expect(page.locator("[role=status]").first).to_contain_text("测试已送达")
    expect(page.locator(".hooks .tag")).to_have_text(["已送达", "未送达"])
    received = partner_server.received[-1]
    assert json.loads(received.body)["type"] == "test"
    standardwebhooks.Webhook(first).verify(received.body, received.headers)

    place = make_canteen()
    revising.edit(listing=place, changes={"notice": "新"}, actor=clerk, channel="office")
    partner_server.status = 503
    send_due()
    page.reload()
    expect(page.locator(".hooks .tag").first).to_have_text("等待重试")
    expect(page.locator(".hooks details").first).to_contain_text("HTTP 503")
    expect(page.locator(".hooks details").first).to_contain_text("再试")
    assert ills(page) == []
    shot(page, f"tries-{where}")
    in_other_clothes(page, f"tries-{where}")

    page.get_by_role("link", name="更换签名密钥").click()
    assert ills(page) == []
    shot(page, f"rotate-{where}")
    page.get_by_role("button", name="生成新签名密钥").click()
    second = page.locator("[data-secret]").inner_text()
    assert second != first
    expect(page.locator("main")).to_contain_text("旧密钥与其同时签名至")
    partner_server.status = 204
    page.get_by_role("button", name="发送测试").click()
    expect(page.locator("[role=status]").first).to_contain_text("测试已送达")
    received = partner_server.received[-1]
    for secret in (first, second):
        standardwebhooks.Webhook(secret).verify(received.body, received.headers)

    page.get_by_role("button", name="停用").click()
    expect(page.locator("main")).to_contain_text("自")
    expect(page.locator(".keys-head .tag")).to_have_text("已停用")
    assert ills(page) == []
    shot(page, f"stopped-{where}")
    page.get_by_role("button", name="启用").click()
    expect(page.locator("[role=status]").first).to_contain_text("已重新启用")
    send_due()
    page.reload()
    expect(page.locator(".keys-head .tag")).to_have_text("正常送达")
    page.goto(f"{live_server.url}/partners/")
    expect(page.locator("main")).to_contain_text("最近送达")
    shot(page, f"index-{where}")
    in_other_clothes(page, f"index-{where}")
    page.get_by_role("link", name="127.0.0.1").click()
    page.get_by_role("link", name="删除").click()
    shot(page, f"remove-{where}")
    page.get_by_role("button", name="删除").click()
    expect(page.locator("[role=status]").first).to_contain_text("已删除")
    assert not Webhook.objects.exists()
