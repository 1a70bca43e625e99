"""Two people saving the same listing: what each changed, side by side, and one form that holds both."""

import re
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.listings.admin.forms import MAX_VERSION, POSITION, ListingForm
from portal.listings.admin.rows import RowFormSet
from portal.listings.admin.wording import Difference, Words, key_label
from portal.listings.models import Listing, Revision
from portal.listings.revising import changes_since
from portal.listings.snapshots import Snapshot

_SECONDS = re.compile(r"(T\d\d:\d\d):\d\d(?:\.\d+)?")


def version_of(text: Any) -> int | None:
    """Return the number of a version from a form; None for anything that cannot be one."""
    digits = str(text or "")
    return int(digits) if digits.isdecimal() and len(digits) <= len(str(MAX_VERSION)) else None


def settle(mine: Snapshot, stored: Snapshot) -> Snapshot:
    """Return the form's snapshot, with the stored value wherever the two differ only in how they are written.

    A form shows moments to the minute and lists hours by day; neither is a change.
    """
    return {
        key: stored[key] if key in stored and _plain(key, value) == _plain(key, stored[key]) else value
        for key, value in mine.items()
    }


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {
            relation: sorted(str(sorted(row.items())) for row in _plain(key, rows))
            if relation == "weekly_hours"
            else _plain(key, rows)
            for relation, rows in value.items()
        }
    if isinstance(value, list):
        return [{name: _plain(name, cell) for name, cell in row.items()} for row in value]
    return _SECONDS.sub(r"\1", value) if isinstance(value, str) else value


def collect(model: type[Listing], form: ListingForm, formsets: list[RowFormSet]) -> Snapshot:
    """Return everything that the page holds as one snapshot."""
    changes = form.changes()
    rows = {formset.prefix: formset.rows() for formset in formsets}
    for name, group in model.groups.items():
        if set(group.relations) <= rows.keys():
            changes[name] = {relation: rows[relation] for relation in group.relations}
    return changes


def put(
    data: QueryDict,
    model: type[Listing],
    form: type[ListingForm],
    formsets: list[RowFormSet],
    changes: Snapshot,
) -> None:
    """Write fields and groups of a snapshot into posted data."""
    form.put(data, {key: value for key, value in changes.items() if key not in model.groups})
    for formset in formsets:
        for key, group in model.groups.items():
            if key in changes and formset.prefix in group.relations:
                type(formset).put_rows(data, formset.prefix, changes[key][formset.prefix])


def untouched(mine: Snapshot, theirs: dict[str, Any]) -> Snapshot:
    """Return what the other person changed and this one did not: it goes into the form by itself."""
    whole = set(POSITION) & theirs.keys()
    kept = {
        key
        for key, change in theirs.items()
        if key in mine and _plain(key, mine[key]) != _plain(key, change["before"])
    }
    if whole & kept:
        kept |= whole
    taken = {key: change["after"] for key, change in theirs.items() if key in mine and key not in kept}
    if taken.keys() & set(POSITION):
        taken = {**{key: mine[key] for key in POSITION}, **taken}
    return taken


def panel(listing: Listing, mine: Snapshot, base_number: int) -> dict[str, Any]:
    """Return the rows that show both versions side by side, and who saved when."""
    model = type(listing)
    theirs = changes_since(listing, base_number)
    revisions = list(
        Revision.objects.filter(listing_id=listing.pk, number__gt=base_number).order_by("number")
    )
    words = Words(
        [(model, {key: change[side] for key, change in theirs.items()}) for side in ("before", "after")]
        + [(model, mine)]
    )
    rows = []
    for key, change in _joined(theirs, listing).items():
        own = _joined_value(mine, key)
        is_status = key not in mine and key != "position"
        same = is_status or _plain(key, own) == _plain(key, change["after"])
        rows.append(
            Difference(
                key,
                key_label(model, key),
                old=[] if is_status else words.lines(model, key, own),
                new=words.lines(model, key, change["after"]),
                who=change["who"],
                verdict="status" if is_status else "same" if same else "both",
                extra={"before": words.lines(model, key, change["before"])},
            )
        )
    return {"rows": rows, "revisions": revisions, "has_clash": any(row.verdict == "both" for row in rows)}


def _joined(theirs: dict[str, Any], listing: Listing) -> dict[str, Any]:
    """Put latitude and longitude together; the half that did not change is the listing's."""
    parts = {key: theirs[key] for key in ("lat", "lng") if key in theirs}
    rest = {key: change for key, change in theirs.items() if key not in parts}
    if not parts:
        return rest
    pair = {
        side: tuple(parts[key][side] if key in parts else getattr(listing, key) for key in ("lat", "lng"))
        for side in ("before", "after")
    }
    return {**rest, "position": {**pair, "who": next(iter(parts.values()))["who"]}}


def _joined_value(mine: Snapshot, key: str) -> Any:
    return (mine.get("lat"), mine.get("lng")) if key == "position" else mine.get(key)


def conflict_sentence() -> str:
    """Return what a person reads who saved second."""
    return _(
        "Somebody else saved this listing while you were editing it. Compare the two versions, then save again."
    )
