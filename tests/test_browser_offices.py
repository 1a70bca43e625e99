"""What district staff do with offices in a real browser, on a phone and in two windows."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from portal.accounts.models import Organisation, Post, User
from portal.upkeep.models import Correction
from tests.browsing import serious
from tests.test_handing_over import canteen, colleague, correction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def sign_in(page: Any, live_server: Any, user: User, post: Post | None = None) -> Any:
    """Sign somebody in, for a post if one is given."""
    client = Client()
    client.force_login(user)
    if post is not None:
        client.post(reverse("account_post"), {"post": post.pk})
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
    return page


def test_a_post_is_handed_over_on_a_phone_while_its_holder_works(
    phone_page: Any, desk_page: Any, live_server: Any, district_admin: User, clerk: User
) -> None:
    post = clerk.posts.get()
    colleague(post)
    for number in range(2):
        correction(post, canteen(f"食堂{number}"))
    desk = sign_in(desk_page, live_server, clerk)
    desk.goto(f"{live_server.url}/admin/")
    page = sign_in(phone_page, live_server, district_admin)
    page.goto(f"{live_server.url}/admin/offices/")
    page.get_by_role("link", name="康桥街道办事处").click()
    expect(page.get_by_text("正在处理的纠错 2")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("listitem").filter(has_text="康桥工作人员").get_by_role("link", name="移交").click()
    expect(page.get_by_label("手机号", exact=True)).to_be_hidden()
    page.get_by_label("新同事（填手机号）").check()
    expect(page.get_by_label("手机号", exact=True)).to_be_visible()
    page.get_by_label(re.compile("新同事 ·")).check()
    assert serious(page) == []
    page.get_by_role("button", name="结束岗位并移交").click()
    expect(page.get_by_text("已移交给 新同事：正在处理的纠错 2。")).to_be_visible()
    assert set(Correction.objects.values_list("assignee__user__name", flat=True)) == {"新同事"}
    desk.reload()
    expect(desk).to_have_url(re.compile("/accounts/"))


def test_a_form_of_the_other_window_is_asked_about_and_nothing_is_lost(
    desk_page: Any, live_server: Any, district_admin: User, clerk: User
) -> None:
    first = district_admin.posts.get()
    office = Organisation.objects.create(kind="district", name="西湖区新就业群体服务中心", area_code="330106")
    Post.objects.create(user=district_admin, organisation=office, group=first.group)
    form = sign_in(desk_page, live_server, district_admin, first)
    form.goto(f"{live_server.url}/admin/accounts/user/{clerk.pk}/change/")
    form.locator("[name=name]").fill("改了的名字")
    other = form.context.new_page()
    other.goto(f"{live_server.url}/admin/")
    other.locator(".nx-acting").click()
    other.get_by_role("button", name="西湖区新就业群体服务中心").click()
    expect(other.locator(".nx-acting")).to_contain_text("西湖区")
    form.locator("[name=_save]").click()
    expect(form.get_by_role("heading", name="这份内容以哪个岗位提交？")).to_be_visible()
    assert User.objects.get(pk=clerk.pk).name == "康桥工作人员"
    assert serious(form) == []
    form.get_by_role("button", name="拱墅区新就业群体服务中心").click()
    expect(form.locator(".nx-acting")).to_contain_text("拱墅区")
    assert User.objects.get(pk=clerk.pk).name == "改了的名字"


def test_the_scoreboard_is_read_and_ordered_on_a_phone(
    phone_page: Any, live_server: Any, district_admin: User, clerk: User
) -> None:
    canteen_there = canteen()
    correction(None, canteen_there)
    page = sign_in(phone_page, live_server, district_admin)
    page.goto(f"{live_server.url}/admin/scoreboard/")
    expect(page.get_by_role("heading", name="最久未核实的五项")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="已超时").click()
    expect(page.locator("[aria-sort]")).to_have_count(1)
    assert serious(page) == []
