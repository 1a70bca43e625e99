"""Sources at once: one row made once, no row of another reached, no writer beside an office lost."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from portal.accounts.models import User
from portal.listings import revising, states
from portal.listings.models import ChangeCounter, Listing, Revision, SourceRecord
from portal.listings.sources import rights as rights_module
from portal.listings.sources import upserting
from portal.listings.taking_over import link, take_over, unlink
from portal.partners.models import ApiKey
from tests.factories import make_canteen
from tests.personas import PartnerKey
from tests.source_rows import PUBLISH, WRITE, batch, body, key_for, make_source, put, row, stored
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]


@pytest.fixture
def source(db: Any) -> Any:
    return make_source()


@pytest.fixture
def key(source: Any) -> PartnerKey:
    return key_for(source, WRITE, PUBLISH)


def test_of_eight_who_send_a_new_row_at_once_one_makes_it(key: PartnerKey) -> None:
    answers: list[Any] = []
    assert at_once([lambda: answers.append(put(key, body(state="published"))) for _time in range(8)]) == []
    assert sorted(answer.json()["outcome"] for answer in answers) == ["created", *["unchanged"] * 7]
    assert (Listing.objects.count(), SourceRecord.objects.count()) == (1, 1)
    assert Revision.objects.count() == 2


def test_batches_of_the_same_rows_in_other_orders_all_arrive(key: PartnerKey) -> None:
    rows = [row(f"{number}", name=f"食堂{number}号", state="published") for number in range(12)]
    answers: list[Any] = []
    orders = [rows, rows[::-1], rows[6:] + rows[:6], rows]
    assert at_once([lambda sent=sent: answers.append(batch(key, sent)) for sent in orders]) == []
    assert [answer.status_code for answer in answers] == [200] * 4
    made = [one["outcome"] for answer in answers for one in answer.json()["results"]]
    assert (made.count("created"), made.count("unchanged")) == (12, 36)
    numbers = list(Listing.objects.values_list("change_number", flat=True))
    assert len(set(numbers)) == 12


def test_two_sources_write_beside_each_other_and_only_their_own(key: PartnerKey) -> None:
    theirs = key_for(make_source("other"), WRITE, PUBLISH)

    def keep_writing(writer: PartnerKey, name: str) -> None:
        for number in range(4):
            rows = [row(f"{one}", name=f"{name}{one}号", phone=f"{number}") for one in range(5)]
            assert batch(writer, rows, source=name).status_code == 200

    assert at_once([lambda: keep_writing(key, "kitchen"), lambda: keep_writing(theirs, "other")]) == []
    for name in ("kitchen", "other"):
        listings = Listing.objects.filter(source=name)
        assert listings.count() == 5
        assert all(one.name.startswith(name) and one.phone == "3" for one in listings)
        labels = Revision.objects.filter(listing__in=listings).values_list("actor_label", flat=True)
        assert set(labels) == {f"{name}库"}


def test_one_request_sent_twice_at_once_is_one(key: PartnerKey) -> None:
    answers: list[Any] = []
    work = lambda: answers.append(batch(key, [row()], **{"Idempotency-Key": "a"}))  # noqa: E731
    assert at_once([work] * 4) == []
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["counts"] == {"created": 1}
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 3


def test_an_office_and_a_source_at_once_lose_nothing(key: PartnerKey, clerk: User) -> None:
    put(key, body(state="published"))
    listing = stored()
    answers: list[Any] = []

    def by_office() -> None:
        for number in range(5):
            revising.edit(listing=listing, changes={"notice": f"第{number}次"}, actor=clerk, channel="office")

    def by_source() -> None:
        for number in range(5):
            answers.append(put(key, body(phone=f"0571-{number}")))

    assert at_once([by_office, by_source]) == []
    assert [answer.json()["outcome"] for answer in answers] == ["changed"] * 5
    assert (stored().notice, stored().phone) == ("第4次", "0571-4")
    numbers = list(Revision.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 13))


def test_of_an_office_and_a_source_that_change_one_field_at_once_nobody_is_overwritten(
    key: PartnerKey, clerk: User
) -> None:
    put(key, body(state="published"))
    listing, answers = stored(), []
    works = [
        lambda: revising.edit(listing=listing, changes={"phone": "9"}, actor=clerk, channel="office"),
        lambda: answers.append(put(key, body(phone="2"))),
    ]
    assert at_once(works) == []
    said = answers[0]
    if said.status_code == 409:
        assert (said.json()["conflicts"][0]["ours"], stored().phone) == ("9", "9")
    else:
        assert stored().phone == "9", "the office came second and saw what the source had written"
        assert Revision.objects.filter(listing=listing.pk, number=3).get().channel == "partner"


@pytest.mark.parametrize("_time", range(3))
def test_a_row_taken_over_at_the_same_moment_is_either_written_or_kept_for_the_office(
    key: PartnerKey, clerk: User, _time: int
) -> None:
    put(key, body(state="published"))
    listing, answers = stored(), []
    works = [
        lambda: take_over(listing=listing, by=clerk),
        lambda: answers.append(put(key, body(phone="2"))),
    ]
    assert at_once(works) == []
    record = SourceRecord.objects.get()
    assert record.taken_over_at is not None
    if answers[0].status_code == 409:
        assert (stored().phone, record.refused["phone"]) == ("0571-1", "2")
    else:
        assert (stored().phone, record.refused, record.sent["phone"]) == ("2", {}, "2")


@pytest.mark.parametrize("_time", range(3))
def test_a_row_and_a_listing_linked_to_its_number_at_once_are_one(
    source: Any, key: PartnerKey, clerk: User, _time: int
) -> None:
    canteen, answers = make_canteen(), []
    works = [
        lambda: link(listing=canteen, source=source, external_id="A-1", by=clerk),
        lambda: answers.append(put(key, body())),
    ]
    raised = at_once(works)
    assert [answer.status_code for answer in answers] in ([200], [201])
    assert Listing.objects.filter(source="kitchen", external_id="A-1").count() == 1
    is_linked = Listing.objects.get(pk=canteen.pk).source == "kitchen"
    assert is_linked is (not raised)
    assert (answers[0].status_code == 200) is is_linked


@pytest.mark.parametrize("_time", range(3))
def test_a_listing_parted_from_its_source_at_the_same_moment_is_not_written_after(
    source: Any, key: PartnerKey, clerk: User, _time: int
) -> None:
    put(key, body(state="published"))
    listing, answers = stored(), []
    works = [lambda: unlink(listing=listing, by=clerk), lambda: answers.append(put(key, body(phone="2")))]
    assert at_once(works) == []
    parted = Listing.objects.get(pk=listing.pk)
    assert parted.source == ""
    if answers[0].json()["outcome"] == "changed":
        assert parted.phone == "2"
        assert not Listing.objects.filter(source="kitchen").exists()
    else:
        assert parted.phone == "0571-1"
        assert stored().phone == "2"


@pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="SQLite has one writer: nobody waits inside a write"
)
@pytest.mark.parametrize("taken", ["sources", "scopes", "revoked", "source"])
def test_what_is_taken_from_a_key_while_it_waits_is_not_used(
    source: Any, key: PartnerKey, taken: str
) -> None:
    """The key has been read and waits for its source's row; meanwhile it is narrowed."""
    answers: list[Any] = []
    is_locked, is_waiting = threading.Event(), threading.Event()
    asked = rights_module._rights

    def seen(held: ApiKey, name: str, *, is_locked: bool) -> Any:
        if is_locked:
            is_waiting.set()
        return asked(held, name, is_locked=is_locked)

    def hold_and_take() -> None:
        with transaction.atomic():
            type(source).objects.select_for_update().get(pk=source.pk)
            is_locked.set()
            assert is_waiting.wait(10)
            held = ApiKey.objects.filter(pk=key.key.pk)
            if taken == "sources":
                held.update(sources=[])
            elif taken == "scopes":
                held.update(scopes=["listings:read"])
            elif taken == "revoked":
                held.revoke()
            else:
                other = make_source("other").organisation
                type(source).objects.filter(pk=source.pk).update(organisation=other)

    def write() -> None:
        assert is_locked.wait(10)
        answers.append(put(key, body()))

    rights_module._rights = seen
    try:
        assert at_once([hold_and_take, write]) == []
    finally:
        rights_module._rights = asked
    assert answers[0].status_code == 403
    assert not Listing.objects.exists()


def test_writers_of_sources_and_offices_meet_no_deadlock(key: PartnerKey, clerk: User) -> None:
    rows = [row(f"{number}", name=f"食堂{number}号", state="published") for number in range(6)]
    batch(key, rows)
    listings = list(Listing.objects.order_by("-pk"))

    def pause_all() -> None:
        for listing in listings:
            states.move(listing=listing.as_kind, to="paused", actor=clerk, reason="停电")

    def send(phone: str, order: int) -> None:
        changed = [{**one, "phone": phone} for one in rows][::order]
        assert batch(key, changed).status_code == 200

    works = [pause_all, lambda: send("2", 1), lambda: send("3", -1), lambda: send("4", 1)]
    assert at_once(works) == []
    assert {one.state for one in Listing.objects.all()} == {"paused"}
    assert len({one.phone for one in Listing.objects.all()}) == 1
    assert ChangeCounter.objects.get().value >= max(Listing.objects.values_list("change_number", flat=True))


def test_the_source_is_the_first_lock_and_the_counter_the_last(key: PartnerKey) -> None:
    from django.test.utils import CaptureQueriesContext

    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no row locks")
    put(key, body(state="published"))
    with CaptureQueriesContext(connection) as queries:
        batch(key, [row(phone="2", state="published"), row("A-2", name="新食堂", state="published")])
    asked = [query["sql"] for query in queries]
    locks = [sql for sql in asked if "FOR UPDATE" in sql]
    assert "partners_source" in locks[0]
    assert all("listings_listing" in sql for sql in locks[1:])
    counter = next(number for number, sql in enumerate(asked) if "listings_changecounter" in sql)
    assert max(number for number, sql in enumerate(asked) if "FOR UPDATE" in sql) < counter
    assert upserting.MOST_ROWS == 100
