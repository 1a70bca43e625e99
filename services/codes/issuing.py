"""Issue credentials: the first one of a browser, and what every one has in common. `renewing` does the later ones."""

import math
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes import xg1
from services.codes.enrolling import holder_of
from services.codes.faults import CodeRefused
from services.codes.indices import claim_index
from services.codes.keyring import KeyRing, Purpose
from services.codes.models import Container, Credential, Holder
from services.codes.naming import masked
from services.codes.standing import held_back, platform_of, settle

LIFE = timedelta(hours=48)
LEAST_LIFE = timedelta(hours=1)
#: A credential is renewed when it is older than this, and up to two hours later: not everybody at once.
RENEWED_AFTER = timedelta(hours=12)
JITTER = timedelta(hours=2)
HOUR = timedelta(hours=1)


def first_credential(
    *, user: object, public_key: bytes, kind: str, label: str, now: datetime | None = None
) -> Credential:
    """Give a browser that holds a new key its first credential; the caller has seen a fresh code by text message.

    The same key again gets the same credential. Raise CodeRefused: not_enrolled, key_used, too_many_containers, and
    whatever holds a code back.
    """
    check_point(public_key)
    with transaction.atomic():
        moment = now or timezone.now()
        holder = holder_of(user, lock=True)
        if holder is None:
            raise CodeRefused("not_enrolled", _("Fill in the form first."), 403)
        may_hold(holder, moment)
        known = Credential.objects.filter(public_key=public_key.hex()).select_related("container").first()
        if known is not None:
            return same_again(known, holder, moment)
        check_room(holder)
        container = Container.objects.create(
            holder=holder, kind=kind, label=label, created_at=moment, seen_at=moment
        )
        credential = sign(holder=holder, container=container, public_key=public_key, now=moment)
        Container.objects.filter(pk=container.pk).update(signer_pid=credential.pid)
        return credential


def check_point(public_key: bytes) -> None:
    """Refuse what is no compressed point on P-256."""
    try:
        xg1.load_point(public_key)
    except ValueError:
        raise CodeRefused(
            "bad_key", _("This browser made a key that cannot be used. Update it, or use another one.")
        ) from None


def may_hold(holder: Holder, now: datetime) -> None:
    """Bring the holder's standing up to date, and refuse whoever may hold no code now."""
    settle(holder, now)
    if back := held_back(holder, now):
        raise CodeRefused(back.code, back.sentence, 403)


def check_room(holder: Holder) -> None:
    """Refuse a third container, naming the two."""
    live = list(holder.containers.live())
    if len(live) >= Container.MOST:
        raise CodeRefused(
            "too_many_containers",
            _("Your code is on two devices already. End it on one of them first."),
            409,
            more={"containers": live},
        )


def same_again(known: Credential, holder: Holder, now: datetime) -> Credential:
    """Return a credential that was issued for this key already; refuse when it may not be given out again."""
    is_own = known.holder_id == holder.pk and known.container is not None
    if not is_own or known.data is None or known.ends_at <= now:
        raise CodeRefused("key_used", _("This key has been used already. Make a new code."), 409)
    if known.revoked_at is not None or (known.container and known.container.retired_at):
        raise CodeRefused("revoked", REVOKED, 403)
    return known


REVOKED = _("This code was ended. Sign in with a code by text message to get a new one.")


def life_of(holder: Holder, now: datetime) -> tuple[datetime, int]:
    """Return from when a credential is dated, and its life in whole hours.

    A provisional one ends at the end of the day and not an hour later: it is dated back by less than an hour instead,
    because the protocol counts lives in hours. It lasts an hour at least.
    """
    until = holder.provisional_until
    if until is None:
        return now, LIFE // HOUR
    end = max(min(until, now + LIFE), now + LEAST_LIFE).replace(microsecond=0)
    hours = max(1, math.ceil((end - now) / HOUR))
    return min(now, end - hours * HOUR), hours


def sign(
    *, holder: Holder, container: Container, public_key: bytes, now: datetime, signed_by: str = ""
) -> Credential:
    """Sign and keep a credential; call it with the holder's row held."""
    kid, key = KeyRing.load().signing(Purpose.CREDENTIAL, int(now.timestamp()))
    dated, hours = life_of(holder, now)
    issued_at = datetime.fromtimestamp(int(dated.timestamp()), UTC)
    ends_at = issued_at + hours * HOUR
    suffix = f"{int(issued_at.timestamp()):08x}{hours:02x}"
    index = claim_index(pid_of=lambda index: f"{index:06x}{suffix}", ends_at=ends_at, now=now)
    platform = platform_of(holder)
    courier = holder.courier
    data = xg1.issue(
        private_key=key,
        kid=kid,
        index=index,
        issued_at=int(issued_at.timestamp()),
        life_hours=hours,
        platform=platform.number if platform else 0,
        work_type=courier.work_type,
        provisional=holder.is_provisional,
        name=masked(courier.user.name),
        public_key=public_key,
    )
    read = xg1.read_credential(data)
    return Credential.objects.create(
        pid=read.pid,
        digest=read.digest.hex(),
        public_key=public_key.hex(),
        kid=kid,
        index=index,
        issued_at=issued_at,
        ends_at=ends_at,
        platform_number=read.platform,
        work_type=courier.work_type,
        is_provisional=holder.is_provisional,
        data=data,
        container=container,
        holder=holder,
        signed_by=signed_by,
    )


def renew_after(credential: Credential) -> datetime:
    """Return when a browser asks for the next credential: the same for the same one, different for each."""
    jitter = JITTER * (int(credential.digest[:8], 16) / 0xFFFFFFFF)
    half = (credential.ends_at - credential.issued_at) / 2
    return credential.issued_at + min(RENEWED_AFTER, half) + min(jitter, half / 2)
