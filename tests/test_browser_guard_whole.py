"""From the one-time link to the pass in the log: the guard's page and the real server together."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from services.codes import enrolling_devices, manual_codes, xg1
from services.codes.models import GuardName, Incident, LiveOrder, Pass, Proof
from services.codes.standing import phone_hash
from tests.code_gates import ALWAYS, make_device, make_gate, make_phone, revoke
from tests.code_holders import make_platform
from tests.code_worker import WATCH
from tests.factories import make_compound
from tests.guard_gate import png
from tests.test_browser_guard import GO, NO

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def gate(regions: Any) -> Any:
    """Return a compound's south gate with a guard."""
    place = make_gate(make_compound(hours=ALWAYS, bays="车停南侧专用位"))
    GuardName.objects.create(listing=place.listing, name="值班一号")
    return place


@pytest.fixture
def page(chromium: Any, live_server: Any, gate: Any) -> Iterator[Any]:
    """Return a guard's phone that was registered by a link and begins a shift."""
    now = timezone.now()
    device, _former = make_device(gate, now)
    secret = "a-link-for-one-phone"
    type(device).objects.filter(pk=device.pk).update(
        digest=None,
        invitation_digest=enrolling_devices.digest_of(secret),
        invited_until=now + dt.timedelta(minutes=15),
    )
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 640}, service_workers="block"
    )
    context.set_default_timeout(30_000)
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    page.goto(f"{live_server.url}/guard/enrol/{secret}/")
    page.get_by_role("button", name="登记").click()
    page.get_by_role("button", name="值班一号").click()
    page.get_by_role("button", name="南门").click()
    page.get_by_role("button", name="开始当班").click()
    expect(page.locator("main")).to_have_attribute("data-view", "scan", timeout=30_000)
    yield page
    assert page.evaluate("window.violations") == []
    context.close()


def scan(page: Any, text: str, word: str) -> None:
    """Hold a code up and wait for a word."""
    page.locator("[data-picture]").set_input_files(png(text))
    expect(page.locator("[data-word-large]")).to_have_text(word, timeout=30_000)


def sent(page: Any) -> None:
    """Wait until nothing waits."""
    expect(page.locator("[data-net]")).not_to_contain_text("待传", timeout=30_000)


def test_a_scan_is_in_the_log_with_its_proof_and_shift(page: Any, gate: Any) -> None:
    phone = make_phone(timezone.now())
    with page.expect_response("**/guard/passes/"):
        scan(page, phone.text(timezone.now(), gate=gate.number), GO)
    expect(page.locator("[data-terms]")).to_contain_text("车停南侧专用位")
    sent(page)
    [row] = Pass.objects.all()
    assert (row.pid, row.verdict, row.assurance, row.guard_label) == (phone.pid, "ok", 4, "值班一号")
    assert row.checkpoint_number == gate.number
    assert Proof.objects.filter(pass_id=row.pk).exists()


def test_a_code_taken_back_since_the_last_list_is_refused_by_the_server(page: Any, gate: Any) -> None:
    phone = make_phone(timezone.now())
    revoke(phone, timezone.now())
    scan(page, phone.text(timezone.now(), gate=gate.number), NO)
    expect(page.locator("[data-verdict]").first).to_have_attribute("data-verdict", "revoked")
    expect(page.locator("[data-who]")).to_be_hidden()
    sent(page)


def test_passes_made_offline_arrive_later(page: Any, gate: Any) -> None:
    phone = make_phone(timezone.now())
    page.context.set_offline(True)
    expect(page.locator("[data-net]")).to_contain_text("未联网")
    scan(page, phone.text(timezone.now(), gate=gate.number), GO)
    expect(page.locator("[data-net]")).to_contain_text("待传 1")
    page.context.set_offline(False)
    expect(page.locator("[data-net]")).to_contain_text("已联网", timeout=60_000)
    sent(page)
    [row] = Pass.objects.all()
    assert (row.verdict, row.assurance, row.made_offline) == ("ok", 2, True)


def test_eight_digits_stand_for_a_screen_that_is_broken(page: Any, gate: Any) -> None:
    phone = make_phone(timezone.now())
    now = timezone.now()
    text = phone.text(now, challenge=xg1.UNSHOWN)
    code, _ends_at = manual_codes.mint(text=text, listing=gate.listing.public_id, now=now)
    page.get_by_role("button", name="手动登记").click()
    for digit in code:
        page.get_by_role("button", name=digit, exact=True).click()
    expect(page.locator("[data-word-large]")).to_have_text(GO, timeout=30_000)
    expect(page.locator("[data-who]")).to_contain_text("李*明")
    [row] = Pass.objects.all()
    assert (row.method, row.pid, row.guard_label) == ("manual_code", phone.pid, "值班一号")


def test_what_only_the_server_knows_is_shown_for_a_moment(page: Any, gate: Any) -> None:
    now = timezone.now()
    phone = make_phone(now)
    platform = make_platform(7)
    LiveOrder.objects.create(
        platform=platform,
        external_id="A1",
        phone_hash=phone_hash(phone.row.holder.courier.user.phone),
        listing_id=gate.listing_id,
        starts_at=now - dt.timedelta(minutes=5),
        ends_at=now + dt.timedelta(hours=1),
    )
    scan(page, phone.text(timezone.now(), gate=gate.number), GO)
    expect(page.locator("[data-order]")).to_have_text("正在本小区送单", timeout=30_000)


def test_the_digits_that_were_asked_are_judged_by_the_server_too(page: Any, gate: Any) -> None:
    type(gate).objects.filter(pk=gate.pk).update(is_attended=False)
    with page.expect_response("**/guard/sync/?*"):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_load_state("networkidle")
    phone = make_phone(timezone.now())
    scan(page, phone.text(timezone.now()), "请稍等")
    asked = page.locator("[data-digits]").inner_text()
    assert len(asked) == 4
    with page.expect_response("**/guard/passes/"):
        scan(page, phone.text(timezone.now(), challenge=int(asked)), GO)
    sent(page)
    [row] = Pass.objects.all()
    assert (row.verdict, row.assurance, row.challenge) == ("ok", 4, int(asked))


def test_three_taps_tell_the_property_of_the_pass(page: Any, gate: Any) -> None:
    phone = make_phone(timezone.now())
    with page.expect_response("**/guard/passes/"):
        scan(page, phone.text(timezone.now(), gate=gate.number), GO)
    page.get_by_role("button", name="有情况").click()
    page.get_by_role("button", name="骑行过快").click()
    with page.expect_response("**/guard/incident/"):
        page.get_by_role("button", name="上报").click()
    expect(page.locator("[data-notice-text]")).to_contain_text("已上报", timeout=30_000)
    [incident] = Incident.objects.all()
    assert (incident.kind, incident.listing_id) == ("speeding", gate.listing_id)
    assert incident.pass_id == Pass.objects.get().pk
