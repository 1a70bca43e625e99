"""The same request twice: a node was lost after it had written and before it had answered."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import confirming, repeating, states
from portal.listings.models import Confirmation, ImportBatch, Listing, Photo, Proposal, Revision
from tests.admin_form import fields_of
from tests.factories import make_canteen
from tests.test_admin_lists import picture, upload
from tests.test_admin_saving import errors_of, opened, page, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
ADD = "admin:canteens_canteen_add"


def new_form(client: Client, name: str = "新食堂") -> dict[str, Any]:
    return {**fields_of(client.get(reverse(ADD)).content.decode()), "name": name}


def test_a_new_listing_is_made_once(clerk: User) -> None:
    client = signed_in(clerk)
    data = new_form(client)
    first, second = client.post(reverse(ADD), data), client.post(reverse(ADD), data)
    assert first.status_code == 302, errors_of(first)
    assert second["Location"] == first["Location"]
    listing = Canteen.objects.get()
    assert Revision.objects.filter(listing=listing).count() == 1
    assert listing.public_id == repeating.promised(data["promised"])


def test_the_form_with_other_words_is_another_listing(clerk: User) -> None:
    client = signed_in(clerk)
    data = new_form(client)
    client.post(reverse(ADD), data)
    client.post(reverse(ADD), {**data, "name": "第二家食堂"})
    assert sorted(row.name for row in Canteen.objects.all()) == ["新食堂", "第二家食堂"]


def test_nobody_chooses_a_number_or_gets_somebody_elses_listing(clerk: User, other_clerk: User) -> None:
    client = signed_in(clerk)
    data = new_form(client)
    client.post(reverse(ADD), {**data, "promised": "0000000000"})
    assert Canteen.objects.get().public_id != "0000000000"
    data = new_form(client, "第二家食堂")
    client.post(reverse(ADD), data)
    theirs = signed_in(other_clerk)
    form = {**new_form(theirs, "第二家食堂"), "promised": data["promised"]}
    theirs.post(reverse(ADD), form)
    assert Canteen.objects.filter(name="第二家食堂").count() == 2


def test_a_copy_is_made_once(clerk: User) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    html = client.get(page(canteen)).content.decode()
    promised = html.split('name="promised" value="')
    values = {part.split('"')[0] for part in promised[1:]}
    value = next(value for value in values if value)
    for _time in range(2):
        client.post(page(canteen, "duplicate"), {"promised": value})
    assert Listing.objects.count() == 2


def test_an_edit_and_its_photo_are_kept_once(clerk: User) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    before = Revision.objects.count()
    data = {**opened(client, canteen), "phone": "0571-12345678", "photos-0-alt": "门口"}
    answers = [
        client.post(page(canteen), {**data, "photos-0-upload": upload("门口.jpg", picture())})
        for _time in range(2)
    ]
    assert answers[0].status_code == 302, errors_of(answers[0])
    assert Photo.objects.filter(listing=canteen).count() == 1
    assert Revision.objects.count() == before + 1


def test_the_same_facts_are_confirmed_once_a_minute(clerk: User, other_clerk: User) -> None:
    canteen = make_canteen()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        before = Confirmation.objects.count()
        for _time in range(2):
            confirming.confirm(listing=canteen, fact_groups=["price", "hours"], actor=clerk)
        assert Confirmation.objects.count() == before + 2
        confirming.confirm(listing=canteen, fact_groups=["price"], actor=other_clerk)
        assert Confirmation.objects.count() == before + 3
        clock.shift(61)
        confirming.confirm(listing=canteen, fact_groups=["price"], actor=clerk)
        assert Confirmation.objects.count() == before + 4


def test_a_proposal_waits_once(clerk: User, monkeypatch: Any) -> None:
    from portal.listings import revising

    canteen = make_canteen()
    monkeypatch.setattr(revising, "needs_proposal", lambda *_: True)
    made = [
        revising.edit(listing=canteen, changes={"phone": phone}, actor=clerk, channel="office")
        for phone in ("0571-11111111", "0571-11111111", "0571-22222222")
    ]
    assert made[0] == made[1] != made[2]
    assert [one.changes["phone"] for one in Proposal.objects.waiting()] == ["0571-22222222"]


def test_a_move_a_pause_and_a_shut_place_are_recorded_once(clerk: User) -> None:
    canteen = make_canteen(state="in_review")
    soon, before = timezone.now() + dt.timedelta(hours=2), Revision.objects.count()
    for _time in range(2):
        states.move(listing=canteen, to="published", actor=clerk)
    for _time in range(2):
        states.move(listing=canteen, to="paused", actor=clerk, reason="停电", until=soon)
    assert Revision.objects.count() == before + 2
    states.move(listing=canteen, to="published", actor=clerk)
    for _time in range(2):
        states.shut(listing=canteen, reason="sold_out", until=soon, actor=clerk)
    assert Revision.objects.count() == before + 4


def sent(client: Client) -> ImportBatch:
    """Send a file with one new canteen, as the form of the import does; return the batch that is shown."""
    content = "名称,街道\n新食堂,康桥街道\n".encode()
    data = {"file": SimpleUploadedFile("x.csv", content), "mode": "add"}
    answer = client.post(reverse("admin:canteens_canteen_import"), data)
    assert answer.status_code == 302, errors_of(answer)
    return ImportBatch.objects.get(pk=answer["Location"].split("/")[-3])


def confirmed(client: Client, batch: ImportBatch) -> None:
    client.post(reverse("admin:listings_importbatch_do", args=[batch.pk]), {"deed": "confirm"})


def test_a_file_is_imported_once(city_admin: User, work: Any) -> None:
    client = signed_in(city_admin)
    first, second = sent(client), sent(client)
    work()
    for batch in (first, second):
        confirmed(client, batch)
        work()
    assert Canteen.objects.count() == 1


def test_a_confirmed_import_is_written_once(city_admin: User, work: Any) -> None:
    client = signed_in(city_admin)
    batch = sent(client)
    work()
    for _time in range(2):
        confirmed(client, batch)
    work()
    confirmed(client, batch)
    work()
    assert Canteen.objects.count() == 1
    assert Revision.objects.filter(batch_id=batch.pk).count() == 1


def test_a_code_asked_for_twice_is_sent_once(settings: Any, monkeypatch: Any) -> None:
    sent: list[str] = []
    monkeypatch.setattr(
        "portal.accounts.sms.PrintingBackend.send", lambda _self, phone, _text: sent.append(phone)
    )
    User.objects.create(name="小哥", phone="+8613800138000", phone_verified_at=timezone.now())
    client = Client()
    for _time in range(2):
        client.post("/accounts/login/", {"login": "13800138000"})
    assert len(sent) <= 1


def test_signing_in_survives_a_lost_answer(settings: Any, monkeypatch: Any) -> None:
    texts: list[str] = []
    monkeypatch.setattr(
        "portal.accounts.sms.PrintingBackend.send", lambda _self, _phone, text: texts.append(text)
    )
    User.objects.create(name="小哥", phone="+8613800138000", phone_verified_at=timezone.now())
    client = Client()
    client.post("/accounts/login/", {"login": "13800138000"})
    if not texts:
        pytest.skip("no code was sent to this number")
    import re

    code = re.search(r"\d{6}", texts[0])
    assert code
    before = dict(client.cookies.items())
    client.post("/accounts/login/code/confirm/", {"code": code[0]})
    lost = Client()
    lost.cookies.update(before)
    answer = lost.post("/accounts/login/code/confirm/", {"code": code[0]}, follow=True)
    assert answer.status_code == 200
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_listing_sent_to_two_nodes_at_the_same_moment_is_made_once(clerk: User) -> None:
    from portal.listings.models import ChangeCounter
    from tests.test_concurrency import at_once

    ChangeCounter.objects.get_or_create(id=1)
    data = new_form(signed_in(clerk))
    clients = [signed_in(clerk) for _node in range(3)]
    raised = at_once([lambda client=client: client.post(reverse(ADD), data) for client in clients])
    assert raised == []
    assert Canteen.objects.count() == 1
