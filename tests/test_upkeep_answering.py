"""What an operator answers by a link: once, without an account, and looking alone changes nothing."""

import datetime as dt
from typing import Any

import orjson
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.listings import revising, states
from portal.listings.deciding import decide_parts
from portal.listings.models import Confirmation, Listing, Proposal
from portal.listings.snapshots import read_snapshot
from portal.upkeep.models import Correction, CorrectionReport, OperatorAsk, OperatorLink
from tests.factories import make_apartment, make_canteen, make_compound, make_station, meal, room
from tests.upkeep_queue import at_once

pytestmark = pytest.mark.django_db


def linked(*listings: Any, groups: tuple[str, ...] = ()) -> str:
    """Return the address of a link that asks about these listings."""
    token, now = OperatorLink.new_token(), timezone.now()
    link = OperatorLink.objects.create(
        digest=OperatorLink.digest_of(token),
        number_key=token,
        day=now.date(),
        expires_at=now + dt.timedelta(days=7),
    )
    for listing in listings:
        OperatorAsk.objects.create(
            link=link, listing=listing, fact_groups=list(groups or listing.fact_groups)
        )
    return reverse("confirm", args=[token])


def said(answer: Any, **given: str) -> dict[str, str]:
    """Return what a page's form sends: everything still true, but for what is given."""
    form, ask = answer.context["form"], answer.context["ask"]
    data = {f"{group}_said": "true" for group in form.groups} | given
    sent = {f"{form.prefix}-{name}": value for name, value in data.items()}
    return {**sent, "ask": str(ask.pk), "version": str(answer.context["listing"].revision_number)}


def send(url: str, **given: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post(url, said(client.get(url), **given))


def confirmed(listing: Listing) -> dict[str, str]:
    """Return who stands behind each group of facts in the public document."""
    document = orjson.loads(Listing.objects.get(pk=listing.pk).document)
    return {group: (row or {}).get("by", "") for group, row in document["confirmations"].items()}


def test_the_page_shows_the_place_and_its_facts_in_plain_words(clerk: User, client: Any) -> None:
    html = client.get(linked(make_canteen())).content.decode()
    for text in (
        "康桥食堂",
        "测试路1号",
        "一荤两素 10.00元",
        "星期一至星期五 午餐 10:30–13:30",
        "0571-00000000",
    ):
        assert text in html, text
    assert (html.count("仍然属实</span>"), html.count("有变化</span>")) == (3, 3)


def test_what_is_still_true_is_confirmed_by_the_operator(clerk: User) -> None:
    canteen = make_canteen()
    answer = send(linked(canteen))
    assert (answer.status_code, "谢谢您" in answer.content.decode()) == (200, True)
    assert confirmed(canteen) == {"price": "operator", "hours": "operator", "contact": "operator"}
    row = Confirmation.objects.filter(listing=canteen).first()
    assert (row.actor_id, row.actor_label, row.channel) == (None, "经营者", "operator")
    assert not Proposal.objects.exists()
    assert OperatorAsk.objects.get().answers == {"price": "true", "hours": "true", "contact": "true"}


def test_a_page_in_english_names_the_operator_in_history_as_always(clerk: User) -> None:
    canteen = make_canteen()
    client, url = Client(), linked(canteen)
    answer = client.get(url, {"lang": "en"})
    assert "Has changed" in answer.content.decode()
    client.post(f"{url}?lang=en", said(answer))
    assert set(Confirmation.objects.values_list("actor_label", flat=True)) == {"经营者"}


def test_what_has_changed_waits_for_the_office_as_fields(clerk: User) -> None:
    meals = {"set_meals": [meal(), meal(name="两荤一素", courier_price_yuan="12.00")]}
    canteen = make_canteen(meals=meals)
    before = Listing.objects.get(pk=canteen.pk).document
    send(
        linked(canteen),
        contact_said="wrong", phone="0571-88888888",
        hours_said="wrong", hours="周一至周六 10：30-14:00(午餐)；周日 休息",
        price_said="wrong", price_1="13.5",
    )  # fmt: skip
    proposal = Proposal.objects.get()
    assert (proposal.actor_id, proposal.actor_label, proposal.channel) == (None, "经营者", "operator")
    assert proposal.changes["phone"] == "0571-88888888"
    prices = [row["courier_price_yuan"] for row in proposal.changes["meals"]["set_meals"]]
    assert prices == ["10.00", "13.5"]
    days = [row["day"] for row in proposal.changes["hours"]["weekly_hours"]]
    assert days == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert Listing.objects.get(pk=canteen.pk).document == before
    decide_parts(
        proposal=proposal, decisions={key: {"outcome": "accepted"} for key in proposal.changes}, actor=clerk
    )
    stored = read_snapshot(type(canteen).objects.with_groups().get(pk=canteen.pk))
    assert (stored["phone"], stored["meals"]["set_meals"][1]["courier_price_yuan"]) == (
        "0571-88888888",
        "13.50",
    )


def test_what_is_free_is_said_in_numbers_as_of_now(clerk: User) -> None:
    apartment = make_apartment(rooms={"room_types": [room(), room(name="单人间")]})
    send(linked(apartment), availability_said="wrong", availability_0="2", price_said="wrong", price_1="900")
    rooms = Proposal.objects.get().changes["rooms"]["room_types"]
    assert [(row["free_count"], row["rent_after_yuan"]) for row in rooms] == [(2, "850.00"), (6, "900")]
    assert rooms[0]["free_as_of"] > rooms[1]["free_as_of"]
    assert confirmed(apartment) == {"availability": "", "price": "", "contact": "operator"}


def test_words_that_are_no_fields_become_a_case_for_the_office(clerk: User) -> None:
    station = make_station()
    send(linked(station), amenities_said="wrong", amenities_words="热水器坏了，下周修好")
    case = Correction.objects.get()
    assert (case.listing_id, case.kind) == (station.pk, "other")
    assert CorrectionReport.objects.get().note == "设施：经营者：热水器坏了，下周修好"
    assert not Proposal.objects.exists()
    assert confirmed(station)["hours"] == "operator"


def test_every_kind_can_be_answered_for(clerk: User) -> None:
    for make in (make_canteen, make_station, make_apartment, make_compound):
        listing = make()
        assert send(linked(listing)).status_code == 200
        assert set(confirmed(listing).values()) == {"operator"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"price_said": ""}, "请选择是否仍然属实"),
        ({"price_said": "maybe"}, "请选择是否仍然属实"),
        ({"price_said": "wrong"}, "请说明有什么变化"),
        ({"contact_said": "wrong", "phone": "0571-00000000"}, "请说明有什么变化"),
        ({"hours_said": "wrong", "hours": "随便"}, "随便"),
        ({"hours_said": "wrong", "hours": "周一 25:00-26:00"}, "25:00"),
        ({"price_said": "wrong", "price_0": "很便宜"}, "很便宜"),
        ({"price_said": "wrong", "price_0": "-1"}, "-1"),
        ({"price_said": "wrong", "price_0": "99"}, "高于"),
        ({"price_said": "wrong", "price_0": "9" * 400}, "999"),
        ({"contact_said": "wrong", "phone": "1" * 400}, "111"),
        ({"price_said": "wrong", "price_words": "长" * 400}, "长长"),
    ],
)
def test_what_cannot_be_read_is_asked_again_and_nothing_is_lost(
    clerk: User, given: dict[str, str], sentence: str
) -> None:
    canteen, typed = make_canteen(), {"hours_words": "新搬到二楼", **given}
    answer = send(linked(canteen), **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert "新搬到二楼" in html
    assert "您填写的内容都还在" in html
    assert not Confirmation.objects.exists()
    assert not OperatorAsk.objects.get().answered_at


def test_nul_bytes_and_odd_forms_break_nothing(clerk: User) -> None:
    url, client = linked(make_canteen()), Client()
    for data in ({}, {"ask": "x"}, {"ask": "9" * 40}, {"ask": "\0"}, {"version": "9" * 40}, {"ask": ""}):
        assert client.post(url, data).status_code in (200, 400, 409, 410, 422)
    assert client.put(url).status_code == 405
    assert not Confirmation.objects.exists()


def test_looking_changes_nothing_but_that_it_was_opened(clerk: User, client: Any) -> None:
    url = linked(make_canteen())
    client.head(url)
    assert OperatorLink.objects.get().opened_at is None
    for agent in ("MicroMessenger", "WhatsApp", "facebookexternalhit", "Mozilla"):
        assert client.get(url, headers={"User-Agent": agent}).status_code == 200
    assert OperatorLink.objects.get().opened_at
    assert not OperatorAsk.objects.get().answered_at
    assert not Confirmation.objects.exists()


def test_a_link_is_used_once_and_says_so_kindly(clerk: User, client: Any) -> None:
    url = linked(make_canteen())
    sent = said(client.get(url))
    client.post(url, sent)
    for answer in (client.post(url, sent), client.get(url)):
        assert answer.status_code == 410
        assert "您已经答复过了，谢谢！" in answer.content.decode()
    assert Confirmation.objects.count() == 3


def test_several_places_of_a_number_are_answered_one_after_the_other(clerk: User, client: Any) -> None:
    first, second = make_canteen(name="一店"), make_canteen(name="二店")
    url = linked(first, second)
    asked = client.get(url)
    assert "共 2 处" in asked.content.decode()
    following = client.post(url, said(asked))
    assert "“一店”已答复，谢谢。" in following.content.decode()
    assert following.context["listing"].pk == second.pk
    assert "谢谢您" in client.post(url, said(following)).content.decode()
    assert set(confirmed(second).values()) == {"operator"}


def test_unknown_expired_and_revoked_links_are_told_the_same(clerk: User, client: Any) -> None:
    expired, revoked = linked(make_canteen(name="一")), linked(make_canteen(name="二"))
    OperatorLink.objects.filter(asks__listing__name="二").update(revoked_at=timezone.now())
    found = []
    with time_machine.travel(timezone.now() + dt.timedelta(days=7), tick=False):
        for url in (expired, revoked, reverse("confirm", args=["x"]), reverse("confirm", args=["9" * 500])):
            for answer in (client.get(url), client.post(url, {"ask": "1"})):
                assert answer.status_code == 404
                found.append(answer.content.decode().replace(url, ""))
    assert len({text[text.index("<main") : text.index("</main")] for text in found}) == 1
    assert "七天内有效" in found[0]


def test_whoever_tries_links_is_slowed_down(client: Any, clerk: User) -> None:
    url = linked(make_canteen())
    statuses = [client.get(reverse("confirm", args=[f"x{number}"])).status_code for number in range(25)]
    assert statuses == [404] * 20 + [429] * 5
    assert client.get(url).status_code == 200


def test_the_page_is_for_its_reader_alone(clerk: User, client: Any) -> None:
    url = linked(make_canteen())
    for answer in (client.get(url), client.get(reverse("confirm", args=["x"]))):
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies


def test_a_place_that_changed_meanwhile_is_looked_at_again(clerk: User, client: Any) -> None:
    canteen = make_canteen()
    url = linked(canteen)
    sent = said(client.get(url), contact_said="wrong", contact_words="搬了")
    revising.edit(listing=canteen, changes={"phone": "0571-11111111"}, actor=clerk, channel="office")
    answer = client.post(url, sent)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "刚刚有更新" in html
    assert "0571-11111111" in html
    assert not Confirmation.objects.exists()
    assert client.post(url, said(answer)).status_code == 200


def test_a_place_that_is_no_longer_public_is_not_asked_about(clerk: User, client: Any) -> None:
    canteen = make_canteen()
    url = linked(canteen)
    sent = said(client.get(url))
    states.move(listing=canteen, to="archived", actor=clerk)
    assert client.post(url, sent).status_code == 410
    assert client.get(url).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(clerk: User) -> None:
    canteen = make_canteen()
    url = linked(canteen)
    sent = said(Client().get(url), contact_said="wrong", phone="0571-88888888")
    found = at_once(3, lambda: Client().post(url, sent).status_code)
    assert sorted(found) == [200, 410, 410], found
    assert Confirmation.objects.filter(listing=canteen).count() == 2
    assert Proposal.objects.count() == 1
