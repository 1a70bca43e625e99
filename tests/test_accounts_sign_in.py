"""Signing in and up by phone and a code of six digits."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Courier, User
from tests.code_holders import sign_in
from tests.personas import make_person

LOGIN, CONFIRM = "/accounts/login/", "/accounts/login/code/confirm/"
SIGNUP, VERIFY = "/accounts/signup/", "/accounts/phone/verify/"
NEW = {"phone": "13800000009", "work_type": "parcel", "name": "王建国"}


@pytest.fixture
def inbox(capsys: Any) -> Any:
    """Return a function that gives the messages sent since it was last called, as (phone, code)."""

    def read() -> list[tuple[str, str]]:
        return re.findall(r"^SMS (\+\d+): .*?(\d{6})", capsys.readouterr().out, flags=re.M)

    return read


def ask_for_code(client: Client, phone: str, inbox: Any) -> str:
    answer = client.post(LOGIN, {"login": phone})
    assert answer.headers["Location"].startswith(CONFIRM), answer
    ((_phone, code),) = inbox()
    return code


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "written", ["13800000001", "138 0000 0001", "+86 138-0000-0001", "１３８０００００００１"]
)
def test_a_courier_signs_in_with_six_digits(client: Client, courier: User, inbox: Any, written: str) -> None:
    answer = client.post(LOGIN, {"login": written})
    assert answer.status_code == 302
    ((phone, code),) = inbox()
    assert phone == "+8613800000001"
    answer = client.post(CONFIRM, {"code": code})
    assert answer.headers["Location"] == "/me/"
    assert client.session["_auth_user_id"] == str(courier.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["", "1380000", "110", "abc", "+1 202 555 01", "1" * 300])
def test_what_is_no_phone_number_is_refused_with_a_sentence(client: Client, written: str) -> None:
    page = client.post(LOGIN, {"login": written})
    assert page.status_code == 200
    assert ("不是电话号码" in page.text) or ("必填" in page.text)


def test_an_unknown_number_sees_the_same_and_gets_no_message(
    client: Client, courier: User, inbox: Any
) -> None:
    pages = []
    with time_machine.travel(timezone.now(), tick=False):  # Pages say the second at which they were made.
        for phone in ("13800000001", "13800000099"):
            browser = Client()
            answer = browser.post(LOGIN, {"login": phone}, follow=True)
            assert answer.redirect_chain == [(CONFIRM, 302)]
            pages.append(without_what_differs(answer.text))
    assert pages[0] == pages[1]
    assert [phone for phone, _code in inbox()] == ["+8613800000001"]


def without_what_differs(page: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return re.sub(r"\+?\d{11,13}", "PHONE", page)


def test_signing_up_looks_the_same_for_a_known_number(client: Client, courier: User, inbox: Any) -> None:
    pages = []
    with time_machine.travel(timezone.now(), tick=False):
        for phone in ("13800000001", "13800000099"):
            browser = Client()
            answer = browser.post(SIGNUP, {**NEW, "phone": phone}, follow=True)
            assert answer.redirect_chain == [(VERIFY, 302)]
            pages.append(without_what_differs(answer.text))
    assert pages[0] == pages[1]
    assert [phone for phone, _code in inbox()] == ["+8613800000099"]
    assert User.objects.get(phone="13800000001").name == "李小明", (
        "signing up changed nothing of the known person"
    )


@pytest.mark.django_db
def test_somebody_new_signs_up_and_is_a_courier(client: Client, inbox: Any) -> None:
    client.post(SIGNUP, NEW)
    ((_phone, code),) = inbox()
    assert not is_signed_in(client)
    answer = client.post(VERIFY, {"code": code})
    assert answer.headers["Location"] == "/me/"
    user = User.objects.get(phone="13800000009")
    assert user.phone_verified_at is not None
    assert user.name == "王建国"
    assert user.courier.work_type == Courier.WorkType.PARCEL
    assert not user.has_usable_password()
    assert not user.is_staff


@pytest.mark.django_db
def test_a_sign_up_that_was_left_unfinished_keeps_nobody_out(inbox: Any) -> None:
    Client().post(SIGNUP, {**NEW, "name": "冒名者"})
    inbox()
    Client().post(LOGIN, {"login": NEW["phone"]})
    assert inbox() == [], "an unproved number does not sign in"
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        holder = Client()
        holder.post(SIGNUP, NEW)
        ((_phone, code),) = inbox()
        holder.post(VERIFY, {"code": code})
    assert is_signed_in(holder)
    assert User.objects.get(phone=NEW["phone"]).name == "王建国"


def test_a_new_number_is_taken_over_even_from_an_unfinished_sign_up(
    client: Client, courier: User, inbox: Any
) -> None:
    Client().post(SIGNUP, NEW)
    inbox()
    client = sign_in(courier)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        client.post("/accounts/phone/change/", {"phone": NEW["phone"]})
        ((phone, code),) = inbox()
        assert phone == "+8613800000009"
        courier.refresh_from_db()
        assert str(courier.phone) == "+8613800000001", "an unproved number changes nothing"
        client.post(VERIFY, {"code": code})
    courier.refresh_from_db()
    assert str(courier.phone) == "+8613800000009"


def test_a_number_that_somebody_has_cannot_be_taken(
    client: Client, courier: User, clerk: User, inbox: Any
) -> None:
    client = sign_in(courier)
    client.post("/accounts/phone/change/", {"phone": "13800000002"})
    ((_phone, code),) = inbox()
    page = client.post(VERIFY, {"code": code})
    assert 'class="errorlist' in page.text
    courier.refresh_from_db()
    assert str(courier.phone) == "+8613800000001"


def test_after_a_mistyped_number_the_page_starts_again(client: Client, courier: User, inbox: Any) -> None:
    for address, field in ((LOGIN, {"login": "13800000099"}), (SIGNUP, {**NEW, "phone": "13800000098"})):
        client.post(address, field)
        for again in (LOGIN, SIGNUP, "/accounts/staff/"):
            assert client.get(again).status_code == 200
    inbox()
    code = ask_for_code(client, "13800000001", inbox)
    client.post(CONFIRM, {"code": code})
    assert is_signed_in(client)


def test_three_wrong_codes_end_the_attempt(client: Client, courier: User, inbox: Any) -> None:
    code = ask_for_code(client, "13800000001", inbox)
    wrong = "000000" if code != "000000" else "111111"
    for _attempt in range(3):
        client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


def test_a_code_lives_five_minutes(client: Client, courier: User, inbox: Any) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        code = ask_for_code(client, "13800000001", inbox)
    with time_machine.travel(now + timedelta(minutes=5, seconds=2), tick=False):
        client.post(CONFIRM, {"code": code})
        assert not is_signed_in(client)


def test_a_code_works_only_in_the_browser_that_asked(client: Client, courier: User, inbox: Any) -> None:
    code = ask_for_code(client, "13800000001", inbox)
    other = Client()
    other.post(CONFIRM, {"code": code})
    assert not is_signed_in(other)


@pytest.mark.django_db
def test_a_whole_street_signs_in_from_one_carrier_address(inbox: Any) -> None:
    for number in range(40):
        make_person(f"1390000{number:04}", f"骑手{number}")
    for number in range(40):
        answer = Client(REMOTE_ADDR="100.64.0.1").post(LOGIN, {"login": f"1390000{number:04}"})
        assert answer.headers["Location"].startswith(CONFIRM)
    assert len(inbox()) == 40


def test_when_the_provider_fails_the_page_says_so(client: Client, courier: User, settings: Any) -> None:
    settings.SMS_BACKEND, settings.SMS_HTTP_URL, settings.SMS_HTTP_TOKEN = (
        "portal.accounts.sms.HttpBackend",
        "http://127.0.0.1:9",
        "",
    )
    answer = client.post(LOGIN, {"login": "13800000001"}, follow=True)
    assert "短信没有发出去" in answer.text
    assert not is_signed_in(client)


def test_an_inactive_person_is_not_let_in(client: Client, courier: User, inbox: Any) -> None:
    User.objects.filter(pk=courier.pk).update(is_active=False)
    code = ask_for_code(client, "13800000001", inbox)
    client.post(CONFIRM, {"code": code})
    assert not is_signed_in(client)


def sign_in_after(days: float, client: Client, user: User, inbox: Any) -> Any:
    User.objects.filter(pk=user.pk).update(phone_seen_at=timezone.now() - timedelta(days=days))
    code = ask_for_code(client, "13800000001", inbox)
    return client.post(CONFIRM, {"code": code})


def test_a_number_that_was_used_lately_signs_in_at_once(client: Client, courier: User, inbox: Any) -> None:
    sign_in_after(89.9, client, courier, inbox)
    assert is_signed_in(client)
    courier.refresh_from_db()
    assert timezone.now() - courier.phone_seen_at < timedelta(minutes=1)


def test_a_number_that_was_idle_for_90_days_proves_itself_by_name(
    client: Client, courier: User, inbox: Any
) -> None:
    answer = sign_in_after(90, client, courier, inbox)
    assert answer.headers["Location"] == reverse("account_returning")
    assert not is_signed_in(client)
    page = client.get("/accounts/returning/")
    assert "李小明" not in page.text
    assert client.get("/me/").wsgi_request.user.is_anonymous
    client.post("/accounts/returning/", {"proof": " 李 小明"})
    assert client.session["_auth_user_id"] == str(courier.pk)


def test_a_wrong_name_three_times_ends_the_attempt(client: Client, courier: User, inbox: Any) -> None:
    sign_in_after(100, client, courier, inbox)
    for _attempt in range(3):
        client.post("/accounts/returning/", {"proof": "张三"})
    client.post("/accounts/returning/", {"proof": "李小明"})
    assert not is_signed_in(client)


def test_whoever_got_the_number_anew_starts_empty(client: Client, courier: User, inbox: Any) -> None:
    sign_in_after(100, client, courier, inbox)
    client.post("/accounts/returning/", {"action": "new"})
    user = User.objects.get(phone="13800000001")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.pk != courier.pk
    assert user.name == ""
    courier.refresh_from_db()
    assert courier.phone is None, "the former holder keeps their data, out of reach of the number"


def test_staff_with_an_idle_number_prove_themselves_by_password(
    client: Client, clerk: User, inbox: Any
) -> None:
    clerk.set_password("correct horse battery")
    clerk.phone_seen_at = timezone.now() - timedelta(days=200)
    clerk.save()
    code = ask_for_code(client, "13800000002", inbox)
    client.post(CONFIRM, {"code": code})
    client.post("/accounts/returning/", {"proof": clerk.name})
    assert not is_signed_in(client)
    client.post("/accounts/returning/", {"proof": "correct horse battery"})
    assert is_signed_in(client)


def test_the_pages_are_chinese_and_turn_english(client: Client, courier: User, inbox: Any) -> None:
    for address, chinese, english in (
        (LOGIN, "登录", "Sign in"),
        (SIGNUP, "注册", "Sign up"),
        ("/accounts/staff/", "工作人员登录", "Staff sign-in"),
    ):
        assert f"<h1>{chinese}</h1>" in client.get(address).text
        page = client.get(address, headers={"Accept-Language": "en"}).text
        assert f"<h1>{english}</h1>" in page
        assert not re.search(
            r"[\u4e00-\u9fff]", re.sub(r"李\*明", "", page.split("<main")[1].split("</main")[0])
        )
