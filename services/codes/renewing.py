"""Renew a credential by the device key before it: no cookie renews anything."""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes import xg1
from services.codes.derived import secret
from services.codes.enrolling import locked_holder
from services.codes.faults import CodeRefused
from services.codes.issuing import REVOKED, check_point, may_hold, same_again, sign
from services.codes.models import Container, Credential, Holder

NONCE_FOR = timedelta(minutes=5)
PREFIX = b"XG1-renew"
#: Answers get lost, and a corrected name asks for a credential at once; a browser that asks more often is out of order.
MOST_IN_A_TIME, TIME = 8, timedelta(hours=12)

UNKNOWN = _(
    "This browser's code is not known any more. Sign in with a code by text message to get a new one."
)


def new_nonce(container: str) -> str:
    """Return a text for a container to sign within five minutes; nothing is kept of it."""
    return _signer().sign(container)


def renew(
    *, container: str, nonce: str, public_key: bytes, signature: bytes, now: datetime | None = None
) -> Credential:
    """Give a container its next credential; the old one stays valid until it ends.

    `signature` is that of the previous device key, r‖s, over `XG1-renew`, the nonce and the new public key. The same
    new key again gets the same credential. Raise CodeRefused: bad_nonce, unknown_container, bad_signature, revoked,
    key_used, too_often, and whatever holds a code back.
    """
    check_point(public_key)
    _check_nonce(nonce, container)
    signed = PREFIX + nonce.encode() + public_key
    # Whoever cannot sign is turned away before anything is locked.
    held = Container.objects.select_related("holder").filter(number=container).first()
    if held is None or held.holder.state == Holder.State.ERASED:
        raise CodeRefused("unknown_container", UNKNOWN, 403)
    _signer_among(signers(held), signature, signed)
    with transaction.atomic():
        moment = now or timezone.now()
        holder = locked_holder(held.holder_id)
        held = Container.objects.filter(pk=held.pk).first()
        if held is None:
            raise CodeRefused("unknown_container", UNKNOWN, 403)
        signer = _signer_among(signers(held), signature, signed)
        may_hold(holder, moment)
        if held.retired_at is not None:
            raise CodeRefused("revoked", REVOKED, 403)
        known = Credential.objects.filter(public_key=public_key.hex()).select_related("container").first()
        if known is not None:
            return same_again(known, holder, moment)
        _check_pace(held, moment)
        credential = sign(
            holder=holder, container=held, public_key=public_key, now=moment, signed_by=signer.pid
        )
        Container.objects.filter(pk=held.pk).update(signer_pid=signer.pid, seen_at=moment)
        return credential


def signers(container: Container) -> QuerySet[Credential]:
    """Return the credentials whose keys may sign: the one that signed last, and those that it asked for.

    Of these the browser surely holds the first; the others' answers may have been lost on the way.
    """
    last = container.signer_pid
    return container.credentials.filter(Q(pid=last) | Q(signed_by=last)).order_by("-pk")


def _signer_among(candidates: QuerySet[Credential], signature: bytes, signed: bytes) -> Credential:
    for credential in candidates:
        if xg1.is_signed(xg1.load_point(bytes.fromhex(credential.public_key)), signature, signed):
            return credential
    raise CodeRefused(
        "bad_signature",
        _("This browser's key does not fit its code. Sign in with a code by text message to get a new one."),
        403,
    )


def _check_nonce(nonce: str, container: str) -> None:
    try:
        named = _signer().unsign(nonce, max_age=NONCE_FOR)
    except signing.BadSignature:
        named = ""
    if named != container:
        raise CodeRefused("bad_nonce", _("This took too long. Try again."), 403)


def _check_pace(container: Container, now: datetime) -> None:
    if container.credentials.filter(issued_at__gt=now - TIME).count() >= MOST_IN_A_TIME:
        raise CodeRefused(
            "too_often", _("This code was renewed too often. It stays valid; try again in some hours."), 429
        )


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(key=secret("nonces").hex(), salt="codes.renew", sep=":")
