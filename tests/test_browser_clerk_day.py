"""A clerk's day: everything that is due, and a spreadsheet, in at most sixty presses and without a word of English."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook
from playwright.sync_api import expect

from canteens.models import Canteen
from portal.listings.freshness import stale_in
from portal.listings.models import Listing, Proposal
from portal.upkeep.models import Correction
from tests import clerk_day
from tests.clerk_day import Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
MOST_CLICKS = 60


@pytest.fixture
def desk(desk_page: Any, live_server: Any, clerk: Any) -> Desk:
    """Return the desk of the clerk of 康桥街道, who is signed in."""
    client = Client()
    client.force_login(clerk)
    cookie = client.cookies["sessionid"].value
    desk_page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    return Desk(desk_page, live_server.url)


def test_a_clerk_s_day_takes_at_most_sixty_presses_and_no_english(
    desk: Desk, courier: Any, operator: Any, work: Any
) -> None:
    places = clerk_day.forty_listings()
    clerk_day.three_corrections(places, courier)
    clerk_day.one_proposal(places[30], operator)
    desk.open("/admin/")
    say_what_is_still_true(desk)
    answer_couriers(desk)
    decide_a_proposal(desk)
    import_a_spreadsheet(desk, work)
    assert desk.english == []
    assert desk.dead_ends == []
    assert desk.clicks <= MOST_CLICKS


def sidebar(desk: Desk, name: str) -> Any:
    """Return a link of the sidebar."""
    return desk.page.locator("nav, aside").get_by_role("link", name=name).first


def say_what_is_still_true(desk: Desk) -> None:
    """Twelve stale facts, looked at on one page and confirmed together."""
    page = desk.page
    desk.press(sidebar(desk, "待核实"), leads_on=True)
    expect(page.locator("[data-facts] li")).to_have_count(clerk_day.STALE)
    desk.press(page.locator("[data-whole]"))
    desk.press(page.locator("button[name=many]"))
    expect(page.locator("[data-facts] li")).to_have_count(0)
    assert not stale_in(Listing.objects.all(), "hours").exists()


def answer_couriers(desk: Desk) -> None:
    """Three corrections, each ended by one press."""
    page = desk.page
    desk.press(sidebar(desk, "纠错"), leads_on=True)
    desk.press(page.locator("#result_list tbody a").first, leads_on=True)
    for way in ("标为今天不再营业", "售完", "核实无误"):
        desk.press(page.locator("button[name=fix]").filter(has_text=way).first, leads_on=True)
    assert not Correction.objects.open().exists()


def decide_a_proposal(desk: Desk) -> None:
    """One proposal, accepted as it is."""
    page = desk.page
    desk.press(sidebar(desk, "修改建议"), leads_on=True)
    desk.press(page.locator("#result_list tbody a").first, leads_on=True)
    desk.press(page.get_by_role("button", name="采纳").first, leads_on=True)
    assert not Proposal.objects.filter(outcome=Proposal.Outcome.WAITING).exists()


def import_a_spreadsheet(desk: Desk, work: Any) -> None:
    """Two hundred rows, nine of them refused: the good ones are written, the nine come back as a file."""
    page = desk.page
    desk.press(sidebar(desk, "取餐点"), leads_on=True)
    desk.press(page.get_by_role("link", name="导入", exact=False).last, leads_on=True)
    desk.choose_file(page.locator("input[type=file]"), "食堂.xlsx", clerk_day.spreadsheet())
    desk.press(page.get_by_role("button", name="检查文件"), leads_on=True)
    work()
    expect(page.get_by_role("button", name="导入其余")).to_be_visible()
    desk.press(page.get_by_role("button", name="导入其余"), leads_on=True)
    work()
    expect(page.get_by_text("已导入")).to_be_visible()
    with page.expect_download() as download:
        desk.press(page.get_by_role("link", name="下载"))
    refused = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert refused.max_row == 1 + clerk_day.FAULTS
    assert Canteen.objects.filter(name__startswith="新食堂").count() == clerk_day.ROWS - clerk_day.FAULTS
