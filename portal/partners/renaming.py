"""Giving a key another name."""

from typing import Any

from django.db import transaction

from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import ApiKey


@transaction.atomic
def rename_key(*, key: ApiKey, name: str, by: Any) -> bool:
    """Call a key something else; return whether that changed anything. What it may do stays as it is."""
    row = ApiKey.objects.select_for_update().get(pk=key.pk)
    if row.name == name:
        return False
    before, row.name = row.name, name
    row.save(update_fields=["name"])
    record(Action.CHANGED, by=by, about=row, before={"name": before}, after={"name": name})
    return True
