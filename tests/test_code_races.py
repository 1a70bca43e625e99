"""Several requests at once: one renewal, two containers, one index, one enrolment, one answer."""

import itertools
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import Courier, User
from portal.listings.api.answering import once
from portal.partners.models import Answered
from services.codes import indices
from services.codes.enrolling import enrol
from services.codes.faults import CodeRefused
from services.codes.issuing import first_credential
from services.codes.models import (
    Container,
    Credential,
    Holder,
    RosterEntry,
    StatusIndex,
    StatusListIssue,
)
from services.codes.revoking import lose
from services.codes.roster import push_couriers
from tests.code_holders import FORM, DeviceKey, first, make_holder, make_platform, renewed
from tests.personas import make_person
from tests.test_code_roster import key_of
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user() -> User:
    person = make_person("13800000001", "李小明")
    Courier.objects.create(user=person)
    return person


@pytest.fixture
def holder(user: User) -> Holder:
    return make_holder(user)


def test_two_renewals_with_one_new_key_are_one(holder: Holder) -> None:
    one = first(holder, "one")
    given: list[Credential] = []
    assert at_once([lambda: given.append(renewed(one, "one", "two")) for _time in range(4)]) == []
    assert len({credential.pid for credential in given}) == 1
    assert Credential.objects.count() == 2


def test_two_renewals_with_two_new_keys_are_two_and_either_goes_on(holder: Holder) -> None:
    one = first(holder, "one")
    works = [lambda word=word: renewed(one, "one", word) for word in ("two", "other")]
    assert at_once(works) == []
    kept = Credential.objects.exclude(pk=one.pk)
    assert {row.signed_by for row in kept} == {one.pid}
    assert StatusIndex.objects.count() == 3
    renewed(one, "other", "later")


def test_of_four_browsers_at_once_two_get_a_code(holder: Holder, user: User) -> None:
    works = [
        lambda word=word: first_credential(
            user=user, public_key=DeviceKey(word).public, kind="browser", label=word
        )
        for word in "abcd"
    ]
    raised = at_once(works)
    assert [getattr(error, "code", error) for error in raised] == ["too_many_containers"] * 2
    assert Container.objects.live().count() == Container.MOST


def test_one_key_at_two_addresses_at_once_is_one_container(holder: Holder, user: User) -> None:
    asked = {"user": user, "public_key": DeviceKey().public, "kind": "browser", "label": ""}
    assert at_once([lambda: first_credential(**asked) for _time in range(3)]) == []
    assert (Container.objects.count(), Credential.objects.count()) == (1, 1)


def test_people_who_draw_the_same_index_at_once_get_different_ones(monkeypatch: Any) -> None:
    holders = [make_holder(make_person(f"1380000010{number}", "王大力")) for number in range(4)]
    draws = itertools.count()
    # Everybody draws 7 first, then numbers of their own.
    monkeypatch.setattr(indices.secrets, "randbelow", lambda size: 7 if (n := next(draws)) < 4 else 100 + n)
    works = [lambda row=row, n=n: first(row, f"key {n}") for n, row in enumerate(holders)]
    assert at_once(works) == []
    kept = list(Credential.objects.values_list("index", flat=True))
    assert len(set(kept)) == 4
    assert kept.count(7) == 1
    pids = dict(StatusIndex.objects.values_list("index", "pid"))
    assert pids == dict(Credential.objects.values_list("index", "pid"))


def test_a_loss_beside_renewals_leaves_nothing_that_is_live(holder: Holder, user: User) -> None:
    one = first(holder, "one")
    works: list[Any] = [lambda: lose(user=user)]
    works += [lambda word=word: renewed(one, "one", word) for word in ("a", "b", "c")]
    refused = at_once(works)
    assert all(isinstance(error, CodeRefused) and error.code == "revoked" for error in refused)
    assert Credential.objects.live().count() == 0
    assert not StatusIndex.objects.filter(revoked_at=None).exists()
    newest = StatusListIssue.objects.first()
    assert newest is not None
    assert newest.revoked_count == Credential.objects.count()


def test_two_taps_on_the_form_enrol_once(user: User) -> None:
    assert at_once([lambda: enrol(user=user, **FORM) for _time in range(3)]) == []
    assert Holder.objects.count() == 1


def test_two_pushes_of_the_same_numbers_in_other_orders_both_arrive() -> None:
    platform = make_platform()
    rows = [{"phone": f"139{number:08d}", "work_type": "parcel"} for number in range(200)]
    works = [
        lambda rows=rows: push_couriers(platform=platform, rows=rows, now=timezone.now())
        for rows in (rows, rows[::-1], rows[50:] + rows[:50], rows)
    ]
    assert at_once(works) == []
    assert RosterEntry.objects.count() == 200


def test_the_same_request_at_the_same_moment_is_done_once() -> None:
    key = key_of(make_platform().organisation, "couriers:write").key
    done: list[int] = []
    answers: list[tuple[bytes, bool]] = []

    def work() -> bytes:
        done.append(1)
        return b"answer"

    asked = {"api_key": key, "name": "k", "address": "/", "body": b"x", "work": work}
    assert at_once([lambda: answers.append(once(now=timezone.now(), **asked)) for _time in range(4)]) == []
    assert len(done) == 1
    assert sorted(answers) == [(b"answer", False)] + [(b"answer", True)] * 3
    assert Answered.objects.count() == 1
