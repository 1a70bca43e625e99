"""An office and a source at the same moment: whoever locks the listing first, both orders end right."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from canteens.models import Canteen
from portal.accounts.models import User
from portal.audit.models import Event
from portal.listings.models import ChangeCounter, Listing, Revision, SourceRecord
from portal.listings.taking_over import link, release, sent_meanwhile, take_over, unlink
from tests.factories import make_canteen
from tests.source_writes import make_sent, make_source, write_as
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
ROUNDS = 4


@pytest.fixture(autouse=True)
def _counter() -> None:
    ChangeCounter.objects.get_or_create(id=1)


def partner_versions(listing: Any) -> int:
    return Revision.objects.filter(listing=listing.pk, channel="partner").count()


def test_a_write_beside_taking_over_is_whole_or_refused(clerk: User) -> None:
    source = make_source()
    for number in range(ROUNDS):
        canteen = make_sent(source, f"A-{number}", name=f"食堂{number}")
        came: list[str] = []
        name, words = f"A-{number}", f"来源公告{number}"
        works = [
            lambda name=name, words=words, came=came: came.append(write_as(source, name, notice=words)),
            lambda canteen=canteen: take_over(listing=canteen, by=clerk),
        ]
        assert at_once(works[::-1] if number % 2 else works) == []
        stands, kept = Listing.objects.get(pk=canteen.pk), SourceRecord.objects.get(listing_id=canteen.pk)
        assert kept.taken_over_at is not None
        if came == ["changed"]:
            assert (stands.notice, kept.refused) == (words, {})
        else:
            assert came == ["taken_over"]
            assert (stands.notice, kept.refused) == ("", {"notice": words})
        assert partner_versions(canteen) == (came == ["changed"])
        assert '"source"' not in stands.document, "nobody reads that the source keeps it"
        assert write_as(source, name, notice="之后") == "taken_over"


def test_a_write_beside_giving_back_is_refused_and_kept_or_holds(clerk: User) -> None:
    source = make_source()
    for number in range(ROUNDS):
        canteen = make_sent(source, f"A-{number}", name=f"食堂{number}")
        take_over(listing=canteen, by=clerk)
        came: list[str] = []
        name, words = f"A-{number}", f"来源公告{number}"
        works = [
            lambda name=name, words=words, came=came: came.append(write_as(source, name, notice=words)),
            lambda canteen=canteen: release(listing=canteen, by=clerk),
        ]
        raised = at_once(works[::-1] if number % 2 else works)
        stands, kept = Listing.objects.get(pk=canteen.pk), SourceRecord.objects.get(listing_id=canteen.pk)
        if came == ["changed"]:
            assert raised == []
            assert (stands.notice, kept.taken_over_at, kept.refused) == (words, None, {})
        else:
            # The office had not seen it: it stays taken over, and what the source sent is there to be looked at.
            assert came == ["taken_over"]
            assert [type(one) for one in raised] == [ValidationError]
            assert kept.taken_over_at is not None
            assert [one.sent for one in sent_meanwhile(Canteen.objects.get(pk=canteen.pk))] == [
                {"notice": words}
            ]


def test_two_who_take_over_at_once_are_one(clerk: User, city_admin: User) -> None:
    canteen = make_sent(make_source())
    works = [lambda by=by: take_over(listing=canteen, by=by) for by in (clerk, city_admin)]
    assert at_once(works) == []
    kept = SourceRecord.objects.get()
    event = Event.objects.get(action="taken_over")
    assert event.actor_label == kept.taken_over_by_label


def test_of_two_listings_linked_to_one_row_at_once_one_is(clerk: User) -> None:
    source = make_source()
    canteens = [make_canteen(name=name) for name in ("甲食堂", "乙食堂")]
    raised = at_once(
        [lambda row=row: link(listing=row, source=source, external_id="A-1", by=clerk) for row in canteens]
    )
    assert [type(one) for one in raised] == [ValidationError]
    assert Listing.objects.filter(source=source.name, external_id="A-1").count() == 1
    assert SourceRecord.objects.count() == Event.objects.filter(action="linked").count() == 1


def test_a_listing_linked_to_two_rows_at_once_has_one(clerk: User) -> None:
    sources = [make_source(), make_source("other", "另一名册")]
    canteen = make_canteen()
    raised = at_once(
        [lambda one=one: link(listing=canteen, source=one, external_id="A-1", by=clerk) for one in sources]
    )
    assert [type(one) for one in raised] == [ValidationError]
    assert Event.objects.filter(action="linked").count() == 1
    assert SourceRecord.objects.get().sent["name"] == canteen.name


def test_a_write_beside_parting_holds_or_finds_no_row(clerk: User) -> None:
    source = make_source()
    for number in range(ROUNDS):
        canteen = make_sent(source, f"A-{number}", name=f"食堂{number}")
        came: list[str] = []
        name, words = f"A-{number}", f"来源公告{number}"
        works = [
            lambda name=name, words=words, came=came: came.append(write_as(source, name, notice=words)),
            lambda canteen=canteen: unlink(listing=canteen, by=clerk),
        ]
        assert at_once(works[::-1] if number % 2 else works) == []
        stands = Listing.objects.get(pk=canteen.pk)
        assert (stands.source, stands.external_id) == ("", "")
        assert not SourceRecord.objects.exists()
        assert (came, stands.notice) in ((["changed"], words), (["invalid_body"], ""))
