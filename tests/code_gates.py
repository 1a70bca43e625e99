"""Gates, devices and couriers' phones for tests: real keys, real signatures, rows as devices send them."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from uuid_utils.compat import uuid7

from portal.accounts.models import Courier, Organisation
from portal.partners.models import ApiKey
from services.codes import enrolling_devices, syncing, xg1
from services.codes.keyring import KeyRing, Purpose
from services.codes.models import Checkpoint, Credential, Device, Holder, StatusIndex, StatusListIssue
from services.codes.pass_rows import proof_text
from tests.factories import make_compound, open_row, weekly
from tests.personas import make_person

_numbers = itertools.count(1)
DEFAULT = object()
ALL_DAY = {"rule": "all_day", "opens": None, "closes": None}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
ALWAYS = weekly(*(open_row(day, "00:00", "23:59") | ALL_DAY for day in WEEK))
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def at_ms(moment: dt.datetime) -> str:
    """Return a new UUIDv7 of a moment."""
    return str(uuid7(nanoseconds=(moment - EPOCH) // dt.timedelta(microseconds=1) * 1000))


@dataclass
class Phone:
    """A courier's phone: a device key, a credential and the courier it belongs to."""

    now: dt.datetime
    life_hours: int = 48
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    row: Any = None
    data: bytes = b""

    @property
    def pid(self) -> str:
        """Return the credential's pid."""
        return self.row.pid

    def text(self, moment: dt.datetime, *, gate: int = 0, challenge: int = xg1.NO_CHALLENGE) -> str:
        """Return the code that the phone shows at a moment."""
        return xg1.present(
            device_key=self.key,
            credential=self.data,
            step=xg1.step_at(moment.timestamp()),
            gate=gate,
            challenge=challenge,
        )


def make_holder(**fields: Any) -> Holder:
    """Return an active holder with a person of its own."""
    person = make_person(f"139{next(_numbers):08d}", "李小明")
    courier = Courier.objects.create(user=person, work_type=Courier.WorkType.FOOD_DELIVERY)
    return Holder.objects.create(
        courier=courier,
        **{"terms_version": "1", "consented_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **fields},
    )


def make_phone(
    now: dt.datetime,
    *,
    holder: Any = DEFAULT,
    life_hours: int = 48,
    known: bool = True,
    age: dt.timedelta = dt.timedelta(hours=1),
) -> Phone:
    """Return a phone with a credential issued an hour ago; `known` False: the server keeps nothing of it."""
    phone = Phone(now, life_hours)
    kid, issuer = KeyRing.load().signing(Purpose.CREDENTIAL)
    issued_at = int((now - age).timestamp())
    index = 1000 + next(_numbers)
    phone.data = xg1.issue(
        private_key=issuer,
        kid=kid,
        index=index,
        issued_at=issued_at,
        life_hours=life_hours,
        platform=7,
        work_type="food_delivery",
        provisional=False,
        name="李*明",
        public_key=xg1.compress(phone.key.public_key()),
    )
    told = xg1.read_credential(phone.data)
    phone.row = Credential(
        pid=told.pid,
        digest=told.digest.hex(),
        public_key=told.public_key.hex(),
        kid=kid,
        index=index,
        issued_at=dt.datetime.fromtimestamp(issued_at, dt.UTC),
        ends_at=dt.datetime.fromtimestamp(told.ends_at, dt.UTC),
        platform_number=7,
        work_type="food_delivery",
        holder=make_holder() if holder is DEFAULT else holder,
    )
    if known:
        phone.row.save()
        StatusIndex.objects.create(
            index=index, pid=told.pid, free_at=phone.row.ends_at + dt.timedelta(days=2)
        )
    return phone


def revoke(phone: Phone, at: dt.datetime) -> None:
    """Take a credential back."""
    Credential.objects.filter(pid=phone.pid).update(revoked_at=at)
    StatusIndex.objects.filter(pid=phone.pid).update(revoked_at=at)


def make_gate(listing: Any = None, *, name: str = "南门", attended: bool = True, **fields: Any) -> Checkpoint:
    """Return a checkpoint of a compound, which is made when none is given."""
    listing = listing or make_compound(hours=ALWAYS)
    return Checkpoint.objects.create(
        listing_id=listing.pk, name=name, is_attended=attended, **{"kind": "gate", **fields}
    )


def make_device(place: Checkpoint, now: dt.datetime, **fields: Any) -> tuple[Device, str]:
    """Return a guard's phone that is enrolled, and its secret."""
    secret = Device.new_secret()
    device = Device.objects.create(
        listing_id=place.listing_id,
        name=f"门岗手机{next(_numbers)}",
        digest=enrolling_devices.digest_of(secret),
        enrolled_at=now,
        expires_at=now + dt.timedelta(days=30),
        **fields,
    )
    return device, secret


def make_turnstile(
    place: Checkpoint, now: dt.datetime, *, scopes: tuple[str, ...] = ("passes:write", "gates:read")
) -> tuple[Device, str]:
    """Return a turnstile at a checkpoint and the text of its API key."""
    organisation, _created = Organisation.objects.get_or_create(kind="property", name="安居物业")
    key, text = ApiKey.issue(organisation=organisation, name="闸机", scopes=list(scopes))
    device = Device.objects.create(
        listing_id=place.listing_id,
        checkpoint=place,
        kind="turnstile",
        name=f"闸机{next(_numbers)}",
        api_key=key,
        enrolled_at=now,
        expires_at=now + dt.timedelta(days=365),
    )
    return device, text


def row_of(
    place: Checkpoint,
    phone: Phone | None,
    moment: dt.datetime,
    *,
    gate: int | None = None,
    shown_at: dt.datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a row as a device sends it: scanned at a moment, offline, bound to the checkpoint, by the newest list."""
    row: dict[str, Any] = {
        "id": at_ms(moment),
        "checkpoint": place.number,
        "sequence": next(_numbers),
        "shift": None,
        "direction": "in",
        "method": "scan",
        "pid": None,
        "credential_digest": None,
        "presentation": None,
        "challenge": None,
        "scanned_at": moment.isoformat(),
        "clock_offset_ms": 0,
        "made_offline": True,
        "list_version": StatusListIssue.objects.values_list("version", flat=True).first(),
        "verdict": "ok",
        "reasons": [],
        "assurance": 2,
        "forced_why": "",
        "annuls": None,
    }
    if phone is not None:
        text = phone.text(shown_at or moment, gate=place.number if gate is None else gate)
        code = xg1.decode(text)
        row |= {
            "pid": phone.pid,
            "credential_digest": phone.row.digest,
            "presentation": proof_text(code.proof),
        }
    return {**row, **changes}


def sync_of(device: Device, now: dt.datetime, cursor: str = "") -> dict[str, Any]:
    """Return what a device is told."""
    return syncing.sync(device=device, cursor=cursor, now=now)
