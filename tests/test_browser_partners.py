"""A partner replaces a key in a browser, and the old one works until its end; the pages as they look."""

import datetime as dt
import os
import urllib.error
import urllib.request
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.partners.models import ApiKey, Source
from portal.partners.rotating import rotate_key
from tests import sent_texts
from tests.browsing import serious
from tests.partner_pages import signed_in, use
from tests.personas import PartnerKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
#: A folder in which pictures of the pages are left for whoever wants to look at them.
SHOTS = os.environ.get("SHOTS", "")
LONG = "长三角一体化配送运力调度与骑手权益保障综合服务平台（杭州）点位镜像同步程序·生产环境"
LONG_EN = "Synchronisation-of-listings-between-dispatch-and-rider-welfare-services-production"


def enter(page: Any, live_server: Any, user: User, *, minutes_ago: float | None = 1) -> None:
    """Sign somebody in who typed a code so many minutes ago."""
    session = signed_in(user, minutes_ago=minutes_ago).cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/partners-{name}.png", full_page=True)


def fits(page: Any) -> bool:
    """Say whether nothing makes the page wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def status(live_server: Any, secret: str) -> int:
    """Return what the API answers to a key."""
    request = urllib.request.Request(f"{live_server.url}/api/v1/listings/?page_size=1")
    request.add_header("Authorization", f"Bearer {secret}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_partner_replaces_a_key_and_the_old_one_works_until_its_end(
    phone_page: Any, live_server: Any, partner: PartnerKey, keeper: User, settings: Any
) -> None:
    settings.SMS_BACKEND = "tests.sent_texts.Kept"
    sent_texts.SENT.clear()
    page = phone_page
    enter(page, live_server, keeper, minutes_ago=None)
    page.goto(f"{live_server.url}/me/")
    page.get_by_role("link", name="接口接入").click()
    page.get_by_role("link", name="镜像").click()
    page.get_by_role("link", name="更换").click()
    expect(page.locator("main form")).to_have_count(0)
    shot(page, "prove-phone")
    page.get_by_role("link", name="再次登录").click()
    page.locator("[name=login]").fill("13800000009")
    page.locator("[name=login]").press("Enter")
    page.locator("[name=code]").wait_for()
    ((_number, text),) = sent_texts.SENT
    page.locator("[name=code]").fill("".join(sign for sign in text if sign.isdigit())[:6])
    page.locator("[name=code]").press("Enter")
    page.get_by_label("1 小时").check()
    shot(page, "rotate-phone")
    assert serious(page) == []
    page.get_by_role("button", name="生成新密钥").click()
    new = page.locator("[data-secret]").inner_text()
    shot(page, "secret-phone")
    assert serious(page) == []
    assert fits(page)
    assert [status(live_server, secret) for secret in (partner.secret, new)] == [200, 200]
    page.reload()
    expect(page.locator("[data-secret]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("仍有效")
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1, seconds=1)):
        assert [status(live_server, secret) for secret in (partner.secret, new)] == [401, 200]


def test_a_partner_revokes_a_key_at_a_desk(
    desk_page: Any, live_server: Any, partner: PartnerKey, keeper: User
) -> None:
    page = desk_page
    enter(page, live_server, keeper)
    page.goto(f"{live_server.url}/partners/keys/{partner.key.pk}/")
    page.get_by_role("link", name="吊销").click()
    shot(page, "revoke-desk")
    assert serious(page) == []
    assert status(live_server, partner.secret) == 200
    page.get_by_role("button", name="立即吊销").click()
    expect(page.locator("main")).to_contain_text("目前没有有效的密钥")
    assert status(live_server, partner.secret) == 401
    page.locator("summary").click()
    shot(page, "list-desk-over")
    assert serious(page) == []


@pytest.fixture
def many(partner: PartnerKey, keeper: User) -> ApiKey:
    """Let the partner have thirty keys in all states, with names of every length; return the one replaced."""
    organisation = partner.key.organisation
    Source.objects.create(
        name="map-pois", label="地图点位库", label_en="Map points", organisation=organisation
    )
    use(partner.key)
    for number in range(28):
        name = (LONG, LONG_EN, f"镜像 {number}", "小程序")[number % 4]
        key, _text = ApiKey.issue(
            organisation=organisation,
            name=name[:80],
            scopes=list(
                ("listings:read", "listings:write", "availability:write", "gates:read")[: number % 4 + 1]
            ),
            sources=["map-pois"] if number % 4 else [],
            area_code="330105010" if number % 3 == 0 else "",
            expires_at=timezone.now() + dt.timedelta(days=9) if number == 5 else None,
        )
        if number % 5:
            use(key, number % 30 + 1)
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - dt.timedelta(hours=number))
    ApiKey.objects.filter(pk__in=list(ApiKey.objects.values_list("pk", flat=True)[:3])).revoke()
    long_key = ApiKey.objects.usable().filter(name=LONG).latest("pk")
    rotate_key(key=long_key, by=keeper, overlap=dt.timedelta(days=3))
    long_key.refresh_from_db()
    return long_key


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_thirty_keys_with_long_names_fit_every_screen_and_are_readable(
    width: str,
    live_server: Any,
    many: ApiKey,
    keeper: User,
    partner: PartnerKey,
    request: pytest.FixtureRequest,
) -> None:
    page = request.getfixturevalue(f"{width}_page")
    enter(page, live_server, keeper)
    pages = {
        "list": "",
        "key": f"keys/{partner.key.pk}/",
        "replaced": f"keys/{many.pk}/",
        "rename": f"keys/{many.pk}/rename/",
    }
    for tongue in ("zh", "en"):
        for look in ("light", "dark"):
            page.emulate_media(color_scheme=look)
            for name, path in pages.items():
                page.goto(f"{live_server.url}/partners/{path}?lang={tongue}")
                assert fits(page), (tongue, name)
                shot(page, f"{name}-{width}-{tongue}-{look}")
                assert serious(page) == [], (tongue, look, name)


def test_who_has_no_key_reads_what_to_do(
    phone_page: Any, live_server: Any, partner: PartnerKey, keeper: User
) -> None:
    ApiKey.objects.all().delete()
    enter(phone_page, live_server, keeper)
    phone_page.goto(f"{live_server.url}/partners/")
    expect(phone_page.locator(".empty").first).to_contain_text("请告知用于哪个系统")
    shot(phone_page, "empty-phone")
    assert serious(phone_page) == []


def test_the_city_finds_the_use_of_a_key_and_its_pages_are_readable(
    desk_page: Any, live_server: Any, many: ApiKey, partner: PartnerKey, city_admin: User
) -> None:
    page = desk_page
    enter(page, live_server, city_admin)
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        page.goto(f"{live_server.url}/admin/partners/apikey/")
        shot(page, f"admin-list-{look}")
        page.goto(f"{live_server.url}/admin/partners/apikey/{many.pk}/change/")
        shot(page, f"admin-key-{look}")
        page.goto(f"{live_server.url}/admin/partners/apikey/add/")
        shot(page, f"admin-add-{look}")
        key = ApiKey.objects.usable().filter(name__startswith="镜像").first()
        page.goto(f"{live_server.url}/admin/partners/apikey/{key.pk}/rotate/")
        shot(page, f"admin-rotate-{look}")
    page.get_by_label("1 天", exact=True).check()
    page.get_by_role("button", name="生成新密钥").click()
    new = page.locator("[data-secret]").inner_text()
    shot(page, "admin-secret")
    assert status(live_server, new) == 200
