"""Reading from a replica that lags: never old rows under a new name, never less than what somebody wrote himself."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import User
from portal.listings.models import ChangeCounter, Listing
from portal.listings.publishing import lock_rows
from portal.partners.models import ApiKey
from portal.regions.models import District
from portal.running import databases, following
from portal.running.databases import PRIMARY, REPLICA, ReplicaRouter
from tests import api_places

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="a copy of the database stands for a replica that lags; see rehearsal",
)


@pytest.fixture(autouse=True)
def _counter() -> None:
    ChangeCounter.objects.get_or_create(id=1)


@pytest.fixture
def replica(monkeypatch: Any) -> Iterator[Any]:
    """Add a second way to the same database, as if the replica were always at its primary's heels."""
    yield from _with_replica(monkeypatch, {**connection.settings_dict})


@pytest.fixture
def lagging(monkeypatch: Any, tmp_path: Path) -> Iterator[Any]:
    """Add a replica that stopped following; call it to follow once."""
    import sqlite3

    copy = tmp_path / "replica.sqlite3"

    def follow() -> None:
        connections[REPLICA].close()
        with sqlite3.connect(copy) as target:
            connection.ensure_connection()
            connection.connection.backup(target)

    for ready in _with_replica(monkeypatch, {**connection.settings_dict, "NAME": str(copy)}):
        ready.follow = follow
        follow()
        yield ready


def _with_replica(monkeypatch: Any, settings_dict: dict[str, Any]) -> Iterator[Any]:
    refusing = BaseDatabaseWrapper.ensure_connection

    def ensure(self: BaseDatabaseWrapper) -> None:
        """Connect to the replica, which Django's test case does not know; refuse what it refuses."""
        if self.alias != REPLICA:
            refusing(self)
        elif self.connection is None:
            with self.wrap_database_errors:
                self.connect()

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", ensure)
    monkeypatch.setitem(connections.settings, REPLICA, settings_dict)
    databases._lost_until.clear()
    yield SimpleNamespace()
    connections[REPLICA].close()
    del connections[REPLICA]
    databases._lost_until.clear()


def rename(listing: Any, name: str) -> None:
    """Change a public name through the kernel."""
    from portal.listings import revising

    revising.edit(listing=listing, changes={"name": name}, actor=None, channel="office")


def read(client: Client, url: str = "/api/v1/canteens/") -> tuple[str, str]:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer["ETag"], answer.json()["results"][0]["name"]


def lost(alias: str, monkeypatch: Any) -> None:
    """Let a database refuse every connection."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    connections[alias].close()
    monkeypatch.setattr(connections[alias], "connect", refuse)


@on_sqlite
def test_tag_and_rows_come_from_the_same_database(lagging: Any) -> None:
    canteen = api_places.canteen("旧名食堂")
    lagging.follow()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        before = read(Client())
        rename(canteen, "新名食堂")
        assert read(Client()) == before, "a reader may be late, but whole"
        writer = Client()
        writer.post("/place/", {"area": ""})
        after = read(writer)
        assert after[1] == "新名食堂"
        assert after[0] != before[0]
        assert Client().get("/api/v1/canteens/", headers={"if-none-match": after[0]}).status_code == 200
        lagging.follow()
        assert read(Client()) == after


@on_sqlite
@pytest.mark.parametrize(
    "url", ["/canteens/", "/canteens/?open_now=true&at=2027-03-01T12:00", "/map/points.json", "/"]
)
def test_what_a_late_reader_leaves_in_the_cache_is_shown_to_nobody_who_is_up_to_date(
    lagging: Any, url: str
) -> None:
    canteen = api_places.canteen("旧名食堂")
    lagging.follow()
    rename(canteen, "新名食堂")
    writer = Client()
    writer.post("/place/", {"area": ""})
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        for _round in range(2):
            assert "新名食堂" not in Client().get(url).content.decode()
            assert "旧名食堂" not in writer.get(url).content.decode()


@on_sqlite
def test_who_wrote_reads_late_again_after_a_while(lagging: Any, settings: Any) -> None:
    canteen = api_places.canteen("旧名食堂")
    lagging.follow()
    rename(canteen, "新名食堂")
    writer = Client()
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        writer.post("/place/", {"area": ""})
        assert read(writer)[1] == "新名食堂"
        clock.shift(settings.READ_OWN_WRITES_SECONDS + 1)
        assert read(writer)[1] == "旧名食堂"


@on_sqlite
def test_a_key_that_wrote_reads_its_own_write(lagging: Any, partner: Any) -> None:
    canteen = api_places.canteen("旧名食堂")
    lagging.follow()
    rename(canteen, "新名食堂")
    client = Client(headers=partner.headers)
    assert read(client)[1] == "旧名食堂"
    client.post("/api/v1/canteens/", {})
    assert read(client)[1] == "新名食堂"


def test_a_forged_mark_is_worth_nothing(replica: Any) -> None:
    client = Client()
    client.cookies["wrote"] = "1:forged:signature"
    with CaptureQueriesContext(connections[REPLICA]) as asked:
        client.get("/canteens/")
    assert len(asked) > 0


def test_pages_and_the_api_ask_the_primary_nothing(replica: Any) -> None:
    canteen = api_places.canteen()
    Client().get("/search/?q=食堂")  # The words of search are read once, at the primary.
    for url in (
        "/",
        "/canteens/",
        f"/canteens/{canteen.public_id}/",
        "/search/?q=食堂",
        "/rights/",
        "/api/v1/canteens/",
    ):
        with (
            CaptureQueriesContext(connection) as primary,
            CaptureQueriesContext(connections[REPLICA]) as late,
        ):
            assert Client().get(url).status_code == 200
        assert [query["sql"] for query in primary] == [], url
        assert len(late) > 0, url


def test_work_and_sign_in_ask_the_replica_nothing(replica: Any) -> None:
    client = Client()
    client.force_login(
        User.objects.create(name="管理", phone="+8613800000009", is_superuser=True, is_staff=True)
    )
    for url in ("/admin/", "/admin/canteens/canteen/", "/accounts/login/", "/accounts/staff/"):
        with CaptureQueriesContext(connections[REPLICA]) as late:
            client.get(url)
        assert [query["sql"] for query in late] == [], url


def test_sessions_people_and_keys_are_read_at_the_primary(replica: Any, partner: Any) -> None:
    client = Client()
    client.force_login(User.objects.create(name="小哥"))
    with CaptureQueriesContext(connection) as primary:
        client.get("/me/")
        Client(headers=partner.headers).get("/api/v1/canteens/")
    tables = " ".join(query["sql"] for query in primary)
    for table in ("django_session", "accounts_user", ApiKey._meta.db_table):
        assert table in tables


def test_a_revoked_key_is_refused_at_once(replica: Any, partner: Any) -> None:
    ApiKey.objects.revoke()
    assert Client(headers=partner.headers).get("/api/v1/canteens/").status_code == 401


def test_a_transaction_and_a_lock_stay_with_the_primary(replica: Any) -> None:
    canteen = api_places.canteen()
    token = databases._reading.set(databases.Reading(REPLICA))
    try:
        assert Listing.objects.all().db == REPLICA
        with transaction.atomic(), CaptureQueriesContext(connections[REPLICA]) as late:
            lock_rows([canteen.pk])
            assert Listing.objects.get(pk=canteen.pk)._state.db == PRIMARY
        assert len(late) == 0
        assert Listing.objects.select_for_update().db == PRIMARY
        District.objects.update_or_create(code="330199", defaults={"name": "试验区", "city_id": "3301"})
        assert District.objects.using(PRIMARY).filter(code="330199").exists()
    finally:
        databases._reading.reset(token)


def test_the_replica_is_never_migrated() -> None:
    assert ReplicaRouter().allow_migrate(REPLICA, "listings") is False
    assert ReplicaRouter().allow_migrate(PRIMARY, "listings") is None


def test_without_a_replica_everything_is_read_where_it_was(settings: Any) -> None:
    assert not databases.has_replica()
    client = Client()
    answer = client.post("/place/", {"area": ""})
    assert "wrote" not in answer.cookies
    assert Listing.objects.all().db == PRIMARY


def reads(database: str, reason: str) -> float:
    from prometheus_client import REGISTRY

    return REGISTRY.get_sample_value("nuanxin_reads_total", {"database": database, "reason": reason}) or 0.0


@pytest.mark.parametrize(
    ("lag", "database", "reason"), [(5, "replica", "near"), (6, "primary", "replica_behind")]
)
def test_a_replica_too_far_behind_is_passed_over_and_counted(
    replica: Any, monkeypatch: Any, settings: Any, lag: float, database: str, reason: str
) -> None:
    api_places.canteen()
    settings.REPLICA_MAX_LAG_SECONDS = 5
    monkeypatch.setattr(following, "lag_seconds", lambda: lag)
    before = reads(database, reason)
    read(Client())
    assert reads(database, reason) == before + 1


def test_a_lost_replica_is_passed_over_and_counted(replica: Any, monkeypatch: Any) -> None:
    api_places.canteen("康桥食堂")
    lost(REPLICA, monkeypatch)
    before = reads("primary", "replica_lost")
    assert read(Client())[1] == "康桥食堂"
    assert Client().get("/canteens/").status_code == 200
    assert reads("primary", "replica_lost") == before + 2
    ready = Client().get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"]["replica"] is False


def test_a_lost_primary_leaves_pages_keys_and_people_signed_in(
    replica: Any, partner: Any, monkeypatch: Any
) -> None:
    api_places.canteen("康桥食堂")
    courier = Client()
    courier.force_login(User.objects.create(name="小哥"))
    writer = Client()
    writer.post("/place/", {"area": ""})
    monkeypatch.setattr(following, "lag_seconds", lambda: float("inf"))
    lost(PRIMARY, monkeypatch)
    try:
        assert read(Client())[1] == "康桥食堂"
        assert read(Client(headers=partner.headers))[1] == "康桥食堂"
        assert read(writer)[1] == "康桥食堂"
        assert "退出" in courier.get("/me/").content.decode()
        ready = Client().get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "reading only")
        answer = Client(raise_request_exception=False).get("/admin/login/")
        refused = Client(raise_request_exception=False).post("/accounts/login/", {"login": "13800000001"})
    finally:
        monkeypatch.undo()
    assert answer.status_code in {200, 302, 503}
    assert refused.status_code == 503
    assert refused["Retry-After"] == "5"
    assert "12345" in refused.content.decode()


def test_a_database_lost_in_the_middle_of_the_api_is_a_503_that_may_be_tried_again(monkeypatch: Any) -> None:
    from portal.listings.api import views

    def lose(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(views.rows, "plain_page", lose)
    answer = Client(raise_request_exception=False).get("/api/v1/canteens/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["code"] == "unavailable"


def test_a_reading_request_whose_database_is_lost_under_it_is_asked_again(
    replica: Any, monkeypatch: Any
) -> None:
    from portal.listings.api import views

    api_places.canteen("康桥食堂")
    whole, asked = views.rows.plain_page, []

    def lose_once(*args: Any) -> Any:
        asked.append(databases.reading_from())
        if len(asked) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return whole(*args)

    monkeypatch.setattr(views.rows, "plain_page", lose_once)
    assert read(Client(raise_request_exception=False))[1] == "康桥食堂"
    assert len(asked) == 2


@on_sqlite
def test_words_of_search_are_not_kept_as_a_late_replica_knows_them(lagging: Any) -> None:
    from portal.pages.search.catalogue import _catalogue

    District.objects.filter(pk="330105").update(name="新名区")
    _catalogue.cache_clear()
    token = databases._reading.set(databases.Reading(REPLICA))
    try:
        assert District.objects.get(pk="330105").name != "新名区"
        kept = _catalogue("a stamp of this test")
        assert databases.reading_from() == REPLICA
    finally:
        databases._reading.reset(token)
        _catalogue.cache_clear()
    assert "新名区" in repr(kept.areas["330105"])
