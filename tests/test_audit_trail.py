"""The audit's page: who reads what, in which order, at which cost, and from where things came."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action, Event, Origin
from portal.audit.recording import record
from portal.listings import confirming, revising, timeline
from portal.listings.models import Confirmation, Listing
from tests.factories import make_canteen, make_listing
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db
TRAIL = "/admin/audit/"


def of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def titles(client: Client, **asked: Any) -> list[str]:
    return [line.title for line in client.get(TRAIL, asked).context["lines"]]


def entry(source: str, pk: int) -> str:
    return reverse("admin:audit_entry", args=[source, pk])


@pytest.fixture
def both_streets(clerk: User, other_clerk: User) -> dict[str, Listing]:
    """Return a listing in each of two streets, each edited and confirmed by its clerk, and four events."""
    found = {}
    for name, street, person in (("康桥食堂", "330105010", clerk), ("闸弄口食堂", ZHALONGKOU, other_clerk)):
        listing = make_canteen(name=name, street=street)
        revising.edit(listing=listing, changes={"notice": "今天送汤"}, actor=person, channel="office")
        confirming.confirm(listing=listing, fact_groups=["price"], actor=person)
        record(Action.SIGNED_IN, by=person, about=person, area_code=street, after={"by": ["password"]})
        found[name] = listing
    record(Action.CHANGED, by=None, area_code="", label="全市事项")
    record(Action.SIGNED_IN, by=clerk, label="私人", is_private=True)
    return found


@pytest.mark.parametrize(
    ("persona", "seen"),
    [
        ("clerk", {"康桥食堂", "康桥工作人员"}),
        ("other_clerk", {"闸弄口食堂", "闸弄口工作人员"}),
        ("district_admin", {"康桥食堂", "康桥工作人员"}),
        ("city_admin", {"康桥食堂", "康桥工作人员", "闸弄口食堂", "闸弄口工作人员", "全市事项"}),
        ("operator", None),
        ("guard", None),
        ("courier", None),
    ],
)
def test_each_reads_what_lies_in_their_reach(
    request: Any, both_streets: dict[str, Listing], persona: str, seen: set[str] | None
) -> None:
    client = of(request.getfixturevalue(persona))
    if seen is None:
        assert client.get(TRAIL).status_code in {302, 403}
        assert client.get(entry("event", Event.objects.latest("pk").pk)).status_code in {302, 403}
        return
    everybody = {"康桥食堂", "康桥工作人员", "闸弄口食堂", "闸弄口工作人员", "全市事项", "私人"}
    assert set(titles(client)) & everybody == seen
    for source in timeline.SOURCES[:3]:
        for row in source.model.objects.all():
            found = client.get(entry(source.name, row.pk))
            name = row.object_label if isinstance(row, Event) else row.listing.name
            if name in everybody:
                assert found.status_code == (200 if name in seen else 404), name


def test_nobody_reads_without_signing_in(client: Client) -> None:
    assert client.get(TRAIL).status_code == 302
    assert client.get(entry("event", 1)).status_code == 302


def test_a_superuser_reads_all_but_what_is_private(both_streets: Any) -> None:
    found = titles(of(User.objects.create_superuser("13900000001", "x")))
    assert {"康桥食堂", "闸弄口食堂", "全市事项"} <= set(found)
    assert "私人" not in found


def test_pages_follow_each_other_without_loss_or_doubling_within_one_moment(city_admin: User) -> None:
    listing = make_canteen()
    moment = timezone.now() + dt.timedelta(hours=1)
    with time_machine.travel(moment, tick=False):
        for number in range(70):
            record(Action.CHANGED, by=None, label=f"事项{number}")
        Confirmation.objects.bulk_create(
            Confirmation(
                listing=listing,
                fact_group="price",
                confirmed_at=timezone.now(),
                actor_label=str(n),
                channel="office",
            )
            for n in range(70)
        )
    client, seen, address = of(city_admin), [], TRAIL
    while address:
        page = client.get(address)
        seen += [(line.source, line.pk) for line in page.context["lines"]]
        address = f"{TRAIL}?{page.context['older']}" if page.context["older"] else ""
    assert len(seen) == len(set(seen))
    assert len(seen) == Event.objects.count() + Confirmation.objects.count() + listing.revisions.count()


def test_what_is_asked_for_narrows_the_trail(both_streets: dict[str, Listing], city_admin: User) -> None:
    client = of(city_admin)
    mine = both_streets["康桥食堂"]
    for asked, found in (
        ({"what": "version", "who": "康桥工作"}, ["康桥食堂"]),
        ({"what": "confirmed", "about": "闸弄口食堂"}, ["闸弄口食堂"]),
        ({"what": "confirmed", "about": mine.public_id}, ["康桥食堂"]),
        ({"what": "signed_in", "office": "闸弄口街道办"}, ["闸弄口工作人员"]),
        ({"what": "signing-in", "about": "康桥"}, ["康桥工作人员"]),
        ({"what": "changed"}, ["全市事项"]),
        ({"channel": "office", "what": "confirmed", "office": "康桥街道办"}, ["康桥食堂"]),
        ({"channel": "courier"}, []),
        ({"until": "2020-01-01"}, []),
        ({"who": "没有这个人"}, []),
    ):
        assert titles(client, **asked) == found, asked
    today = timezone.localdate().isoformat()
    assert len(titles(client, since=today, until=today)) == len(titles(client))


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "nothing"},
        {"since": "2026-13-40"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "2026-11-02", "until": "2026-11-01"},
        {"address": "nowhere"},
        {"person": "9" * 40},
        {"before": "x~y~z"},
        {"before": "2026-11-01T00:00:00~1~1"},
        {"before": "2026-99-01T00:00:00+08:00~1~1"},
        {"before": "2026-11-01T00:00:00+08:00~1~" + "9" * 30},
        {"about": "%_'\"\\"},
        {"request": "x" * 64},
    ],
)
def test_odd_questions_get_a_page(city_admin: User, asked: dict[str, str]) -> None:
    assert of(city_admin).get(TRAIL, asked).status_code == 200


def test_odd_entries_are_not_found(city_admin: User) -> None:
    client = of(city_admin)
    for path in ("event/0/", f"event/{10**30}/", "nothing/1/", "taken-back/1/"):
        assert client.get(TRAIL + path).status_code == 404, path


def test_an_entry_shows_old_and_new_and_leads_to_the_same_request(clerk: User) -> None:
    canteen = make_canteen(notice="旧公告")
    client = of(clerk)
    client.post("/admin/")
    address = reverse("admin:canteens_canteen_change", args=[canteen.pk])
    from tests.admin_form import fields_of

    client.post(
        address,
        {**fields_of(client.get(address).text), "notice": "新公告"},
        headers={"User-Agent": "Firefox/130"},
        REMOTE_ADDR="203.0.113.9",
    )
    revision = canteen.revisions.latest("number")
    page = client.get(entry("version", revision.pk)).text
    for word in ("旧公告", "新公告", "203.0.113.9", "Firefox/130", revision.request_id, "康桥工作人员"):
        assert word in page, word
    assert titles(client, request=revision.request_id) == [canteen.name]


def test_an_address_finds_what_came_from_there_for_those_who_export(
    district_admin: User, clerk: User, both_streets: Any
) -> None:
    client = of(clerk)
    assert "address" not in client.get(TRAIL).context["form"].fields
    answer = client.post("/accounts/logout/", REMOTE_ADDR="203.0.113.9")
    assert Origin.objects.get().request_id == answer["X-Request-ID"]
    assert titles(of(district_admin), address="203.0.113.9") == [str(clerk)]
    assert titles(of(district_admin), address="203.0.113.10") == []


def test_where_a_courier_stood_is_shown_to_nobody(city_admin: User, courier: User) -> None:
    canteen = make_canteen()
    Origin.objects.create(request_id="courier-request", address="203.0.113.77")
    said = Confirmation.objects.create(
        listing=canteen,
        fact_group="price",
        confirmed_at=timezone.now(),
        channel="courier",
        request_id="courier-request",
    )
    client = of(city_admin)
    assert "203.0.113.77" not in client.get(entry("confirmed", said.pk)).text
    assert titles(client, address="203.0.113.77") == []


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.66", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.66, 203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.66,127.0.0.1,203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.66, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.1"),
        (1, "<script>", None),
        (1, "203.0.113.5\0", None),
        (1, "2001:db8::5", "2001:db8::5"),
    ],
)
def test_a_forged_forwarding_header_changes_nobody_s_origin(
    clerk: User, settings: Any, proxies: int, forwarded: str, address: str | None
) -> None:
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded, "User-Agent": "x" * 900} if forwarded else {}
    of(clerk).post("/accounts/logout/", headers=headers, REMOTE_ADDR="192.0.2.1")
    origin = Origin.objects.get()
    assert origin.address == address
    assert len(origin.agent) <= 200


def test_the_trail_costs_the_same_for_many_rows(city_admin: User) -> None:
    client = of(city_admin)
    found = []
    for count in (1, 12):
        for number in range(count):
            listing = make_listing(make_canteen().__class__, name=f"食堂{number}")
            confirming.confirm(listing=listing, fact_groups=["price"], actor=city_admin)
            record(Action.CHANGED, by=city_admin, about=city_admin, before={"name": "a"}, after={"name": "b"})
        client.get(TRAIL)
        with CaptureQueriesContext(connection) as queries:
            client.get(TRAIL)
        found.append(len(queries))
    assert found[0] == found[1], "the number of rows must not matter"
    # Session, person, post, permissions; keys and rows of four sources at most; the bell and the sidebar.
    assert found[1] <= 18


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_trail_speaks_the_reader_s_language(
    both_streets: Any, city_admin: User, language: str, settings: Any
) -> None:
    call_command("login_link", "13800000002")
    answer = of(city_admin).get(TRAIL, headers={"Accept-Language": language})
    shown = re.sub(r"<(script|style).*?</\1>", "", answer.text, flags=re.S)
    content = shown.partition('<div class="nx-page nx-audit">')[2].partition("</ol>")[0]
    shown = re.sub(r"<[^>]+>", " ", content)
    assert "康桥食堂" in shown
    english = set(re.findall(r"[A-Za-z]{4,}", shown)) - {"manage", "login", "link", "ensure", "groups"}
    assert (not english) if language == "zh-hans" else {"everything", "confirmed", "signed"} <= english, (
        english
    )


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_no_address_of_the_audit_changes_it(city_admin: User, both_streets: Any, method: str) -> None:
    client = of(city_admin)
    count, last = Event.objects.count(), Event.objects.latest("pk")
    for path in (TRAIL, entry("event", last.pk)):
        getattr(client, method)(path, {"action": "delete_selected", "post": "yes"})
    assert Event.objects.count() == count
    last.refresh_from_db()


def test_no_table_of_the_audit_is_in_the_administration() -> None:
    from django.contrib import admin

    assert not {Event, Origin} & set(admin.site._registry)
