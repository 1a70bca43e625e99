"""What a key is told of its limit in every answer, and what nobody else is told."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from portal.partners.models import ApiKey
from portal.partners.scopes import SCOPES
from tests.factories import make_canteen
from tests.personas import PartnerKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
LIST = "/api/v1/canteens/"
HEADERS = ("RateLimit-Policy", "RateLimit")


@pytest.fixture(autouse=True)
def _twentieth_second() -> Iterator[None]:
    """Stand in the middle of a minute."""
    with time_machine.travel(timezone.now().replace(second=20, microsecond=0), tick=False):
        yield


def ask(secret: str = "", path: str = LIST, method: str = "get", **headers: str) -> Any:
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    return getattr(Client(), method)(path, headers=headers)


def left(answer: Any) -> tuple[int, int]:
    """Return how many requests are left, and the seconds for which that holds."""
    found = re.fullmatch(r'"minute";r=(\d+);t=(\d+)', answer["RateLimit"])
    assert found is not None, answer["RateLimit"]
    return int(found[1]), int(found[2])


def test_a_key_reads_its_limit_and_what_is_left_of_it(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 3
    answers = [ask(partner.secret) for _request in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"minute";q=3;w=60'}
    assert [left(answer) for answer in answers] == [(2, 40), (1, 40), (0, 40), (0, 40)]
    assert answers[-1]["Retry-After"] == "40"


def test_who_waits_as_long_as_he_was_told_is_let_in(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 1
    now = timezone.now()
    with time_machine.travel(now + timedelta(seconds=19.7), tick=False):
        assert [ask(partner.secret).status_code for _request in range(2)] == [200, 429]
        told = int(ask(partner.secret)["Retry-After"])
    with time_machine.travel(now + timedelta(seconds=19.7 + told), tick=False):
        assert ask(partner.secret).status_code == 200


def test_a_304_tells_as_much_as_the_body(partner: PartnerKey) -> None:
    make_canteen()
    first = ask(partner.secret)
    second = ask(partner.secret, **{"If-None-Match": first["ETag"]})
    assert second.status_code == 304
    assert left(second)[0] == left(first)[0] - 1


def test_what_a_stranger_is_told_holds_for_every_stranger(settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 1
    allowed, refused = ask(), ask()
    assert (allowed.status_code, refused.status_code) == (200, 429)
    assert "public" in allowed["Cache-Control"]
    for answer in (allowed, refused):
        assert not any(name in answer for name in HEADERS)
    assert refused["Retry-After"] == "40", "an error is kept by nobody, so it may say when"


def test_a_key_that_does_not_work_is_told_nothing_of_limits(partner: PartnerKey) -> None:
    answer = ask(f"{partner.secret}x")
    assert answer.status_code == 401
    assert not any(name in answer for name in HEADERS)


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/api/v1/canteens/0000000000/", "get", {}, 404),
        ("/api/v1/nowhere/", "get", {}, 404),
        ("/api/v1/canteens/?no=1", "get", {}, 400),
        ("/api/v1/canteens/?q=%ff", "get", {}, 400),
        ("/api/v1/canteens/?format=xml", "get", {}, 400),
        ("/api/v1/canteens/", "get", {"Accept": "image/png"}, 406),
        ("/api/v1/canteens/", "delete", {}, 405),
        ("/api/v1/couriers/", "get", {}, 405),
        ("/api/v1/couriers/", "post", {}, 403),
        ("/api/v1/passes/", "post", {}, 403),
    ],
)
def test_a_refusal_counts_and_tells_as_well(
    path: str, method: str, headers: dict[str, str], status: int, partner: PartnerKey, settings: Any
) -> None:
    settings.API_KEY_PER_MINUTE = 50
    answer = ask(partner.secret, path, method, **headers)
    assert answer.status_code == status
    assert left(answer) == (49, 40)
    assert left(ask(partner.secret)) == (48, 40)


def test_a_key_without_a_scope_is_limited_too(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 2
    ApiKey.objects.update(scopes=["couriers:write"])
    assert [ask(partner.secret).status_code for _request in range(3)] == [403, 403, 429]


def test_a_key_may_have_a_limit_of_its_own(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 2
    ApiKey.objects.update(per_minute=5)
    answers = [ask(partner.secret) for _request in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0]["RateLimit-Policy"] == '"minute";q=5;w=60'


def test_where_nothing_is_limited_nothing_is_told(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 0
    answer = ask(partner.secret)
    assert answer.status_code == 200
    assert not any(name in answer for name in HEADERS)


def test_what_a_shared_cache_keeps_names_no_caller(partner: PartnerKey) -> None:
    answer = ask(partner.secret, "/api/v1/keys/")
    assert answer.status_code == 200
    assert "public" in answer["Cache-Control"]
    assert not any(name in answer for name in HEADERS)


def test_a_high_limit_counts_down_one_by_one(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 400
    assert [left(ask(partner.secret))[0] for _request in range(9)] == [399 - n for n in range(9)]


def test_headers_cost_neither_a_query_nor_a_count_more(
    partner: PartnerKey, settings: Any, monkeypatch: Any
) -> None:
    settings.API_KEY_PER_MINUTE = 80
    tag = ask(partner.secret)["ETag"]
    counted: list[str] = []
    real = cache.count  # type: ignore[attr-defined]
    monkeypatch.setattr(cache, "count", lambda *args: counted.append(args[0]) or real(*args), raising=False)
    with CaptureQueriesContext(connection) as queries:
        assert ask(partner.secret, **{"If-None-Match": tag}).status_code == 304
    # the key with its organisation, the change number
    assert len(queries) == 2
    assert len(counted) <= 1


def test_every_address_of_the_api_tells_a_key_how_it_stands(partner: PartnerKey) -> None:
    ApiKey.objects.update(scopes=list(SCOPES), per_minute=1000)
    schema = SchemaGenerator().get_schema(request=None, public=True)
    silent = []
    for path, operations in schema["paths"].items():
        for method in operations:
            answer = ask(partner.secret, re.sub(r"{\w+}", "x", path), method)
            kept_by_anyone = "public" in answer.get("Cache-Control", "")
            if "RateLimit" not in answer and not kept_by_anyone:
                silent.append((method, path, answer.status_code))
    assert silent == []
    assert len(schema["paths"]) > 15
