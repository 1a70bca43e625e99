"""The courier's own pages and the staff's page of a case, looked at as people with and without good eyes use them."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from services.codes import incidents
from tests.browsing import serious
from tests.code_care import keeps
from tests.test_code_care_admin import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PAGES = ("passes", "looked", "refused", "messages", "conduct")


def enter(context: Any, user: User, address: str) -> None:
    """Sign somebody in."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": address}])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_courier_reads_every_page_on_a_phone(
    theme: Any, phone_page: Any, live_server: Any, clerk: User, district_admin: User
) -> None:
    world = World(clerk, district_admin)
    incidents.write_to_courier(incident=world.incident, by=clerk, text="请慢一点" * 30)
    enter(phone_page.context, world.holder.courier.user, live_server.url)
    phone_page.emulate_media(color_scheme=theme)
    for page in [*PAGES, f"slip/{world.refusal.number}"]:
        phone_page.goto(f"{live_server.url}/code/{page}/")
        assert serious(phone_page) == [], page
        wide = phone_page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, page


def test_a_property_and_a_courier_talk_by_the_portal(
    desk_page: Any, phone_page: Any, live_server: Any, clerk: User, district_admin: User, guard: User
) -> None:
    world = World(clerk, district_admin)
    keeps(guard, world.place.listing)
    enter(desk_page.context, guard, live_server.url)
    case = reverse("admin:codes_incident_change", args=[world.incident.pk])
    desk_page.goto(live_server.url + case)
    desk_page.get_by_label("留言").fill("请进门后推行")
    desk_page.get_by_role("button", name="给小哥留言").click()
    desk_page.get_by_text("已转达。小哥在“小哥码”里可以看到并回复。").wait_for()
    enter(phone_page.context, world.holder.courier.user, live_server.url)
    phone_page.goto(f"{live_server.url}/code/messages/")
    phone_page.get_by_text("请进门后推行").wait_for()
    phone_page.get_by_label("您的回复").fill("好的，当时下雨")
    phone_page.get_by_role("button", name="发送").click()
    phone_page.get_by_text("好的，当时下雨").wait_for()
    desk_page.goto(live_server.url + case)
    desk_page.get_by_text("好的，当时下雨").wait_for()
