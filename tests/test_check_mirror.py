"""The tool by which a partner tests himself finds what is wrong, and nothing where all is right."""

import subprocess
import sys
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Value
from django.db.models.functions import Replace

from portal.listings import mirroring, states
from portal.listings.models import Listing
from tests import api_places
from tests.databases import ROOT
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]


@pytest.fixture
def some_places() -> list[Any]:
    places = [api_places.canteen(f"食堂{number}") for number in range(5)]
    places.append(api_places.canteen("别处", district=ZHALONGKOU[:6], street=ZHALONGKOU))
    states.move(listing=places[0], to="archived", actor=None)
    states.move(listing=places[1], to="paused", actor=None, reason="装修")
    return places


@pytest.mark.parametrize("question", ["", f"street={KANGQIAO}&kind=canteen&limit=2", "state=paused"])
def test_a_true_portal_agrees(live_server: Any, some_places: list[Any], question: str) -> None:
    report = mirroring.check(live_server.url, question=question)
    assert report.faults == []
    assert report.held == report.listed > 0


def test_a_key_sees_its_area_in_both(live_server: Any, some_places: list[Any], partner: Any) -> None:
    type(partner.key).objects.update(area_code=ZHALONGKOU)
    report = mirroring.check(live_server.url, key=partner.secret)
    assert (report.faults, report.held) == ([], 1)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"state": "draft"}, "is held and not listed"),
        ({"document": Replace("document", Value("食堂2"), Value("假的"))}, "differs in name"),
    ],
)
def test_a_change_without_a_number_is_found_out(
    live_server: Any, some_places: list[Any], monkeypatch: pytest.MonkeyPatch, lie: dict[str, Any], said: str
) -> None:
    broken, whole = some_places[2], mirroring.Mirror.catch_up

    def late(self: Any) -> None:
        whole(self)
        Listing.objects.filter(pk=broken.pk).update(**lie)

    monkeypatch.setattr(mirroring.Mirror, "catch_up", late)
    assert f"{broken.public_id} {said}" in mirroring.check(live_server.url).faults


def test_a_feed_out_of_order_is_found_out() -> None:
    pages = [
        {"items": [item(5), item(3)], "next": "/api/v1/changes/?cursor=5"},
        {"items": [], "next": "/api/v1/changes/?cursor=5"},
    ]
    answers = httpx.MockTransport(
        lambda request: httpx.Response(200, json=pages[min(1, len(request.url.query))])
    )
    mirror = mirroring.Mirror(httpx.Client(transport=answers, base_url="http://portal"), [])
    mirror.catch_up()
    assert mirror.report.faults == ["item 3 comes after 5"]


def item(seq: int) -> dict[str, Any]:
    return {"seq": seq, "kind": "canteen", "id": f"A{seq}", "state": "deleted"}


def test_a_portal_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(mirroring.time, "sleep", waited.append)
    answers = iter(
        [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503), httpx.Response(200)]
    )
    client = httpx.Client(
        transport=httpx.MockTransport(lambda request: next(answers)), base_url="http://portal"
    )
    assert mirroring.get(client, "/").status_code == 200
    assert waited == [7.0, 1.0]


def test_the_command_says_what_it_found_and_fails_when_it_cannot_ask(
    live_server: Any, some_places: list[Any], capsys: Any
) -> None:
    call_command("check_mirror", live_server.url)
    assert "the copy agrees with the portal" in capsys.readouterr().out
    with pytest.raises(CommandError) as refused:
        call_command("check_mirror", f"{live_server.url}/nowhere")
    assert refused.value.returncode == 2


def test_the_file_alone_runs_without_django(live_server: Any, some_places: list[Any]) -> None:
    script = (
        "import sys; sys.modules['django'] = None; "
        "import runpy; sys.argv = ['mirroring', sys.argv[1], '--json']; "
        "runpy.run_path('portal/listings/mirroring.py', run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, live_server.url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert '"faults": []' in ended.stdout
