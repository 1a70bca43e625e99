"""How long ago somebody proved, in this session, to hold their phone."""

import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

#: What is hard to undo asks for a code by text message of at most so long ago.
FRESH_FOR = timedelta(minutes=15)


def is_fresh(request: HttpRequest, methods: Collection[str] = ("code",)) -> bool:
    """Say whether a code by text message to the person's present number was typed in this session within 15 minutes.

    `methods` may name other proofs that count, as allauth calls them: "password", "mfa".
    The session's own record counts, never the person's: somebody who copied a cookie must not be let in because its
    owner has just signed in elsewhere.
    """
    user: Any = request.user
    if not user.is_authenticated or not user.phone:
        return False
    return any(
        record.get("method") in methods
        and (record["method"] != "code" or record.get("phone") == user.phone.as_e164)
        and 0 <= time.time() - record["at"] < FRESH_FOR.total_seconds()
        for record in get_authentication_records(request, user)
    )
