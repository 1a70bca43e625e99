"""What a clerk does in the admin with a real browser."""

import io
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from portal.listings import revising
from portal.listings.models import Listing, Photo
from portal.listings.pictures import store_picture
from tests.browsing import serious
from tests.factories import make_canteen, make_compound, open_row, weekly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def address(listing: Listing, tab: str = "") -> str:
    meta = type(listing)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[listing.pk]) + (
        f"#{tab}" if tab else ""
    )


@pytest.fixture
def at_the_desk(desk_page: Any, live_server: Any, clerk: Any) -> Any:
    """Return a page in which the clerk of 康桥街道 is signed in; `goto` takes addresses of the portal."""
    client = Client()
    client.force_login(clerk)
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    desk_page.context.add_cookies([cookie])
    desk_page.base = live_server.url
    return desk_page


def save(page: Any) -> None:
    with page.expect_navigation():
        page.locator("button[name=_save]").click()


def test_a_day_s_hours_are_copied_to_the_other_days(at_the_desk: Any) -> None:
    page = at_the_desk
    canteen = make_canteen(
        hours=weekly(open_row("mon", "10:30", "13:30", "lunch"), open_row("wed", "08:00", "09:00"))
    )
    page.goto(page.base + address(canteen, "weekly_hours"))
    monday = page.locator("tr[data-day=mon]")
    monday.locator("[data-add-to]").click()
    second = monday.locator("[data-interval]:visible").nth(1)
    second.locator("[name$=-opens]").fill("16:30")
    second.locator("[name$=-closes]").fill("19:00")
    monday.locator("summary").click()
    monday.get_by_role("button", name="周一至周五").click()
    monday.locator("[data-do-copy]").click()
    expect(page.locator("tr[data-day=fri] [data-interval]:visible")).to_have_count(2)
    save(page)
    rows = [
        (row.day, str(row.opens)[:5], str(row.closes)[:5], row.label)
        for row in canteen.weekly_hours.order_by("id")
    ]
    days = ("mon", "tue", "wed", "thu", "fri")
    lunch = {(day, "10:30", "13:30", "lunch") for day in days}
    assert set(rows) == lunch | {(day, "16:30", "19:00", "") for day in days}


def test_closed_hides_the_times_and_is_saved(at_the_desk: Any) -> None:
    page, canteen = at_the_desk, make_canteen()
    page.goto(page.base + address(canteen, "weekly_hours"))
    sunday = page.locator("tr[data-day=sun] [data-interval]").first
    sunday.locator("[name$=-rule]").select_option("closed")
    expect(sunday.locator("[name$=-opens]")).to_be_hidden()
    save(page)
    assert canteen.weekly_hours.get(day="sun").rule == "closed"


def test_the_pin_and_the_place_where_one_stands_fill_in_the_position(at_the_desk: Any) -> None:
    page, canteen = at_the_desk, make_canteen(entered_datum="gcj02")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 30.3512, "longitude": 120.1634, "accuracy": 12})
    page.goto(page.base + address(canteen))
    page.get_by_role("button", name="我就在这里").click()
    expect(page.locator("[name=place]")).to_have_value("30.351200, 120.163400")
    expect(page.locator("[name=entered_datum]")).to_have_value("wgs84")
    expect(page.get_by_role("status")).to_contain_text("误差约 12 米")
    save(page)
    canteen.refresh_from_db()
    assert (canteen.lat, canteen.lng, canteen.entered_datum) == (30.3512, 120.1634, "wgs84")
    page.goto(page.base + address(canteen))
    page.locator(".nx-map").scroll_into_view_if_needed()
    box = page.locator(".nx-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5)
    expect(page.locator("[name=place]")).not_to_have_value("30.351200, 120.163400")
    save(page)
    canteen.refresh_from_db()
    assert canteen.lng > 120.1634


def test_buildings_are_marked_by_clicking_on_the_map(at_the_desk: Any) -> None:
    page, compound = at_the_desk, make_compound()
    file = io.BytesIO()
    Image.new("RGB", (800, 600), "white").save(file, "PNG")
    stored = store_picture(file)
    Photo.objects.create(
        listing=compound, role="building_map", digest=stored.digest, width=stored.width, height=stored.height
    )
    page.goto(page.base + address(compound, "buildings"))
    stage = page.locator("[data-building-map] [data-stage]")
    expect(stage).to_be_visible()
    expect(stage.locator("button")).to_have_count(1)
    row = page.locator("#buildings-group [data-row]").nth(1)
    row.locator("[name$=-name]").fill("2幢")
    expect(stage.locator("img")).to_have_js_property("complete", True)
    box = stage.bounding_box()
    stage.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
    expect(stage.locator("button")).to_have_count(2)
    save(page)
    marked = compound.buildings.get(name="2幢")
    assert (round(marked.x), round(marked.y)) == (25, 50)


def test_photos_are_put_in_order_by_dragging(at_the_desk: Any, tmp_path: Any) -> None:
    page, canteen = at_the_desk, make_canteen()
    page.goto(page.base + address(canteen, "photos"))
    for number, colour in enumerate(("red", "blue")):
        path = tmp_path / f"{colour}.jpg"
        Image.new("RGB", (400, 300), colour).save(path)
        if number:
            page.locator("#photos-group [data-add]").click()
        card = page.locator("#photos-group [data-photo]").nth(number)
        card.locator("input[type=file]").set_input_files(path)
        card.locator("[name$=-alt]").fill(colour)
    cards = page.locator("#photos-group [data-photo]")
    cards.nth(1).locator("img").drag_to(cards.nth(0).locator("img"), target_position={"x": 8, "y": 40})
    expect(cards.nth(0).locator("[name$=-alt]")).to_have_value("blue")
    save(page)
    assert [photo.alt for photo in canteen.photos.all()] == ["blue", "red"]


def test_who_saves_second_compares_and_saves_again(at_the_desk: Any, city_admin: Any) -> None:
    page, canteen = at_the_desk, make_canteen()
    page.goto(page.base + address(canteen))
    revising.edit(listing=canteen, changes={"phone": "0571-11111111"}, actor=city_admin, channel="office")
    page.locator("[name=phone]").fill("0571-22222222")
    page.locator("[name=address]").fill("康桥路9号")
    save(page)
    expect(page.get_by_role("heading", name="两个版本")).to_be_visible()
    expect(page.locator(".nx-conflict")).to_contain_text("0571-11111111")
    with page.expect_navigation():
        page.get_by_role("button", name="采用对方的").click()
    expect(page.locator("[name=phone]")).to_have_value("0571-11111111")
    expect(page.locator("[name=address]")).to_have_value("康桥路9号")
    save(page)
    canteen.refresh_from_db()
    assert (canteen.phone, canteen.address) == ("0571-11111111", "康桥路9号")


def test_the_form_works_without_scripts(chromium: Any, live_server: Any, clerk: Any) -> None:
    canteen = make_canteen()
    client = Client()
    client.force_login(clerk)
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(live_server.url + address(canteen))
    page.locator("[name=notice]").fill("今天有汤")
    sunday = page.locator("tr[data-day=sun]")
    sunday.locator("[name$=-rule]").select_option("closed")
    page.locator("button[name=_save]").click()
    page.wait_for_url("**/canteen/")
    canteen.refresh_from_db()
    assert canteen.notice == "今天有汤"
    assert canteen.weekly_hours.get(day="sun").rule == "closed"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_parts_that_are_ours(
    chromium: Any, live_server: Any, clerk: Any, scheme: str
) -> None:
    canteen = make_canteen()
    client = Client()
    client.force_login(clerk)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    context.add_cookies([cookie])
    page = context.new_page()
    paths = (
        reverse("admin:index"),
        address(canteen),
        address(canteen, "weekly_hours"),
        address(canteen, "photos"),
        address(canteen).replace("change/", "do/pause/"),
        address(canteen).replace("change/", "history/"),
    )
    for path in paths:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert [line for line in serious(page) if "nx-" in line] == [], path
    context.close()
