"""Signing messages in the form of Standard Webhooks, so that any library of that form can check them.

What is signed is "id.timestamp.body"; https://github.com/standard-webhooks/standard-webhooks has the form.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from contextlib import suppress

from portal.notices.sealing import Unreadable, seal, unseal
from portal.partners.models import Webhook

PREFIX = "whsec_"
#: After a rotation messages carry both signatures for so long.
OVERLAP = dt.timedelta(hours=24)


def new_secret() -> str:
    """Return a new secret of 32 random bytes, as its owner writes it down."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def sealed(secret: str) -> str:
    """Return the secret as the database keeps it: it must be read again to sign, so a hash would not do."""
    return seal({"secret": secret})


def secrets_of(webhook: Webhook, now: dt.datetime) -> list[str]:
    """Return the secrets that hold now, the newest first.

    Raises `portal.notices.sealing.Unreadable` when the portal's own key was changed without keeping the old one.
    """
    held = [unseal(webhook.secret)["secret"]]
    if webhook.old_secret and webhook.old_secret_until and webhook.old_secret_until > now:
        with suppress(Unreadable):
            held.append(unseal(webhook.old_secret)["secret"])
    return held


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, such as "v1,4jk…"."""
    key = b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(webhook: Webhook, message_id: str, body: bytes, now: dt.datetime) -> dict[str, str]:
    """Return the headers that prove who sent a body, and when; a signature for each secret that holds."""
    timestamp = int(now.timestamp())
    signatures = [signature(secret, message_id, timestamp, body) for secret in secrets_of(webhook, now)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
