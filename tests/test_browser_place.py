"""The page behind a place code in a real browser: my code for this gate, and the word of the minute."""

import time
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from services.codes import xg1
from services.codes.checkpoints import ensure_checkpoints
from services.codes.minute_words import word_at
from services.codes.models import Checkpoint, Pass
from services.codes.placing import printed
from tests.browsing import serious
from tests.factories import gate, make_compound
from tests.test_browser_code import code, context, holder, judged, page  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def checkpoint(regions: Any) -> Checkpoint:
    return ensure_checkpoints(listing=make_compound(gates={"gates": [gate(name="南门")]}))[0]


def address(checkpoint: Checkpoint, live_server: Any) -> str:
    return f"{live_server.url}/g/{printed(checkpoint=checkpoint).address.rstrip('/').rsplit('/', 1)[1]}/"


def test_the_pass_is_bound_to_the_gate_and_a_tap_brings_the_word_of_the_minute(
    code: Any,  # noqa: F811
    live_server: Any,
    checkpoint: Checkpoint,
) -> None:
    code.goto(address(checkpoint, live_server))
    expect(code.locator("[data-code] svg")).to_be_visible()
    expect(code.locator("[data-who]")).to_have_text("李*明")
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(code.locator("[data-code]").screenshot())))
    assert xg1.decode(found.text).gate == checkpoint.number
    assert judged(found.text, gate=checkpoint.number) == "ok"
    assert judged(found.text, gate=checkpoint.number + 1) == "wrong_gate"
    code.locator("[data-go-in]").click()
    expect(code.locator("[data-word]")).not_to_be_empty()
    minute = int(time.time() // 60)
    words = {word_at(checkpoint.number, minute - ago) for ago in (0, 1)}
    assert code.locator("[data-word]").inner_text() in words
    assert Pass.objects.get().method == "claim"  # The word comes with the answer.


def test_a_browser_without_a_code_is_asked_for_nothing(
    page: Any,  # noqa: F811
    live_server: Any,
    checkpoint: Checkpoint,
) -> None:
    page.goto(address(checkpoint, live_server))
    expect(page.get_by_text("本浏览器里没有小哥码")).to_be_visible()
    assert page.locator("main form, main input").count() == 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert serious(page) == []
