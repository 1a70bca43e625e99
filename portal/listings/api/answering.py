"""One answer for a request that comes twice (`Idempotency-Key`)."""

import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from portal.listings.api.problems import Problem
from portal.partners.models import Answered, ApiKey

_NAME = re.compile("[!-~]{1,80}")


def answer_once(
    request: Request, *, address: str, said: Any, work: Callable[[], bytes], secret: bytes = b""
) -> HttpResponse:
    """Answer a key's request with what `work` returns; the same key, name and `said` get the same answer (`once`)."""
    key: Any = request.auth
    content, is_repeated = once(
        api_key=key,
        name=request.headers.get("Idempotency-Key"),
        address=address,
        body=json.dumps(said, sort_keys=True).encode(),
        work=work,
        secret=secret,
    )
    answer = HttpResponse(content, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    if is_repeated:
        answer["Idempotent-Replayed"] = "true"
    return answer


def once(
    *,
    api_key: ApiKey,
    name: str | None,
    address: str,
    body: bytes,
    work: Callable[[], bytes],
    now: datetime | None = None,
    secret: bytes = b"",
) -> tuple[bytes, bool]:
    """Do the work in a transaction and return its bytes, or those of the same request before; and whether it was that.

    The body is kept as a digest keyed with `secret`, else with the portal's own: it may hold nothing but one phone
    number. Without a name the work is done each time. Two requests at once wait for each other. Raise Problem for
    a name that cannot be one, and for one that came with another body or address.
    """
    if name is None:
        with transaction.atomic():
            return work(), False
    if not _NAME.fullmatch(name):
        raise Problem(400, "idempotency_key")
    digest = (
        hmac.new(secret, body, sha256) if secret else salted_hmac("answers", body, algorithm="sha256")
    ).hexdigest()
    with transaction.atomic():
        mine = _begun(api_key, name, address, digest, now or timezone.now())
        if mine is not None:
            mine.content = work()
            mine.save(update_fields=["content"])
            return mine.content, False
    before = Answered.objects.get(api_key=api_key, name=name)
    if (before.body_digest, before.address) != (digest, address):
        raise Problem(409, "idempotency_reused")
    return bytes(before.content), True


def _begun(api_key: ApiKey, name: str, address: str, digest: str, now: datetime) -> Answered | None:
    """Return a new row, None when there is one of this name, whose transaction is over by then."""
    try:
        with transaction.atomic():
            return Answered.objects.create(
                api_key=api_key, name=name, address=address, body_digest=digest, made_at=now
            )
    except IntegrityError:
        return None
