"""A partner's whole way with the portal over HTTP: from a key to a place that stays true on both sides."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Verifier

from portal.listings import states
from portal.listings.models import Listing, Revision
from portal.listings.taking_over import release, take_over
from portal.partners.models import ApiKey
from portal.partners.rotating import rotate_key
from portal.partners.webhooks import nudging
from tests.feed_mirror import Mirror
from tests.personas import KANGQIAO, PartnerKey
from tests.source_rows import PUBLISH, WRITE, address, batch, body, key_for, make_source, put, row, stored
from tests.test_concurrency import at_once
from tests.webhook_server import (  # noqa: F401 (fixtures)
    PartnerServer,
    _nothing_known,
    loopback,
    make_webhook,
    partner_server,
)

pytestmark = pytest.mark.django_db(transaction=True)
READ, FREE = "listings:read", "availability:write"


def answered(answer: Any, status: int = 200) -> Any:
    """Return what was answered, once it was answered so."""
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_place_from_a_partners_register_to_the_public_and_back(
    regions: Any,
    clerk: Any,
    city_admin: Any,
    partner_server: PartnerServer,  # noqa: F811
) -> None:
    source = make_source()
    partner = key_for(source, READ, WRITE, FREE)
    webhook, secret = make_webhook(partner_server.url, source.organisation)
    mirror = Mirror(**partner.headers).catch_up()

    # It comes in as something for the office to look at, and the public sees nothing of it.
    made = answered(put(partner, body(), "K-1"), 201)
    assert (made["outcome"], made["state"]) == ("created", "in_review")
    assert mirror.catch_up().held == {}
    states.move(listing=stored("K-1"), to="published", actor=clerk)

    # The partner is told that there is something new, and by the feed what.
    nudging.send_due()
    [told] = partner_server.received
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    heard = {name.lower(): value for name, value in told.headers.items()}
    assert Verifier(secret).verify(told.body, {name: heard[name] for name in names})["type"] == "changes"
    assert mirror.catch_up().names == {"康桥食堂"}

    # Without the right to publish a change waits for the office; what is free does not.
    waits = answered(put(partner, body(phone="0571-2"), "K-1"))
    assert (waits["outcome"], waits["proposed"]) == ("proposed", ["phone"])
    assert mirror.catch_up().held[made["id"]]["phone"] == "0571-1"
    now = timezone.now()
    free = {"as_of": now.isoformat(), "valid_until": (now + dt.timedelta(hours=2)).isoformat()}
    assert Client().get(f"/api/v1/availability/{made['id']}/").status_code == 200
    nothing_known = Client().put(
        f"/api/v1/availability/{made['id']}/",
        {**free, "items": [{"item": "没有这份套餐", "count": 3}]},
        content_type="application/json",
        headers=partner.headers,
    )
    assert nothing_known.status_code == 400, "a portion of a meal that the canteen does not have"

    # The office keeps it for a while; what the source sends meanwhile is refused, kept and explained.
    take_over(listing=stored("K-1"), by=clerk)
    refused = answered(put(partner, body(phone="0571-3"), "K-1"), 409)
    assert (refused["code"], bool(refused["zh"]), bool(refused["en"])) == ("taken_over", True, True)
    assert stored("K-1").source_record.refused["phone"] == "0571-3"
    release(listing=stored("K-1"), by=clerk, seen_at=stored("K-1").source_record.refused_at)

    # A new secret: the old one holds until its end, both are the same partner.
    key, text = rotate_key(key=partner.key, by=city_admin, overlap=dt.timedelta(days=2))
    newer = PartnerKey(key, text)
    for one in (partner, newer):
        assert answered(put(one, body(phone="0571-3"), "K-1"))["outcome"] in {"unchanged", "proposed"}

    # Withdrawn, it is gone for everybody who keeps a copy; without the right to publish the office is asked first.
    asked = answered(Client().delete(address("K-1"), headers=newer.headers))
    assert (asked["outcome"], "state" in asked["proposed"]) == ("proposed", True)
    assert len(mirror.catch_up().held) == 1
    ApiKey.objects.filter(pk=key.pk).update(scopes=[READ, WRITE, PUBLISH])
    assert answered(Client().delete(address("K-1"), headers=newer.headers))["outcome"] == "withdrawn"
    assert mirror.catch_up().held == {}
    assert webhook.nudges.exists()


class TestAnothersRows:
    """A key of one source cannot touch another's rows, whichever way it tries."""

    @pytest.fixture
    def mine(self, regions: Any) -> PartnerKey:
        return key_for(make_source("mine"), READ, WRITE, PUBLISH, FREE)

    @pytest.fixture
    def theirs(self, regions: Any) -> PartnerKey:
        key = key_for(make_source("theirs"), READ, WRITE, PUBLISH, FREE)
        answered(put(key, body(state="published"), "T-1", source="theirs"), 201)
        return key

    @pytest.mark.parametrize("source", ["theirs", "nobodys"])
    def test_by_name_it_is_refused_alike_whether_there_is_such_a_row(
        self, mine: PartnerKey, theirs: PartnerKey, source: str
    ) -> None:
        before = Revision.objects.count()
        for ask in (Client().put, Client().delete, Client().get):
            more = {} if ask == Client().get else {"content_type": "application/json"}
            told = answered(ask(address("T-1", source), headers=mine.headers, **more), 403)
            assert (told["code"], told["errors"][0]["field"]) == ("source_missing", source)
        assert batch(mine, [row("T-1")], source).status_code == 403
        assert Revision.objects.count() == before

    def test_by_id(self, mine: PartnerKey, theirs: PartnerKey) -> None:
        id_ = stored("T-1", "theirs").public_id
        now = timezone.now()
        said = {"as_of": now.isoformat(), "valid_until": (now + dt.timedelta(hours=1)).isoformat()}
        for number, address_ in ((id_, "one of theirs"), ("0000000000", "none at all")):
            told = Client().put(
                f"/api/v1/availability/{number}/",
                {**said, "items": []},
                content_type="application/json",
                headers=mine.headers,
            )
            assert told.status_code in {400, 404}, address_
        sent = batch(mine, [{**row("T-1"), "id": id_}, {**row("M-1"), "public_id": id_}], "mine")
        assert [one["outcome"] for one in answered(sent)["results"]] == ["refused", "refused"]
        assert set(Listing.objects.values_list("source", flat=True)) == {"theirs"}

    def test_by_a_batch_that_names_their_number(self, mine: PartnerKey, theirs: PartnerKey) -> None:
        was = stored("T-1", "theirs")
        sent = batch(mine, [row("T-1", name="抢来的食堂"), row("M-1", name="自己的食堂")], "mine")
        assert [one["outcome"] for one in answered(sent)["results"]] == ["created", "created"]
        now = stored("T-1", "theirs")
        assert (now.name, now.revision_number) == (was.name, was.revision_number)
        assert stored("T-1", "mine").pk != now.pk

    def test_by_a_race_for_one_number_each_source_gets_its_own(
        self, mine: PartnerKey, theirs: PartnerKey
    ) -> None:
        ready = threading.Barrier(6)

        def write(key: PartnerKey, source: str, name: str) -> None:
            ready.wait(10)
            answered_ = put(key, body(name=name), "R-1", source=source)
            assert answered_.status_code in {200, 201}, answered_.content

        works = [lambda n=n: write(mine, "mine", f"我的{n}") for n in range(3)]
        works += [lambda n=n: write(theirs, "theirs", f"他们的{n}") for n in range(3)]
        assert at_once(works) == []
        assert stored("R-1", "mine").name.startswith("我的")
        assert stored("R-1", "theirs").name.startswith("他们的")
        assert Listing.objects.filter(external_id="R-1").count() == 2

    def test_a_key_whose_source_is_taken_away_meanwhile_writes_nothing_more(
        self, mine: PartnerKey, theirs: PartnerKey
    ) -> None:
        answered(put(mine, body(), "M-1", source="mine"), 201)
        ApiKey.objects.filter(pk=mine.key.pk).update(sources=[])
        answered(put(mine, body(name="改名"), "M-1", source="mine"), 403)
        assert stored("M-1", "mine").name == "康桥食堂"

    def test_outside_the_area_of_a_key_there_is_nothing_to_write(self, regions: Any) -> None:
        source = make_source("far")
        near, far = key_for(source, WRITE, area_code=KANGQIAO), key_for(source, WRITE, area_code="330102")
        answered(put(near, body(), "F-1", source="far"), 201)
        answered(put(far, body(name="改名"), "F-1", source="far"), 403)
        assert stored("F-1", "far").name == "康桥食堂"
