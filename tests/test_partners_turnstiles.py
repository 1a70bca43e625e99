"""A turnstile's key is replaced: it goes on with the old one until that ends, and with the new one at once."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from portal.partners.models import ApiKey
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import rotate_key
from services.codes import enrolling_devices
from services.codes.api import callers
from services.codes.models import Device
from tests.code_gates import make_gate, make_phone
from tests.test_code_turnstiles import Turnstile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def turnstile(regions: Any) -> Turnstile:
    """Return a turnstile at a gate."""
    callers._kept.clear()
    return Turnstile(make_gate(), timezone.now())


def opens(turnstile: Turnstile, text: str) -> tuple[int, Any]:
    """Return what a fresh code comes to with a key: the status, and whether the gate opens or the error's code."""
    callers._kept.clear()
    turnstile.key = text
    answer = turnstile.scan(make_phone(timezone.now()).text(timezone.now(), gate=turnstile.place.number))
    body = answer.json()
    return answer.status_code, body.get("opens", body.get("code"))


def rotated(turnstile: Turnstile) -> tuple[ApiKey, str]:
    old: Any = turnstile.device.api_key
    return rotate_key(key=old, by=None, overlap=dt.timedelta(days=1))


def test_both_keys_open_the_gate_until_the_old_one_ends(turnstile: Turnstile) -> None:
    first = turnstile.key
    _new, second = rotated(turnstile)
    assert opens(turnstile, first) == (200, True)
    assert turnstile.sync().status_code == 200
    assert opens(turnstile, second) == (200, True)
    assert turnstile.sync().status_code == 200
    ApiKey.objects.filter(prefix=first.split("_")[1]).update(expires_at=timezone.now())
    assert opens(turnstile, first) == (401, "key_invalid")
    assert opens(turnstile, second) == (200, True)


def test_revoking_the_new_key_leaves_the_gate_to_the_old_one_while_that_holds(turnstile: Turnstile) -> None:
    first = turnstile.key
    new, second = rotated(turnstile)
    revoke_keys(keys=ApiKey.objects.filter(pk=new.pk), by=None)
    assert opens(turnstile, second) == (401, "key_invalid")
    assert opens(turnstile, first) == (200, True)


def test_a_device_that_was_ended_does_not_come_back_with_a_new_key(turnstile: Turnstile) -> None:
    Device.objects.update(revoked_at=timezone.now())
    new, _text = rotated(turnstile)
    assert enrolling_devices.of_key(new, now=timezone.now()) is None
    assert not new.devices.exists()
