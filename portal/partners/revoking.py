"""Ending API keys."""

from typing import Any

from django.db import transaction

from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import ApiKey, ApiKeyQuerySet
from portal.partners.reminding import forget_reminders
from portal.partners.rotating import moved


@transaction.atomic
def revoke_keys(*, keys: ApiKeyQuerySet, by: Any, note: str = "") -> int:
    """End keys at once, and keep who ended which; return how many were still in use.

    What hangs on a key goes back to the one before it while that still holds.
    """
    found = keys.filter(revoked_at=None).order_by("pk").select_related("organisation")
    ended = list(found.select_for_update(of=("self",)))
    chosen = [key.pk for key in ended]
    for key in ended:
        record(Action.KEY_REVOKED, by=by, about=key, note=note)
        forget_reminders(key)
        older = ApiKey.objects.usable().filter(successor=key).exclude(pk__in=chosen).first()
        if older is not None:
            moved(key, older)
    return ApiKey.objects.filter(pk__in=chosen).revoke()
