"""Eight digits for a code that no camera can read: minted by a fresh presentation, used once, within a minute.

What is minted for is signed on the tap with the challenge `UNSHOWN`, and goes to the server alone, over TLS: no screen
ever shows it. So whoever photographs somebody's code has nothing to mint digits with, and a picture stays dead after
45 seconds. No gate takes such a presentation either, online or offline.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction

from portal.listings.models import Listing
from services.codes import gate_terms, incidents, proving
from services.codes.admitting import Place, judge, place_of
from services.codes.code_facts import CodeFacts
from services.codes.derived import secret
from services.codes.models import Checkpoint, Credential, Device, Holder, ManualCode, Pass
from services.codes.pass_rows import Row
from services.codes.recording import record
from services.codes.xg1 import NO_GATE, UNSHOWN, BadCode, Verdict, decode

LIFE = dt.timedelta(seconds=60)
DIGITS = 8
MOST_WRONG = 5
LOCK = dt.timedelta(minutes=10)
#: Codes that one credential may be given in ten minutes.
MOST_MINTED = 10
WINDOW_S = 600
#: Asked by the server, of a courier who is known, but not bound to what stands on a gate's screen.
ASSURANCE = 3


class Refused(Exception):
    """No code is given; `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.value)
        self.verdict = verdict


class NotForDigits(Exception):
    """The text was made for a screen, or not just now; digits are given for neither."""


class UnknownListing(Exception):
    """There is no such place where codes are checked."""


class PassRefused(Exception):
    """The row is not of this device, this shift or this time; the text says which."""


@dataclass(slots=True)
class WrongCode(Exception):
    """The digits stand for nothing (any more); `left` is how many tries the device has."""

    left: int


@dataclass(slots=True)
class Locked(Exception):
    """The device guessed too often."""

    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whom a code stands for. `holder` comes with `courier__user`; None where the link to the person has ended."""

    verdict: Verdict
    credential: Credential
    holder: Holder | None


def mint(*, text: str, listing: str, now: dt.datetime) -> tuple[str, dt.datetime]:
    """Return eight digits for a listing (by its public id) and when they end; earlier ones of the same code end now.

    The text was signed this moment for no screen: the device key is what proves the courier, no cookie does. Raise
    Refused, NotForDigits or UnknownListing.
    """
    found = Listing.objects.filter(public_id=listing, checkpoints__is_active=True).first()
    if found is None:
        raise UnknownListing
    credential = _proven(text, found, now)
    if _count(f"code-minted:{credential.pid}") > MOST_MINTED:
        raise Refused(Verdict.RATE_LIMITED)
    return _keep(credential, found, now), now + LIFE


def _proven(text: str, listing: Listing, now: dt.datetime) -> Credential:
    """Return the credential whose device signed the text now, for digits alone. Raise Refused or NotForDigits."""
    try:
        shown = decode(text)
    except BadCode as fault:
        raise Refused(fault.verdict) from None
    if shown.challenge != UNSHOWN:
        raise NotForDigits
    numbers = Checkpoint.objects.in_use().filter(listing=listing).values_list("number", flat=True)
    number = shown.gate if shown.gate in set(numbers) else NO_GATE
    credential = Credential.objects.select_related("holder").filter(pid=shown.credential.pid).first()
    place = Place(0, listing.pk, number, "", Checkpoint.Kind.GATE, attended=True)
    # Whether the gate is open is asked when the digits are used.
    outcome = judge(shown, place, _facts(credential), now, direction="out", challenge=UNSHOWN)
    if not outcome.opens or credential is None:
        raise Refused(outcome.verdict)
    # An answered challenge makes up for a step of minutes ago at a gate; here it is signed on the tap.
    if outcome.reasons:
        raise NotForDigits
    return credential


def _facts(credential: Credential | None) -> CodeFacts:
    """Return what the server knows of a credential wherever it is shown."""
    holder = credential.holder if credential else None
    return CodeFacts(
        device_is_in_use=True,
        document_hash="",
        digest=credential.digest if credential else None,
        revoked_at=credential.revoked_at if credential else None,
        ends_at=credential.ends_at if credential else None,
        provisional=bool(credential and credential.is_provisional),
        holder_id=holder.pk if holder else None,
        holder_is_active=bool(holder and holder.state == Holder.State.ACTIVE),
        passed_at=None,
        is_seen=False,
        made=None,
    )


@transaction.atomic
def _keep(credential: Credential, listing: Listing, now: dt.datetime) -> str:
    ManualCode.objects.filter(credential=credential, used_at=None, expires_at__gt=now).update(expires_at=now)
    while True:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        try:
            with transaction.atomic():
                ManualCode.objects.create(
                    digest=_digest(listing.pk, code),
                    listing=listing,
                    credential=credential,
                    minted_at=now,
                    expires_at=now + LIFE,
                )
        except IntegrityError:
            continue
        return code


def _digest(listing_id: int, code: str) -> str:
    """Return a keyed hash: whoever reads the table cannot try all eight digits out."""
    return hmac.digest(secret("manual codes"), f"{listing_id}:{code}".encode(), "sha256").hex()


def take(*, device: Device, code: str, row: Row, now: dt.datetime) -> Admitted:
    """Use a code up and log the pass; the same row again gets the same answer.

    Raise WrongCode, Locked after five wrong ones in ten minutes, or PassRefused for a row that is not of this device.
    """
    again = Pass.objects.filter(pk=row.id, device_id=device.pk, method=Pass.Method.MANUAL_CODE).first()
    if again is not None:
        return _again(again)
    facts = proving.gather(device, [row])
    if fault := proving.fault_of(row, facts, now):
        raise PassRefused(fault)
    fresh = Device.objects.only("locked_until").get(pk=device.pk)
    if fresh.locked_until is not None and fresh.locked_until > now:
        raise Locked(fresh.locked_until)
    admitted = _use(device, code, row, facts, now)
    if admitted is None:
        raise _wrong(device, code, row, now)
    return admitted


@transaction.atomic
def _use(device: Device, code: str, row: Row, facts: proving.Facts, now: dt.datetime) -> Admitted | None:
    """Use up the code and write the pass together; of two devices with the same digits one gets it."""
    digest = _digest(device.listing_id, code)
    waiting = ManualCode.objects.filter(digest=digest, used_at=None, expires_at__gt=now)
    if not waiting.update(used_at=now):
        return None
    credential = Credential.objects.select_related("holder__courier__user").get(manual_codes__digest=digest)
    verdict = _verdict(credential, facts.checkpoints[row.checkpoint], row, now)
    told = replace(row, pid=credential.pid, verdict=verdict)
    judged = proving.Judged(told, assurance=ASSURANCE if verdict.passes else 0)
    record(device=device, judged=[judged], facts=facts, now=now)
    return Admitted(verdict, credential, credential.holder)


def _verdict(credential: Credential, place: Checkpoint, row: Row, now: dt.datetime) -> Verdict:
    """Return what holds now for somebody who was admitted to a code a moment ago."""
    known = _facts(credential)
    if known.is_revoked(credential.index):
        return Verdict.REVOKED
    if credential.ends_at <= now:
        return Verdict.CREDENTIAL_EXPIRED
    where = place_of(0, place)
    if row.direction == "in":
        house = gate_terms.house_of(where.listing_id)
        return gate_terms.objection(house, where.kind, where.name, now) or Verdict.OK
    return Verdict.OK


def _again(made: Pass) -> Admitted:
    credential = Credential.objects.select_related("holder__courier__user").get(pid=made.pid)
    return Admitted(Verdict(made.verdict), credential, credential.holder)


def _wrong(device: Device, code: str, row: Row, now: dt.datetime) -> WrongCode | Locked:
    """Count a wrong code, lock the device after five and raise an alarm; return what to raise.

    The same try sent again, because its answer was lost, counts once.
    """
    name = f"code-guessed:{device.pk}"
    is_new = cache.add(f"{name}:{row.id}:{_digest(device.listing_id, code)[:16]}", 1, WINDOW_S)
    wrong = _count(name) if is_new else int(cache.get(name) or 1)
    if wrong < MOST_WRONG:
        return WrongCode(MOST_WRONG - wrong)
    until = now + LOCK
    _lock(device, until, now)
    cache.delete(name)
    return Locked(until)


@transaction.atomic
def _lock(device: Device, until: dt.datetime, now: dt.datetime) -> None:
    Device.objects.filter(pk=device.pk).update(locked_until=until)
    incidents.alarm(device=device, now=now)


def _count(name: str) -> int:
    """Count one more in a window of ten minutes; atomic, and in this process alone while Redis is away."""
    return cache.count(name, WINDOW_S)  # type: ignore[attr-defined]


def code_in(body: Mapping[str, Any]) -> str:
    """Return the eight digits of a posted object, "" when they are none."""
    code = body.get("code")
    is_code = isinstance(code, str) and len(code) == DIGITS and code.isascii() and code.isdecimal()
    return str(code) if is_code else ""
