"""How many codes are sent, and what somebody reads who gets none."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from tests.code_holders import sign_in

LOGIN, CONFIRM = "/accounts/login/", "/accounts/login/code/confirm/"
SIGNUP, VERIFY = "/accounts/signup/", "/accounts/phone/verify/"
HOME, ELSEWHERE = "100.64.0.1", "203.0.113.9"
PHONE, UNKNOWN = "13800000001", "13800000099"


@pytest.fixture
def sent(capsys: Any) -> Any:
    """Return a function that gives the numbers of the messages sent since it was last called."""
    return lambda: re.findall(r"^SMS (\+\d+): ", capsys.readouterr().out, flags=re.M)


def ask(phone: str, address: str = HOME) -> Any:
    return Client(REMOTE_ADDR=address).post(LOGIN, {"login": phone})


def sign_up(number: int, address: str = HOME) -> Any:
    data = {"phone": f"1390000{number:04}", "work_type": "parcel", "name": ""}
    return Client(REMOTE_ADDR=address).post(SIGNUP, data)


def main_of(answer: Any) -> str:
    text = answer.text.split("<main")[1].split("</main")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|\+?\d{11,13}', "", text)


@pytest.mark.django_db
def test_a_hundred_sign_ups_from_one_address_send_no_more_than_its_share(sent: Any, settings: Any) -> None:
    settings.SMS_PER_ADDRESS_PER_HOUR = 5
    answers = [sign_up(number) for number in range(12)]
    assert len(sent()) == 5
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 7
    assert "这个网络发出的验证码太多。请过 60 分钟再试，或拨打 12345" in answers[-1].text
    assert User.objects.count() == 5, "nothing is kept of a sign-up that got no code"
    assert sign_up(50, ELSEWHERE).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert sign_up(51).status_code == 302


def test_over_the_limit_known_and_unknown_numbers_read_the_same(
    courier: User, settings: Any, sent: Any
) -> None:
    settings.SMS_PER_ADDRESS_PER_HOUR = 1
    assert ask("13800000055").status_code == 302, "an unknown number counts too, or the counter would tell"
    known, unknown = ask(PHONE), ask(UNKNOWN)
    assert known.status_code == unknown.status_code == 429
    assert main_of(known) == main_of(unknown)
    assert sent() == []


@pytest.mark.django_db
def test_the_whole_portal_sends_no_more_than_its_limit_in_a_minute(sent: Any, settings: Any) -> None:
    settings.SMS_PER_MINUTE = 3
    answers = [sign_up(number, f"100.64.1.{number}") for number in range(5)]
    assert len(sent()) == 3
    assert "请过 1 分钟再试" in answers[-1].text


def test_the_gaps_between_codes_for_one_phone_grow(courier: User, sent: Any) -> None:
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False) as clock:
        assert ask(PHONE).status_code == 302
        refused = ask(PHONE)
        assert refused.status_code == 429
        assert "没有发送验证码：这个号码索取得太频繁。请过 1 分钟再试" in refused.text
        for _minute in range(4):
            clock.shift(61)
            ask(PHONE)
        clock.shift(61)
        assert "请过 5 分钟再试" in ask(PHONE).text, "five in ten minutes"
        clock.shift(timedelta(minutes=6))
        assert ask(PHONE).status_code == 302
    assert len(sent()) == 6


def test_nobody_locks_a_courier_out_from_elsewhere(courier: User, sent: Any) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _attempt in range(60):
            ask(PHONE, ELSEWHERE)
            clock.shift(30)
        sent()
        assert ask(PHONE, HOME).status_code == 302
    assert sent() == ["+86" + PHONE]


def test_many_addresses_together_do_not_flood_one_phone(courier: User, sent: Any) -> None:
    for number in range(30):
        answer = ask(PHONE, f"100.64.2.{number}")
    assert answer.status_code == 429
    assert len(sent()) == 20


@pytest.mark.parametrize("phone", [PHONE, UNKNOWN])
def test_a_new_code_is_asked_for_with_any_number(
    client: Client, courier: User, sent: Any, phone: str
) -> None:
    client.post(LOGIN, {"login": phone})
    at_once = client.post(CONFIRM, {"action": "resend"}, follow=True)
    assert "没有发送验证码" in at_once.text
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        later = client.post(CONFIRM, {"action": "resend"}, follow=True)
    assert later.redirect_chain == [(CONFIRM, 302)]
    assert "没有发送验证码" not in later.text
    assert len(sent()) == (2 if phone == PHONE else 0)


@pytest.mark.parametrize("phone", [PHONE, UNKNOWN])
def test_so_is_a_new_code_of_a_sign_up(client: Client, courier: User, sent: Any, phone: str) -> None:
    client.post(SIGNUP, {"phone": phone, "work_type": "parcel", "name": ""})
    assert "没有发送验证码" in client.post(VERIFY, {"action": "resend"}, follow=True).text
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        later = client.post(VERIFY, {"action": "resend"}, follow=True)
    assert "没有发送验证码" not in later.text
    assert len(sent()) == (2 if phone == UNKNOWN else 0)


def test_changing_the_number_is_limited_too(client: Client, courier: User, settings: Any, sent: Any) -> None:
    settings.SMS_PER_ADDRESS_PER_HOUR = 1
    client = sign_in(courier)
    ask("13800000055", "127.0.0.1")
    answer = client.post("/accounts/phone/change/", {"phone": UNKNOWN}, follow=True)
    assert "没有发送验证码" in answer.text
    assert sent() == []


@pytest.mark.django_db
def test_behind_a_proxy_the_address_is_the_one_it_names(settings: Any) -> None:
    settings.SMS_PER_ADDRESS_PER_HOUR, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1
    for last, status in (("198.51.100.1", 302), ("198.51.100.2", 302), ("198.51.100.2", 429)):
        browser = Client(headers={"X-Forwarded-For": f"10.9.8.7, {last}"})
        phone = f"1370000{User.objects.count():04}"
        answer = browser.post(SIGNUP, {"phone": phone, "work_type": "parcel", "name": ""})
        assert answer.status_code == status
