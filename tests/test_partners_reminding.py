"""Those who keep keys are told before one ends: whom, when, how often, and what takes it back."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.acting import acting_as
from portal.accounts.models import Post, User
from portal.notices.models import Delivery, Notice
from portal.partners.models import ApiKey
from portal.partners.reminding import remind
from portal.partners.revoking import revoke_keys
from portal.partners.rotating import rotate_key
from tests.notice_kinds import told
from tests.partner_pages import foreign_key, signed_in
from tests.personas import PartnerKey, make_person

pytestmark = pytest.mark.django_db
__all__ = ["told"]

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ending(partner: PartnerKey) -> ApiKey:
    """Let the partner's key, a year old, end in thirty days."""
    now = timezone.now()
    ApiKey.objects.filter(pk=partner.key.pk).update(expires_at=now + 30 * DAY, created_at=now - 335 * DAY)
    partner.key.refresh_from_db()
    return partner.key


def kinds_of(user: User) -> list[str]:
    return sorted(Notice.objects.filter(user=user).values_list("kind", flat=True))


def test_keepers_are_told_fourteen_days_before_and_again_three_days_before(
    ending: ApiKey, keeper: User
) -> None:
    ends: Any = ending.expires_at
    steps = [
        (15 * DAY, []),
        (14 * DAY, ["key_ends"]),
        (13 * DAY, ["key_ends"]),
        (3 * DAY + HOUR, ["key_ends"]),
        (3 * DAY, ["key_ends", "key_ends_soon"]),
        (HOUR, ["key_ends", "key_ends_soon"]),
        (-HOUR, ["key_ends", "key_ends_soon"]),
    ]
    for before, kinds in steps:
        remind(now=ends - before)
        remind(now=ends - before)
        assert kinds_of(keeper) == kinds, before


def test_a_clock_that_stood_still_tells_only_what_is_true_now(ending: ApiKey, keeper: User) -> None:
    ends: Any = ending.expires_at
    assert remind(now=ends - 2 * DAY) == 1
    assert kinds_of(keeper) == ["key_ends_soon"]


def test_what_cannot_wait_leaves_by_text_message_and_names_no_secret(
    ending: ApiKey, keeper: User, told: Any, work: Any
) -> None:
    ends: Any = ending.expires_at
    remind(now=ends - 10 * DAY)
    assert not Delivery.objects.exists()
    remind(now=ends - 2 * DAY)
    Delivery.objects.update(due_at=timezone.now() - HOUR)
    assert Delivery.objects.get().user == keeper
    notice = Notice.objects.get(kind="key_ends_soon")
    local = timezone.localtime(ends, timezone.get_default_timezone())
    assert local.date().isoformat() in notice.sentence
    assert ending.prefix in notice.sentence
    assert ending.digest not in str(vars(notice))
    assert signed_in(keeper).get(notice.url).status_code == 200


def test_only_those_who_keep_keys_of_that_organisation_are_told(
    ending: ApiKey, keeper: User, groups: Any, city_admin: User, operator: User
) -> None:
    colleague, former, elsewhere = (
        make_person(f"1380000007{number}", f"同事{number}") for number in range(3)
    )
    start = dt.date(2026, 1, 1)
    own = {"organisation": ending.organisation, "starts_on": start}
    Post.objects.create(user=colleague, group=groups["经营单位"], **own)
    Post.objects.create(user=former, group=groups["合作方"], ends_on=dt.date(2026, 2, 1), **own)
    Post.objects.create(
        user=elsewhere, group=groups["合作方"], organisation=foreign_key().organisation, starts_on=start
    )
    ends: Any = ending.expires_at
    assert remind(now=ends - DAY) == 1
    assert {notice.user_id for notice in Notice.objects.all()} == {keeper.pk}


def test_a_key_made_for_a_few_days_is_no_surprise(ending: ApiKey, keeper: User) -> None:
    ends: Any = ending.expires_at
    ApiKey.objects.update(created_at=ends - 5 * DAY)
    assert remind(now=ends - 4 * DAY) == 0
    assert remind(now=ends - 3 * DAY) == 1
    ApiKey.objects.update(created_at=ends - 2 * DAY)
    Notice.objects.all().delete()
    assert remind(now=ends - DAY) == 0


def test_replacing_and_revoking_take_back_what_was_said(ending: ApiKey, keeper: User) -> None:
    ends: Any = ending.expires_at
    remind(now=ends - 5 * DAY)
    new, _text = rotate_key(key=ending, by=keeper, overlap=DAY)
    assert kinds_of(keeper) == []
    assert remind(now=timezone.now()) == 0, "it ends because somebody wanted it to"
    ApiKey.objects.filter(pk=new.pk).update(created_at=ends - 300 * DAY)
    remind(now=ends - 5 * DAY)
    assert kinds_of(keeper) == ["key_ends"]
    revoke_keys(keys=ApiKey.objects.filter(pk=new.pk), by=keeper)
    assert kinds_of(keeper) == []


def test_who_keeps_keys_in_two_posts_is_told_once(ending: ApiKey, keeper: User, groups: Any) -> None:
    Post.objects.create(
        user=keeper,
        organisation=ending.organisation,
        group=groups["合作方"],
        starts_on=dt.date(2026, 3, 1),
    )
    ends: Any = ending.expires_at
    assert remind(now=ends - DAY) == 1
    assert acting_as(keeper).acting_post is not None
