"""Ending API keys."""

from typing import Any

from django.db import transaction

from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import ApiKeyQuerySet


@transaction.atomic
def revoke_keys(*, keys: ApiKeyQuerySet, by: Any, note: str = "") -> int:
    """End keys at once, and keep who ended which; return how many were still in use."""
    for key in keys.filter(revoked_at=None).select_related("organisation"):
        record(Action.KEY_REVOKED, by=by, about=key, note=note)
    return keys.revoke()
