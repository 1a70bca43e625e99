"""Verify a scanned text, a decoded presentation or an uploaded proof: signatures first, then `judging`."""

from collections.abc import Mapping
from typing import Protocol

from services.codes.xg1 import curve
from services.codes.xg1.asking import Asking, LastPass, Outcome, Rule, Seen, Status
from services.codes.xg1.credential import BadCode, Credential
from services.codes.xg1.judging import Judging
from services.codes.xg1.keys import Key, key_for
from services.codes.xg1.presentation import Issued, Presentation, decode, read_proof
from services.codes.xg1.verdicts import Verdict


class IssuerCache(Protocol):
    """Remembers what issuer signatures held; a plain set does, bounded by whoever keeps it."""

    def __contains__(self, proof: object, /) -> bool: ...

    def add(self, proof: bytes, /) -> None:
        """Remember a signature that held."""


def verify(
    code: str | Presentation,
    *,
    keys: Mapping[int, Key],
    status: Status | None,
    asking: Asking,
    seen: Seen,
    last_pass: LastPass | None = None,
    rule: Rule | None = None,
    issuer_cache: IssuerCache | None = None,
) -> Outcome:
    """Return what a scanned text, or a presentation that was decoded, is worth here and now."""
    try:
        presentation = code if isinstance(code, Presentation) else decode(code)
    except BadCode as fault:
        return Outcome(fault.verdict)
    credential = presentation.credential
    if isinstance(credential, Credential):
        fault_of_issuer = _issuer_fault(credential, keys, asking.now, issuer_cache)
        if fault_of_issuer:
            return Outcome(fault_of_issuer)
    if not curve.is_signed(
        curve.load_point(credential.public_key), presentation.signature, presentation.signed_body
    ):
        return Outcome(Verdict.BAD_DEVICE_SIGNATURE)
    return Judging(presentation, asking, status, seen, last_pass, rule).outcome()


def verify_proof(
    proof: bytes,
    issued: Issued,
    *,
    status: Status | None,
    asking: Asking,
    seen: Seen,
    last_pass: LastPass | None = None,
    rule: Rule | None = None,
) -> Outcome:
    """Return what the 73 bytes of an uploaded row are worth beside the credential that the server itself issued."""
    try:
        presentation = read_proof(proof, issued)
    except BadCode as fault:
        return Outcome(fault.verdict)
    return verify(
        presentation, keys={}, status=status, asking=asking, seen=seen, last_pass=last_pass, rule=rule
    )


def _issuer_fault(
    credential: Credential, keys: Mapping[int, Key], now: float, cache: IssuerCache | None
) -> Verdict | None:
    key = key_for(keys, credential.kid, "credential", credential.issued_at, now)
    if key is None:
        return Verdict.UNKNOWN_ISSUER
    # The key is part of what is remembered: a signature that held under one key says nothing about another.
    known = key.public_key + credential.digest + credential.signature if cache is not None else b""
    if cache is not None and known in cache:
        return None
    if not curve.is_signed(curve.load_issuer(key.public_key), credential.signature, credential.signed_body):
        return Verdict.BAD_ISSUER_SIGNATURE
    if cache is not None:
        cache.add(known)
    return None
