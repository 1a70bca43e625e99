"""Identity codes: what is out of range is neither issued nor presented nor printed."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from portal.accounts.models import Courier
from scripts.xg1_vectors import making
from services.codes import xg1


def credential_lines(**changes: object) -> dict:
    return {
        "private_key": making.ISSUER,
        "kid": 1,
        "index": 1,
        "issued_at": making.T,
        "life_hours": 48,
        "platform": 3,
        "work_type": "parcel",
        "provisional": False,
        "name": "王*",
        "public_key": making.DEVICE.point,
        **changes,
    }


def test_the_work_types_are_those_of_couriers() -> None:
    assert sorted(xg1.WORK_TYPES.values()) == sorted(Courier.WorkType.values)
    made = xg1.issue(**credential_lines(work_type=Courier.WorkType.PARCEL))
    assert xg1.read_credential(made).work_type == Courier.WorkType.PARCEL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kid", -1),
        ("kid", 65536),
        ("index", 2**24),
        ("index", "1"),
        ("issued_at", 2**32),
        ("issued_at", 1.5),
        ("life_hours", 0),
        ("life_hours", 73),
        ("platform", 256),
        ("work_type", "idle"),
        ("name", ""),
        ("name", "一二三四五"),
        ("name", "a\u202eb"),
        ("name", "a\nb"),
        ("name", "\ud800"),
        ("public_key", b""),
        ("public_key", b"\2" + b"\xff" * 32),
        ("public_key", b"\2" + (1).to_bytes(32)),
        ("private_key", ec.derive_private_key(5, ec.SECP384R1())),
    ],
)
def test_a_credential_out_of_range_is_not_issued(field: str, value: object) -> None:
    xg1.issue(**credential_lines())
    with pytest.raises(ValueError):
        xg1.issue(**credential_lines(**{field: value}))


@pytest.mark.parametrize(
    "changes",
    [
        {"step": -1},
        {"step": 2**32},
        {"gate": 2**24},
        {"challenge": 65536},
        {"credential": b"\1"},
        {"credential": b""},
    ],
)
def test_a_presentation_out_of_range_is_not_made(changes: dict) -> None:
    with pytest.raises(ValueError):
        xg1.present(**{"device_key": making.DEVICE, "credential": making.credential(), "step": 1, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": 65536},
        {"gate": -1},
        {"expires_at": 2**32},
        {"place": "short"},
        {"place": "0G7H2K9MZX\n"},
        {"name": ""},
        {"name": "一" * 17},
        {"name": "a\u2066"},
    ],
)
def test_a_print_out_of_range_is_not_made(changes: dict) -> None:
    lines = {"kid": 11, "place": "0G7H2K9MZX", "gate": 7, "expires_at": making.T, "name": "南门"}
    xg1.issue_place(private_key=making.PLACE_SIGNER, **lines)
    with pytest.raises(ValueError):
        xg1.issue_place(private_key=making.PLACE_SIGNER, **{**lines, **changes})
