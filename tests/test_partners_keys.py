"""API keys: what is stored, who gets in, how often."""

import re
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from portal.accounts.models import Organisation
from portal.partners.authentication import ApiKeyAuthentication
from portal.partners.models import ApiKey, Source
from portal.partners.permissions import HasScope
from portal.partners.throttling import AnonymousThrottle, KeyThrottle
from tests.personas import PartnerKey


class Reading(APIView):
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope("listings:read")]
    throttle_classes = [KeyThrottle, AnonymousThrottle]

    def get(self, request: Any) -> Response:
        return Response({"key": request.auth.prefix if request.auth else None})

    def put(self, request: Any) -> Response:
        return Response({})


class Writing(Reading):
    permission_classes = [HasScope("listings:write")]


def ask(view: type[APIView] = Reading, secret: str = "", method: str = "get", **extra: Any) -> Response:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    request = getattr(APIRequestFactory(), method)("/", headers=headers, **extra)
    return view.as_view()(request)


def test_the_secret_is_shown_once_and_only_its_hash_is_kept(partner: PartnerKey) -> None:
    key, text = partner
    assert re.fullmatch(rf"nx_{key.prefix}_[\w-]{{43}}", text), "43 characters hold 32 bytes"
    secret = text.removeprefix(f"nx_{key.prefix}_")
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(stored)
    assert len(stored["digest"]) == 64
    assert ApiKey.find(text) == key


@pytest.mark.django_db
def test_two_keys_have_nothing_in_common() -> None:
    organisation = Organisation.objects.create(kind="platform", name="某平台")
    issued = [
        ApiKey.issue(organisation=organisation, name=str(n), scopes=["listings:read"]) for n in range(20)
    ]
    assert len({key.prefix for key, _text in issued}) == 20
    assert len({text for _key, text in issued}) == 20


def test_a_key_reads_and_its_use_is_noted(partner: PartnerKey) -> None:
    answer = ask(secret=partner.secret)
    assert answer.status_code == 200
    assert answer.data == {"key": partner.key.prefix}
    partner.key.refresh_from_db()
    assert partner.key.last_used_at is not None


def test_the_last_use_is_written_at_most_once_a_minute(partner: PartnerKey) -> None:
    now = timezone.now()
    writes = []
    for seconds in (0, 1, 59, 61, 70):
        with (
            time_machine.travel(now + timedelta(seconds=seconds)),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            ask(secret=partner.secret)
        writes.append(sum(q["sql"].startswith("UPDATE") for q in queries.captured_queries))
    assert writes == [1, 0, 0, 1, 0]


def test_a_used_key_costs_one_query(partner: PartnerKey, django_assert_num_queries: Any) -> None:
    ask(secret=partner.secret)
    # the key with its organisation
    with django_assert_num_queries(1):
        ask(secret=partner.secret)


def test_a_wrong_key_is_a_401_and_never_anonymous(partner: PartnerKey) -> None:
    prefix = partner.key.prefix
    for secret in (
        partner.secret[:-1],
        partner.secret + "x",
        f"nx_{prefix}_",
        f"nx_{prefix}",
        "nx_000000000000_" + "x" * 43,
        "x",
        "ключ",
        "nx_" + "x" * 5000,
    ):
        request = APIRequestFactory().get(
            "/", HTTP_AUTHORIZATION=f"Bearer {secret}".encode().decode("latin-1")
        )
        answer = Reading.as_view()(request)
        assert answer.status_code == 401, secret
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_or_expired_key_does_not_work(partner: PartnerKey) -> None:
    ApiKey.objects.filter(pk=partner.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(secret=partner.secret).status_code == 401
    ApiKey.objects.filter(pk=partner.key.pk).update(expires_at=timezone.now() + timedelta(hours=1))
    assert ask(secret=partner.secret).status_code == 200
    assert ApiKey.objects.all().revoke() == 1
    assert ask(secret=partner.secret).status_code == 401


def test_anyone_reads_and_nobody_writes_without_a_key(db: Any) -> None:
    assert ask().status_code == 200
    assert ask().data == {"key": None}
    assert ask(method="put").status_code in {401, 403}
    assert ask(Writing).status_code in {401, 403}


def test_a_key_does_only_what_its_scopes_say(partner: PartnerKey) -> None:
    assert ask(Writing, partner.secret).status_code == 403
    partner.key.scopes = ["listings:write"]
    partner.key.save()
    assert ask(Writing, partner.secret, "put").status_code == 200
    assert ask(Reading, partner.secret).status_code == 403


def test_a_scope_that_does_not_exist_is_a_mistake(partner: PartnerKey) -> None:
    with pytest.raises(KeyError):
        HasScope("listings:everything")
    for changes in ({"scopes": ["listings:everything"]}, {"scopes": "listings:read"}, {"sources": [1]}):
        with pytest.raises(ValidationError):
            ApiKey.issue(
                **{
                    "organisation": partner.key.organisation,
                    "name": "x",
                    "scopes": ["listings:read"],
                    **changes,
                }
            )
    with pytest.raises(ValidationError):
        ApiKey.issue(
            organisation=partner.key.organisation, name="x", scopes=["listings:read"], area_code="999"
        )


def test_a_key_is_throttled_by_itself_and_told_when_to_return(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE, settings.API_ANONYMOUS_PER_MINUTE = 3, 2
    _other, second = ApiKey.issue(organisation=partner.key.organisation, name="x", scopes=["listings:read"])
    now = timezone.now().replace(second=20, microsecond=0)
    with time_machine.travel(now, tick=False):
        assert [ask(secret=partner.secret).status_code for _n in range(4)] == [200, 200, 200, 429]
        assert ask(secret=partner.secret).headers["Retry-After"] == "40"
        assert ask(secret=second).status_code == 200, "another key from the same address goes on"
        assert [ask().status_code for _n in range(3)] == [200, 200, 429]
        assert ask(REMOTE_ADDR="192.0.2.9").status_code == 200
    with time_machine.travel(now + timedelta(seconds=41), tick=False):
        assert ask(secret=partner.secret).status_code == 200
        assert ask().status_code == 200


def test_a_high_limit_is_counted_in_lots_and_still_holds(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 400
    throttle: Any = KeyThrottle()
    asked = SimpleNamespace(auth=partner.key)
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        allowed = [throttle.allow_request(asked, None) for _request in range(402)]
        counted = cache.get(f"throttle:key:{partner.key.prefix}:{int(time.time() // 60)}")
    assert allowed == [True] * 400 + [False] * 2
    assert counted == 4 * (100 + 2), "one lot of four for four requests, and for each that was refused"


@pytest.mark.django_db
def test_a_header_does_not_hide_the_address(settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 2
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        found = [ask(HTTP_X_FORWARDED_FOR=f"198.51.100.{n}").status_code for n in range(3)]
        assert found == [200, 200, 429]
        found = [ask(REMOTE_ADDR=f"2001:db8::{n}").status_code for n in range(1, 4)]
        assert found == [200, 200, 429], "a whole /64 is one caller"


@pytest.mark.django_db
def test_the_command_prints_only_the_key(capsys: Any) -> None:
    Organisation.objects.create(kind="platform", name="某平台")
    call_command("issue_key", "--organisation", "某平台", "--scope", "listings:read", "--days", "30")
    text = capsys.readouterr().out
    key = ApiKey.find(text.strip())
    assert key is not None
    assert text == text.strip() + "\n"
    assert key.scopes == ["listings:read"]
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)


@pytest.mark.django_db
def test_a_new_demo_key_ends_the_one_before(capsys: Any) -> None:
    Organisation.objects.create(kind="platform", name="某平台")
    call_command("issue_key", "--organisation", "某平台")
    texts = [capsys.readouterr().out.strip()]
    for _run in range(2):
        call_command("issue_key", "--demo")
        texts.append(capsys.readouterr().out.strip())
    assert [ApiKey.find(text) is not None for text in texts] == [True, False, True]
    assert Organisation.objects.count() == 2
    assert list(Source.objects.written_by(ApiKey.objects.first())) == [Source.objects.get(name="demo")]


@pytest.mark.django_db
def test_the_command_refuses_what_it_cannot_do() -> None:
    for arguments in ([], ["--organisation", "没有的"], ["--demo", "--area", "999"]):
        with pytest.raises(CommandError):
            call_command("issue_key", *arguments)
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_the_command_names_only_sources_of_the_organisation(capsys: Any) -> None:
    own, other = (Organisation.objects.create(kind="platform", name=name) for name in ("某平台", "别家平台"))
    Source.objects.create(name="own", label="自己的", organisation=own)
    Source.objects.create(name="others", label="别家的", organisation=other)
    with pytest.raises(CommandError, match="others"):
        call_command("issue_key", "--organisation", "某平台", "--source", "others")
    call_command("issue_key", "--organisation", "某平台", "--source", "own")
    assert ApiKey.objects.get().sources == ["own"]


def test_keys_are_kept_only_by_who_keeps_the_organisation(
    partner: PartnerKey, city_admin: Any, district_admin: Any, clerk: Any, courier: Any, anyone: Any
) -> None:
    office = Organisation.objects.get(name="康桥街道办事处")
    narrow, _text = ApiKey.issue(
        organisation=office, name="街道系统", scopes=["listings:read"], area_code="330105010"
    )
    assert set(ApiKey.objects.editable_by(city_admin)) == {partner.key, narrow}
    assert set(ApiKey.objects.editable_by(district_admin)) == {narrow}
    for user in (courier, anyone):
        assert not ApiKey.objects.visible_to(user).exists()
