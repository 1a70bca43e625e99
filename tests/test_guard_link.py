"""The link that `make run` prints for a guard's phone."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.listings.models import Stewardship
from services.codes.enrolling_devices import LinkOver, redeem
from services.codes.models import Device
from tests.factories import make_compound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]

PHONE = "13800000061"


@pytest.fixture
def compound(groups: Any) -> Any:
    from tests.personas import make_staff

    kept = make_compound()
    manager = make_staff(
        PHONE, "物业", group=groups["物业"], kind="property", office="示例物业", area_code=""
    )
    Stewardship.objects.create(post=manager.acting_post, listing=kept)
    return kept


def link() -> str:
    output = io.StringIO()
    call_command("guard_link", PHONE, stdout=output)
    return output.getvalue().strip().rstrip("/").rsplit("/", 1)[1]


def test_a_link_enrols_one_phone_at_the_compound_that_is_kept_and_a_new_one_ends_it(compound: Any) -> None:
    first, second = link(), link()
    with pytest.raises(LinkOver):
        redeem(secret=first, now=timezone.now())
    device, _secret = redeem(secret=second, now=timezone.now())
    assert device.listing_id == compound.pk
    assert Device.objects.count() == 1


@pytest.mark.parametrize("phone", ["13800000062", "abc"])
def test_who_keeps_no_compound_gets_no_link(compound: Any, phone: str) -> None:
    with pytest.raises(CommandError, match="keeps a compound"):
        call_command("guard_link", phone)


def test_a_new_phone_finds_the_gates_of_the_card_to_stand_at(compound: Any) -> None:
    assert not compound.checkpoints.exists()
    link()
    admitting = {gate.name for gate in compound.gates.all() if gate.admits_couriers}
    assert admitting
    assert {point.name for point in compound.checkpoints.all()} == admitting


def test_no_link_goes_around_the_second_factor(compound: Any, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    with pytest.raises(CommandError, match="second factor|SECOND_FACTOR"):
        call_command("guard_link", PHONE)
