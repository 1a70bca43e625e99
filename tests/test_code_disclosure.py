"""No guard and no partner reads a courier's number or full name anywhere; no stored proof holds even a masked name.

Every address of the URLconf is opened as a guard, a property, partners, another courier and nobody; what takes posts is
posted in `tests.code_world`. A new address fails here until its parameters are known, or until it is said where it is
posted and what was answered is looked through.
"""

import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver

from portal.accounts.models import Courier
from services.codes.models import Amendment, ManualCode, Pass, Proof, Quarantined, SeenProof, StatusListIssue
from tests.code_holders import sign_in
from tests.code_traces import cached, routes, traces, written
from tests.code_world import MASKED, NAME, PHONE, World, make_world
from tests.personas import make_person
from tests.test_code_revoking import rows_with

pytestmark = pytest.mark.django_db
PARAMETER = re.compile(
    r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>|\(\?P<(?P<group>\w+)>(?:[^()]|\([^()]*\))*\)"
)
#: What takes posts only: what of the world's answers is from there, or why no guard and no partner is answered there.
POSTED = {
    "guard_redeem": ("guard", "enrol"),
    "guard_shift": ("guard", "shift"),
    "guard_shift_end": ("guard", "shift/end"),
    "guard_passes": ("guard", "passes"),
    "guard_manual": ("guard", "manual"),
    "guard_incident": ("guard", "incident"),
    "api:couriers": ("partner", "couriers"),
    "api:orders": ("partner", "orders"),
    "api:passes": ("partner", "passes"),
    "api:passes-batch": ("partner", "passes/batch"),
    "look": "anybody: the colours of the pages",
    "notice": "whoever is signed in: leads on",
    "notices_read": "whoever is signed in: leads on",
    "notice_address_asked": "the person's own address of e-mail",
    **dict.fromkeys(
        (f"partner_webhook_{deed}" for deed in ("test", "stop", "start", "replay")),
        "a keeper of the partner's webhooks: leads on",
    ),
    "code_claim": "the courier's own phone",
    "code_manual": "the courier's own phone",
    "code_enrol": "the courier's own phone",
    "code_credential": "the courier's own phone",
    "code_renew": "the courier's own phone",
    "code_container_end": "the courier's own phone",
    "code_photo": "the courier's own phone",
    "code_proof": "the courier's own phone",
    "code_erase": "the courier's own phone",
    "code_lost": "the courier's own phone",
}
#: What a property must be able to read, else nothing would be proved by what it cannot find there.
READ_BY_THE_PROPERTY = {
    "admin:codes_pass_changelist",
    "admin:codes_pass_change",
    "admin:codes_pass_file",
    "admin:codes_incident_changelist",
    "admin:codes_incident_change",
    "admin:codes_quarantined_changelist",
    "admin:codes_quarantined_change",
    "admin:codes_device_changelist",
    "admin:codes_shift_changelist",
}
LOG = (Pass, Proof, Quarantined, Amendment, SeenProof)


@pytest.fixture
def world(guard: Any, city_admin: Any, district_admin: Any, settings: Any, caplog: Any, capfd: Any) -> World:
    """Return the world, made while all is logged."""
    settings.LOG_FORMAT = "json"
    caplog.set_level(logging.INFO)
    logging.getLogger("portal.requests").setLevel(logging.INFO)
    return make_world(keeper=guard, city_admin=city_admin, district_admin=district_admin)


def viewers(world: World) -> dict[str, tuple[Client, dict[str, str]]]:
    """Return who looks: a client and headers for each."""
    other = make_person("13800000077", "王建国")
    Courier.objects.create(user=other)
    return {
        "guard": (world.guard, {}),
        "property": (Client(), {}),
        "other courier": (sign_in(other), {}),
        "turnstile": (Client(), world.turnstile.headers),
        "platform": (Client(), world.platform.headers),
    }


def address_of(route: str, name: str, world: World) -> str:
    """Return an address of a route; an unknown parameter is a KeyError: say here what belongs there."""

    def value(found: re.Match) -> str:
        parameter = found["name"] or found["group"]
        given = {
            "public_id": world.south.listing.public_id,
            "language": "zh-hans",
            "section": "compounds",
            "path": "x.png",
            "format_name": "csv",
            "app_label": "codes",
            "url": "x",
            "name": "nuanxin-2026-11-26.ndjson.gz",
            "source": "kitchen",
            "external_id": "A-1",
            "id": "1",
            "content_type_id": "1",
            "object_id": object_of(route),
            "pk": object_of(route),
            "text": world.tokens["place"],
            "token": world.tokens.get(name, world.tokens["photo"]),
            "number": number_of(name, world),
            "entry": "event",
            "key": "1",
            "report": "1",
        }
        return given[parameter]

    plain = route.replace("^.*/$", "none/").replace("^", "").replace("$", "")
    return "/" + PARAMETER.sub(value, plain)


def number_of(name: str, world: World) -> str:
    """Return the number that an address is about: a slip's, an entry's of the audit, else a container's."""
    known = {"code_slip": world.tokens["slip"], "admin:audit_entry": "1"}
    return known.get(name) or str(world.credential.container.number)  # type: ignore[union-attr]


def object_of(route: str) -> str:
    """Return the key of a row that an address of the administration is about, "1" where there is none."""
    found = re.match(r"admin/(\w+)/(\w+)/", route)
    if not found:
        return "1"
    try:
        model = apps.get_model(found[1], found[2])
    except LookupError:
        # A page of the administration that belongs to no table.
        return "1"
    row = model._default_manager.order_by("-pk").first()
    return str(row.pk) if row else "1"


def body_of(answer: Any) -> str:
    """Return all that an answer says, its headers too."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{dict(answer.headers)}\n{written(content)}"


def test_no_address_shows_a_guard_or_a_partner_who_a_courier_is(world: World) -> None:
    looking = viewers(world)
    shown: list[str] = []
    read: set[str] = set()
    only_posts: set[str] = set()
    for route, name in routes(get_resolver().url_patterns):
        address, statuses = address_of(route, name, world), []
        for who, (client, headers) in looking.items():
            if headers and not address.startswith("/api/"):
                continue
            if name in {"account_logout", "admin:logout"}:
                continue
            if who == "property":
                # Some addresses sign out whoever opens them.
                client.force_login(world.keeper)
            answer = client.get(address, headers=headers)
            statuses.append(answer.status_code)
            shown += [f"{who} {address}: {trace}" for trace in traces(body_of(answer))]
            if who == "property" and answer.status_code == 200:
                read.add(name)
        if statuses and set(statuses) <= {405, 403} and 405 in statuses and not name.startswith("admin:"):
            only_posts.add(name)
    assert shown == []
    assert only_posts <= POSTED.keys(), "say who is answered there, and post it in tests.code_world"
    assert read >= READ_BY_THE_PROPERTY


def test_no_answer_to_what_guards_and_partners_send_says_who_a_courier_is(world: World) -> None:
    answered = {(who, what) for who, what, _answer in world.answers}
    assert {one for one in POSTED.values() if isinstance(one, tuple)} <= answered
    assert {("guard", "sync"), ("guard", "photo"), ("partner", "sync")} <= answered
    said = [(who, what, body_of(answer)) for who, what, answer in world.answers]
    assert [(who, what, found) for who, what, text in said for found in traces(text)] == []
    assert MASKED in "".join(text for who, _what, text in said if who == "guard"), (
        "a guard is told the masked name"
    )
    assert MASKED not in "".join(text for who, _what, text in said if who == "partner")


def test_no_row_of_the_log_holds_a_name_or_a_number(world: World) -> None:
    for model in (*LOG, ManualCode, StatusListIssue):
        rows = list(model._default_manager.values())
        assert rows, model
        text = "\n".join(written(value) for row in rows for value in row.values())
        assert traces(text) == [], model
        if model in LOG:
            assert MASKED not in text, model
            assert MASKED.encode().hex() not in text, model
    proofs = [bytes(proof.presentation) for proof in Proof.objects.all()]
    assert all(len(proof) == 73 and MASKED.encode()[:3] not in proof for proof in proofs)


def test_a_number_stands_with_the_person_and_in_own_words_only(world: World) -> None:
    assert set(rows_with(PHONE)) <= {"accounts.User.phone", "codes.Refusal.note"}
    assert set(rows_with(NAME)) <= {"accounts.User.name", "codes.Refusal.note", "codes.Container.label"}


def test_no_log_line_and_no_cache_entry_holds_a_name_or_a_number(
    world: World, caplog: Any, capfd: Any
) -> None:
    for client, headers in viewers(world).values():
        client.get("/guard/sync/", headers=headers)
    sign_in(world.courier).get("/code/state/")
    written_out = capfd.readouterr()
    lines = written_out.err + written_out.out + caplog.text
    assert '"route":"guard_sync"' in lines
    assert traces(lines) == []
    kept = cached()
    assert kept
    assert {key: found for key, text in kept.items() if (found := traces(f"{key} {text}"))} == {}
