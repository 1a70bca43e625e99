"""What leaves the portal because somebody was told: when, what it says, and never twice."""

import datetime as dt
import ipaddress
import logging
import threading
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from portal.accounts.models import User
from portal.notices import outbox, reading, sending
from portal.notices.cleaning import clean
from portal.notices.digests import make_digests
from portal.notices.models import Delivery, Notice, Preference
from portal.notices.quiet import after_quiet
from portal.notices.sending import deliver, send_due, text_to_number
from portal.notices.telling import put_off, tell, withdraw
from tests import sent_texts
from tests.notice_kinds import at, told

pytestmark = pytest.mark.django_db
__all__ = ["told"]
State = Delivery.State
NIGHT = Preference()


def say(user: User, kind: str = "test_now", key: str = "1", **more: Any) -> Notice | None:
    return tell(user=user, kind=kind, key=key, params={"place": "康桥食堂", "why": "逆行"}, **more)


@time_machine.travel(at(10), tick=False)
def test_a_number_that_nobody_proved_for_90_days_is_told_nothing(told: Any, courier: User, work: Any) -> None:
    courier.phone_seen_at = at(10) - dt.timedelta(days=90)
    courier.save()
    say(courier)
    work()
    assert told == [
        ("+8613800000001", "您在暖新有一条新消息，请登录查看。 https://portal.example/me/notices/")
    ]


@time_machine.travel(at(10), tick=False)
def test_what_cannot_wait_leaves_at_once_in_chinese_with_the_portals_address(
    told: Any, courier: User, work: Any
) -> None:
    say(courier)
    assert told == []
    work()
    assert told == [("+8613800000001", "「康桥食堂」明天停水 https://portal.example/me/notices/")]
    assert Delivery.objects.get().state == State.SENT


@time_machine.travel(at(10), tick=False)
def test_the_same_is_told_and_sent_once(told: Any, courier: User, work: Any) -> None:
    assert say(courier) is not None
    assert say(courier) is None
    work()
    work()
    send_due()
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_nothing_of_a_sensitive_matter_leaves(told: Any, clerk: User, courier: User, work: Any) -> None:
    say(courier, "test_secret")
    Preference.objects.create(user=clerk, language="en")
    say(clerk, "test_secret")
    work()
    texts = dict(told)
    assert texts["+8613800000001"] == "您在暖新有一条新消息，请登录查看。 https://portal.example/me/notices/"
    assert texts["+8613800000002"].startswith("There is a message for you at Nuanxin.")
    assert not any("超速" in text or "逆行" in text for text in texts.values())


@time_machine.travel(at(10), tick=False)
def test_a_notice_of_a_transaction_that_failed_leaves_nothing(told: Any, courier: User, work: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        say(courier)
        raise RuntimeError
    work()
    assert (told, Notice.objects.count(), Delivery.objects.count()) == ([], 0, 0)


@pytest.mark.parametrize("reason", ["no phone", "not proved", "does not want it"])
@time_machine.travel(at(10), tick=False)
def test_who_is_not_reached_by_text_is_told_in_the_portal_alone(
    told: Any, courier: User, work: Any, reason: str
) -> None:
    if reason == "no phone":
        courier.phone = None
    elif reason == "not proved":
        courier.phone_verified_at = None
    else:
        Preference.objects.create(user=courier, by_sms=False)
    courier.save()
    assert say(courier) is not None
    work()
    assert (told, Delivery.objects.count()) == ([], 0)


@time_machine.travel(at(10), tick=False)
def test_what_may_wait_or_stays_here_queues_nothing(told: Any, courier: User, clerk: User) -> None:
    say(courier, "test_here")
    say(clerk, "test_digest")
    assert Delivery.objects.count() == 0
    assert DBTaskResult.objects.count() == 0


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(20, 59), at(20, 59)),
        (at(21), at(8, day=27)),
        (at(23, 59), at(8, day=27)),
        (at(0), at(8)),
        (at(7, 59), at(8)),
        (at(8), at(8)),
    ],
)
def test_quiet_hours_span_midnight(moment: dt.datetime, until: dt.datetime) -> None:
    assert after_quiet(moment, NIGHT) == until


def test_quiet_hours_within_a_day_end_the_same_day() -> None:
    nap = Preference(quiet_from=dt.time(12), quiet_until=dt.time(13, 30))
    assert after_quiet(at(12, 10), nap) == at(13, 30)
    assert after_quiet(at(13, 30), nap) == at(13, 30)
    assert after_quiet(at(23), nap) == at(23)


def test_at_night_it_waits_and_the_clock_sends_it_in_the_morning(told: Any, courier: User, work: Any) -> None:
    with time_machine.travel(at(22, 30), tick=False):
        say(courier)
        work()
        send_due()
        assert (told, Delivery.objects.get().due_at) == ([], at(8, day=27))
    with time_machine.travel(at(7, 59, day=27), tick=False):
        assert send_due() == 0
    with time_machine.travel(at(8, 0, day=27), tick=False):
        assert send_due() == 1
    assert len(told) == 1


def test_a_try_that_comes_into_the_night_waits_without_being_counted(told: Any, courier: User) -> None:
    sent_texts.FAULTS[:] = ["status 503"]
    with time_machine.travel(at(20, 59, day=25), tick=False):
        say(courier)
        send_due()
    with time_machine.travel(at(21, 30, day=25), tick=False):
        assert send_due() == 1
    row = Delivery.objects.get()
    assert (row.state, row.due_at, row.tries, told) == (State.WAITING, at(8), 1, [])


@time_machine.travel(at(10), tick=False)
def test_what_was_read_before_it_leaves_does_not_leave(told: Any, courier: User, work: Any) -> None:
    notice = say(courier)
    assert notice is not None
    reading.open_notice(user=courier, pk=notice.pk)
    work()
    assert (told, Delivery.objects.get().state) == ([], State.DROPPED)


@time_machine.travel(at(10), tick=False)
def test_what_is_told_later_leaves_later(told: Any, courier: User, work: Any) -> None:
    say(courier, shown_from=at(12))
    put_off(user_id=courier.pk, kind="test_now", key="1", until=at(14))
    work()
    with time_machine.travel(at(12), tick=False):
        send_due()
        assert reading.unread_count(courier) == 0
    assert told == []
    with time_machine.travel(at(14), tick=False):
        send_due()
        assert reading.unread_count(courier) == 1
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_what_is_taken_back_does_not_leave(told: Any, courier: User, work: Any) -> None:
    say(courier)
    assert withdraw(user_id=courier.pk, kind="test_now", key="1") == 1
    work()
    assert (told, Notice.objects.count(), Delivery.objects.count()) == ([], 0, 0)


@time_machine.travel(at(10), tick=False)
def test_somebody_who_left_is_sent_nothing(told: Any, clerk: User, work: Any) -> None:
    say(clerk)
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    work()
    assert (told, Delivery.objects.get().state) == ([], State.DROPPED)


@time_machine.travel(at(10), tick=False)
def test_a_provider_that_fails_is_asked_again_and_later_each_time(told: Any, courier: User) -> None:
    sent_texts.FAULTS[:] = ["status 503", "ConnectTimeout"]
    say(courier)
    moment, gaps = at(10), []
    for _try in range(3):
        assert send_due(now=moment) == 1
        row = Delivery.objects.get()
        gaps.append((row.due_at - moment).total_seconds())
        moment = row.due_at
    assert (row.state, row.tries, row.failure) == (State.SENT, 3, "")
    assert 22 <= gaps[0] <= 38
    assert 90 <= gaps[1] <= 150
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_after_five_tries_it_has_failed_and_may_be_sent_again(told: Any, courier: User, work: Any) -> None:
    sent_texts.FAULTS[:] = ["status 400"] * 5
    say(courier)
    moment = at(10)
    for _try in range(7):
        send_due(now=moment)
        moment += dt.timedelta(hours=1, minutes=20)
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.failure, told) == (State.FAILED, 5, "status 400", [])
    assert sending.send_again(delivery=row)
    assert not sending.send_again(delivery=row)
    work()
    assert (Delivery.objects.get().state, len(told)) == (State.SENT, 1)


@time_machine.travel(at(10), tick=False)
def test_a_fault_says_neither_number_nor_text(
    told: Any, courier: User, caplog: Any, monkeypatch: Any
) -> None:
    def burst(phone: str, text: str) -> None:
        raise RuntimeError(f"{phone} {text}")

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(sending, "send_sms", burst)
    say(courier)
    send_due()
    row = Delivery.objects.get()
    assert (row.state, row.failure) == (State.WAITING, "RuntimeError")
    assert "13800000001" not in caplog.text
    assert "停水" not in caplog.text


@time_machine.travel(at(10), tick=False)
def test_what_a_killed_worker_held_is_taken_up_when_its_lease_is_over(told: Any, courier: User) -> None:
    say(courier)
    pk = Delivery.objects.get().pk
    lease = outbox.claim(pk, at(10))
    assert lease is not None
    assert send_due(now=lease - dt.timedelta(seconds=1)) == 0
    assert send_due(now=lease) == 1
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_a_worker_that_was_too_slow_no_longer_has_a_say(told: Any, courier: User) -> None:
    say(courier)
    row = Delivery.objects.get()
    first = outbox.claim(row.pk, at(10))
    assert first is not None
    second = outbox.claim(row.pk, first)
    assert second is not None
    row.refresh_from_db()
    assert not outbox.failed(row, first, "late", at(10, 3))
    assert not outbox.gone(row, first, at(10, 3))
    row.refresh_from_db()
    assert (row.state, row.leased_until, row.failure) == (State.WAITING, second, "")
    assert outbox.gone(row, second, at(10, 3))


@time_machine.travel(at(10), tick=False)
def test_a_message_over_which_workers_die_is_given_up(told: Any, courier: User) -> None:
    say(courier)
    pk, moment = Delivery.objects.get().pk, at(10)
    for _worker in range(5):
        moment = outbox.claim(pk, moment) or moment
    assert deliver(pk, now=moment) == State.FAILED
    assert (told, Delivery.objects.get().failure) == ([], "stopped")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_message(told: Any, courier: User) -> None:
    Preference.objects.create(user=courier, quiet_from=dt.time(3), quiet_until=dt.time(3, 1))
    with time_machine.travel(at(10), tick=False):
        say(courier)
        pk = Delivery.objects.get().pk
    gate = threading.Barrier(4)
    answers: list[str] = []

    def run() -> None:
        try:
            gate.wait(timeout=30)
            answers.append(deliver(pk, now=at(10)))
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == ["", "", "", State.SENT]
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_a_number_without_an_account_is_texted_once_and_then_erased(told: Any, db: Any, work: Any) -> None:
    for _again in range(2):
        text_to_number(
            phone="+8613900000009", text="请确认：https://portal.example/confirm/abc/", key="link:1"
        )
    row = Delivery.objects.get()
    assert (row.user_id, row.to_label) == (None, "139****0009")
    assert "13900000009" not in row.sealed
    assert "confirm" not in row.sealed
    work()
    text_to_number(phone="+8613900000009", text="请确认", key="link:1")
    work()
    assert told == [("+8613900000009", "请确认：https://portal.example/confirm/abc/")]
    row.refresh_from_db()
    assert (row.state, row.sealed) == (State.SENT, "")


def test_a_number_without_an_account_sleeps_at_night_unless_somebody_stands_beside_it(
    told: Any, db: Any, work: Any
) -> None:
    with time_machine.travel(at(23), tick=False):
        text_to_number(phone="+8613900000009", text="一", key="1")
        text_to_number(phone="+8613900000009", text="二", key="2", at_night=True)
        work()
    assert told == [("+8613900000009", "二")]
    with time_machine.travel(at(8, day=27), tick=False):
        send_due()
    assert len(told) == 2


@time_machine.travel(at(10), tick=False)
def test_a_letter_that_nobody_can_open_any_more_fails(told: Any, db: Any, settings: Any) -> None:
    row = text_to_number(phone="+8613900000009", text="一", key="1")
    settings.SECRET_KEY = "another"
    send_due()
    row.refresh_from_db()
    assert (told, row.failure) == ([], "Unreadable")
    settings.SECRET_KEY_FALLBACKS = ["only-for-development-and-tests"]
    assert send_due(now=row.due_at) == 1
    assert len(told) == 1


def mailed(clerk: User, address: str = "kangqiao@street.example") -> User:
    clerk.email = address
    clerk.save()
    return clerk


def test_staff_get_one_e_mail_a_day_however_much_there_is(told: Any, clerk: User, work: Any) -> None:
    mailed(clerk)
    with time_machine.travel(at(16, day=25), tick=False):
        for number in range(40):
            tell(user=clerk, kind="test_digest", key=str(number), params={"place": f"食堂{number}"})
        assert make_digests() == 0 or Delivery.objects.count() == 0
    with time_machine.travel(at(8, 29), tick=False):
        assert make_digests() == 0
    with time_machine.travel(at(8, 30), tick=False):
        say(clerk, "test_digest", key="at the last moment")
        assert make_digests() == 1
        assert make_digests() == 0
        work()
    with time_machine.travel(at(9), tick=False):
        say(clerk, "test_digest", key="later")
        assert make_digests() == 0
    with time_machine.travel(at(11, day=27), tick=False):
        assert make_digests() == 1
        work()
    first, second = mail.outbox
    assert first.to == ["kangqiao@street.example"]
    assert first.subject == "暖新有 41 条给您的新消息"
    assert "食堂39" in first.body
    assert "还有" in first.body
    html = first.alternatives[0][0]
    assert 'href="https://portal.example/me/notices/"' in html
    assert first.extra_headers["List-Unsubscribe"] == "<https://portal.example/me/notices/how/>"
    assert second.subject == "暖新有 1 条给您的新消息"
    assert told == []


@pytest.mark.parametrize("reason", ["courier", "no address", "does not want it", "left", "no server"])
def test_who_is_not_mailed_gets_no_e_mail(
    told: Any, clerk: User, work: Any, settings: Any, reason: str
) -> None:
    mailed(clerk, "" if reason == "no address" else "kangqiao@street.example")
    if reason == "does not want it":
        Preference.objects.create(user=clerk, by_email=False)
    changes = {"courier": {"is_staff": False}, "left": {"is_active": False}}
    User.objects.filter(pk=clerk.pk).update(**changes.get(reason, {"is_active": True}))
    settings.EMAIL_LEAVES = reason != "no server"
    with time_machine.travel(at(16, day=25), tick=False):
        say(clerk, "test_digest")
    with time_machine.travel(at(8, 30), tick=False):
        assert make_digests() == 0
        work()
    assert mail.outbox == []


def test_what_was_read_before_the_morning_is_not_mailed(told: Any, clerk: User, work: Any) -> None:
    mailed(clerk)
    with time_machine.travel(at(16, day=25), tick=False):
        say(clerk, "test_digest")
        reading.read_all(user=clerk)
    with time_machine.travel(at(8, 30), tick=False):
        assert make_digests() == 0
        say(clerk, "test_digest", key="2")
    with time_machine.travel(at(8, 31), tick=False):
        make_digests()
        reading.read_all(user=clerk)
        work()
    assert mail.outbox == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DROPPED}


def test_a_mail_server_that_fails_is_asked_again_and_nothing_is_lost(
    told: Any, clerk: User, work: Any, settings: Any
) -> None:
    mailed(clerk)
    with time_machine.travel(at(16, day=25), tick=False):
        say(clerk, "test_digest")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with time_machine.travel(at(8, 30), tick=False):
        make_digests()
        work()
    row = Delivery.objects.get()
    assert (row.state, row.failure) == (State.WAITING, "ConnectionRefusedError")
    assert Notice.objects.get().mailed_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_due(now=row.due_at) == 1
    assert len(mail.outbox) == 1
    assert Notice.objects.get().mailed_at == row.due_at


def test_what_is_sensitive_is_one_line_of_the_e_mail(
    told: Any, clerk: User, work: Any, monkeypatch: Any
) -> None:
    from portal.notices import kinds
    from portal.notices.kinds import Kind, Urgency

    monkeypatch.setitem(
        kinds._KINDS, "test_quiet", Kind("test_quiet", "李四的处分", Urgency.DIGEST, is_sensitive=True)
    )
    mailed(clerk)
    with time_machine.travel(at(16, day=25), tick=False):
        say(clerk, "test_quiet", key="1")
        say(clerk, "test_quiet", key="2")
    with time_machine.travel(at(8, 30), tick=False):
        make_digests()
        work()
    body = mail.outbox[0].body
    assert "李四" not in body + mail.outbox[0].alternatives[0][0]
    assert body.count("您在暖新有一条新消息") == 1


def test_what_was_read_long_ago_and_what_is_gone_is_forgotten(told: Any, courier: User, work: Any) -> None:
    with time_machine.travel(at(10), tick=False):
        read = say(courier, key="read")
        assert read is not None
        say(courier, key="unread")
        text_to_number(phone="+8613900000009", text="一", key="1")
        work()
        reading.open_notice(user=courier, pk=read.pk)
        sent_texts.FAULTS[:] = ["down"] * 5
        text_to_number(phone="+8613900000009", text="二", key="2")
        for hours in range(0, 10, 2):
            send_due(now=at(10) + dt.timedelta(hours=hours))
    assert Delivery.objects.exclude(sealed="").count() == 1
    clean(now=at(10) + dt.timedelta(days=8))
    assert Delivery.objects.exclude(sealed="").count() == 0
    assert Delivery.objects.count() == 4
    clean(now=at(10) + dt.timedelta(days=31))
    assert Delivery.objects.count() == 0
    assert Notice.objects.count() == 2
    clean(now=at(10) + dt.timedelta(days=91))
    assert Notice.objects.values_list("key", flat=True).get() == "unread"
    clean(now=at(10) + dt.timedelta(days=181))
    assert Notice.objects.count() == 0


def test_notices_and_messages_go_with_the_person(told: Any, courier: User) -> None:
    say(courier)
    Preference.objects.create(user=courier)
    courier.delete()
    assert (Notice.objects.count(), Delivery.objects.count(), Preference.objects.count()) == (0, 0, 0)


def test_what_workers_did_two_weeks_ago_is_forgotten(told: Any, courier: User, work: Any) -> None:
    from portal.running import chores

    with time_machine.travel(at(10), tick=False):
        say(courier)
        work()
    assert DBTaskResult.objects.count() == 1
    with time_machine.travel(at(10) + dt.timedelta(days=15), tick=False):
        chores._CHORES["prune_tasks"].deed()
    assert DBTaskResult.objects.count() == 0


@time_machine.travel(at(10), tick=False)
def test_the_clock_sends_without_any_worker(told: Any, courier: User) -> None:
    from django.core.management import call_command

    say(courier)
    call_command("tick", verbosity=0)
    assert len(told) == 1


@time_machine.travel(at(10), tick=False)
def test_whoever_watches_learns_what_failed_and_what_waits(
    told: Any, courier: User, clerk: User, client: Any, settings: Any
) -> None:
    settings.METRICS_ALLOWED = networks_here()
    say(courier)
    say(clerk)
    Delivery.objects.filter(user=courier).update(state=State.FAILED, due_at=at(9))
    Delivery.objects.filter(user=clerk).update(due_at=at(9, 58))
    text = client.get("/metrics").content.decode()
    assert "\nnuanxin_failed_messages 1.0" in text
    assert "\nnuanxin_message_seconds 120.0" in text


def test_english_readers_get_the_e_mail_in_english(told: Any, clerk: User, work: Any) -> None:
    mailed(clerk)
    Preference.objects.create(user=clerk, language="en")
    with time_machine.travel(at(16, day=25), tick=False):
        for number in range(33):
            tell(user=clerk, kind="test_digest", key=str(number), params={"place": f"{number}<b>"})
    with time_machine.travel(at(8, 30), tick=False):
        make_digests()
        work()
    (letter,) = mail.outbox
    assert letter.subject == "33 new messages for you at Nuanxin"
    assert "and 3 more" in letter.body
    assert "32<b>" in letter.body
    assert "32&lt;b&gt;" in letter.alternatives[0][0]
    assert 'lang="en"' in letter.alternatives[0][0]


def networks_here() -> list[Any]:
    return [ipaddress.ip_network("127.0.0.1")]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_make_one_e_mail(told: Any, clerk: User) -> None:
    mailed(clerk)
    with time_machine.travel(at(16, day=25), tick=False):
        say(clerk, "test_digest")
    gate = threading.Barrier(4)
    done: list[int] = []

    def run() -> None:
        try:
            gate.wait(timeout=30)
            done.append(make_digests(now=at(8, 30)))
        finally:
            connection.close()

    clocks = [threading.Thread(target=run) for _clock in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert len(done) == 4, "none stumbles over another"
    assert Delivery.objects.filter(digest_on="2026-11-26").count() == 1
    send_due(now=at(8, 30))
    send_due(now=at(8, 31))
    assert len(mail.outbox) == 1
