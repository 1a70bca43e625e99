"""An operator proposes, a clerk decides part by part, the operator reads it, and the clerk brings the old phone back."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from portal.listings.models import Proposal, Stewardship
from tests.browsing import serious
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
OLD = "0571-00000000"


def become(page: Any, live_server: Any, user: Any) -> None:
    """Sign somebody in, in place of whoever was."""
    client = Client()
    client.force_login(user)
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    page.context.clear_cookies()
    page.context.add_cookies([cookie])


def press(page: Any, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def part(page: Any, name: str) -> Any:
    return page.get_by_role("group", name=name, exact=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_clerk_accepts_one_part_changes_one_refuses_one_and_restores_the_phone(
    desk_page: Any, live_server: Any, clerk: Any, operator: Any, width: int
) -> None:
    page, canteen = desk_page, make_canteen(name="邻里食堂")
    page.set_viewport_size({"width": width, "height": 844})
    Stewardship.objects.create(post=operator.acting_post, listing=canteen)
    form = live_server.url + reverse("admin:canteens_canteen_change", args=[canteen.pk])

    become(page, live_server, operator)
    page.goto(form)
    page.locator("[name=phone]").fill("0571-88880000")
    page.locator("[name=notice]").fill("全场免费")
    page.locator("[name=set_meals-0-courier_price_yuan]").evaluate("one => one.value = '9.00'")
    with page.expect_navigation():
        page.locator("button[name=_save]").click()
    proposal = Proposal.objects.get()
    assert set(proposal.changes) == {"phone", "notice", "meals"}

    become(page, live_server, clerk)
    page.goto(live_server.url + reverse("admin:index"))
    page.get_by_role("link", name="待处理的修改建议").first.click()
    page.get_by_role("link", name="邻里食堂").first.click()
    assert [line for line in serious(page) if "nx-" in line] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    part(page, "套餐").get_by_label("采纳", exact=True).check()
    part(page, "电话").get_by_label("修改后采纳").check()
    expect(part(page, "简短公告").get_by_label("理由", exact=True)).to_be_hidden()
    part(page, "简短公告").get_by_label("不采纳").check()
    part(page, "简短公告").get_by_label("理由", exact=True).select_option("wrong")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "按所选处理")
    expect(page.locator("[name=phone]")).to_have_value("0571-88880000")
    expect(page.locator("[name=notice]")).to_have_value("")
    page.locator("[name=phone]").fill("0571-88889999")
    with page.expect_navigation():
        page.locator("button[name=_save]").click()
    expect(page.get_by_text("部分采纳").first).to_be_visible()
    canteen.refresh_from_db()
    assert (canteen.phone, canteen.notice) == ("0571-88889999", "")
    assert str(canteen.set_meals.get().courier_price_yuan) == "9.00"

    become(page, live_server, operator)
    page.goto(form)
    own = page.get_by_role("region", name="您提交的修改建议")
    expect(own).to_contain_text("据我们了解，情况并非如此。")
    expect(own).to_contain_text("修改后采纳")
    own.get_by_role("link").first.click()
    expect(part(page, "电话")).to_contain_text("0571-88889999")

    become(page, live_server, clerk)
    page.goto(live_server.url + reverse("admin:canteens_canteen_history", args=[canteen.pk]))
    assert [line for line in serious(page) if "nx-" in line] == []
    page.get_by_role("link", name="恢复改前内容：电话").first.click()
    expect(page.get_by_role("checkbox")).to_be_checked()
    assert [line for line in serious(page) if "nx-" in line] == []
    press(page, "恢复勾选的内容")
    expect(page.get_by_text("恢复自第").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    canteen.refresh_from_db()
    assert canteen.phone == OLD
