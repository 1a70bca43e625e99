"""Giving an integration a new key: what the new one may do, how long the old one holds, what is told of it."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action, Event
from portal.partners.models import ApiKey, Source
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import LONGEST_OVERLAP, rotate_key
from tests.personas import PartnerKey

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def code_of(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        rotate_key(**given)
    return refused.value.code


def test_the_new_key_may_do_what_the_old_one_may_and_no_more(partner: PartnerKey, keeper: User) -> None:
    Source.objects.create(name="map-pois", label="地图点位库", organisation=partner.key.organisation)
    ends = timezone.now() + 90 * DAY
    ApiKey.objects.filter(pk=partner.key.pk).update(
        scopes=["listings:read", "listings:write"],
        sources=["map-pois"],
        area_code="330105",
        per_minute=77,
        expires_at=ends,
    )
    new, text = rotate_key(key=partner.key, by=keeper, overlap=DAY)
    assert ApiKey.find(text) == new
    new.refresh_from_db()
    found = (new.organisation, new.name, new.scopes, new.sources, new.area_code, new.per_minute)
    assert found == (
        partner.key.organisation,
        "镜像",
        ["listings:read", "listings:write"],
        ["map-pois"],
        "330105",
        77,
    )
    assert new.expires_at == ends, "to prolong is the city's matter"


def test_both_keys_work_until_the_overlap_ends(partner: PartnerKey, keeper: User) -> None:
    _new, text = rotate_key(key=partner.key, by=keeper, overlap=LONGEST_OVERLAP)
    assert ApiKey.find(partner.secret)
    assert ApiKey.find(text)
    with time_machine.travel(timezone.now() + LONGEST_OVERLAP + dt.timedelta(seconds=1)):
        assert ApiKey.find(partner.secret) is None
        assert ApiKey.find(text)


def test_a_leaked_key_ends_the_moment_it_is_replaced(partner: PartnerKey, keeper: User) -> None:
    _new, text = rotate_key(key=partner.key, by=keeper, overlap=dt.timedelta(0))
    assert ApiKey.find(partner.secret) is None
    assert ApiKey.find(text)


def test_an_overlap_never_prolongs_the_old_key(partner: PartnerKey, keeper: User) -> None:
    ends = timezone.now() + DAY
    ApiKey.objects.filter(pk=partner.key.pk).update(expires_at=ends)
    rotate_key(key=partner.key, by=keeper, overlap=LONGEST_OVERLAP)
    partner.key.refresh_from_db()
    assert partner.key.expires_at == ends


@pytest.mark.parametrize("overlap", [LONGEST_OVERLAP + dt.timedelta(seconds=1), -dt.timedelta(seconds=1)])
def test_no_overlap_is_longer_than_seven_days_or_negative(
    overlap: dt.timedelta, partner: PartnerKey, keeper: User
) -> None:
    with pytest.raises(ValueError, match="seven days"):
        rotate_key(key=partner.key, by=keeper, overlap=overlap)


def test_what_was_replaced_or_is_over_is_not_replaced_again(partner: PartnerKey, keeper: User) -> None:
    new, _text = rotate_key(key=partner.key, by=keeper, overlap=DAY)
    assert code_of(key=partner.key, by=keeper, overlap=DAY) == "rotated"
    revoke_keys(keys=ApiKey.objects.filter(pk=new.pk), by=keeper)
    assert code_of(key=new, by=keeper, overlap=DAY) == "over"
    ApiKey.objects.filter(pk=new.pk).update(revoked_at=None, expires_at=timezone.now())
    assert code_of(key=new, by=keeper, overlap=DAY) == "over"
    assert ApiKey.objects.count() == 2


def test_a_new_key_whose_text_was_lost_gives_way_and_the_old_one_keeps_its_overlap(
    partner: PartnerKey, keeper: User
) -> None:
    lost, lost_text = rotate_key(key=partner.key, by=keeper, overlap=LONGEST_OVERLAP)
    partner.key.refresh_from_db()
    until = partner.key.expires_at
    third, text = rotate_key(key=lost, by=keeper, overlap=LONGEST_OVERLAP)
    partner.key.refresh_from_db()
    assert partner.key.expires_at == until
    assert partner.key.successor == third
    assert ApiKey.find(lost_text) is None
    assert ApiKey.find(text) == third
    assert ApiKey.objects.usable().count() == 2


def test_never_do_three_keys_of_one_integration_hold_at_once(partner: PartnerKey, keeper: User) -> None:
    new, text = rotate_key(key=partner.key, by=keeper, overlap=LONGEST_OVERLAP)
    found: Any = ApiKey.find(text)
    found.note_use()
    assert code_of(key=new, by=keeper, overlap=DAY) == "overlapping"
    revoke_keys(keys=ApiKey.objects.filter(pk=partner.key.pk), by=keeper)
    rotate_key(key=new, by=keeper, overlap=DAY)
    assert ApiKey.objects.usable().count() == 2


def test_the_audit_tells_of_both_keys_and_of_no_secret(partner: PartnerKey, keeper: User) -> None:
    new, text = rotate_key(key=partner.key, by=keeper, overlap=DAY)
    partner.key.refresh_from_db()
    rotated = Event.objects.get(action=Action.KEY_ROTATED)
    issued = Event.objects.get(action=Action.KEY_ISSUED)
    assert (rotated.actor_id, rotated.object_id, rotated.note) == (
        keeper.pk,
        str(partner.key.pk),
        new.prefix,
    )
    assert rotated.before == {"expires_at": None}
    assert rotated.after == {"expires_at": partner.key.expires_at.isoformat()}
    assert (issued.object_id, issued.note) == (str(new.pk), partner.key.prefix)
    secret = text.split("_", 2)[2]
    for event in (rotated, issued):
        assert secret not in str(vars(event))
        assert new.digest not in str(vars(event))
