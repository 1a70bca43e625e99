"""Bringing back what an earlier version said, as a new version; nothing in the history is touched."""

import copy
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.accounts.models import User
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.parts import part_of, parts_in, touched
from portal.listings.pictures import picture_paths
from portal.listings.revising import changes_since, edit
from portal.listings.snapshots import Snapshot, check_snapshot


@dataclass(slots=True)
class Restorable:
    """One part that reads otherwise now than at a version; `number` and `who` are of its last change since."""

    part: str
    now: Snapshot
    then: Snapshot
    number: int
    who: str
    lost: list[Snapshot] = field(default_factory=list)


def restorable(listing: Listing, number: int, parts: Collection[str] = ()) -> list[Restorable]:
    """Return the parts that differ between now and a version, in the order of the form; only `parts` if any are named.

    State and pause are moved by deeds of their own. Photos whose files are gone are not in `then`, but in `lost`.
    """
    model = type(listing)
    known = {*model.editable_fields(), *model.groups}
    wanted = touched(parts) if parts else known
    changes = {
        key: change
        for key, change in changes_since(listing, number).items()
        if key in known & wanted and change["after"] != change["before"]
    }
    found = []
    for part, keys in parts_in(model, changes).items():
        last = max((changes[key] for key in keys), key=lambda change: change["number"])
        then, lost = _without_lost({key: changes[key]["before"] for key in keys})
        now = {key: changes[key]["after"] for key in keys}
        found.append(Restorable(part, now, then, last["number"], last["who"], lost))
    return found


@transaction.atomic
def restore(
    *,
    listing: Listing,
    number: int,
    parts: Collection[Restorable],
    actor: User,
    channel: str,
    base_number: int,
) -> Revision | Proposal | None:
    """Set these parts back to what they were at a version; without the right to publish it becomes a proposal.

    `parts` come from `restorable`, read before this transaction began at the version `base_number`. Returns None when
    all of it reads so already. Raises Conflict, and ValidationError for what does not fit any more.
    """
    changes = {key: value for one in parts for key, value in one.then.items()}
    check_snapshot(copy.copy(listing), changes)
    with override(settings.LANGUAGE_CODE):
        note = _("Restored from version %(number)d.") % {"number": number}
    return edit(
        listing=listing, changes=changes, actor=actor, channel=channel, base_number=base_number, note=note
    )


def chosen(found: Collection[Restorable], names: Collection[str]) -> list[Restorable]:
    """Return those of the named parts. Raises ValidationError when none is named."""
    wanted = {part_of(name) for name in names}
    kept = [one for one in found if one.part in wanted]
    if not kept:
        raise ValidationError(_("Tick what is to be as it was."))
    return kept


def _without_lost(then: Snapshot) -> tuple[Snapshot, list[Snapshot]]:
    """Return the values without photos whose file is gone, and those photos."""
    group: Any = then.get("photos")
    if not group:
        return then, []
    storage = storages["public"]
    lost = [
        row
        for row in group["photos"]
        if not all(storage.exists(path) for path in picture_paths(row["digest"]).values())
    ]
    kept = [row for row in group["photos"] if row not in lost]
    return {**then, "photos": {**group, "photos": kept}}, lost
