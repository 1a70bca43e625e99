"""The pages and the administration of webhooks: who opens them, what they do, and that secrets are shown once."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from portal.accounts.models import User
from portal.audit.models import Action, Event
from portal.partners.models import Nudge, Webhook
from portal.partners.webhooks import keeping, nudging, signing
from portal.partners.webhooks.nudging import deliver, make_messages, new_message, tell_webhooks
from portal.partners.webhooks.showing import MOST_MESSAGES
from tests.partner_pages import signed_in
from tests.personas import PartnerKey
from tests.webhook_server import (
    PartnerServer,
    _nothing_known,
    loopback,
    make_webhook,
    organisation,
    partner_server,
)

__all__ = ["_nothing_known", "loopback", "partner_server"]

pytestmark = pytest.mark.django_db

URL = "https://partner.example/hooks?token=s3cret"
OWN_PAGES = ("partner_webhook", "partner_webhook_rotate", "partner_webhook_remove")
DEEDS = ("test", "rotate", "stop", "start", "replay", "remove")
#: persona → what the form of a new one, a page of an own webhook, and one of another organisation's answer to GET.
EXPECTED = {
    "anonymous": (302, 302, 302),
    "courier": (403, 403, 403),
    "clerk": (403, 403, 403),
    "operator": (403, 403, 403),
    "guard": (403, 403, 403),
    "keeper": (200, 200, 404),
    # The city keeps all webhooks in the administration; here it meets those of its own office alone.
    "city_admin": (200, 404, 404),
}


def own_webhook(partner: PartnerKey, url: str = URL, **fields: Any) -> Webhook:
    return make_webhook(url, partner.key.organisation, **fields)[0]


def given_up(webhook: Webhook, after: int, message_id: str = "") -> Nudge:
    row = new_message(webhook.pk, "changes", after)
    row.state, row.finished_at, row.try_count = "dead", timezone.now(), 11
    row.message_id = message_id or row.message_id
    row.save()
    return row


def everything() -> list[Any]:
    return [*Webhook.objects.order_by("pk").values(), *Nudge.objects.order_by("pk").values()]


@pytest.mark.parametrize("who", EXPECTED)
def test_each_person_reaches_the_webhooks_of_the_own_organisation_and_no_other(
    who: str, partner: PartnerKey, request: pytest.FixtureRequest
) -> None:
    client = signed_in(None if who == "anonymous" else request.getfixturevalue(who))
    own, other = own_webhook(partner), make_webhook(URL, organisation("别家平台"))[0]
    given_up(other, other.told_seq)
    add, mine, foreign = EXPECTED[who]
    before = everything()
    assert client.get(reverse("partner_webhook_add")).status_code == add
    for name in OWN_PAGES:
        assert client.get(reverse(name, args=[own.pk])).status_code == mine, name
        assert client.get(reverse(name, args=[other.pk])).status_code == foreign, name
        assert client.get(reverse(name, args=[2**63])).status_code == foreign, name
    for deed in DEEDS:
        assert client.post(reverse(f"partner_webhook_{deed}", args=[other.pk])).status_code == foreign, deed
    assert everything() == before
    assert client.get(reverse("partner_webhook_test", args=[own.pk])).status_code in {302, 403, 405}


def test_a_webhook_is_added_with_a_secret_that_is_shown_once_and_kept_sealed(
    partner: PartnerKey, keeper: User
) -> None:
    client = signed_in(keeper)
    answer = client.post(reverse("partner_webhook_add"), {"url": URL})
    row = Webhook.objects.get()
    assert answer["Location"] == reverse("partner_webhook", args=[row.pk])
    page = client.get(answer["Location"]).content.decode()
    (secret,) = signing.secrets_of(row, timezone.now())
    assert secret in page
    assert secret not in client.get(answer["Location"]).content.decode()
    assert secret not in str(Webhook.objects.values().get())
    event = Event.objects.get(object_kind="partners.webhook")
    assert (event.action, event.actor_id, event.object_label) == (Action.ADDED, keeper.pk, "partner.example")
    assert "s3cret" not in str(event.__dict__)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hello",
        "http://partner.example/",
        "https://10.0.0.1/",
        "https://a:b@partner.example/",
        "https://x:22/",
        "\x00",
        "https://" + "a" * 600,
    ],
)
def test_an_address_that_cannot_be_is_refused_beside_its_field(
    url: str, partner: PartnerKey, keeper: User
) -> None:
    answer = signed_in(keeper).post(reverse("partner_webhook_add"), {"url": url})
    assert answer.status_code == 400
    assert not Webhook.objects.exists()


def test_the_same_address_twice_and_a_sixth_one_are_refused(partner: PartnerKey, keeper: User) -> None:
    for number in range(keeping.MOST_WEBHOOKS):
        keeping.add_webhook(organisation=partner.key.organisation, url=f"{URL}{number}", by=keeper)
        if number == 0:
            with pytest.raises(ValidationError, match="已"):
                keeping.add_webhook(organisation=partner.key.organisation, url=f"{URL}0", by=keeper)
    client = signed_in(keeper)
    assert reverse("partner_webhook_add") not in client.get(reverse("partners")).content.decode()
    answer = client.post(reverse("partner_webhook_add"), {"url": URL})
    assert (answer.status_code, Webhook.objects.count()) == (400, keeping.MOST_WEBHOOKS)
    assert "5" in answer.content.decode()


def test_adding_and_a_new_secret_ask_an_old_session_to_prove_who_it_is(
    partner: PartnerKey, keeper: User
) -> None:
    row = own_webhook(partner)
    client = signed_in(keeper, minutes_ago=None)
    before = everything()
    for url in (reverse("partner_webhook_add"), reverse("partner_webhook_rotate", args=[row.pk])):
        assert reverse("account_again") in client.get(url).content.decode()
        assert client.post(url, {"url": f"{URL}2"}).status_code == 400
    assert everything() == before


def test_a_new_secret_is_shown_once_and_the_old_one_holds_for_a_day(
    partner: PartnerKey, keeper: User
) -> None:
    row = own_webhook(partner)
    (old,) = signing.secrets_of(row, timezone.now())
    client = signed_in(keeper)
    page = client.post(reverse("partner_webhook_rotate", args=[row.pk]), follow=True).content.decode()
    row.refresh_from_db()
    new, kept = signing.secrets_of(row, timezone.now())
    assert (new in page, kept, old in page) == (True, old, False)
    assert signing.secrets_of(row, timezone.now() + dt.timedelta(hours=24, seconds=1)) == [new]
    assert Event.objects.filter(action=Action.WEBHOOK_ROTATED, object_id=str(row.pk)).count() == 1


def test_a_test_button_pressed_twice_sends_one_test(
    partner: PartnerKey, keeper: User, partner_server: PartnerServer
) -> None:
    row = own_webhook(partner, partner_server.url)
    client = signed_in(keeper)
    for _number in range(2):
        answer = client.post(reverse("partner_webhook_test", args=[row.pk]), follow=True)
    assert len(partner_server.received) == 1
    assert "请稍等" in answer.content.decode()
    assert Nudge.objects.get().state == "delivered"
    row.refresh_from_db()
    assert row.told_seq == nudging.feed_number(), "a test tells nothing"


def test_a_test_reaches_a_stopped_webhook_and_one_that_fails_is_not_tried_again(
    partner: PartnerKey, keeper: User, partner_server: PartnerServer
) -> None:
    row = own_webhook(partner, partner_server.url, stopped_at=timezone.now())
    partner_server.status = 500
    page = signed_in(keeper).post(reverse("partner_webhook_test", args=[row.pk]), follow=True)
    assert "HTTP 500" in page.content.decode()
    assert Nudge.objects.get().state == "dead"


def test_what_was_missed_while_stopped_is_told_on_starting(
    partner: PartnerKey, keeper: User, partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = own_webhook(partner, partner_server.url, told_seq=3)
    monkeypatch.setattr(nudging, "feed_number", lambda: 9)
    client = signed_in(keeper)
    client.post(reverse("partner_webhook_stop", args=[row.pk]))
    tell_webhooks.func()
    assert partner_server.received == []
    client.post(reverse("partner_webhook_start", args=[row.pk]))
    assert DBTaskResult.objects.filter(task_path__endswith="tell_webhooks").count() == 1
    tell_webhooks.func()
    row.refresh_from_db()
    assert (len(partner_server.received), row.told_seq) == (1, 9)
    actions = (
        Event.objects.filter(object_kind="partners.webhook").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == [Action.WEBHOOK_STOPPED, Action.WEBHOOK_STARTED]


def test_of_what_was_given_up_the_earliest_is_sent_again_under_its_own_id_and_makes_the_others_good(
    partner: PartnerKey, keeper: User, partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = own_webhook(partner, partner_server.url, told_seq=3)
    monkeypatch.setattr(nudging, "feed_number", lambda: 9)
    given_up(row, 3, "msg_first")
    given_up(row, 3, "msg_second")
    client = signed_in(keeper)
    client.post(reverse("partner_webhook_replay", args=[row.pk]))
    (message,) = Nudge.objects.waiting()
    assert (message.message_id, message.try_count) == ("msg_first", 0)
    deliver(message.pk)
    assert partner_server.received[0].headers["webhook-id"] == "msg_first"
    page = client.get(reverse("partner_webhook", args=[row.pk])).content.decode()
    assert "已放弃，后续已补达" in page
    assert reverse("partner_webhook_replay", args=[row.pk]) not in page
    answer = client.post(
        reverse("partner_webhook_replay", args=[row.pk]), {"message": "msg_second"}, follow=True
    )
    assert "没有可重发的消息" in answer.content.decode()


def test_sending_again_while_one_waits_hastens_that_one_unless_it_is_under_way(
    partner: PartnerKey, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = own_webhook(partner, told_seq=3)
    monkeypatch.setattr(nudging, "feed_number", lambda: 9)
    lost = given_up(row, 3)
    make_messages()
    later = timezone.now() + dt.timedelta(hours=8)
    waiting = Nudge.objects.waiting()
    waiting.update(next_try_at=later, try_count=9)
    assert keeping.send_again(nudges=Nudge.objects.filter(pk=lost.pk), by=keeper) == 1
    assert waiting.get().next_try_at < later
    waiting.update(next_try_at=later, claimed_until=later)
    keeping.send_again(nudges=Nudge.objects.filter(pk=lost.pk), by=keeper)
    assert waiting.get().next_try_at == later
    lost.refresh_from_db()
    assert lost.state == "dead"


def test_a_webhook_is_removed_with_its_messages_and_that_is_kept(partner: PartnerKey, keeper: User) -> None:
    row = own_webhook(partner)
    given_up(row, 1)
    signed_in(keeper).post(reverse("partner_webhook_remove", args=[row.pk]))
    assert (Webhook.objects.count(), Nudge.objects.count()) == (0, 0)
    assert Event.objects.get(object_kind="partners.webhook").action == Action.DELETED


def test_a_page_with_many_messages_and_tries_asks_no_more_than_one_with_none(
    partner: PartnerKey, keeper: User
) -> None:
    row = own_webhook(partner)
    client = signed_in(keeper)
    url = reverse("partner_webhook", args=[row.pk])
    client.get(url)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    empty = count()
    for number in range(MOST_MESSAGES + 5):
        message = given_up(row, number)
        for _number in range(3):
            message.tries.create(status=500, error="refused")
    # One more than without messages: their tries, all at once.
    assert count() <= empty + 1
    assert client.get(url).content.decode().count("<details") == MOST_MESSAGES


def test_the_administration_adds_shows_once_rotates_stops_and_replays(
    partner: PartnerKey, city_admin: User, partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(city_admin)
    add = reverse("admin:partners_webhook_add")
    assert client.get(add).status_code == 200
    bad = client.post(add, {"organisation": partner.key.organisation_id, "url": "https://10.0.0.1/"})
    assert (bad.status_code, Webhook.objects.count()) == (200, 0)
    assert "内网" in bad.content.decode()
    told = client.post(
        add, {"organisation": partner.key.organisation_id, "url": partner_server.url}, follow=True
    ).content.decode()
    row = Webhook.objects.get()
    (secret,) = signing.secrets_of(row, timezone.now())
    assert secret in told
    assert secret not in client.get(reverse("admin:partners_webhook_change", args=[row.pk])).content.decode()
    assert Event.objects.filter(object_kind="partners.webhook").count() == 1
    changelist = reverse("admin:partners_webhook_changelist")

    def act(name: str) -> str:
        sent = {"action": name, "_selected_action": [row.pk]}
        return client.post(changelist, sent, follow=True).content.decode()

    assert "HTTP 204" in act("send_test")
    assert "whsec_" in act("new_secret")
    act("stop")
    row.refresh_from_db()
    assert row.stopped_at is not None
    act("start")
    row.refresh_from_db()
    assert row.stopped_at is None
    monkeypatch.setattr(nudging, "feed_number", lambda: row.told_seq + 5)
    lost = given_up(row, row.told_seq)
    act("send_again")
    lost.refresh_from_db()
    assert lost.state == "waiting"
    for url in (
        changelist,
        reverse("admin:partners_webhook_change", args=[row.pk]),
        reverse("admin:partners_nudge_changelist"),
        reverse("admin:partners_nudge_change", args=[Nudge.objects.first().pk]),
        reverse("admin:partners_webhook_history", args=[row.pk]),
        reverse("admin:partners_webhook_delete", args=[row.pk]),
    ):
        page = client.get(url)
        assert page.status_code == 200, url
        assert secret not in page.content.decode(), url
    client.post(reverse("admin:partners_webhook_delete", args=[row.pk]), {"post": "yes"})
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("who", ["clerk", "district_admin", "keeper", "courier", "operator"])
def test_nobody_but_the_city_opens_webhooks_in_the_administration(
    who: str, partner: PartnerKey, request: pytest.FixtureRequest
) -> None:
    row = own_webhook(partner)
    client = signed_in(request.getfixturevalue(who))
    given_up(row, 1)
    for name, args in (("changelist", []), ("add", []), ("change", [row.pk])):
        assert client.get(reverse(f"admin:partners_webhook_{name}", args=args)).status_code in {302, 403}
    assert client.get(reverse("admin:partners_nudge_changelist")).status_code in {302, 403}
