"""Staff: password, second factor, sign-in links, and what a deployment must require."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import checks
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from portal.accounts.acting import acting_as
from portal.accounts.models import LoginLink, User
from portal.accounts.resetting import forget_password, reset_second_factor

PASSWORD = "correct horse battery"
STAFF = "/accounts/staff/"


@pytest.fixture
def clerk_with_password(clerk: User) -> User:
    clerk.set_password(PASSWORD)
    clerk.save()
    return clerk


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_staff_sign_in_by_phone_and_password(client: Client, clerk_with_password: User) -> None:
    answer = client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    assert answer.headers["Location"] == "/admin/"
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("phone", "password"), [("13800000002", "wrong"), ("13800000099", PASSWORD), ("13800000002", "")]
)
def test_a_wrong_password_and_an_unknown_phone_look_the_same(
    client: Client, clerk_with_password: User, phone: str, password: str
) -> None:
    page = client.post(STAFF, {"login": phone, "password": password})
    assert not is_signed_in(client)
    assert 'class="errorlist' in page.text


def test_guessing_is_stopped_for_that_phone_only(
    client: Client, clerk_with_password: User, other_clerk: User
) -> None:
    other_clerk.set_password(PASSWORD)
    other_clerk.save()
    for _attempt in range(10):
        client.post(STAFF, {"login": "13800000002", "password": "wrong"})
    client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    assert not is_signed_in(client)
    client.post(STAFF, {"login": "13800000003", "password": PASSWORD})
    assert is_signed_in(client), "other people are not locked out with them"


def test_the_admin_asks_for_the_staff_sign_in_and_comes_back(
    client: Client, clerk_with_password: User
) -> None:
    answer = client.get("/admin/accounts/post/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/staff/?next=%2Fadmin%2Faccounts%2Fpost%2F"
    assert 'name="password"' in answer.text
    answer = client.post(
        STAFF, {"login": "13800000002", "password": PASSWORD, "next": "/admin/accounts/post/"}
    )
    assert answer.headers["Location"] == "/admin/accounts/post/"


def test_a_courier_is_refused_by_the_admin(client: Client, courier: User) -> None:
    client.force_login(courier)
    assert client.get("/admin/", follow=True).status_code == 403


def test_with_the_requirement_on_staff_are_led_to_set_a_factor_up(
    client: Client, clerk_with_password: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    answer = client.get("/admin/accounts/post/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "进入管理后台需要第二重验证" in answer.text
    assert (
        client.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")
    )
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert Authenticator.objects.filter(user=clerk_with_password, type="totp").exists()
    assert Authenticator.objects.filter(user=clerk_with_password, type="recovery_codes").exists()
    assert client.get("/admin/accounts/post/").status_code == 200


def test_the_second_factor_is_asked_for_after_the_password(
    client: Client, clerk_with_password: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    secret = generate_totp_secret()
    TOTP.activate(clerk_with_password, secret)
    answer = client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    page = client.get("/accounts/2fa/authenticate/")
    assert "mfa/js/webauthn.js" in page.text, "a security key is offered too"
    client.post(
        "/accounts/2fa/authenticate/", {"code": "000000" if code_now(secret) != "000000" else "111111"}
    )
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert is_signed_in(client)


def test_a_recovery_code_works_once(client: Client, clerk_with_password: User) -> None:
    TOTP.activate(clerk_with_password, generate_totp_secret())
    code = RecoveryCodes.activate(clerk_with_password).get_unused_codes()[0]
    for expected in (True, False):
        browser = Client()
        browser.post(STAFF, {"login": "13800000002", "password": PASSWORD})
        browser.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_signed_in(browser) is expected


def test_a_code_by_text_message_does_not_go_around_the_second_factor(
    client: Client, clerk: User, capsys: Any
) -> None:
    TOTP.activate(clerk, generate_totp_secret())
    client.post("/accounts/login/", {"login": "13800000002"})
    code = capsys.readouterr().out.split(": ")[1][:6]
    answer = client.post("/accounts/login/code/confirm/", {"code": code})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


def test_district_staff_reset_a_factor_in_their_area_and_it_is_logged(
    district_admin: User, clerk: User, caplog: Any
) -> None:
    TOTP.activate(clerk, generate_totp_secret())
    RecoveryCodes.activate(clerk)
    with caplog.at_level(logging.INFO, "portal.accounts.resetting"):
        assert reset_second_factor(person=clerk, by=district_admin) == 2
    assert not Authenticator.objects.filter(user=clerk).exists()
    assert f"user {district_admin.pk} reset 2 second factors of user {clerk.pk}" in caplog.text


def test_nobody_resets_beyond_their_area_or_permission(
    district_admin: User, city_admin: User, clerk: User, other_clerk: User, courier: User
) -> None:
    root = User.objects.create_superuser("13900000001", PASSWORD)
    TOTP.activate(other_clerk, generate_totp_secret())
    for person, by in (
        (other_clerk, district_admin),
        (city_admin, district_admin),
        (root, city_admin),
        (root, district_admin),
        (district_admin, district_admin),
        (courier, district_admin),
        (district_admin, clerk),
        (clerk, clerk),
    ):
        with pytest.raises(PermissionDenied):
            reset_second_factor(person=person, by=by)
        with pytest.raises(PermissionDenied):
            forget_password(person=person, by=by)
    assert Authenticator.objects.filter(user=other_clerk).exists()
    assert reset_second_factor(person=other_clerk, by=city_admin) == 1


def test_somebody_who_also_acts_elsewhere_is_not_reset_from_one_side(
    district_admin: User, clerk: User, other_clerk: User
) -> None:
    elsewhere = other_clerk.posts.get()
    elsewhere.pk, elsewhere.user = None, clerk
    elsewhere.save()
    with pytest.raises(PermissionDenied):
        reset_second_factor(person=clerk, by=district_admin)


def test_a_password_taken_away_ends_the_session(
    client: Client, district_admin: User, clerk_with_password: User
) -> None:
    client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    forget_password(person=clerk_with_password, by=district_admin)
    assert client.get("/me/").wsgi_request.user.is_anonymous


def link_for(phone: str, capsys: Any, **options: Any) -> str:
    call_command("login_link", phone, **options)
    return capsys.readouterr().out.strip()


def test_a_link_signs_in_once(client: Client, clerk: User, capsys: Any) -> None:
    link = link_for("13800000002", capsys, base_url="http://localhost:8123")
    assert link.startswith("http://localhost:8123/accounts/link/")
    path = link.removeprefix("http://localhost:8123")
    assert LoginLink.objects.get().digest not in link
    answer = client.get(path)
    assert answer.headers["Location"] == "/admin/"
    assert client.session["_auth_user_id"] == str(clerk.pk)
    other = Client()
    refused = other.get(path)
    assert refused.status_code == 410
    assert "这个链接无法使用" in refused.text
    assert not is_signed_in(other)


def test_a_link_ends_after_five_minutes(client: Client, courier: User, capsys: Any) -> None:
    link = link_for("13800000001", capsys, base_url="")
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert client.get(link).status_code == 410
    assert not is_signed_in(client)


def test_links_are_refused_while_a_second_factor_is_required(
    client: Client, clerk: User, capsys: Any, settings: Any
) -> None:
    link = link_for("13800000002", capsys, base_url="")
    settings.STAFF_SECOND_FACTOR = True
    with pytest.raises(CommandError, match="STAFF_SECOND_FACTOR"):
        call_command("login_link", "13800000002")
    assert client.get(link).status_code == 410
    assert not is_signed_in(client)


def test_a_link_does_not_go_around_a_factor_that_was_set_up(client: Client, clerk: User, capsys: Any) -> None:
    TOTP.activate(clerk, generate_totp_secret())
    answer = client.get(link_for("13800000002", capsys, base_url=""))
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("phone", ["13800000077", "110", "x"])
def test_no_link_for_nobody(phone: str) -> None:
    with pytest.raises(CommandError):
        call_command("login_link", phone)


def test_a_link_for_somebody_inactive_is_not_made(clerk: User, client: Client, capsys: Any) -> None:
    link = link_for("13800000002", capsys, base_url="")
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert client.get(link).status_code == 410
    with pytest.raises(CommandError):
        call_command("login_link", "13800000002")


def test_a_deployment_without_the_second_factor_is_an_error(settings: Any) -> None:
    for required, found in ((True, []), (False, ["accounts.E001"])):
        settings.STAFF_SECOND_FACTOR = required
        messages = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
        assert [m.id for m in messages if m.id and m.id.startswith("accounts.")] == found


def test_somebody_with_several_posts_is_asked_which(client: Client, clerk_with_password: User) -> None:
    second = clerk_with_password.posts.get()
    second.pk, second.area_code = None, "330105010001"
    second.save()
    answer = client.post(STAFF, {"login": "13800000002", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/post/"
    assert acting_as(clerk_with_password).acting_post is not None
