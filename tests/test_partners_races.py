"""Two people keep one key at the same moment: one new key comes of it, and what was revoked stays so."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action, Event
from portal.partners.models import ApiKey
from portal.partners.renaming import rename_key
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import rotate_key
from tests.personas import PartnerKey
from tests.test_code_batches import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.timedelta(days=1)


def test_four_rotations_at_once_make_one_new_key(partner: PartnerKey, keeper: User) -> None:
    def rotate() -> Any:
        return rotate_key(key=ApiKey.objects.get(pk=partner.key.pk), by=keeper, overlap=DAY)

    found = at_once(rotate, rotate, rotate, rotate)
    made = [one for one in found if isinstance(one, tuple)]
    refused = [one.code for one in found if isinstance(one, ValidationError)]
    assert (len(made), refused) == (1, ["rotated"] * 3), found
    assert ApiKey.objects.count() == 2
    assert Event.objects.filter(action=Action.KEY_ROTATED).count() == 1
    assert ApiKey.find(made[0][1]) == made[0][0]


def test_revoking_and_replacing_at_once_never_leaves_the_revoked_key_working(
    partner: PartnerKey, keeper: User
) -> None:
    for _round in range(4):
        key, text = ApiKey.issue(organisation=partner.key.organisation, name="系统", scopes=["listings:read"])
        found = at_once(
            lambda key=key: rotate_key(key=key, by=keeper, overlap=DAY),
            lambda key=key: revoke_keys(keys=ApiKey.objects.filter(pk=key.pk), by=keeper),
            lambda key=key: rename_key(key=key, name="新名", by=keeper),
        )
        errors = [one for one in found if isinstance(one, Exception) and not isinstance(one, ValidationError)]
        assert errors == []
        assert ApiKey.find(text) is None
        key.refresh_from_db()
        assert (key.successor is not None) == isinstance(found[0], tuple)


def test_revoking_twice_at_once_is_recorded_once(partner: PartnerKey, keeper: User) -> None:
    def revoke() -> int:
        return revoke_keys(keys=ApiKey.objects.filter(pk=partner.key.pk), by=keeper)

    assert sorted(at_once(revoke, revoke, revoke)) == [0, 0, 1]
    assert Event.objects.filter(action=Action.KEY_REVOKED).count() == 1


def test_the_links_of_a_chain_are_locked_in_one_order(partner: PartnerKey, keeper: User) -> None:
    """A chain of two is revoked as a whole while its newer key is replaced: neither waits for the other for ever."""
    for _round in range(4):
        old, _text = ApiKey.issue(
            organisation=partner.key.organisation, name="系统", scopes=["listings:read"]
        )
        new, _text = rotate_key(key=old, by=keeper, overlap=DAY)
        found = at_once(
            lambda new=new: rotate_key(key=new, by=keeper, overlap=DAY),
            lambda old=old, new=new: revoke_keys(
                keys=ApiKey.objects.filter(pk__in=[old.pk, new.pk]), by=keeper
            ),
        )
        assert not [
            one for one in found if isinstance(one, Exception) and not isinstance(one, ValidationError)
        ]
        assert not ApiKey.objects.filter(pk__in=[old.pk, new.pk]).usable().exists()
        assert timezone.now() > new.created_at
