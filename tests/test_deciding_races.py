"""Deciding, editing, importing, taking back and restoring at once: one of two wins, the other is told, nothing is lost."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from portal.listings import deciding, restoring, revising
from portal.listings.bulk_editing import Edit, edit_many, lock_unmoved
from portal.listings.models import ChangeCounter, Proposal, Revision
from portal.listings.proposing import propose
from portal.listings.snapshots import check_snapshot, read_snapshot
from tests.factories import make_canteen
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 2
#: How long the first waits inside for the second: both come in where no lock holds the second back.
TOGETHER_SECONDS = 0.3
_meetings: list[threading.Barrier] = []


def meet() -> None:
    """Wait between looking and writing until both have looked, or until it is plain that the other may not."""
    if _meetings:
        with suppress(threading.BrokenBarrierError):
            _meetings[-1].wait(TOGETHER_SECONDS)


@pytest.fixture(autouse=True)
def _between_looking_and_writing(monkeypatch: Any) -> Iterator[None]:
    held, check_base = deciding._held, revising.check_base

    def looked(*given: Any) -> Any:
        found = held(*given)
        meet()
        return found

    def checked(*given: Any) -> None:
        check_base(*given)
        meet()

    monkeypatch.setattr(deciding, "_held", looked)
    monkeypatch.setattr(revising, "check_base", checked)
    yield
    _meetings.clear()


@pytest.fixture
def canteen(regions: Any) -> Any:
    ChangeCounter.objects.get_or_create(id=1)
    return make_canteen()


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def waits(canteen: Any, phone: str, author: str, **changes: Any) -> Proposal:
    """Return a proposal of an operator without an account; each has a channel of its own, so none replaces another."""
    with transaction.atomic():
        listing = revising.lock(canteen)
        return propose(
            listing=listing, changes={"phone": phone, **changes}, actor=None, channel=author, author=author
        )


def results(works: list[Callable[[], Any]]) -> list[Any]:
    """Do the works at once; return what each returned, or the exception that it raised."""
    found: list[Any] = [None] * len(works)

    def keep(number: int) -> None:
        found[number] = works[number]()

    def run(number: int) -> Callable[[], None]:
        return lambda: keep(number)

    _meetings.append(threading.Barrier(len(works)))
    raised = at_once([run(number) for number in range(len(works))])
    _meetings.clear()
    left = iter(raised)
    return [one if one is not None else next(left, None) for one in found]


def accept(proposal: Proposal, actor: Any, **more: Any) -> Callable[[], Any]:
    decisions = deciding.accept_all(proposal)
    return lambda: deciding.decide_parts(proposal=proposal, decisions=decisions, actor=actor, **more)


def versions_of_phone(canteen: Any) -> list[str]:
    rows = Revision.objects.filter(listing_id=canteen.pk, number__gt=2).order_by("number")
    return [row.after["phone"] for row in rows if "phone" in row.after]


def test_of_two_proposals_accepted_at_once_one_wins_and_the_other_goes_on_waiting(
    canteen: Any, clerk: Any, city_admin: Any
) -> None:
    for number in range(ROUNDS):
        first, second = (
            waits(canteen, f"1{number}", "operator"),
            waits(canteen, f"2{number}", "partner", notice=f"{number}"),
        )
        one, two = results([accept(first, clerk), accept(second, city_admin)])
        assert sorted([len(one.left), len(two.left)]) == [0, 1]
        winner = first if not one.left else second
        kept = again(canteen)
        assert (kept.phone, kept.notice) == (winner.changes["phone"], f"{number}")
        loser = again(second if winner is first else first)
        assert set(loser.undecided) == {"phone"}
        deciding.decide_parts(
            proposal=loser, decisions={"phone": {"outcome": "refused", "reason": "不对"}}, actor=clerk
        )
    assert len(versions_of_phone(canteen)) == ROUNDS


def test_of_two_people_who_decide_the_same_part_one_wins_and_the_other_is_told(
    canteen: Any, clerk: Any, city_admin: Any
) -> None:
    for number in range(ROUNDS):
        proposal = waits(canteen, f"1{number}", "operator")
        refusal = {"phone": {"outcome": "refused", "reason": "不对"}}
        before = again(canteen).phone
        one, two = results(
            [
                accept(proposal, clerk),
                partial(deciding.decide_parts, proposal=proposal, decisions=refusal, actor=city_admin),
            ]
        )
        assert sorted([len(one.left), len(two.left)]) == [0, 1]
        outcome = again(proposal).decisions["phone"]["outcome"]
        assert again(canteen).phone == (f"1{number}" if outcome == "accepted" else before)


def test_a_proposal_and_a_direct_edit_never_overwrite_each_other(
    canteen: Any, clerk: Any, city_admin: Any
) -> None:
    for number in range(ROUNDS):
        proposal, base = waits(canteen, f"1{number}", "operator"), again(canteen).revision_number
        decided, edited = results(
            [
                accept(proposal, clerk),
                lambda base=base, number=number: revising.edit(
                    listing=canteen,
                    changes={"phone": f"2{number}"},
                    actor=city_admin,
                    channel="office",
                    base_number=base,
                ),
            ]
        )
        if isinstance(edited, revising.Conflict):
            assert (decided.left, again(canteen).phone) == ({}, f"1{number}")
        else:
            assert (list(decided.left), again(canteen).phone) == (["phone"], f"2{number}")
        assert again(canteen).revision_number == base + 1


def test_a_proposal_and_an_import_never_overwrite_each_other(
    canteen: Any, clerk: Any, city_admin: Any
) -> None:
    for number in range(ROUNDS):
        proposal = waits(canteen, f"1{number}", "operator")
        listing = type(canteen).objects.with_groups().get(pk=canteen.pk)
        before, changes = read_snapshot(listing), {"phone": f"2{number}"}
        checked = copy.copy(listing)
        edit = Edit(checked, before, changes, ["phone"], check_snapshot(checked, changes))

        def bring(edit: Edit = edit) -> bool:
            with transaction.atomic():
                fits = lock_unmoved({edit.listing.pk: edit.listing.revision_number})
                meet()
                edit_many(edits=[edit] if fits else [], actor=city_admin, channel="import")
            return bool(fits)

        decided, brought = results([accept(proposal, clerk), bring])
        assert again(canteen).phone == (f"2{number}" if brought else f"1{number}")
        assert bool(decided.left) is brought
    assert len(versions_of_phone(canteen)) == ROUNDS


def test_taking_back_and_accepting_at_once_is_one_of_the_two(
    canteen: Any, clerk: Any, community_clerk: Any
) -> None:
    for number in range(ROUNDS):
        with transaction.atomic():
            proposal = propose(
                listing=revising.lock(canteen),
                changes={"phone": f"1{number}"},
                actor=community_clerk,
                channel="office",
            )
        before = again(canteen).phone
        decided, _taken = results(
            [
                accept(proposal, clerk),
                lambda proposal=proposal: deciding.withdraw(
                    proposal=proposal, parts=["phone"], actor=community_clerk
                ),
            ]
        )
        outcome = again(proposal).outcome
        assert (outcome, again(canteen).phone) == (
            ("withdrawn", before) if decided.left else ("accepted", f"1{number}")
        )


def test_the_same_hand_in_two_windows_leaves_one_proposal_waiting(canteen: Any, community_clerk: Any) -> None:
    works = [
        lambda phone=phone: revising.edit(
            listing=canteen, changes={"phone": phone}, actor=community_clerk, channel="office"
        )
        for phone in ("1", "2")
    ]
    assert all(isinstance(made, Proposal) for made in results(works))
    assert Proposal.objects.waiting().count() == 1


def test_restoring_and_saving_at_once_is_a_conflict_for_the_slower(
    canteen: Any, clerk: Any, city_admin: Any
) -> None:
    revising.edit(listing=canteen, changes={"phone": "1"}, actor=clerk, channel="office")
    kept = again(canteen)
    parts = restoring.restorable(kept, 2)
    restored, edited = results(
        [
            lambda: restoring.restore(
                listing=kept, number=2, parts=parts, actor=clerk, channel="office", base_number=3
            ),
            lambda: revising.edit(
                listing=kept, changes={"phone": "2"}, actor=city_admin, channel="office", base_number=3
            ),
        ]
    )
    assert [type(one) for one in (restored, edited)].count(revising.Conflict) == 1
    assert again(canteen).phone == ("2" if isinstance(restored, revising.Conflict) else "0571-00000000")
