"""My code in a real browser: from the form to a QR that a gate verifies, without a network, renewed, looked at."""

import os
import re
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import segno
import zxingcpp
from django.templatetags.static import static
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from portal.accounts.models import Courier
from services.codes import xg1
from services.codes.checkpoints import ensure_checkpoints
from services.codes.keyring import KeyRing
from services.codes.models import Container, Credential, Holder, Pass, Refusal
from services.codes.placing import printed
from services.codes.standing import rest_on
from tests.code_holders import first, make_holder, make_platform, sign_in
from tests.code_worker import WATCH, wait_for_worker, wait_until
from tests.factories import make_compound
from tests.personas import make_person
from tests.test_browser_pages import serious

KEYS = """() => new Promise((done) => {
    const request = indexedDB.open('nuanxin-code', 1);
    request.onsuccess = () => {
        const keys = request.result.transaction('keys').objectStore('keys').getAllKeys();
        keys.onsuccess = () => { request.result.close(); done(keys.result); };
    };
})"""
#: As if twelve hours had gone.
MAKE_OLD = """() => new Promise((done) => {
    const request = indexedDB.open('nuanxin-code', 1);
    request.onsuccess = () => {
        const rows = request.result.transaction('keys', 'readwrite').objectStore('keys');
        const asked = rows.get('current');
        asked.onsuccess = () => { rows.put({ ...asked.result, renewAfter: 0 }); };
        rows.transaction.oncomplete = () => { request.result.close(); done(); };
    };
})"""
SHOW_ONLY = """(name) => {
    for (const view of document.querySelectorAll('[data-view]')) view.hidden = view.dataset.view !== name;
}"""
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """Return a phone that may run workers and tells what its policies refused."""
    phone = chromium.new_context(
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        device_scale_factor=2,
        service_workers="allow",
    )
    phone.set_default_timeout(20_000)
    phone.add_init_script(f"({WATCH})()")
    yield phone
    phone.close()


@pytest.fixture
def page(context: Any) -> Iterator[Any]:
    """Return a page on which no policy is broken and no script fails."""
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda line: failed.append(line.text) if is_fault(line) else None)
    yield page
    assert page.evaluate("window.violations ?? []") == []
    assert failed == []


def is_fault(line: Any) -> bool:
    """Say whether the console tells a fault; that there is no network is none."""
    return line.type == "error" and "Failed to load resource" not in line.text


def enter(context: Any, live_server: Any, user: Any, *, ago_s: float = 0) -> None:
    """Sign somebody in, by a text message of so many seconds ago."""
    cookie = sign_in(user, ago_s=ago_s).cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


@pytest.fixture
def holder(regions: Any) -> Any:
    """Return an enrolled courier with a checked proof."""
    return make_holder(platform=make_platform(7, "试送").number)


@pytest.fixture
def code(context: Any, page: Any, live_server: Any, holder: Any) -> Any:
    """Return the page with that courier's code on it."""
    enter(context, live_server, holder.courier.user)
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-qr] svg")).to_be_visible()
    wait_for_worker(page)
    return page


def read(page: Any) -> str:
    """Return what a camera reads off the screen."""
    picture = Image.open(BytesIO(page.locator(".pass-card").screenshot()))
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(found) == 1
    return found[0].text


def judged(text: str, *, later_s: float = 0, **asked: Any) -> str:
    """Return what an attended gate that is online says of a text, at once or so many seconds later."""
    now = time.time() + later_s
    asking = xg1.Asking(now=now, **{"gate": 5, "online": True, "list_age_s": 0, **asked})
    outcome = xg1.verify(
        text,
        keys=xg1.keys_from_jwks(KeyRing.load().jwks()),
        status=lambda _index: False,
        asking=asking,
        seen=lambda *_proof: False,
    )
    return outcome.verdict


def test_the_code_on_the_screen_verifies(code: Any) -> None:
    text = read(code)
    assert xg1.decode(text).credential.name == "李*明"
    assert judged(text) == "ok"
    assert judged(text, later_s=60) != "ok"
    expect(code.locator("[data-platform]")).to_have_text("试送")
    expect(code.locator("[data-clock]")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    assert Container.objects.get().kind == "browser"


def test_from_the_form_to_the_code(context: Any, page: Any, live_server: Any, regions: Any) -> None:
    user = make_person("13900000009", "")
    Courier.objects.create(user=user)
    make_platform(7, "试送")
    enter(context, live_server, user)
    page.goto(f"{live_server.url}/code/")
    form = page.locator("section [data-enrol]")
    form.get_by_label("姓名").fill("欧阳小明")
    form.locator("[name=work_type]").nth(1).check()
    form.locator("select").select_option("7")
    form.get_by_role("button", name="领取小哥码").click()
    assert not form.evaluate("form => form.checkValidity()"), "nobody agrees without having been asked"
    form.locator("[name=agreed]").check()
    assert not form.evaluate("form => form.checkValidity()"), "passes are asked about apart"
    form.locator("[name=location_agreed]").check()
    form.get_by_role("button", name="领取小哥码").click()
    expect(page.locator("[data-view=waiting]")).to_be_visible()
    holder = Holder.objects.get()
    assert holder.location_consented_at is not None
    rest_on(holder, Holder.Basis.PROOF, timezone.now())
    page.get_by_role("button", name="再看一次").click()
    expect(page.locator("[data-qr] svg")).to_be_visible()
    assert xg1.decode(read(page)).credential.name == "欧阳*明"


def test_on_a_small_screen_the_dots_are_larger_and_still_read(code: Any) -> None:
    code.set_viewport_size({"width": 320, "height": 568})
    expect(code.locator("[data-qr] svg")).to_have_attribute("viewBox", "0 0 61 61")
    assert judged(read(code)) == "ok"
    code.set_viewport_size({"width": 390, "height": 844})
    expect(code.locator("[data-qr] svg")).to_have_attribute("viewBox", "0 0 65 65")
    assert judged(read(code)) == "ok"


def test_another_language_is_taken_on_while_a_code_is_shown(
    context: Any, code: Any, live_server: Any
) -> None:
    other = context.new_page()
    other.goto(f"{live_server.url}/rights/?lang=en")
    code.reload()
    expect(code.locator("html")).to_have_attribute("lang", "en")
    expect(code.locator("[data-qr] svg")).to_be_visible()


def test_it_is_drawn_anew_at_each_edge_of_a_step(code: Any) -> None:
    code.clock.install()
    code.reload()
    code.locator("[data-qr] svg").wait_for()
    step = int(code.locator("[data-qr]").get_attribute("data-step"))
    assert step == code.evaluate("Math.floor(Date.now() / 15000)")
    code.clock.pause_at((step + 2) * 15 - 0.6)
    expect(code.locator("[data-qr]")).to_have_attribute("data-step", str(step + 1))
    code.clock.run_for(1000)
    expect(code.locator("[data-qr]")).to_have_attribute("data-step", str(step + 2))
    assert xg1.decode(read(code)).step == step + 2
    code.clock.resume()


def test_it_is_there_without_a_network_for_the_credentials_life(context: Any, code: Any) -> None:
    context.set_offline(True)
    code.reload()
    expect(code.locator("[data-qr] svg")).to_be_visible()
    expect(code.locator("[data-net]")).to_be_visible()
    assert judged(read(code), online=False) in {"ok", "challenge_required"}
    assert judged(read(code)) == "ok"
    code.clock.install(time=code.evaluate("Date.now() / 1000 + 47 * 3600"))
    code.reload()
    expect(code.locator("[data-qr] svg")).to_be_visible()
    expect(code.locator("[data-banner=ending]")).to_be_visible()
    code.clock.fast_forward("02:00:00")
    expect(code.locator("[data-view=expired]")).to_be_visible()
    expect(code.locator("[data-view=expired]")).to_contain_text("热点")


def test_digits_of_the_gate_are_answered_for_a_minute(code: Any) -> None:
    code.get_by_role("button", name="答数字").click()
    for digit in "07":
        code.get_by_role("button", name=digit, exact=True).click()
    code.get_by_role("button", name="出示", exact=True).click()
    expect(code.locator("[data-answered]")).to_contain_text("07")
    text = wait_for_text(code, lambda shown: shown.challenge == 7)
    assert judged(text, online=False, challenge=7) == "ok"
    assert judged(text, online=False, challenge=8) == "challenge_mismatch"
    code.get_by_role("button", name="结束").first.click()
    wait_for_text(code, lambda shown: shown.challenge == xg1.NO_CHALLENGE)


def test_a_renewal_whose_answer_is_lost_keeps_both_keys_until_it_is_answered(code: Any) -> None:
    before = Credential.objects.get()
    lost = []

    def lose(route: Any) -> None:
        route.fetch()
        lost.append(route.request.post_data_json["public_key"])
        route.abort()

    code.route("**/code/renew/", lose)
    code.evaluate(MAKE_OLD)
    code.reload()
    wait_until(code, f"async () => ({KEYS})().then((ids) => ids.join() === 'current,next')")
    expect(code.locator("[data-qr] svg")).to_be_visible()
    assert xg1.decode(read(code)).credential.pid == before.pid
    assert Credential.objects.count() == 2
    code.unroute("**/code/renew/")
    sent = []
    code.on(
        "request", lambda request: sent.append(request.post_data_json) if "/renew/" in request.url else None
    )
    code.reload()
    wait_until(code, f"async () => ({KEYS})().then((ids) => ids.join() === 'current')")
    assert {body["public_key"] for body in sent} == set(lost)
    assert Credential.objects.count() == 2, "the same key gets the same credential"
    after = wait_for_text(code, lambda shown: shown.credential.pid != before.pid)
    assert judged(after) == "ok"


def test_a_copied_session_gets_no_code(context: Any, page: Any, live_server: Any, holder: Any) -> None:
    enter(context, live_server, holder.courier.user, ago_s=3600)
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-view=again]")).to_be_visible()
    assert not Credential.objects.exists()
    assert page.locator("[data-view=again] [data-sign-in]").get_attribute("href").endswith("?next=/code/")


def test_a_third_device_names_the_two_and_ends_one(
    context: Any, page: Any, live_server: Any, holder: Any
) -> None:
    for word in ("one", "two"):
        first(holder, word, label=f"手机 {word}")
    enter(context, live_server, holder.courier.user)
    page.goto(f"{live_server.url}/code/")
    view = page.locator("[data-view=full]")
    expect(view.get_by_role("button", name="结束")).to_have_count(2)
    view.locator("li", has_text="手机 one").get_by_role("button").click()
    expect(page.locator("[data-qr] svg")).to_be_visible()
    assert Container.objects.live().count() == 2


def test_a_code_ended_on_its_own_phone_comes_back_only_when_it_is_asked_for(
    code: Any, live_server: Any
) -> None:
    with code.expect_response("**/code/state/"):
        code.reload()
    expect(code.locator("[data-net]")).to_be_hidden()
    code.evaluate("document.querySelector('[data-open=devices]').click()")
    code.locator("dialog[data-dialog=devices] [data-devices]").get_by_role("button", name="结束").click()
    expect(code.locator("[data-view=again]")).to_be_attached()
    expect(code.locator("[data-view=code]")).to_be_hidden()
    for _time in range(2):
        with code.expect_response("**/code/state/"):
            code.goto(f"{live_server.url}/code/")
        expect(code.locator("[data-view=again]")).to_be_visible()
    assert not Container.objects.live().exists()
    assert Credential.objects.count() == 1
    code.locator("[data-view=again] [data-sign-in]").click()
    expect(code.locator("[data-qr] svg")).to_be_visible()


def test_a_code_that_is_paused_says_so_kindly(code: Any, holder: Any) -> None:
    Holder.objects.update(state=Holder.State.SUSPENDED, suspended_why="测试")
    code.reload()
    expect(code.locator("[data-view=suspended]")).to_be_visible()
    expect(code.locator("[data-qr] svg")).to_be_hidden()
    expect(code.get_by_role("link", name="怎么申诉")).to_be_visible()


def test_a_wrong_clock_is_said_and_corrected(code: Any) -> None:
    code.clock.install(time=code.evaluate("Date.now() / 1000 + 300"))
    code.reload()
    expect(code.locator("[data-banner=clock]")).to_contain_text("快了 5 分钟")
    assert judged(wait_for_text(code, lambda shown: abs(shown.step - time.time() // 15) <= 1)) == "ok"


def test_a_print_of_ours_binds_the_code_and_no_other_is_opened(
    context: Any, code: Any, live_server: Any, tmp_path: Any
) -> None:
    [checkpoint] = ensure_checkpoints(listing=make_compound(name="文溪鼎园"))
    path = urlsplit(printed(checkpoint=checkpoint).address).path
    wait_until(code, "async () => Boolean((await caches.match('/static/zxing-wasm/zxing_reader.wasm')))")
    ours, foreign = tmp_path / "ours.png", tmp_path / "foreign.png"
    segno.make(live_server.url + path).save(ours, scale=6)
    segno.make(f"https://elsewhere.example{path}").save(foreign, scale=6)
    context.set_offline(True)
    code.get_by_role("button", name="扫场所码").click()
    code.locator("[data-picture]").set_input_files(foreign)
    expect(code.locator("[data-said]").first).to_contain_text("不是本市的场所码")
    code.locator("[data-picture]").set_input_files(ours)
    expect(code.locator("[data-bound]")).to_contain_text("南门")
    text = wait_for_text(code, lambda shown: shown.gate == checkpoint.number)
    assert judged(text, gate=checkpoint.number, online=False) == "ok"
    assert judged(text, gate=checkpoint.number % 1000 + 1, online=False) == "wrong_gate"
    code.get_by_role("button", name="记下我进门了").click()
    expect(code.locator("[data-banner=waiting]")).to_contain_text("1")
    context.set_offline(False)
    wait_until(code, "() => document.querySelector('[data-banner=waiting]').hidden")
    assert Pass.objects.get().method == Pass.Method.CLAIM


def test_with_a_signal_the_gates_word_of_the_minute_comes_back(
    code: Any, live_server: Any, tmp_path: Any
) -> None:
    [checkpoint] = ensure_checkpoints(listing=make_compound(name="文溪鼎园"))
    ours = tmp_path / "ours.png"
    segno.make(live_server.url + urlsplit(printed(checkpoint=checkpoint).address).path).save(ours, scale=6)
    code.get_by_role("button", name="扫场所码").click()
    code.locator("[data-picture]").set_input_files(ours)
    expect(code.locator("[data-bound]")).to_contain_text("文溪鼎园 · 南门")
    code.get_by_role("button", name="记下我进门了").click()
    expect(code.locator("[data-word]")).to_contain_text("口令")


def test_a_lost_phone_and_deleting_end_the_code_here_too(code: Any, holder: Any) -> None:
    code.get_by_role("button", name="手机丢了").click()
    code.get_by_role("button", name="全部作废").click()
    code.locator("[data-view=code]").wait_for()
    assert Container.objects.live().count() == 1, "this phone has just been signed in, and gets a new code"
    assert Credential.objects.live().count() == 1
    code.get_by_role("button", name="注销小哥码").click()
    code.get_by_label("是，注销").check()
    code.get_by_role("button", name="注销", exact=True).click()
    expect(code.locator("[data-view=enrol]")).to_be_visible()
    assert not Credential.objects.live().exists()
    assert code.evaluate(KEYS) == []


def test_the_card_for_whoever_cannot_hear_is_turned_for_the_guard(code: Any) -> None:
    code.get_by_role("button", name="听不见").click()
    card = code.locator("dialog[data-dialog=card]")
    card.get_by_label("写在这里").fill("送 3 幢 501")
    expect(card.locator("[data-card-own]")).to_have_text("送 3 幢 501")
    card.get_by_role("button", name="转给保安看").click()
    expect(card.locator(".turned")).to_be_visible()


def test_an_app_on_the_home_screen_is_a_device_of_its_own(
    context: Any, page: Any, live_server: Any, holder: Any
) -> None:
    page.add_init_script(
        "const ask = window.matchMedia.bind(window);"
        "window.matchMedia = (query) => (query.includes('standalone') ? { matches: true } : ask(query));"
    )
    enter(context, live_server, holder.courier.user)
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-qr] svg")).to_be_visible()
    assert Container.objects.get().kind == "home_screen"
    wait_for_worker(page)
    context.set_offline(True)
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-qr] svg")).to_be_visible()


def test_in_another_apps_window_the_way_out_is_said(chromium: Any, live_server: Any, regions: Any) -> None:
    context = chromium.new_context(
        user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/116 Mobile MicroMessenger/8.0"
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-banner=app]")).to_contain_text("WeChat")
    context.close()


def test_without_javascript_the_page_says_what_to_do(chromium: Any, live_server: Any, regions: Any) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live_server.url}/code/")
    expect(page.get_by_text("由他手工登记放行").first).to_be_visible()
    expect(page.locator("[data-view=loading]")).to_be_hidden()
    context.close()


def test_eight_digits_are_shown_in_two_groups_for_the_chosen_compound(code: Any) -> None:
    ensure_checkpoints(listing=make_compound(name="康桥小区"))
    code.get_by_role("button", name="数字码").click()
    code.get_by_role("searchbox", name="小区").fill("康桥")
    code.get_by_role("button", name="康桥小区").click()
    expect(code.locator("[data-digits8]")).to_have_text(re.compile(r"^\d{4} \d{4}$"))
    expect(code.locator("[data-number-left]")).to_contain_text("秒")
    code.keyboard.press("Escape")
    code.get_by_role("button", name="数字码").click()
    expect(code.get_by_role("button", name="康桥小区")).to_be_visible()


def test_a_deed_without_a_signal_is_sent_once_and_goes_only_when_answered(context: Any, code: Any) -> None:
    got = []

    def answer(route: Any) -> None:
        got.append(route.request.post_data_json["id"])
        if len(got) == 1:
            route.abort()
        else:
            route.fulfill(json={"outcome": "created"})

    code.route("**/code/refused/", answer)
    put = f"async () => (await (await import('{static('js/code/outbox.js')}')).put('/code/refused/', {{ why: 'x' }})).sent"
    context.set_offline(True)
    assert code.evaluate(put) is None
    expect(code.locator("[data-banner=waiting]")).to_contain_text("1")
    context.set_offline(False)
    code.reload()
    code.locator("[data-qr] svg").wait_for()
    code.evaluate("window.dispatchEvent(new Event('online'))")
    expect(code.locator("[data-banner=waiting]")).to_be_hidden()
    assert len(got) >= 2
    assert len(set(got)) == 1


def test_a_refusal_at_a_gate_is_kept_without_a_signal_and_sent_once(context: Any, code: Any) -> None:
    context.set_offline(True)
    code.get_by_role("button", name="我被拦在门外").click()
    box = code.locator("dialog[data-dialog=refused]")
    box.get_by_label("小区或地点").fill("康桥小区")
    box.locator("[name=reason]").first.check()
    box.locator("form button").click()
    expect(box.locator("[data-refusal-waits]")).to_be_visible()
    assert not Refusal.objects.exists()
    context.set_offline(False)
    wait_until(code, "() => document.querySelector('[data-banner=waiting]').hidden")
    assert Refusal.objects.count() == 1


def test_what_the_server_refuses_stays_in_sight_until_it_is_sent_away(code: Any) -> None:
    refusal = {"error": "too_late", "say": "太晚了"}
    code.route("**/code/refused/", lambda route: route.fulfill(status=409, json=refusal))
    code.evaluate(f"async () => (await import('{static('js/code/outbox.js')}')).put('/code/refused/', {{}})")
    line = code.locator("[data-refused] li")
    expect(line).to_contain_text("太晚了")
    line.get_by_role("button").click()
    expect(code.locator("[data-banner=waiting]")).to_be_hidden()


def test_the_key_cannot_be_read_out(code: Any) -> None:
    refused = code.evaluate("""async () => {
        const record = await new Promise((done) => {
            const request = indexedDB.open('nuanxin-code', 1);
            request.onsuccess = () => {
                const asked = request.result.transaction('keys').objectStore('keys').get('current');
                asked.onsuccess = () => { request.result.close(); done(asked.result); };
            };
        });
        return Promise.all(['raw', 'jwk', 'pkcs8'].map((form) =>
            crypto.subtle.exportKey(form, record.privateKey).then(() => false, () => true)));
    }""")
    assert refused == [True, True, True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_serious_and_nothing_needs_scrolling(
    code: Any, live_server: Any, scheme: str, language: str
) -> None:
    code.emulate_media(color_scheme=scheme)
    code.goto(f"{live_server.url}/code/?lang={language}")
    code.locator("[data-qr] svg").wait_for()
    for width, height in ((360, 640), (390, 844)):
        code.set_viewport_size({"width": width, "height": height})
        code.evaluate("window.scrollTo(0, 0)")
        bar = code.locator(".bar").bounding_box()["y"]
        clock = code.locator("[data-clock]").bounding_box()
        assert clock["y"] + clock["height"] <= bar, f"{width}x{height}"
        assert code.evaluate("document.documentElement.scrollWidth") <= width
        keep(code, f"code-{scheme}-{language}-{width}")
    assert serious(code) == []
    for name in (
        "challenge",
        "scan",
        "manual",
        "card",
        "devices",
        "lost",
        "photo",
        "correct",
        "kept",
        "erase",
        "refused",
    ):
        code.evaluate(f"document.querySelector('[data-open={name}]').click()")
        code.locator(f"dialog[data-dialog={name}]").wait_for()
        assert serious(code) == [], name
        keep(code, f"{name}-{scheme}-{language}")
        code.keyboard.press("Escape")
    for view in (
        "signin",
        "lost",
        "again",
        "full",
        "waiting",
        "enrol",
        "suspended",
        "expired",
        "offline",
        "unsupported",
    ):
        code.evaluate(SHOW_ONLY, view)
        assert serious(code) == [], view
        keep(code, f"view-{view}-{scheme}-{language}")


def wait_for_text(page: Any, wanted: Any) -> str:
    """Read the screen until what is read is wanted."""
    for _attempt in range(60):
        text = read(page)
        if wanted(xg1.decode(text)):
            return text
        page.wait_for_timeout(250)
    raise AssertionError("The screen never showed it.")


def keep(page: Any, name: str) -> None:
    """Take a picture for whoever asks for pictures."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")
