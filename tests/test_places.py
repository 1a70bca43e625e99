"""Place codes: what is printed, what a scan finds, and the courier's own claim."""

import datetime as dt
import io
import uuid
from typing import Any

import pytest
import uuid_utils
import zxingcpp
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from portal.accounts.models import User
from portal.listings import revising, states
from services.codes import posters, xg1
from services.codes.checkpoints import ensure_checkpoints, ensure_everywhere
from services.codes.keyring import KeyRing
from services.codes.models import Checkpoint, Credential, Pass
from services.codes.placing import Printed, find, printed
from tests.factories import gate, make_canteen, make_compound, make_station
from tests.personas import ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def checkpoint() -> Checkpoint:
    compound = make_compound(gates={"gates": [gate(name="南门"), gate(name="北门", admits_couriers=False)]})
    (found,) = ensure_checkpoints(listing=compound)
    return found


@pytest.fixture
def here(checkpoint: Checkpoint) -> Printed:
    return printed(checkpoint=checkpoint)


def text_of(place: Printed) -> str:
    return place.address.rstrip("/").rsplit("/", 1)[1]


def issued(*, at: dt.datetime, revoked_at: dt.datetime | None = None) -> tuple[bytes, Any]:
    """Return a credential that the server knows, and its device key."""
    device = ec.generate_private_key(ec.SECP256R1())
    kid, key = KeyRing.load().signing("credential")
    data = xg1.issue(
        private_key=key,
        kid=kid,
        index=7,
        issued_at=int(at.timestamp()),
        life_hours=48,
        platform=1,
        work_type="food_delivery",
        provisional=False,
        name="李*明",
        public_key=xg1.compress(device.public_key()),
    )
    read = xg1.read_credential(data)
    Credential.objects.create(
        pid=read.pid,
        digest=read.digest.hex(),
        public_key=read.public_key.hex(),
        kid=kid,
        index=7,
        issued_at=at,
        ends_at=at + dt.timedelta(hours=48),
        revoked_at=revoked_at,
    )
    return data, device


def claim_body(here: Printed, *, at: dt.datetime, **changes: Any) -> dict[str, Any]:
    data, device = issued(at=at - dt.timedelta(hours=1), revoked_at=changes.pop("revoked_at", None))
    at_gate = changes.pop("gate", here.checkpoint.number)
    shown = xg1.present(
        device_key=device,
        credential=data,
        step=xg1.step_at(at.timestamp()),
        gate=at_gate,
    )
    at_ms = int(at.timestamp() * 1000)
    key = uuid.UUID(int=uuid.UUID(str(uuid_utils.uuid7())).int & ((1 << 80) - 1) | at_ms << 80)
    return {"id": str(key), "place": text_of(here), "text": shown, "at_ms": at_ms, **changes}


def post_claim(client: Client, body: dict[str, Any]) -> Any:
    headers = {"X-Nuanxin": "1"}
    return client.post(reverse("code_claim"), body, content_type="application/json", headers=headers)


def test_only_gates_that_admit_couriers_have_checkpoints_and_names_keep_their_numbers(
    checkpoint: Checkpoint,
) -> None:
    compound = checkpoint.listing.as_kind
    assert (checkpoint.name, checkpoint.kind) == ("南门", "gate")
    changes = {"gates": {"gates": [gate(name="南门", opens="06:00", closes="22:00"), gate(name="东门")]}}
    revising.edit(listing=compound, changes=changes, actor=None, channel="office")
    compound.refresh_from_db()
    found = {point.name: point.number for point in ensure_checkpoints(listing=compound)}
    assert found.keys() == {"南门", "东门"}
    assert found["南门"] == checkpoint.number


def test_one_tap_adds_what_is_missing_in_reach_and_nothing_twice(clerk: User, other_clerk: User) -> None:
    make_compound(gates={"gates": [gate(name="南门"), gate(name="西门")]})
    make_canteen()
    make_station()
    make_compound(street=ZHALONGKOU, community=None, gates={"gates": [gate(name="东门")]})
    assert ensure_everywhere(user=clerk) == 4
    assert ensure_everywhere(user=clerk) == 0
    assert set(Checkpoint.objects.values_list("kind", flat=True)) == {"gate", "counter", "door"}
    assert ensure_everywhere(user=other_clerk) == 1


def test_a_print_leads_to_its_place_and_gate(client: Client, here: Printed) -> None:
    found = find(text_of(here))
    assert found.checkpoint == here.checkpoint
    assert found.gate is not None
    assert found.gate["name"] == "南门"
    answer = client.get(reverse("code_place", args=[text_of(here)]))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "南门" in page
    assert "这里怎么进" in page
    assert "require-trusted-types-for 'script'" in answer["Content-Security-Policy"]
    assert "<form" not in page and "<input" not in page


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        ("forged", 404, "不是本门户发的码"),
        ("cut", 404, "不是本门户发的码"),
        ("expired", 410, "已过期"),
        ("out of use", 404, "已停用"),
        ("archived", 404, "已停用"),
    ],
)
def test_a_print_that_does_not_count_says_so_and_never_asks_for_anything(
    client: Client, here: Printed, fault: str, status: int, says: str
) -> None:
    text = text_of(here)
    if fault == "forged":
        text = text[:-2] + ("AA" if text[-2:] != "AA" else "BA")
    if fault == "cut":
        text = text[:40]
    if fault == "expired":
        old = timezone.now() - dt.timedelta(days=731)
        kid, key = KeyRing.load().signing("place")
        text = xg1.issue_place(
            private_key=key,
            kid=kid,
            place=here.checkpoint.listing.public_id,
            gate=here.checkpoint.number,
            expires_at=int(old.timestamp()),
            name="南门",
        )
    if fault == "out of use":
        Checkpoint.objects.update(is_active=False)
    if fault == "archived":
        states.move(listing=here.checkpoint.listing.as_kind, to="archived", actor=None)
    answer = client.get(reverse("code_place", args=[text]))
    page = answer.content.decode()
    assert answer.status_code == status
    assert says in page
    assert "<form" not in page and "<input" not in page


def test_a_swapped_gate_number_is_not_believed(here: Printed, checkpoint: Checkpoint) -> None:
    other = ensure_checkpoints(listing=make_compound(gates={"gates": [gate(name="南门")]}))[0]
    kid, key = KeyRing.load().signing("place")
    text = xg1.issue_place(
        private_key=key,
        kid=kid,
        place=other.listing.public_id,
        gate=checkpoint.number,
        expires_at=int(timezone.now().timestamp()) + 60,
        name="南门",
    )
    with pytest.raises(LookupError, match="unknown"):
        find(text)


def test_a_claim_is_kept_once_with_assurance_nought_and_learns_the_word(
    client: Client, here: Printed
) -> None:
    body = claim_body(here, at=timezone.now())
    first, again = post_claim(client, body), post_claim(client, body)
    assert first.status_code == again.status_code == 200, first.content
    assert first.json()["word"]
    (kept,) = Pass.objects.all()
    assert (kept.method, kept.assurance, kept.listing_id) == ("claim", 0, here.checkpoint.listing_id)
    assert kept.checkpoint_number == kept.bound_gate == here.checkpoint.number or kept.bound_gate is None
    changed = {**body, "at_ms": body["at_ms"] + 1}
    assert post_claim(client, changed).status_code == 409


def test_a_claim_that_waited_for_a_signal_is_kept_without_a_word(client: Client, here: Printed) -> None:
    at = timezone.now() - dt.timedelta(days=2)
    answer = post_claim(client, claim_body(here, at=at))
    assert answer.status_code == 200, answer.content
    assert answer.json()["word"] is None
    assert Pass.objects.get().made_offline


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"id": str(uuid.uuid4())}, "bad_request"),
        ({"id": 5}, "bad_request"),
        ({"id": "01000000-0000-7000-8000-000000000000"}, "bad_request"),
        ({"id": "ffffffff-ffff-7fff-bfff-ffffffffffff"}, "bad_request"),
        ({"at_ms": "soon"}, "bad_request"),
        ({"at_ms": 1}, "bad_time"),
        ({"place": "AAAA"}, "unsupported_version"),
        ({"text": "XG1:."}, "not_believed"),
        ({"gate": 5}, "not_believed"),
        ({"gate": 0}, "not_believed"),
        ({"revoked_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "not_believed"),
    ],
)
def test_a_claim_that_proves_nothing_is_refused_with_a_sentence(
    client: Client, here: Printed, changes: dict[str, Any], error: str
) -> None:
    answer = post_claim(client, claim_body(here, at=timezone.now(), **changes))
    assert answer.json()["error"] == error
    assert answer.json()["say"]
    assert not Pass.objects.exists()


def test_a_code_writes_no_more_claims_than_a_person_can_mean(
    client: Client, here: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.codes.claiming.CLAIMS_PER_HOUR", 2)
    body = claim_body(here, at=timezone.now())
    assert [post_claim(client, body).status_code for _time in range(3)] == [200, 200, 429]
    assert Pass.objects.count() == 1


def test_posters_and_labels_can_be_read_by_a_phone(here: Printed) -> None:
    (found,) = zxingcpp.read_barcodes(posters.poster(here))
    assert found.text == here.address
    sheets = posters.labels([here] * 9)
    assert len(sheets) == 2
    assert {code.text for code in zxingcpp.read_barcodes(sheets[0])} == {here.address}
    assert len(zxingcpp.read_barcodes(sheets[0])) == 8


def test_a_clerk_prints_what_is_in_reach_and_nothing_else(
    clerk: User, other_clerk: User, checkpoint: Checkpoint
) -> None:
    from tests.test_permissions import signed_in

    data = {"_selected_action": [checkpoint.pk]}
    listed = reverse("admin:codes_checkpoint_changelist")
    mine, theirs = signed_in(clerk), signed_in(other_clerk)
    pdf = mine.post(listed, {**data, "action": "poster_pages"})
    assert pdf.content.startswith(b"%PDF")
    table = mine.post(listed, {**data, "action": "addresses"}).content.decode("utf-8-sig")
    assert str(checkpoint.number) in table
    png = mine.get(reverse("admin:codes_checkpoint_poster", args=[checkpoint.pk]))
    assert Image.open(io.BytesIO(png.content)).size == (1654, 2339)
    assert theirs.get(reverse("admin:codes_checkpoint_poster", args=[checkpoint.pk])).status_code == 404
    table = theirs.post(listed, {**data, "action": "addresses"}).content.decode("utf-8-sig")
    assert str(checkpoint.number) not in table
