"""Webhooks are told of changes: once, by one of several workers, again after failures, and never at the publisher's cost."""

import datetime as dt
import json
import threading
from typing import Any

import pytest
import standardwebhooks
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from portal.accounts.models import Post
from portal.listings import revising
from portal.notices.models import Notice
from portal.partners.models import Nudge, NudgeTry, Webhook
from portal.partners.webhooks import nudging, retrying
from portal.partners.webhooks.nudging import Memo, deliver, make_messages, send_due, tell_webhooks, trim
from portal.partners.webhooks.numbers import feed_number
from tests.factories import make_canteen
from tests.personas import make_person
from tests.webhook_server import (
    PartnerServer,
    _nothing_known,
    loopback,
    make_webhook,
    organisation,
    partner_server,
)

__all__ = ["_nothing_known", "loopback", "partner_server"]

pytestmark = pytest.mark.django_db(transaction=True)


def change(place: Any, clerk: Any, text: str) -> int:
    """Change what a place says; return the number of that change."""
    place = type(place).objects.get(pk=place.pk)
    revising.edit(listing=place, changes={"notice": text}, actor=clerk, channel="office")
    return feed_number()


def waiting(webhook: Webhook) -> Nudge:
    return webhook.nudges.get(state="waiting")


def later(**step: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(**step)


def test_a_change_is_told_with_the_number_after_which_to_read_and_the_next_begins_where_that_ended(
    partner_server: PartnerServer, clerk: Any, settings: Any
) -> None:
    place = make_canteen()
    webhook, secret = make_webhook(partner_server.url)
    begun = webhook.told_seq
    seq = change(place, clerk, "一")
    tell_webhooks.func()
    (received,) = partner_server.received
    said = standardwebhooks.Webhook(secret).verify(received.body, received.headers)
    assert said == {
        "type": "changes",
        "after": begun,
        "changes": f"{settings.PUBLIC_BASE_URL}/api/v1/changes/",
    }
    webhook.refresh_from_db()
    assert (webhook.told_seq, seq) == (seq, begun + 1)
    message = webhook.nudges.get()
    assert (message.state, message.try_count, message.message_id) == (
        "delivered",
        1,
        received.headers["webhook-id"],
    )
    assert message.tries.values_list("status", "error").get() == (204, "")
    tell_webhooks.func()
    assert len(partner_server.received) == 1, "there is nothing new"
    change(place, clerk, "二")
    tell_webhooks.func()
    assert json.loads(partner_server.received[1].body)["after"] == seq


def test_publishing_asks_for_one_task_which_a_worker_does(
    partner_server: PartnerServer, clerk: Any, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudging, "GATHER", dt.timedelta(0))
    place = make_canteen()
    make_webhook(partner_server.url)
    Memo.forget()
    for text in ("一", "二", "三"):
        change(place, clerk, text)
    assert DBTaskResult.objects.filter(task_path__endswith="tell_webhooks").count() == 1
    work()
    assert len(partner_server.received) == 1
    assert Webhook.objects.get().told_seq == feed_number()


def test_publishing_asks_nothing_of_the_database_while_it_is_known_that_there_is_no_webhook(
    clerk: Any,
) -> None:
    place = make_canteen()
    change(place, clerk, "一")
    with CaptureQueriesContext(connection) as queries:
        change(place, clerk, "二")
    assert [query for query in queries if "partners_" in query["sql"]] == []
    assert not DBTaskResult.objects.exists()


def test_a_change_that_is_rolled_back_tells_nobody(partner_server: PartnerServer, clerk: Any) -> None:
    place = make_canteen()
    make_webhook(partner_server.url)
    Memo.forget()
    DBTaskResult.objects.all().delete()
    cache.clear()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        change(place, clerk, "一")
        raise ZeroDivisionError
    assert not DBTaskResult.objects.exists()


def test_a_failure_to_nudge_is_not_the_publishers(
    clerk: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(now: float) -> bool:
        raise IntegrityError("no such table")

    place = make_canteen()
    monkeypatch.setattr(nudging, "_has_webhooks", broken)
    assert change(place, clerk, "一") == feed_number()
    assert "no such table" in caplog.text


def test_the_clock_makes_good_what_a_process_that_knew_of_no_webhook_has_left(
    partner_server: PartnerServer, clerk: Any
) -> None:
    from portal.running.chores import run_due

    place = make_canteen()
    change(place, clerk, "一")
    make_webhook(partner_server.url)
    change(place, clerk, "二")
    assert not DBTaskResult.objects.exists()
    assert "nudge_webhooks" in run_due()
    assert len(partner_server.received) == 1
    assert Webhook.objects.get().told_seq == feed_number()


def test_a_change_while_a_message_is_under_way_is_the_next_message(
    partner_server: PartnerServer, clerk: Any
) -> None:
    place = make_canteen()
    webhook, _secret = make_webhook(partner_server.url)
    first = change(place, clerk, "一")
    make_messages()
    # The server's own thread changes the place while it answers.
    partner_server.before = lambda: changed_by_itself(place, clerk)
    deliver(waiting(webhook).pk)
    partner_server.before = lambda: None
    webhook.refresh_from_db()
    assert (webhook.told_seq, feed_number()) == (first, first + 1)
    # Whether the change asked for a task or not, the sender did.
    assert DBTaskResult.objects.filter(task_path__endswith="tell_webhooks").exists()
    tell_webhooks.func()
    webhook.refresh_from_db()
    assert webhook.told_seq == first + 1
    assert [json.loads(received.body)["after"] for received in partner_server.received] == [first - 1, first]


def changed_by_itself(place: Any, clerk: Any) -> None:
    try:
        change(place, clerk, "二")
    finally:
        connection.close()


def test_two_who_make_messages_at_once_make_one(partner_server: PartnerServer, clerk: Any) -> None:
    place = make_canteen()
    webhook, _secret = make_webhook(partner_server.url)
    change(place, clerk, "一")
    at_once(4, make_messages)
    assert webhook.nudges.count() == 1


def test_several_workers_at_once_send_each_message_once(partner_server: PartnerServer, clerk: Any) -> None:
    place = make_canteen()
    hooks = [make_webhook(f"{partner_server.url}/{number}")[0] for number in range(6)]
    change(place, clerk, "一")
    partner_server.pause = 0.05
    at_once(4, send_due)
    assert sorted(received.path for received in partner_server.received) == [
        f"/hooks/{number}" for number in range(6)
    ]
    assert set(Nudge.objects.values_list("state", "try_count")) == {("delivered", 1)}
    assert {hook.nudges.count() for hook in hooks} == {1}


def at_once(count: int, deed: Any) -> None:
    """Do something in several threads that begin together."""
    ready = threading.Barrier(count)
    failures: list[Exception] = []

    def run() -> None:
        try:
            ready.wait()
            deed()
        except Exception as error:  # told by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_failure_is_tried_again_later_and_later_under_the_same_id(
    partner_server: PartnerServer, clerk: Any
) -> None:
    place = make_canteen()
    webhook, _secret = make_webhook(partner_server.url)
    change(place, clerk, "一")
    partner_server.status = 503
    make_messages()
    moment, pauses = timezone.now(), []
    for _number in range(4):
        assert deliver(waiting(webhook).pk, now=moment) is not None
        assert deliver(waiting(webhook).pk, now=moment) is None, "it is not due"
        pauses.append((waiting(webhook).next_try_at - moment).total_seconds())
        moment = waiting(webhook).next_try_at
    assert all(
        0.79 * wanted <= pause <= 1.21 * wanted
        for wanted, pause in zip(retrying.PAUSES, pauses, strict=False)
    )
    assert len({round(pause / wanted, 6) for wanted, pause in zip(retrying.PAUSES, pauses, strict=False)}) > 1
    partner_server.status = 200
    assert deliver(waiting(webhook).pk, now=moment) is not None
    message = webhook.nudges.get()
    assert (message.state, message.try_count) == ("delivered", 5)
    assert {received.headers["webhook-id"] for received in partner_server.received} == {message.message_id}
    assert list(message.tries.values_list("status", flat=True)) == [200, 503, 503, 503, 503]


def test_a_partner_who_asks_to_be_left_alone_is_but_for_no_longer_than_an_hour(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")
    partner_server.status = 429
    for asked, granted in (("600", 600), ("999999", 3600)):
        partner_server.headers = {"Retry-After": asked}
        Nudge.objects.all().delete()
        make_messages()
        moment = timezone.now()
        deliver(waiting(webhook).pk, now=moment)
        assert waiting(webhook).next_try_at - moment == dt.timedelta(seconds=granted)


def test_the_tries_span_about_a_day() -> None:
    assert 20 * 3600 <= sum(retrying.PAUSES) <= 28 * 3600


def give_up(webhook: Webhook, moment: dt.datetime) -> dt.datetime:
    """Let a message be tried until it is given up; return when that was."""
    make_messages()
    pk, moment = waiting(webhook).pk, max(moment, waiting(webhook).next_try_at)
    for _number in range(retrying.MOST_TRIES):
        deliver(pk, now=moment)
        message = Nudge.objects.get(pk=pk)
        moment = message.next_try_at if message.state == "waiting" else moment
    assert message.state == "dead"
    return moment + dt.timedelta(seconds=1)


@pytest.fixture
def keeper(groups: Any) -> Any:
    """Return whoever keeps the partner's webhooks."""
    user = make_person("13800000091", "接口负责人")
    Post.objects.create(user=user, organisation=organisation(), group=groups["合作方"])
    return user


def test_a_message_is_given_up_after_a_day_and_its_keepers_are_told_and_after_three_the_webhook_is_stopped(
    partner_server: PartnerServer, clerk: Any, keeper: Any
) -> None:
    place = make_canteen()
    webhook, _secret = make_webhook(partner_server.url)
    begun = webhook.told_seq
    partner_server.status = 500
    moment = timezone.now()
    change(place, clerk, "一")
    for number in range(3):
        assert Webhook.objects.active().count() == 1
        moment = give_up(webhook, moment)
        assert Notice.objects.filter(user=keeper).count() == number + 1
    assert Webhook.objects.active().count() == 0
    kinds = list(Notice.objects.filter(user=keeper).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["webhook_dead", "webhook_dead", "webhook_stopped"]
    notice = Notice.objects.filter(user=keeper).latest("pk")
    assert "127.0.0.1" in notice.sentence
    assert "hooks" not in notice.sentence
    count = len(partner_server.received)
    change(place, clerk, "二")
    send_due(now=later(days=9))
    assert len(partner_server.received) == count
    webhook.refresh_from_db()
    assert webhook.told_seq == begun, "what was given up is told when it starts again"


def test_a_partner_who_is_gone_is_stopped_at_once(
    partner_server: PartnerServer, clerk: Any, keeper: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")
    partner_server.status = 410
    send_due()
    assert webhook.nudges.get().state == "dead"
    assert Webhook.objects.active().count() == 0
    assert Notice.objects.get(user=keeper).kind == "webhook_stopped"


def test_what_a_killed_worker_left_is_sent_again_under_the_same_id_when_its_claim_is_over(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")
    make_messages()
    message = waiting(webhook)
    moment = timezone.now()
    assert retrying.claim(message.pk, moment) is not None
    # Here its power went.
    assert deliver(message.pk, now=moment + retrying.LEASE - dt.timedelta(seconds=1)) is None
    assert deliver(message.pk, now=moment + retrying.LEASE) is not None
    message.refresh_from_db()
    assert (message.state, message.try_count, message.tries.count()) == ("delivered", 2, 1)
    assert partner_server.received[0].headers["webhook-id"] == message.message_id


def test_a_worker_whose_claim_ran_out_keeps_its_try_and_decides_nothing(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    seq = change(make_canteen(), clerk, "一")
    make_messages()
    message = waiting(webhook)
    moment = timezone.now()
    slow = retrying.claim(message.pk, moment)
    second = retrying.claim(message.pk, moment + retrying.LEASE)
    assert slow is not None and second is not None
    failed = retrying.Answer(error="slow")
    retrying.settle(message.pk, slow, failed, seq=seq, now=moment + retrying.LEASE)
    assert waiting(webhook).claimed_until == second
    retrying.settle(message.pk, second, retrying.Answer(status=200), seq=seq, now=moment + retrying.LEASE)
    retrying.settle(message.pk, slow, failed, seq=seq, now=moment + retrying.LEASE)
    assert webhook.nudges.get().state == "delivered"
    assert NudgeTry.objects.count() == 3


def test_a_message_whose_every_sender_is_killed_is_given_up_like_any_other(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")
    make_messages()
    moment = timezone.now()
    for _number in range(retrying.MOST_TRIES):
        assert retrying.claim(waiting(webhook).pk, moment) is not None
        moment += retrying.LEASE
    deliver(waiting(webhook).pk, now=moment)
    assert webhook.nudges.get().state == "dead"
    assert partner_server.received == []


def test_a_webhook_taken_away_while_its_message_is_under_way_leaves_nothing_behind(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")

    def taken_away() -> None:
        try:
            Webhook.objects.get(pk=webhook.pk).delete()
        finally:
            connection.close()

    partner_server.before = taken_away
    send_due()
    assert (Webhook.objects.count(), Nudge.objects.count(), NudgeTry.objects.count()) == (0, 0, 0)


def test_a_secret_that_cannot_be_read_any_more_is_a_failure_and_nothing_is_sent_unsigned(
    partner_server: PartnerServer, clerk: Any
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    change(make_canteen(), clerk, "一")
    Webhook.objects.update(secret="gAAAAAB")
    send_due()
    assert waiting(webhook).tries.get().error == "secret"
    assert partner_server.received == []


def test_finished_messages_and_their_tries_are_forgotten_after_a_month(
    partner_server: PartnerServer, clerk: Any
) -> None:
    make_webhook(partner_server.url, old_secret="x", old_secret_until=later(hours=1))
    change(make_canteen(), clerk, "一")
    send_due()
    assert trim(now=later(days=29)) == 0 and NudgeTry.objects.count() == 1
    assert Webhook.objects.get().old_secret == "", "it holds no more"
    trim(now=later(days=31))
    assert (Nudge.objects.count(), NudgeTry.objects.count()) == (0, 0)


def test_the_database_holds_one_waiting_message_of_changes_for_a_webhook(
    partner_server: PartnerServer,
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    nudging.new_message(webhook.pk, "changes", 1).save()
    nudging.new_message(webhook.pk, "test", 1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        nudging.new_message(webhook.pk, "changes", 1).save()
