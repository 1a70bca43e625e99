"""The freshness queue under a clerk's thumb, and the page that an operator opens from a text."""

from typing import Any

import pytest
from playwright.sync_api import expect

from portal.accounts.models import User
from portal.listings.models import Confirmation, Proposal
from tests.browsing import serious
from tests.factories import make_canteen, make_station
from tests.test_browser_care import enter
from tests.test_upkeep_answering import linked
from tests.upkeep_queue import reached, settled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
#: Every target that is shown and lower or narrower than a thumb; boxes inside a label count by the label.
_SMALL = """() => [...document.querySelectorAll('main button, main a, main label, .nx-queue :is(button, a, label)')]
    .filter((one) => one.offsetParent && !one.closest('.skip'))
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.height > 2 && (box.height < 43.5 || box.width < 43.5)).map(([text]) => text)"""


def fits(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_clerk_confirms_row_by_row_and_takes_one_back_on_a_phone(
    theme: Any, phone_page: Any, live_server: Any, clerk: User
) -> None:
    for number in range(4):
        settled(make_canteen(name=f"食堂{number}"), "price")
    phone_page.emulate_media(color_scheme=theme)
    enter(phone_page.context, clerk, live_server.url)
    phone_page.goto(f"{live_server.url}/admin/queue/")
    assert serious(phone_page) == []
    assert fits(phone_page)
    assert phone_page.evaluate(_SMALL) == []
    first = phone_page.locator(".nx-fact").first.bounding_box()
    assert first["y"] < 340, first
    at = phone_page.url
    rows = phone_page.locator(".nx-fact")
    for left in (3, 2):
        rows.first.get_by_role("button", name="仍然属实").tap()
        expect(rows).to_have_count(left)
    assert phone_page.url == at
    expect(phone_page.get_by_role("status")).to_contain_text("已确认 1 项仍然属实。")
    phone_page.get_by_role("button", name="撤销").first.tap()
    expect(rows).to_have_count(3)
    phone_page.get_by_label("本页全部（3）").check()
    phone_page.get_by_role("button", name="所选仍然属实 (3)").tap()
    expect(phone_page.get_by_text("没有过期的内容。感谢您让信息保持准确。")).to_be_visible()
    assert Confirmation.objects.standing().filter(fact_group="price").count() == 4


def test_the_queue_works_without_scripts(chromium: Any, live_server: Any, clerk: User) -> None:
    rows = [settled(make_canteen(name=f"食堂{number}"), "price") for number in range(3)]
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = context.new_page()
    enter(context, clerk, live_server.url)
    page.goto(f"{live_server.url}/admin/queue/?facts=price")
    page.locator(".nx-fact").first.get_by_role("button", name="仍然属实").click()
    expect(page.locator(".nx-fact")).to_have_count(2)
    assert page.url.endswith(f"?facts=price#q-{rows[1].pk}-price")
    page.get_by_label("本页全部（2）").check()
    page.get_by_role("button", name="所选仍然属实").click()
    expect(page.locator(".nx-fact")).to_have_count(0)
    context.close()


def test_a_clerk_asks_the_operators_of_what_is_chosen(desk_page: Any, live_server: Any, clerk: User) -> None:
    reached(settled(make_canteen(), "price"))
    enter(desk_page.context, clerk, live_server.url)
    desk_page.goto(f"{live_server.url}/admin/queue/")
    ask = desk_page.get_by_role("button", name="询问经营者")
    expect(ask).to_be_hidden()
    desk_page.get_by_label("选择 康桥食堂").check()
    ask.click()
    expect(desk_page.get_by_role("status")).to_contain_text("已发短信询问：1 处")
    expect(desk_page.get_by_text("已询问经营者")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_operator_answers_on_a_phone_with_or_without_scripts(
    scripts: bool, chromium: Any, live_server: Any, clerk: User
) -> None:
    canteen, station = make_canteen(), make_station()
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(live_server.url + linked(canteen, station))
    if scripts:
        assert serious(page) == []
        assert fits(page)
        assert page.evaluate(_SMALL) == []
    asked = page.get_by_role("group")
    asked.filter(has_text="价格").get_by_label("仍然属实").check()
    asked.filter(has_text="营业时间").get_by_label("有变化").check()
    page.get_by_label("新营业时间").fill("周一至周日 10:30-14:00")
    page.get_by_role("button", name="发送").tap()
    expect(page.get_by_text("请选择是否仍然属实。")).to_be_visible()
    expect(page.get_by_label("新营业时间")).to_have_value("周一至周日 10:30-14:00")
    asked.filter(has_text="地址和电话").get_by_label("仍然属实").check()
    page.get_by_role("button", name="发送").tap()
    expect(page.get_by_role("heading", name="康桥驿站")).to_be_visible()
    for number in range(3):
        asked.nth(number).get_by_label("仍然属实").check()
    page.get_by_role("button", name="发送").tap()
    expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    assert Proposal.objects.get().actor_label == "经营者"
    assert Confirmation.objects.filter(channel="operator").count() == 5
    context.close()
