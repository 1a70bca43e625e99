"""Whom an office asks about a place: kept by the office, seen by nobody else, erased with a tick."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Event
from portal.listings import confirming, states
from portal.upkeep.asking import ask
from portal.upkeep.contacts import ASKS_KEPT, forget_old
from portal.upkeep.models import OperatorAsk, OperatorContact, OperatorLink
from tests.factories import make_canteen
from tests.upkeep_queue import OTHER, PHONE, reached, signed_in

pytestmark = pytest.mark.django_db

OPERATOR = "admin:upkeep_operator"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("clerk", 200),
        ("community_clerk", 403),
        ("district_admin", 200),
        ("city_admin", 200),
        ("other_clerk", 403),
        ("operator", 403),
        ("courier", 302),
        ("anyone", 302),
    ],
)
def test_who_sees_and_keeps_the_contact_of_a_place(request: Any, regions: Any, who: str, status: int) -> None:
    canteen = reached(make_canteen())
    person = request.getfixturevalue(who)
    client = signed_in(person) if person.is_authenticated else Client()
    url = reverse(OPERATOR, args=[canteen.pk])
    answer = client.get(url)
    assert answer.status_code == status
    assert ("13912345678" in answer.content.decode().replace(" ", "")) is (status == 200)
    client.post(url, {"name": "李老板", "phone": "13987654321", "keep": "1"})
    assert (OperatorContact.objects.get().name == "李老板") is (status == 200)
    client.post(url, {"erase": "1"})
    assert OperatorContact.objects.exists() is (status != 200)


def test_the_listing_leads_to_its_contact_and_history_names_no_number(clerk: User) -> None:
    canteen = make_canteen()
    client, url = signed_in(clerk), reverse(OPERATOR, args=[canteen.pk])
    assert url in client.get(reverse("admin:canteens_canteen_change", args=[canteen.pk])).content.decode()
    client.post(url, {"name": "王老板", "phone": "139 1234 5678", "is_asked_weekly": "on", "keep": "1"})
    contact = OperatorContact.objects.get()
    assert (str(contact.phone), contact.is_asked_weekly) == (PHONE, True)
    client.post(url, {"erase": "1"})
    events = Event.objects.filter(object_kind="upkeep.operatorcontact").order_by("pk")
    assert [event.action for event in events] == ["added", "deleted"]
    assert {event.area_code for event in events} == {canteen.area_code}
    assert "12345678" not in str(list(events.values()))


@pytest.mark.parametrize(
    "phone", ["", "0571-88888888", "123", "1391234567\0", "9" * 400, "+85212345678", "电话"]
)
def test_a_number_that_takes_no_text_is_refused_with_a_sentence(clerk: User, phone: str) -> None:
    canteen = make_canteen()
    answer = signed_in(clerk).post(reverse(OPERATOR, args=[canteen.pk]), {"name": "王老板", "phone": phone})
    assert answer.status_code in (200, 400)
    assert not OperatorContact.objects.exists()
    if answer.status_code == 200:
        assert answer.context["form"].errors["phone"]
        assert "王老板" in answer.content.decode()


def test_odd_keys_are_nobodys_place(clerk: User) -> None:
    for key in (0, 999_999, 99_999_999_999_999_999_999_999):
        assert signed_in(clerk).get(reverse(OPERATOR, args=[key])).status_code == 403


def test_the_page_asks_about_what_is_overdue_and_shows_what_came_back(clerk: User) -> None:
    canteen = reached(make_canteen())
    confirming.confirm(listing=canteen, fact_groups=["hours", "contact"], actor=clerk)
    client, url = signed_in(clerk), reverse(OPERATOR, args=[canteen.pk])
    client.post(url, {"ask": "1"})
    assert OperatorAsk.objects.get().fact_groups == ["price"]
    OperatorAsk.objects.update(answered_at=timezone.now(), answers={"price": "true"})
    html = client.get(url).content.decode()
    assert "价格 ✓" in html
    assert "短信发至 ****5678" in html


def test_the_contact_stands_in_no_public_document_page_or_export(
    clerk: User, city_admin: User, client: Any
) -> None:
    canteen = reached(make_canteen())
    confirming.confirm(listing=canteen, fact_groups=["price"], actor=clerk)
    canteen.refresh_from_db()
    pages = [canteen.document, client.get(canteen.get_absolute_url()).content.decode()]
    pages.append(client.get(f"/api/v1/canteens/{canteen.public_id}/").content.decode())
    staff = signed_in(city_admin)
    pages.append(staff.get(reverse("admin:canteens_canteen_changelist")).content.decode())
    export = staff.get(reverse("admin:canteens_canteen_export", args=["csv"]))
    pages.append(b"".join(export).decode())
    assert "康桥食堂" in pages[-1]
    assert all("13912345678" not in text and "王老板" not in text for text in pages)


def test_old_questions_and_contacts_of_archived_places_are_forgotten(clerk: User) -> None:
    kept, archived = reached(make_canteen(name="在")), reached(make_canteen(name="撤"), OTHER)
    states.move(listing=archived, to="archived", actor=clerk)
    ask(facts=[(kept.pk, "price")], actor=clerk)
    assert forget_old() == 0
    assert forget_old(timezone.now() + ASKS_KEPT + dt.timedelta(days=1)) == 3
    assert [contact.listing_id for contact in OperatorContact.objects.all()] == [kept.pk]
    assert not OperatorLink.objects.exists()
