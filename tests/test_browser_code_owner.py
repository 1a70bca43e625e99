"""A phone that two people use: whose code is here, whose deeds wait here, and what is asked of the server for it."""

from typing import Any

import pytest
from django.templatetags.static import static
from playwright.sync_api import expect

from portal.accounts.models import Courier
from services.codes.models import Credential, Refusal
from tests.code_holders import make_holder, make_platform
from tests.code_worker import wait_until
from tests.personas import make_person
from tests.test_browser_code import code, context, enter, holder, page  # noqa: F401

OTHER = "[data-banner=other]"
WAITING = "[data-banner=waiting]"
#: The rows of the outbox, with what the phone wrote beside them.
ROWS = """() => new Promise((done) => {
    const request = indexedDB.open('nuanxin-code', 1);
    request.onsuccess = () => {
        const rows = request.result.transaction('outbox').objectStore('outbox').getAll();
        rows.onsuccess = () => { request.result.close(); done(rows.result); };
    };
})"""
#: As if the code of this phone were in another container, whose key is not here.
MOVE = """(container) => new Promise((done) => {
    const request = indexedDB.open('nuanxin-code', 1);
    request.onsuccess = () => {
        const rows = request.result.transaction('keys', 'readwrite').objectStore('keys');
        const asked = rows.get('current');
        let before;
        asked.onsuccess = () => { before = asked.result.container; rows.put({ ...asked.result, container }); };
        rows.transaction.oncomplete = () => { request.result.close(); done(before); };
    };
})"""
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def outbox(do: str) -> str:
    """Return a script that does something with the outbox."""
    return f"async () => {{ const outbox = await import('{static('js/code/outbox.js')}'); return {do}; }}"


def make_other() -> Any:
    """Return somebody else who is signed in and has no code."""
    user = make_person("13900000777", "王小红")
    Courier.objects.create(user=user)
    return user


def synced(shown: Any) -> None:
    """Open the page anew and wait until it has asked and said everything."""
    shown.reload()
    shown.locator("[data-qr] svg").wait_for()
    shown.evaluate(f"async () => (await import('{static('js/code/status.js')}')).sync()")


def test_whoever_just_got_the_code_is_not_called_somebody_else(
    context: Any,  # noqa: F811
    page: Any,  # noqa: F811
    live_server: Any,
    holder: Any,  # noqa: F811
) -> None:
    page.add_init_script(
        "window.said = 0; document.addEventListener('DOMContentLoaded', () => {"
        f"const one = document.querySelector('{OTHER}');"
        "new MutationObserver(() => { if (!one.hidden) window.said += 1; }).observe(one, { attributes: true }); });"
    )
    enter(context, live_server, holder.courier.user)
    page.goto(f"{live_server.url}/code/")
    expect(page.locator("[data-qr] svg")).to_be_visible()
    expect(page.locator(OTHER)).to_be_hidden()
    page.evaluate(f"async () => (await import('{static('js/code/status.js')}')).sync()")
    assert page.evaluate("window.said") == 0
    # The state in which the new container is not yet among one's own is read once more.
    assert page.evaluate(
        f"async () => (await (await import('{static('js/code/store.js')}')).recall('state')).containers.length"
    )


def test_somebody_else_is_told_and_renews_the_code_once_only(
    context: Any,  # noqa: F811
    code: Any,  # noqa: F811
    live_server: Any,
) -> None:
    enter(context, live_server, make_other())
    synced(code)
    expect(code.locator(OTHER)).to_be_visible()
    given = Credential.objects.count()
    for _time in range(3):
        synced(code)
    assert Credential.objects.count() == given <= 2
    expect(code.locator(OTHER)).to_be_visible()


@pytest.mark.parametrize(
    ("body", "is_final"),
    [
        ({"error": "not_enrolled", "say": "你没有小哥码"}, True),
        ({"error": "sign_in", "say": "请先登录"}, False),
        ({"error": "sign_in_again", "say": "请先登录"}, False),
        ({"error": "not_from_here", "say": "请刷新"}, False),
        ({"error": "other_holder", "say": "不是本人"}, False),
        ({}, False),
    ],
)
def test_a_refusal_that_no_sign_in_mends_is_final_and_shown(
    code: Any,  # noqa: F811
    body: dict[str, str],
    is_final: bool,
) -> None:
    code.route("**/code/refused/", lambda route: route.fulfill(status=403, json=body))
    code.evaluate(outbox("outbox.put('/code/refused/', {})"))
    expect(code.locator(WAITING)).to_be_visible()
    lines = code.locator("[data-refused] li")
    expect(lines).to_have_count(1 if is_final else 0)
    if is_final:
        expect(lines).to_contain_text(body["say"])
        lines.get_by_role("button").click()
        expect(code.locator(WAITING)).to_be_hidden()


def test_what_waits_of_one_code_is_neither_sent_nor_seen_under_another(code: Any) -> None:  # noqa: F811
    sent: list[dict[str, Any]] = []

    def answer(route: Any) -> None:
        sent.append(route.request.post_data_json)
        if len(sent) == 1:
            route.abort()
        else:
            route.fulfill(json={})

    code.route("**/code/refused/", answer)
    code.evaluate(outbox("outbox.put('/code/refused/', {})"))
    expect(code.locator(WAITING)).to_be_visible()
    own = code.evaluate(MOVE, "00000000-0000-4000-8000-000000000000")
    assert [row["container"] for row in code.evaluate(ROWS)] == [own]
    # The state that is remembered tells of whoever has the code that was here.
    code.evaluate(f"async () => (await import('{static('js/code/store.js')}')).remember('state', null)")
    assert code.evaluate(outbox("outbox.flush()")) == []
    assert code.evaluate(outbox("outbox.waiting()")) == []
    assert len(code.evaluate(ROWS)) == 1
    code.evaluate(MOVE, own)
    code.evaluate(outbox("outbox.flush()"))
    wait_until(code, f"async () => (await ({ROWS})()).length === 0")
    assert [body["container"] for body in sent] == [own, own]


def test_what_one_wrote_is_not_sent_in_the_name_of_whoever_signs_in_later(
    context: Any,  # noqa: F811
    code: Any,  # noqa: F811
    live_server: Any,
    holder: Any,  # noqa: F811
) -> None:
    context.set_offline(True)
    code.get_by_role("button", name="我被拦在门外").click()
    box = code.locator("dialog[data-dialog=refused]")
    box.get_by_label("小区或地点").fill("康桥小区")
    box.locator("[name=reason]").first.check()
    box.locator("form button").click()
    expect(box.locator("[data-refusal-waits]")).to_be_visible()
    other = make_holder(make_other(), platform=make_platform(7, "试送").number)
    enter(context, live_server, other.courier.user)
    context.set_offline(False)
    synced(code)
    code.evaluate(outbox("outbox.flush()"))
    assert not Refusal.objects.exists()
    assert len(code.evaluate(ROWS)) == 1
    enter(context, live_server, holder.courier.user)
    synced(code)
    wait_until(code, f"async () => (await ({ROWS})()).length === 0")
    assert Refusal.objects.get().holder_id == holder.pk
