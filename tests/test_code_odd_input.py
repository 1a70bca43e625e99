"""Whatever is posted to the courier's addresses, the answer is a sentence and never a fault."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from services.codes.models import Credential, Holder
from services.codes.renewing import new_nonce
from services.codes.views import courier_data
from tests.code_holders import FORM, JSON, DeviceKey, b64, first, make_holder, post, sign_in

pytestmark = pytest.mark.django_db
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    "",
    " ",
    "\0",
    "\u202e李",
    "é" * 5000,
    "x" * 100_000,
    "🛵",
    [],
    ["x"],
    {},
    {"x": [1]},
]


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: Any) -> None:
    for name in ("ENROL_RATES", "CREDENTIAL_RATES"):
        monkeypatch.setattr(courier_data, name, ())


def spoilt(right: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the body with each of its fields odd in each way, and left out."""
    left_out = [{key: right[key] for key in right if key != name} for name in right]
    return left_out + [{**right, name: value} for name in right for value in ODD]


def check(answer: Any, body: Any) -> None:
    assert answer.status_code < 500, body
    if answer.status_code >= 400:
        assert answer.json()["error"], body
        assert answer.json()["say"], body


def test_an_odd_form_is_answered(courier: User) -> None:
    client = sign_in(courier)
    for body in spoilt(FORM):
        check(post(client, "/code/enrol/", **body), body)
    assert Holder.objects.count() <= 1


def test_an_odd_first_key_is_answered(courier: User) -> None:
    make_holder(courier)
    client = sign_in(courier)
    right = {"public_key": DeviceKey().text, "kind": "browser", "label": "手机"}
    for body in spoilt(right):
        check(post(client, "/code/credential/", **body), body)
    labels = Holder.objects.get().containers.values_list("label", flat=True)
    assert all(len(label) <= 60 and label.isprintable() for label in labels)
    assert Credential.objects.count() <= 1, "one key, one credential"


def test_an_odd_renewal_is_answered(courier: User) -> None:
    given = first(make_holder(courier), "one")
    number = str(given.container.number)
    nonce = new_nonce(number)
    signature = b64(DeviceKey("one").sign_renewal(nonce, DeviceKey("two")))
    right = {
        "container": number,
        "nonce": nonce,
        "public_key": DeviceKey("two").text,
        "signature": signature,
    }
    for body in spoilt(right):
        check(post(Client(), "/code/renew/", **body), body)
    assert Credential.objects.count() == 1
    for container in ("", "x", number + "0", number.upper(), number.replace("-", "")):
        check(Client().get("/code/nonce/", {"container": container}), container)
    check(Client().get("/code/nonce/"), None)


@pytest.mark.parametrize("address", ["enrol", "credential", "renew", "lost", "erase"])
def test_what_is_no_object_is_answered(courier: User, address: str) -> None:
    client = sign_in(courier)
    for content in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'):
        answer = client.post(f"/code/{address}/", content, content_type="application/json", headers=JSON)
        check(answer, content[:20])
        assert answer.status_code >= 400
