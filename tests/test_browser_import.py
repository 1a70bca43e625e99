"""Importing a list with faults in a real browser: a file, the others in, the faulty ones back, put right, undone."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from canteens.models import Canteen
from portal.listings.importing_tables import read_table
from portal.listings.importing_work import run
from portal.listings.models import ImportBatch
from tests.browsing import serious
from tests.factories import make_canteen
from tests.importing import as_csv
from tests.test_import_rows import table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ROWS, FAULTS = 200, 9
WRONG = ({"街道": "没有街道"}, {"营业时间": "25点-26点"}, {"纬度": "120.16", "经度": "30.34"})


@pytest.fixture
def at_the_desk(desk_page: Any, live_server: Any, clerk: Any) -> Any:
    """Return a page in which the clerk of 康桥街道 is signed in."""
    client = Client()
    client.force_login(clerk)
    name = settings.SESSION_COOKIE_NAME
    desk_page.context.add_cookies(
        [{"name": name, "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    desk_page.base = live_server.url
    return desk_page


def list_of_the_street() -> bytes:
    """Return two hundred rows of which nine have a fault."""
    rows = []
    for number in range(ROWS):
        place = {
            "名称": f"{number}号便民食堂",
            "街道": "康桥街道",
            "地址": f"康桥路{number}号",
            "纬度": f"{30.32 + number % 20 / 500:.5f}",
            "经度": f"{120.14 + number // 20 / 400:.5f}",
            "营业时间": "早上10点半-下午2点",
        }
        rows.append(place | (WRONG[number % 3] if number % 22 == 0 and number < 22 * FAULTS else {}))
    return as_csv(table(*rows))


def no_english(page: Any) -> None:
    text = page.locator(".nx-page").inner_text()
    words = set(re.findall(r"[A-Za-z]{4,}", text)) - {"xlsx", "English"}
    assert not words, words


def test_two_hundred_rows_with_nine_faults_go_in_with_few_clicks(at_the_desk: Any, tmp_path: Path) -> None:
    page = at_the_desk
    file = tmp_path / "食堂.csv"
    file.write_bytes(list_of_the_street())
    page.goto(page.base + reverse("admin:canteens_canteen_import"))
    page.get_by_label("文件（.xlsx 或 .csv）").set_input_files(file)
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_text(f"新增 {ROWS - FAULTS}", exact=True)).to_be_visible()
    expect(page.get_by_text(f"拒绝 {FAULTS}", exact=True)).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("没有“没有街道”")
    no_english(page)
    assert [line for line in serious(page) if "nx-" in line] == []
    page.get_by_role("button", name="导入其余各行").click()
    expect(page.locator("[data-progress]")).to_be_visible()
    batch = ImportBatch.objects.get()
    run(batch.pk)
    expect(page.get_by_text(f"已导入 {ROWS - FAULTS} 行。")).to_be_visible()
    assert Canteen.objects.count() == ROWS - FAULTS
    with page.expect_download() as waited:
        page.get_by_role("link", name=f"下载被拒绝的 {FAULTS} 行").click()
    refused = read_table(Path(waited.value.path()).read_bytes())
    assert len(refused.rows) == FAULTS
    assert all(texts[-1] for _number, texts in refused.rows)
    no_english(page)
    page.get_by_role("button", name="撤销这次导入").click()
    expect(page.locator("[data-progress]")).to_be_visible()
    run(batch.pk)
    expect(page.get_by_text("撤销。")).to_be_visible()
    assert not Canteen.objects.exclude(state="archived").exists()


def test_a_whole_list_and_a_similar_place_are_decided_on_a_phone_without_scripts(
    chromium: Any, live_server: Any, clerk: Any, tmp_path: Path
) -> None:
    places = [make_canteen(name=f"{name}号食堂", lat=30.30 + n / 90) for n, name in enumerate("甲乙丙丁")]
    client = Client()
    client.force_login(clerk)
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": live_server.url}])
    page = context.new_page()
    rows = table(
        {"编号": places[0].public_id, "名称": places[0].name, "街道": "康桥街道"},
        {
            "名称": "乙号食堂（总店）",
            "街道": "康桥街道",
            "纬度": str(places[1].lat),
            "经度": str(places[1].lng),
            "坐标系": "WGS-84",
        },
    )
    file = tmp_path / "全部.csv"
    file.write_bytes(as_csv(rows))
    page.goto(live_server.url + reverse("admin:canteens_canteen_import"))
    page.get_by_label("文件（.xlsx 或 .csv）").set_input_files(file)
    page.get_by_label(re.compile("完整清单")).check()
    page.get_by_role("button", name="检查文件").click()
    page.get_by_label(re.compile("是同一处")).check()
    page.get_by_role("button", name="保存选择").click()
    page.get_by_role("button", name="导入其余各行").or_(page.get_by_role("button", name="现在导入")).click()
    expect(page.get_by_text("超过五分之一").first).to_be_visible()
    page.get_by_label(re.compile("请输入数字")).fill("2")
    page.get_by_role("button", name="导入其余各行").or_(page.get_by_role("button", name="现在导入")).click()
    run(ImportBatch.objects.get().pk)
    page.get_by_role("link", name="再看一次").click()
    expect(page.get_by_text("已导入 3 行。")).to_be_visible()
    context.close()
    assert Canteen.objects.filter(state="archived").count() == 2
    assert Canteen.objects.filter(name="乙号食堂（总店）").exists()
