"""Couriers with codes, made as the portal makes them: enrolled, checked, with device keys in containers."""

import hashlib
import time
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Courier, Organisation, User
from services.codes import terms, xg1
from services.codes.enrolling import enrol
from services.codes.issuing import first_credential
from services.codes.models import Credential, Holder, Platform
from services.codes.renewing import PREFIX, new_nonce, renew
from services.codes.standing import rest_on
from services.codes.xg1.curve import sign
from tests.personas import make_person

JSON = {"X-Nuanxin": "1"}
FORM = {
    "name": "李小明",
    "work_type": "food_delivery",
    "platform": 0,
    "agreed": True,
    "terms_version": terms.VERSION,
    "location_agreed": True,
}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class DeviceKey:
    """A key pair as a courier's browser makes it; always the same for the same word."""

    def __init__(self, word: str = "first") -> None:
        number = int.from_bytes(hashlib.sha256(word.encode()).digest()) % (2**255)
        self.private = ec.derive_private_key(number + 1, ec.SECP256R1())
        self.public = xg1.compress(self.private.public_key())

    @property
    def text(self) -> str:
        """Return the public key as a page sends it."""
        return b64(self.public)

    def sign_renewal(self, nonce: str, new: "DeviceKey") -> bytes:
        """Return what asks for the next credential."""
        return sign(self.private, PREFIX + nonce.encode() + new.public)


def sign_in(user: User, *, ago_s: float = 0, method: str = "code") -> Client:
    """Return a browser in which somebody typed a code by text message so many seconds ago."""
    client = Client()
    client.force_login(user)
    session = client.session
    record = {"method": method, "at": time.time() - ago_s, "phone": str(user.phone)}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [record]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def post(client: Client, address: str, **body: Any) -> Any:
    """Post JSON as the page does."""
    return client.post(address, body, content_type="application/json", headers=JSON)


def make_platform(number: int = 1, name: str = "试送") -> Platform:
    """Return a platform with a number."""
    organisation, _made = Organisation.objects.get_or_create(kind="platform", name=f"{name}公司")
    platform, _made = Platform.objects.get_or_create(
        organisation=organisation, number=number, short_name=name, short_name_en=f"Platform {number}"
    )
    return platform


def make_holder(
    user: User | None = None,
    *,
    basis: str = Holder.Basis.PROOF,
    until: datetime | None = None,
    now: datetime | None = None,
    **form: Any,
) -> Holder:
    """Return an enrolled courier whose code rests on something; 李小明 with a checked proof unless told otherwise."""
    if user is None:
        user = make_person("13900000001", "李小明")
        Courier.objects.create(user=user)
    holder = enrol(user=user, now=now, **{**FORM, **form})
    if holder.basis != basis:
        rest_on(holder, basis, now or timezone.now(), label="测试", until=until)
    return holder


def first(holder: Holder, word: str = "first", *, now: datetime | None = None, **more: Any) -> Credential:
    """Return a holder's first credential in a new container, for the key of a word."""
    asked = {"kind": "browser", "label": "手机", **more}
    return first_credential(user=holder.courier.user, public_key=DeviceKey(word).public, now=now, **asked)


def renewed(before: Credential, old: str, new: str, *, now: datetime | None = None) -> Credential:
    """Return the next credential of a container, for the key of the word `new`, asked for by the key of `old`."""
    assert before.container is not None
    number = str(before.container.number)
    nonce = new_nonce(number)
    return renew(
        container=number,
        nonce=nonce,
        public_key=DeviceKey(new).public,
        signature=DeviceKey(old).sign_renewal(nonce, DeviceKey(new)),
        now=now,
    )
