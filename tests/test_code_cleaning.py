"""What is forgotten when, and what stays."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone

from portal.accounts.models import User
from portal.partners.models import Answered
from portal.running import chores
from services.codes import cleaning, retention
from services.codes.cleaning import clean
from services.codes.erasing import erase
from services.codes.models import (
    Checkpoint,
    Container,
    Credential,
    Device,
    Holder,
    LiveOrder,
    ManualCode,
    Pass,
    Proof,
    Quarantined,
    RosterEntry,
    SeenProof,
    Shift,
    StatusIndex,
)
from tests.code_holders import first, make_holder, make_platform, renewed
from tests.factories import make_compound
from tests.personas import PartnerKey

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def holder(courier: User) -> Holder:
    return make_holder(courier)


def log_pass(kept_until: dt.datetime) -> Pass:
    now = timezone.now()
    return Pass.objects.create(
        id=uuid.uuid4(),
        listing_id=1,
        method="scan",
        scanned_at=now,
        received_at=now,
        verdict="ok",
        row_digest="",
        retention_until=kept_until,
    )


def test_what_is_kept_of_a_credential_grows_less(holder: Holder) -> None:
    given = first(holder)
    ends_at = given.ends_at
    steps = [
        (ends_at - DAY, True, True, True),
        (ends_at + dt.timedelta(minutes=1), False, True, True),
        (ends_at + retention.PERSON - DAY, False, True, True),
        (ends_at + retention.PERSON, False, False, True),
        (ends_at + retention.CREDENTIAL, False, False, False),
    ]
    for moment, has_bytes, has_person, is_there in steps:
        clean(now=moment)
        clean(now=moment)
        kept = Credential.objects.filter(pk=given.pk).first()
        assert (kept is not None) is is_there, moment
        if kept is not None:
            assert (kept.data is not None) is has_bytes, moment
            assert (kept.holder is not None, kept.container is not None) == (has_person, has_person), moment
    assert (Container.objects.count(), StatusIndex.objects.count()) == (0, 0)
    assert Holder.objects.count() == 1


def test_a_case_holds_what_it_needs(holder: Holder) -> None:
    given = first(holder)
    Credential.objects.update(held_by_case=True)
    clean(now=given.ends_at + retention.CREDENTIAL + DAY)
    given.refresh_from_db()
    assert (given.holder, given.container is not None) == (holder, True)


def test_what_a_case_held_of_somebody_who_erased_the_code_goes_with_the_case(
    holder: Holder, courier: User
) -> None:
    given = first(holder)
    Credential.objects.update(held_by_case=True)
    erase(user=courier)
    clean()
    given.refresh_from_db()
    assert given.holder == holder
    Credential.objects.update(held_by_case=False)
    clean()
    given.refresh_from_db()
    assert (given.holder, given.container, given.data) == (None, None, None)


def test_a_device_that_does_not_renew_ends_and_says_so(holder: Holder, courier: User) -> None:
    one, two = first(holder, "one"), first(holder, "two")
    late = one.ends_at + retention.IDLE_CONTAINER
    renewed(two, "two", "later", now=late - DAY)
    clean(now=late)
    rows = dict(Container.objects.values_list("number", "retired_why"))
    assert rows == {one.container.number: "idle", two.container.number: ""}


def test_places_in_the_list_are_free_after_their_time(holder: Holder) -> None:
    first(holder)
    free_at = StatusIndex.objects.get().free_at
    clean(now=free_at - dt.timedelta(seconds=1))
    assert StatusIndex.objects.count() == 1
    clean(now=free_at)
    assert StatusIndex.objects.count() == 0


def test_rosters_and_orders_are_forgotten(holder: Holder) -> None:
    platform, now = make_platform(), timezone.now()
    soon = {"pushed_at": now, "forget_at": now + DAY, "work_type": "parcel"}
    RosterEntry.objects.create(platform=platform, phone_hash="unmatched", **soon)
    RosterEntry.objects.create(platform=platform, phone_hash="matched", holder=holder, **soon)
    left = {**soon, "ended_at": now}
    RosterEntry.objects.create(platform=platform, phone_hash="left", holder=holder, **left)
    order = {"platform": platform, "phone_hash": "x", "starts_at": now, "ends_at": now}
    LiveOrder.objects.create(external_id="1", **order)
    clean(now=now)
    assert (RosterEntry.objects.count(), LiveOrder.objects.count()) == (3, 1)
    clean(now=now + DAY)
    assert set(RosterEntry.objects.values_list("phone_hash", flat=True)) == {"matched", "left"}
    assert LiveOrder.objects.count() == 0
    clean(now=now + retention.ROSTER)
    assert set(RosterEntry.objects.values_list("phone_hash", flat=True)) == {"matched"}


def test_the_pass_log_is_forgotten_by_its_own_dates(
    holder: Holder, regions: Any, partner: PartnerKey
) -> None:
    now = timezone.now()
    over, kept = log_pass(now - DAY), log_pass(now + DAY)
    for row, until, held in ((over, now - DAY, False), (kept, now - DAY, True)):
        Proof.objects.create(
            pass_id=row.pk, credential_digest="", presentation=b"", kept_until=until, held_by_case=held
        )
    SeenProof.objects.create(checkpoint_number=1, pid="x", step=1, challenge=1, seen_at=now - DAY)
    ManualCode.objects.create(
        digest="x",
        listing=make_compound(),
        credential=first(holder),
        minted_at=now - 2 * DAY,
        expires_at=now - 2 * DAY,
    )
    Answered.objects.create(api_key=partner.key, name="x", address="/", body_digest="", made_at=now - DAY)
    done = clean(now=now)
    assert list(Pass.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(Proof.objects.values_list("pk", flat=True)) == [kept.pk]
    assert (SeenProof.objects.count(), ManualCode.objects.count(), Answered.objects.count()) == (0, 0, 0)
    assert done == {"passes": 1, "proofs": 1, "seen proofs": 1, "manual codes": 1, "answers": 1}
    assert clean(now=now) == {}


def test_batches_are_small_and_all_are_done(monkeypatch: Any) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    now = timezone.now()
    SeenProof.objects.bulk_create(
        SeenProof(checkpoint_number=1, pid="x", step=step, challenge=1, seen_at=now - DAY)
        for step in range(5)
    )
    assert clean(now=now) == {"seen proofs": 5}


def test_a_picture_that_nobody_looked_at_is_deleted(holder: Holder) -> None:
    now = timezone.now()
    storage = storages["private"]
    name = storage.save("codes/proofs/x.webp", ContentFile(b"x"))
    Holder.objects.update(proof_image=name, proof_sent_at=now - retention.PROOF_IMAGE + DAY)
    clean(now=now)
    assert storage.exists(name)
    assert clean(now=now + DAY) == {"proof pictures": 1}
    assert not storage.exists(name)
    assert Holder.objects.get().proof_image == ""


def test_the_clock_cleans_and_matches(holder: Holder, capsys: Any) -> None:
    given = first(holder)
    Credential.objects.filter(pk=given.pk).update(ends_at=timezone.now() - DAY)
    call_command("tick")
    given.refresh_from_db()
    assert given.data is None
    call_command("clean_codes")
    assert "0 codes brought up to date" in capsys.readouterr().out


def test_a_chore_that_fails_keeps_no_other_from_running(monkeypatch: Any, caplog: Any) -> None:
    ran: list[str] = []

    def fail() -> None:
        ran.append("fails")
        raise RuntimeError("spoilt")

    monkeypatch.setattr(chores, "_CHORES", {})
    chores.every(60, "fails", fail)
    chores.every(60, "works", lambda: ran.append("works"))
    assert chores.run_due() == ["fails", "works"]
    assert chores.run_due() == [], "not due again yet"
    assert ran == ["fails", "works"]
    assert "spoilt" in caplog.text


@pytest.mark.usefixtures("regions")
def test_a_refused_row_loses_its_proof_after_thirty_days_and_a_shift_goes_with_its_passes() -> None:
    now = timezone.now()
    listing = make_compound()
    device = Device.objects.create(listing=listing, name="门岗手机")
    point = Checkpoint.objects.create(listing=listing, name="南门")
    for days in (29, 31):
        Quarantined.objects.create(
            device=device,
            listing=listing,
            pass_id=str(days),
            row_digest="",
            row={"presentation": "AA", "verdict": "ok"},
            reason="forged",
            received_at=now - days * DAY,
            retention_until=now + 100 * DAY,
        )
    for days in (179, 181):
        ends = now - days * DAY
        common = {"device": device, "listing": listing, "checkpoint": point, "guard_label": "早班"}
        Shift.objects.create(**common, digest=str(days), started_at=ends - DAY / 3, ends_at=ends)
    done = clean(now=now)
    assert done["proofs of refused rows"] == done["shifts"] == 1
    assert {row.pass_id: row.row for row in Quarantined.objects.all()} == {
        "29": {"presentation": "AA", "verdict": "ok"},
        "31": {"verdict": "ok"},
    }
    assert Shift.objects.get().digest == "179"
    assert clean(now=now) == {}
