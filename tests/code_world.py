"""A gate's whole world about one courier whose name and number nobody else has: everything that can be done, was done.

Whatever a guard's phone, a turnstile, a platform or a property was answered meanwhile is kept, to be looked through.
"""

import contextlib
import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Courier, User
from portal.listings.models import Stewardship
from services.codes import (
    conduct,
    enrolling_devices,
    incidents,
    looking_up,
    photos,
    publishing_list,
    revoking,
    xg1,
)
from services.codes.models import Checkpoint, Credential, GuardName, Holder, Incident, Pass
from services.codes.placing import printed
from tests.code_gates import ALWAYS, Phone, at_ms, make_turnstile, row_of
from tests.code_holders import DeviceKey, first, make_holder, make_platform, post, renewed, sign_in
from tests.factories import gate, make_compound
from tests.personas import PartnerKey, make_person
from tests.test_code_revoking import picture as photo
from tests.test_code_revoking import send
from tests.test_code_roster import key_of, push

PHONE, NAME, MASKED = "13957102468", "欧阳震寰", "欧阳*寰"


@dataclass
class World:
    """The people, what they hold, and what guards and partners were answered: (who, what, answer)."""

    staff: User
    keeper: User
    courier: User
    south: Checkpoint
    east: Checkpoint
    holder: Holder
    credential: Credential
    phone: Phone
    guard: Client
    turnstile: PartnerKey
    platform: PartnerKey
    tokens: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, Any]] = field(default_factory=list)

    def hear(self, who: str, what: str, answer: Any) -> Any:
        """Keep an answer, which must be one: a refusal that nobody meant would prove nothing."""
        assert answer.status_code < 400, (who, what, answer.status_code, answer.content[:300])
        self.answers.append((who, what, answer))
        return answer

    def tell(self, what: str, **body: Any) -> Any:
        """Post something from the guard's phone."""
        return self.hear("guard", what, post(self.guard, f"/guard/{what}/", **body))

    def ask(self, what: str, body: Any, key: PartnerKey | None = None) -> Any:
        """Post something to the API as the turnstile, or with another key."""
        sent = (key or self.turnstile).headers
        address = f"/api/v1/{what}/"
        return self.hear(
            "partner", what, Client().post(address, body, content_type="application/json", headers=sent)
        )

    def row(self, place: Checkpoint, **changes: Any) -> dict[str, Any]:
        """Return a pass of the courier as a device sends it."""
        return row_of(place, self.phone, timezone.now(), **changes)


def make_world(*, keeper: User, city_admin: User, district_admin: User) -> World:
    """Return the world after a day in which everything happened."""
    now = timezone.now()
    compound = make_compound(hours=ALWAYS, gates={"gates": [gate(name="南门"), gate(name="东门")]})
    Stewardship.objects.create(post=keeper.acting_post, listing=compound)
    south = Checkpoint.objects.create(listing_id=compound.pk, name="南门", kind="gate")
    east = Checkpoint.objects.create(listing_id=compound.pk, name="东门", kind="gate", is_attended=False)
    platform = make_platform(7, "试送")
    key = key_of(platform.organisation, "couriers:write", "listings:read")
    courier = make_person(PHONE, NAME)
    Courier.objects.create(user=courier)
    holder = make_holder(courier, platform=7, name=NAME)
    given = first(holder, label=f"{NAME}的手机")
    phone = Phone(now, key=DeviceKey("first").private, row=given, data=bytes(given.data or b""))
    turnstile_key = PartnerKey(*_turnstile(east, now))
    world = World(
        staff=city_admin,
        keeper=keeper,
        courier=courier,
        south=south,
        east=east,
        holder=holder,
        credential=given,
        phone=phone,
        guard=Client(),
        turnstile=turnstile_key,
        platform=key,
    )
    _let_a_platform_speak(world)
    _send_pictures(world)
    _enrol_the_guard(world)
    _pass_at_the_gate(world)
    _pass_by_turnstile(world)
    _claim(world)
    _fall_out(world, district_admin)
    world.tell("shift/end")
    guard = GuardName.objects.get(listing_id=south.listing_id)
    world.tell("shift", guard=guard.pk, checkpoint=south.number)
    renewed(given, "first", "second")
    return world


def _turnstile(place: Checkpoint, now: dt.datetime) -> tuple[Any, str]:
    device, text = make_turnstile(place, now)
    return device.api_key, text


def _let_a_platform_speak(world: World) -> None:
    """Name the courier on a roster and on an order here, beside somebody unknown."""
    now = timezone.now()
    rows = [{"phone": number, "work_type": "parcel", "active": True} for number in (PHONE, "13957102469")]
    world.hear("partner", "couriers", push(world.platform, "/api/v1/couriers/", rows))
    order = {
        "external_id": "A-1",
        "phone": PHONE,
        "listing": world.south.listing.public_id,
        "starts_at": now.isoformat(),
        "ends_at": (now + dt.timedelta(minutes=40)).isoformat(),
    }
    world.hear("partner", "orders", push(world.platform, "/api/v1/orders/", [order, {**order, "phone": "x"}]))


def _send_pictures(world: World) -> None:
    client = sign_in(world.courier)
    assert send(client, "photo", photo("欧阳震寰")).status_code == 200
    photos.accept_photo(holder=Holder.objects.get(pk=world.holder.pk), by=world.staff)
    assert send(client, "proof", photo("proof")).status_code == 200


def _enrol_the_guard(world: World) -> None:
    now = timezone.now()
    _device, link = enrolling_devices.add_phone(
        listing=world.south.listing, name="南门手机", actor=world.keeper, now=now
    )
    world.tokens["guard_enrol"] = enrolling_devices.add_phone(
        listing=world.south.listing, name="备用手机", actor=world.keeper, now=now
    )[1]
    world.tell("enrol", token=link)
    guard = GuardName.objects.create(listing_id=world.south.listing_id, name="门卫甲")
    world.tell("shift", guard=guard.pk, checkpoint=world.south.number)
    world.hear("guard", "sync", world.guard.get("/guard/sync/"))


def _pass_at_the_gate(world: World) -> None:
    """Scan online and offline, good and bad; take digits; decide by hand; be refused as forged and as no row at all."""
    phone, south, now = world.phone, world.south, timezone.now()
    online = {**world.row(south, made_offline=False), "text": phone.text(now, gate=south.number)}
    told = world.tell("passes", rows=[online]).json()["answers"][0]
    assert (told["verdict"], told["on_order_here"]) == ("ok", True)
    world.hear("guard", "photo", world.guard.get(told["photo"]))
    world.tokens["photo"] = photos.token_for(Holder.objects.get(pk=world.holder.pk))
    offline = world.row(south, shown_at=now - dt.timedelta(seconds=15))
    rows = [
        offline,
        {**offline, "direction": "out"},
        world.row(south, shown_at=now + dt.timedelta(seconds=15), list_version=None),
        world.row(south, gate=77, shown_at=now - dt.timedelta(seconds=30)),
        {**world.row(south, shown_at=now), "pid": "0" * 16},
        {**world.row(south, verdict="fine"), "name": NAME, "phone": PHONE, "text": phone.text(now)},
        world.row(
            south, method="override", verdict="manual_override", forced_why="屏幕碎了", presentation=None
        ),
        row_of(south, None, now, verdict="annulled", method="override", annuls=offline["id"]),
    ]
    outcomes = [answer["outcome"] for answer in world.tell("passes", rows=rows).json()["answers"]]
    assert {"created", "conflict", "amended", "quarantined"} <= set(outcomes), outcomes
    minted = post(
        Client(),
        "/code/manual/",
        text=phone.text(timezone.now(), challenge=xg1.UNSHOWN),
        listing=south.listing.public_id,
    )
    digits = minted.json()["code"]
    row = row_of(south, None, timezone.now(), made_offline=False)
    assert world.tell("manual", **row, code=digits).json()["name"] == MASKED
    at_ms_now = int(timezone.now().timestamp() * 1000)
    told_of = {
        "id": str(uuid.uuid4()),
        "pass": online["id"],
        "kind": "speeding",
        "note": "",
        "at_ms": at_ms_now,
    }
    world.tell("incident", **told_of)


def _pass_by_turnstile(world: World) -> None:
    """Show a code to a gate without a guard: it asks for digits, and opens for the answer."""
    place = world.east
    body = {"id": at_ms(timezone.now()), "checkpoint": place.number, "direction": "in"}
    asked = world.ask("passes", {**body, "text": world.phone.text(timezone.now(), gate=place.number)}).json()
    text = world.phone.text(timezone.now(), gate=place.number, challenge=int(asked["challenge"]))
    assert world.ask("passes", {**body, "text": text, "challenge": asked["challenge"]}).json()["opens"]
    world.ask("passes/batch", {"rows": [world.row(place, challenge=17), {"id": "7"}], "waiting": 0})


def _claim(world: World) -> None:
    here = printed(checkpoint=world.south)
    world.tokens["place"] = here.address.rstrip("/").rsplit("/", 1)[1]
    at = timezone.now()
    body = {"id": at_ms(at), "place": world.tokens["place"], "at_ms": int(at.timestamp() * 1000)}
    answer = post(Client(), "/g/claim/", **body, text=world.phone.text(at, gate=world.south.number))
    assert answer.status_code == 200, answer.content


def _fall_out(world: World, district_admin: User) -> None:
    """Report, write to and fro, open a case, look up, be refused at the gate, be suspended and let go again."""
    kept = Pass.objects.filter(pid=world.credential.pid, method="scan", assurance__gte=2).first()
    assert kept is not None
    incident = incidents.report(
        kind=Incident.Kind.values[0], note="推搡了保安", pass_id=kept.pk, by=world.keeper
    )
    incidents.write_to_courier(incident=incident, by=world.keeper, text="请说明一下情况")
    refresh = Incident.objects.get(pk=incident.pk)
    incidents.answer(incident=refresh, holder=world.holder, text="当时赶时间，对不起")
    with contextlib.suppress(ValidationError):
        incidents.answer(
            incident=refresh, holder=world.holder, text=f"打我电话 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}"
        )
    street = world.staff
    conduct.open_case(incident=refresh, by=street, grade="reminder", reason="在门口推搡")
    for purpose in ("incident", "police"):
        looking_up.look_up(kept=kept, by=district_admin, purpose=purpose, note="工单 12")
    answer = post(
        sign_in(world.courier),
        "/code/refused/",
        id=str(uuid.uuid4()),
        reason="not_let_in",
        listing=world.south.listing.public_id,
        gate="南门",
        at_ms=int(timezone.now().timestamp() * 1000),
        note=f"我是{NAME}，电话 {PHONE}",
    )
    assert answer.status_code == 200, answer.content
    world.tokens["slip"] = answer.json()["number"]
    revoking.suspend(holder=Holder.objects.get(pk=world.holder.pk), by=street, reason="测试")
    publishing_list.publish(now=timezone.now())
    world.hear("guard", "sync", world.guard.get("/guard/sync/"))
    world.hear("partner", "sync", Client().get("/api/v1/gates/sync/", headers=world.turnstile.headers))
    revoking.lift(holder=Holder.objects.get(pk=world.holder.pk), by=street)
