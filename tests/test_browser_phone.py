"""The portal on a courier's phone, in a real browser: without a signal, on the home screen, with favourites."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.templatetags.static import static
from playwright.sync_api import expect

from portal.accounts.models import Courier
from portal.listings import states
from portal.pages import phone, views
from tests import pages_places as places
from tests.browsing import serious
from tests.code_worker import wait_until
from tests.pages_places import at
from tests.personas import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.smoke]

KEPT = """async (end) => {
    const found = [];
    for (const name of ['pages', 'personal', 'data'])
        for (const one of await (await caches.open(name)).keys()) if (one.url.endsWith(end)) found.push(one.url);
    return found;
}"""
EVERYTHING = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        const store = await caches.open(name);
        for (const one of await store.keys()) found.push([one.url, await (await store.match(one, { ignoreVary: true })).text()]);
    }
    return found;
}"""

OFFLINE_IN_ENGLISH = "([address, text]) => address.endsWith('/offline/') && text.includes('lang=\"en\"')"


@pytest.fixture
def city(regions: Any) -> Iterator[dict[str, Any]]:
    """Return a lunch hour with a canteen that serves, and a station."""
    with time_machine.travel(at("11:20"), tick=True):
        found = {"canteen": places.canteen("康桥食堂", 300), "station": places.station("康桥驿站")}
        places.confirm(found["canteen"], "price", at("09:00"))
        yield found


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """Return a phone that may run workers."""
    phone = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, service_workers="allow"
    )
    phone.set_default_timeout(30_000)
    yield phone
    phone.close()


@pytest.fixture
def page(context: Any) -> Any:
    """Return an empty page of that phone."""
    return context.new_page()


def wait_until_kept(page: Any, end: str) -> None:
    """Wait until the phone has kept an address that ends like this."""
    for _attempt in range(300):
        if page.evaluate(KEPT, end):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{end} was not kept")


def see(page: Any, address: str) -> None:
    """Open a page and wait until the phone has kept it."""
    page.goto(address)
    wait_until_kept(page, address)


def claims(page: Any) -> list[str]:
    """Return the states on the page that do not say as of when they hold, and those that are green."""
    return page.evaluate("""() => {
        const green = getComputedStyle(document.documentElement).getPropertyValue('--open').trim();
        const probe = Object.assign(document.createElement('i'), { style: `color: ${green}` });
        document.body.append(probe);
        const colour = getComputedStyle(probe).color;
        probe.remove();
        return [...document.querySelectorAll('main .tag, main [data-now]')]
            .filter((part) => part.dataset.now !== 'day')
            .filter((part) => !/^(已过时。)?.*\\d\\d:\\d\\d 时：/.test(part.innerText) || getComputedStyle(part).color === colour)
            .map((part) => part.innerText);
    }""")


def test_list_and_place_are_readable_without_a_signal_and_claim_nothing(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    canteen = city["canteen"].get_absolute_url()
    for path in ("/canteens/", canteen):
        see(page, live_server.url + path)
    assert "供应中" in page.locator(".tag").first.inner_text()
    assert len(claims(page)) > 0
    context.set_offline(True)
    for path in ("/canteens/", canteen):
        page.goto(live_server.url + path)
        expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
        expect(page.locator("[data-signal]")).to_contain_text(re.compile("这是.*保存的"))
        expect(page.locator(".tag").first).to_contain_text("11:20 时：")
        assert "康桥食堂" in page.locator("h1, h2").all_inner_texts()[-1] + page.locator("main").inner_text()
        assert claims(page) == [], path
    page.goto(f"{live_server.url}/canteens/?near=30.360,120.150")
    expect(page.locator("[data-signal]")).to_contain_text("筛选条件不同")


def test_a_state_whose_hours_have_passed_says_that_it_is_over(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + city["canteen"].get_absolute_url())
    context.set_offline(True)
    page.clock.install(time=page.evaluate("new Date(Date.now() + 3 * 3600_000).toISOString()"))
    page.reload()
    expect(page.locator(".tag.over")).to_contain_text("已过时。")
    expect(page.locator("[data-signal]")).to_contain_text("3 小时前")


def test_a_page_that_stays_open_when_the_signal_goes_stops_claiming(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    page.clock.install()
    see(page, live_server.url + "/canteens/")
    expect(page.locator("[data-signal]")).to_be_hidden()
    context.set_offline(True)
    expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
    assert claims(page) == []
    page.clock.fast_forward("12:00")
    expect(page.locator("[data-signal]")).to_contain_text("12 分钟前打开的")
    context.set_offline(False)
    expect(page.locator("[data-signal-status]")).to_have_text("")


def test_a_short_loss_of_signal_leaves_no_trace(context: Any, page: Any, live_server: Any, city: Any) -> None:
    page.goto(live_server.url + "/canteens/")
    before = page.locator("main").inner_text()
    context.set_offline(True)
    expect(page.locator(".tag").first).to_contain_text("时：")
    context.set_offline(False)
    expect(page.locator("[data-signal]")).to_be_hidden()
    assert page.locator("main").inner_text() == before


def test_a_page_that_is_open_for_long_says_so_until_it_is_renewed(
    page: Any, live_server: Any, city: Any
) -> None:
    page.clock.install()
    page.goto(live_server.url + "/canteens/")
    page.clock.fast_forward("08:00")
    expect(page.locator("[data-signal]")).to_contain_text("8 分钟前打开的")
    expect(page.locator("[data-signal-status]")).to_have_text("")
    assert claims(page) == []
    page.locator("[data-filters] .chip").first.click()
    page.wait_for_url("**open_now=true*")
    expect(page.locator("[data-signal]")).to_be_hidden()
    expect(page.locator(".card .tag")).to_have_text("供应中")


def test_the_language_of_a_page_counts_for_no_other(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/")
    page.reload()
    page.goto(live_server.url + "/canteens/?lang=en")
    wait_until_kept(page, "/canteens/")
    wait_until(page, f"async () => (await ({EVERYTHING})()).some({OFFLINE_IN_ENGLISH})")
    context.set_offline(True)
    page.goto(live_server.url + "/canteens/")
    expect(page.locator("[data-signal-status]")).to_have_text("No signal.")
    expect(page.locator(".card .tag").first).to_contain_text(re.compile(r"At .*\d\d:\d\d: "))
    page.goto(live_server.url + "/rights/")
    expect(page.locator("h1")).to_contain_text("No signal, and this page")


def test_what_was_never_opened_shows_what_is_kept(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + city["canteen"].get_absolute_url())
    page.get_by_role("button", name="收藏").click()
    page.goto(live_server.url + city["station"].get_absolute_url())
    see(page, live_server.url + "/canteens/")
    context.set_offline(True)
    page.goto(live_server.url + "/rights/")
    expect(page.locator("h1")).to_have_text("没有信号，这页没有存")
    expect(page.locator("[data-kept=favourites] li")).to_contain_text("康桥食堂")
    expect(page.locator("[data-kept=favourites] li")).to_contain_text(re.compile("刚刚|前"))
    expect(page.locator("[data-kept=recents] li")).to_contain_text("康桥驿站")
    page.goto(live_server.url + "/offline/")
    expect(page.locator("h1")).to_have_text("没有信号时能看什么")
    page.locator("[data-kept=favourites] a").click()
    expect(page.locator("h1")).to_have_text("康桥食堂")
    page.goto(live_server.url + "/rights/")
    context.set_offline(False)
    expect(page.locator("h1")).to_have_text("权益保障")


def test_favourites_are_readable_without_a_signal_as_soon_as_they_are_starred(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + city["canteen"].get_absolute_url())
    star = page.get_by_role("button", name="收藏")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    wait_until_kept(page, "/me/favourites/")
    context.set_offline(True)
    page.goto(live_server.url + "/me/favourites/")
    expect(page.locator(".card")).to_contain_text("康桥食堂")
    assert claims(page) == []


def test_no_kept_address_tells_where_somebody_was(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/canteens/")
    page.goto(f"{live_server.url}/canteens/?near=30.360,120.150")
    wait_until_kept(page, "/canteens/?near=")
    assert [address for address, _text in page.evaluate(EVERYTHING) if "30.36" in address] == []
    context.set_offline(True)
    page.goto(f"{live_server.url}/canteens/?near=30.360,120.150")
    expect(page.locator("[data-signal]")).to_contain_text("距离从当时查看的位置算起")
    expect(page.locator(".card")).to_contain_text("康桥食堂")


def test_a_first_visit_near_a_point_keeps_what_is_near_it(page: Any, live_server: Any, city: Any) -> None:
    page.goto(f"{live_server.url}/canteens/?near=30.360,120.150")
    wait_until_kept(page, "/canteens/?near=")
    [text] = [text for address, text in page.evaluate(EVERYTHING) if address.endswith("/canteens/?near=")]
    assert "near=30.360" in text


def test_clearing_the_searches_takes_their_pages_off_the_phone(
    page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/canteens/")
    page.goto(live_server.url + "/search/")
    page.locator("input[type=search]").first.fill("康桥")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    wait_until_kept(page, page.url)
    page.locator("input[type=search]").first.fill("")
    page.get_by_role("option", name="清除本机").click()
    wait_until(page, f"async () => (await ({KEPT})('{page.url}')).length === 0")
    assert page.evaluate(KEPT, "/canteens/") != []


def test_the_map_keeps_its_outlines_and_greys_its_points(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/map/")
    for name in ("points", "outlines", "config"):
        wait_until_kept(page, f"/map/{name}.json")
    page.reload()
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    page.reload()
    expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
    expect(page.locator("path.outline").nth(9)).to_be_attached()
    expect(page.locator("main")).to_contain_text("康桥食堂")
    expect(page.locator("[data-map-count]")).to_contain_text("11:20 时：")
    expect(page.locator("[data-state]").first).to_contain_text("11:20 时：")
    assert claims(page) == []
    green = "(part) => getComputedStyle(part).getPropertyValue('--open')"
    assert page.locator(".map").evaluate(green) != page.locator("html").evaluate(green)


def test_a_changed_place_is_fresh_when_the_signal_is_back(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + city["canteen"].get_absolute_url())
    context.set_offline(True)
    page.reload()
    expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
    states.move(listing=city["canteen"], to="paused", actor=None, reason="停电检修")
    context.set_offline(False)
    expect(page.locator("h1 + *, main").last).to_contain_text("停电检修")
    expect(page.locator("[data-signal]")).to_be_hidden()


def test_going_back_asks_for_the_page_anew(page: Any, live_server: Any, city: Any) -> None:
    see(page, live_server.url + city["canteen"].get_absolute_url())
    page.reload()
    page.reload()  # By now the cookies are the same as on going back, which the browser's own cache asks for.
    see(page, live_server.url + "/me/")
    states.move(listing=city["canteen"], to="paused", actor=None, reason="停电检修")
    page.go_back()
    expect(page.locator("h1")).to_have_text("康桥食堂")
    expect(page.locator("main")).to_contain_text("停电检修")
    expect(page.locator("[data-signal]")).to_be_hidden()


def test_a_place_that_is_gone_is_not_kept(context: Any, page: Any, live_server: Any, city: Any) -> None:
    address = live_server.url + city["canteen"].get_absolute_url()
    see(page, address)
    states.move(listing=city["canteen"], to="archived", actor=None)
    page.reload()
    expect(page.locator("h1")).to_have_text("这个网址没有内容")
    context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("没有信号，这页没有存")


def test_a_personal_page_does_not_outlive_signing_out(
    context: Any, page: Any, live_server: Any, city: Any, client: Any
) -> None:
    person = make_person("+8613800138000", "王师傅")
    Courier.objects.create(user=person, work_type=Courier.WorkType.FOOD_DELIVERY)
    client.force_login(person)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    see(page, live_server.url + "/")
    context.add_cookies([cookie])
    page.goto(live_server.url + "/me/")
    expect(page.locator("h1")).to_contain_text("王师傅")
    wait_until_kept(page, "/me/")
    context.set_offline(True)
    page.reload()
    expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
    expect(page.locator("h1")).to_contain_text("王师傅")
    context.set_offline(False)
    expect(page.locator("[data-signal]")).to_be_hidden()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(live_server.url + "/")
    assert [address for address, text in page.evaluate(EVERYTHING) if "王师傅" in text] == []
    context.set_offline(True)
    page.goto(live_server.url + "/me/")
    assert "王师傅" not in page.content()


def test_signing_out_of_the_administration_forgets_personal_pages_too(
    context: Any, page: Any, live_server: Any, city: Any, client: Any
) -> None:
    person = make_person("+8613800138000", "王师傅")
    person.is_staff = True
    person.save()
    client.force_login(person)
    see(page, live_server.url + "/")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(live_server.url + "/me/")
    wait_until_kept(page, "/me/")
    assert [address for address, text in page.evaluate(EVERYTHING) if "王师傅" in text] != []
    page.goto(live_server.url + "/admin/")
    page.locator("form[action='/admin/logout/']").first.evaluate("(form) => form.submit()")
    wait_until(page, "() => document.body && !document.body.textContent.includes('王师傅')")
    page.goto(live_server.url + "/")
    assert [address for address, text in page.evaluate(EVERYTHING) if "王师傅" in text] == []


def test_nothing_of_work_and_signing_in_is_ever_kept(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/")
    page.reload()
    for path in (
        "/accounts/login/",
        "/admin/",
        "/api/v1/listings/",
        "/place/?near=30.36,120.15",
        "/share/?text=x",
    ):
        page.goto(live_server.url + path)
    kept = [address.removeprefix(live_server.url) for address, _text in page.evaluate(EVERYTHING)]
    assert "/" in kept
    assert [path for path in kept if re.match(r"/(accounts|admin|api|place|share)/", path)] == []


def test_a_slow_network_shows_the_kept_page_and_then_what_came(
    page: Any, live_server: Any, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(page, live_server.url + "/rights/")
    page.reload()
    quick = views.render

    def slow(request: Any, *args: Any) -> Any:
        if request.path == "/rights/":
            asked.append(request.path)
            arrived.wait(60)
        return quick(request, *args)

    asked: list[str] = []
    arrived = threading.Event()
    monkeypatch.setattr(views, "render", slow)
    page.goto(live_server.url + "/rights/")
    expect(page.locator("[data-signal-status]")).to_have_text("没有信号。")
    assert len(asked) == 1
    arrived.set()
    expect(page.locator("[data-signal]")).to_be_hidden()
    expect(page.locator("html[data-saved]")).to_have_count(0)
    assert len(asked) == 1, "what came late is shown without asking again"


def test_a_new_release_takes_over_and_kept_pages_go_on_working(
    context: Any, page: Any, live_server: Any, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(page, live_server.url + "/canteens/")
    stores = "async () => (await caches.keys()).filter((name) => name.startsWith('static-')).sort()"
    [before] = page.evaluate(stores)
    names = phone.shell_names()
    monkeypatch.setattr(phone, "shell_names", lambda: names[:-1])
    page.evaluate("""async () => {
        const { serviceWorker } = navigator;
        const until = async (holds) => { while (!holds()) await new Promise((done) => { setTimeout(done, 50); }); };
        await until(() => serviceWorker.controller);
        const former = serviceWorker.controller;
        await (await serviceWorker.ready).update();
        await until(() => serviceWorker.controller !== former && serviceWorker.controller.state === 'activated');
    }""")
    after = page.evaluate(stores)
    assert len(after) == 2
    held = page.evaluate(
        "async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)", before
    )
    assert {live_server.url + static(name) for name in names} <= set(held)
    context.set_offline(True)
    page.reload()
    expect(page.locator(".card")).to_contain_text("康桥食堂")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).display") == "grid"


def test_a_form_sent_without_a_signal_says_that_it_was_not(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    see(page, live_server.url + "/me/")
    page.reload()
    context.set_offline(True)
    page.get_by_role("button", name="深色").click()
    expect(page.locator("h1")).to_have_text("没有信号，刚才没有发出去")


def test_only_so_many_pages_are_kept_and_favourites_stay(
    context: Any, page: Any, live_server: Any, city: Any
) -> None:
    canteen = city["canteen"].get_absolute_url()
    see(page, live_server.url + canteen)
    page.get_by_role("button", name="收藏").click()
    page.evaluate("""async () => {
        const { active } = await navigator.serviceWorker.ready;
        active.postMessage({ type: 'keep', addresses: [...Array(64).keys()].map((at) => `${location.origin}/search/?q=${at}`) });
    }""")
    wait_until_kept(page, "q=63")
    kept = page.evaluate("async () => (await (await caches.open('pages')).keys()).map((one) => one.url)")
    assert len(kept) == 60
    assert live_server.url + canteen in kept
    assert f"{live_server.url}/search/?q=0" not in kept


def test_favourites_work_without_javascript(chromium: Any, live_server: Any, city: Any) -> None:
    context = chromium.new_context(
        java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url + city["canteen"].get_absolute_url())
    page.get_by_role("button", name="收藏").click()
    expect(page.locator(".messages")).to_contain_text("已收藏")
    page.goto(live_server.url + "/me/")
    page.get_by_role("link", name="我的收藏").click()
    expect(page.locator(".card")).to_contain_text("康桥食堂")
    page.get_by_role("button", name="取消收藏康桥食堂").click()
    expect(page.locator("main")).to_contain_text("还没有收藏")
    context.close()


def test_the_star_tells_the_server_whose_cookie_lasts(page: Any, live_server: Any, city: Any) -> None:
    page.goto(live_server.url + city["canteen"].get_absolute_url())
    star = page.get_by_role("button", name="收藏")
    for wanted in (city["canteen"].public_id, ""):
        with page.expect_response(lambda answer: answer.request.method == "POST") as told:
            star.click()
        assert told.value.status == 204
        assert re.match(rf'favourites="?{wanted}"?;', told.value.all_headers()["set-cookie"])
        page.wait_for_timeout(200)
        assert page.evaluate("document.cookie.match(/favourites=([^;]*)/)?.[1] ?? ''") == wanted


def test_a_favourite_is_marked_on_its_card(page: Any, live_server: Any, city: Any) -> None:
    page.goto(live_server.url + city["canteen"].get_absolute_url())
    page.get_by_role("button", name="收藏").click()
    page.goto(live_server.url + "/canteens/")
    expect(page.locator(".card")).to_have_class(re.compile("starred-card"))


def test_places_looked_at_last_are_listed_and_forgotten(page: Any, live_server: Any, city: Any) -> None:
    for name in ("canteen", "station"):
        page.goto(live_server.url + city[name].get_absolute_url())
        page.wait_for_load_state("networkidle")
    page.goto(live_server.url + "/me/")
    expect(page.locator("[data-recents] a span:first-child")).to_have_text(["康桥驿站", "康桥食堂"])
    page.get_by_role("button", name="清空记录").click()
    expect(page.locator("[data-recents] li")).to_have_count(0)
    page.reload()
    expect(page.locator("[data-recents-none]")).to_be_visible()


OFFER = """() => {
    const offer = new Event('beforeinstallprompt', { cancelable: true });
    offer.prompt = () => { window.prompted = true; return Promise.resolve(); };
    offer.userChoice = Promise.resolve({ outcome: 'dismissed' });
    window.dispatchEvent(offer);
    return offer.defaultPrevented;
}"""


def test_the_install_offer_is_quiet_and_stays_away_once_declined(
    page: Any, live_server: Any, city: Any
) -> None:
    page.goto(live_server.url + "/")
    assert page.evaluate(OFFER) is True
    expect(page.locator("[data-install]")).to_be_hidden()
    page.evaluate("localStorage.setItem('install-days', '2026-01-01 2026-01-02')")
    page.reload()
    page.evaluate(OFFER)
    expect(page.locator("[data-install]")).to_be_visible()
    page.get_by_role("button", name="不用了").click()
    page.reload()
    page.evaluate(OFFER)
    expect(page.locator("[data-install]")).to_be_hidden()
    page.goto(live_server.url + "/me/")
    page.evaluate(OFFER)
    page.get_by_role("button", name="添加", exact=True).click()
    assert page.evaluate("window.prompted") is True


def test_an_iphone_is_told_how_to_install_in_words(page: Any, live_server: Any, city: Any) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'standalone', { value: false })")
    page.goto(live_server.url + "/me/")
    expect(page.locator("[data-install-words]")).to_contain_text("添加到主屏幕")


def test_no_page_breaks_the_strict_policy_or_its_scripts(page: Any, live_server: Any, city: Any) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    for path in (
        "/",
        "/me/",
        "/me/favourites/",
        "/offline/",
        "/share/?text=30.36,120.15",
        city["canteen"].get_absolute_url(),
    ):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
    assert problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_serious_on_what_the_phone_shows(
    chromium: Any, live_server: Any, city: Any, scheme: str, language: str
) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, service_workers="allow"
    )
    canteen = city["canteen"]
    stars = f"{canteen.public_id}.{city['station'].public_id}.0000000000"
    for name, value in (("django_language", language), ("favourites", stars)):
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page = context.new_page()
    page.add_init_script("localStorage.setItem('install-days', '2026-01-01 2026-01-02')")
    for path in (
        "/",
        "/me/",
        "/me/favourites/",
        "/share/?text=30.36,120.15",
        "/share/?text=!",
        canteen.get_absolute_url(),
    ):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        page.evaluate(OFFER)
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    wait_until_kept(page, canteen.get_absolute_url())
    context.set_offline(True)
    for path in (canteen.get_absolute_url(), "/me/favourites/", "/rights/"):
        page.goto(live_server.url + path)
        page.locator("[data-signal-status]:not(:empty), [data-kept] li").first.wait_for()
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()


def test_targets_of_the_phone_are_at_least_44_pixels(page: Any, live_server: Any, city: Any) -> None:
    measure = """() => [...document.querySelectorAll('main a, main button, .signal a')]
        .filter((part) => part.offsetParent && !part.closest('.card-name, td'))
        .map((part) => [part.outerHTML.slice(0, 90), part.getBoundingClientRect().height])
        .filter((pair) => pair[1] < 43.5)"""
    page.add_init_script("localStorage.setItem('install-days', '2026-01-01 2026-01-02')")
    page.goto(live_server.url + city["canteen"].get_absolute_url())
    page.get_by_role("button", name="收藏").click()
    for path in ("/", "/me/", "/me/favourites/", "/offline/", "/share/?text=30.36,120.15", "/share/?text=!"):
        page.goto(live_server.url + path)
        page.evaluate(OFFER)
        assert page.evaluate(measure) == [], path
