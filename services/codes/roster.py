"""What platforms say: who works for them, and who is on an order to where. Numbers are kept as keyed hashes only.

Nothing here looks whether a number is known, so that no answer can tell: neither its bytes nor its time. Matching is
done when somebody enrols or asks for a code, and by the clock.
"""

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from portal.accounts.models import Courier
from portal.listings.models import Listing
from services.codes import retention
from services.codes.enrolling import locked_holder
from services.codes.models import Holder, LiveOrder, Platform, RosterEntry
from services.codes.standing import live_orders, phone_hash, settle

LONGEST_ORDER = timedelta(hours=12)
FARTHEST_ORDER = timedelta(hours=48)
CHUNK = 500

_PUBLIC_ID = re.compile("[0-9A-HJKMNP-TV-Z]{10}")

PHONE = _("This is no phone number: write 11 digits, or E.164 with “+86”.")
ROW = _("A row is an object.")
WORK_TYPE = _("work_type is one of food_delivery, parcel, ride_hailing, other.")
ACTIVE = _("active is true or false.")
EXTERNAL_ID = _("external_id is a text of 1 to 64 characters.")
LISTING = _("listing is the public id of a published place, or null.")
TIMES = _(
    "starts_at and ends_at are moments with an offset; an order lasts 12 hours at most and ends within 48 hours."
)


class RowRefused(Exception):
    """A row cannot be used: a code and lazy text."""

    def __init__(self, code: str, sentence: Any) -> None:
        super().__init__(code)
        self.code, self.sentence = code, sentence


class Order(NamedTuple):
    """One order as a platform tells it."""

    external_id: str
    phone_hash: str
    listing: str
    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def push_couriers(*, platform: Platform, rows: list[Any], now: datetime) -> list[RowRefused | None]:
    """Write rows `{phone, work_type, active}` of a platform's roster; return for each why it was refused, or None.

    Of two rows with one number the later counts. It is one statement, whatever is known of the numbers.
    """
    entries: dict[str, RosterEntry] = {}
    answers: list[RowRefused | None] = []
    for row in rows:
        try:
            entry = _entry(platform, row, now)
        except RowRefused as refused:
            answers.append(refused)
            continue
        entries[entry.phone_hash] = entry
        answers.append(None)
    RosterEntry.objects.bulk_create(
        # In one order always, so that two pushes at once wait for each other instead of both failing.
        [entries[hashed] for hashed in sorted(entries)],
        update_conflicts=True,
        unique_fields=["platform", "phone_hash"],
        update_fields=["work_type", "pushed_at", "ended_at", "forget_at"],
    )
    return answers


@transaction.atomic
def push_orders(*, platform: Platform, rows: list[Any], now: datetime) -> list[RowRefused | None]:
    """Write rows `{external_id, phone, listing, starts_at, ends_at, active}`; return for each its refusal, or None.

    An order that is not active any more ends now.
    """
    orders: dict[str, Order] = {}
    answers: list[RowRefused | None] = []
    for row in rows:
        try:
            order = _order(row, now)
        except RowRefused as refused:
            answers.append(refused)
            continue
        orders[order.external_id] = order
        answers.append(None)
    wanted = {order.listing for order in orders.values() if order.listing}
    known = dict(Listing.objects.published().filter(public_id__in=wanted).values_list("public_id", "pk"))
    for place, row in enumerate(rows):
        if answers[place] is None and row.get("listing") and row["listing"] not in known:
            answers[place] = RowRefused("listing", LISTING)
            orders.pop(row["external_id"], None)
    LiveOrder.objects.bulk_create(
        [
            LiveOrder(
                platform=platform,
                external_id=order.external_id,
                phone_hash=order.phone_hash,
                listing_id=known.get(order.listing),
                starts_at=order.starts_at,
                ends_at=order.ends_at,
            )
            for order in sorted(orders.values())
        ],
        update_conflicts=True,
        unique_fields=["platform", "external_id"],
        update_fields=["phone_hash", "listing_id", "starts_at", "ends_at"],
    )
    return answers


def on_order_here(holder: Holder | None, listing_id: int, *, now: datetime) -> bool:
    """Say whether a courier is on an order to a listing now, as any platform told; False for nobody. One query.

    `holder` comes with `courier__user`, as `enrolling.holder_of` gives it.
    """
    return holder is not None and live_orders(holder, now).filter(listing_id=listing_id).exists()


def match(*, now: datetime) -> int:
    """Bring the standing of every holder up to date whom rosters and orders say something new of; return how many.

    The clock does this. A proof that staff checked is left alone.
    """
    changed, last = 0, 0
    while True:
        rows = _chunk(last)
        if not rows:
            return changed
        last = rows[-1].pk
        hashes = {row.pk: phone_hash(row.courier.user.phone) for row in rows}
        named = {
            (organisation, hashed)
            for organisation, hashed in RosterEntry.objects.filter(
                phone_hash__in=hashes.values(), ended_at=None
            ).values_list("platform__organisation_id", "phone_hash")
        }
        riding = {
            (organisation, hashed)
            for organisation, hashed in LiveOrder.objects.filter(
                phone_hash__in=hashes.values(), ends_at__gt=now
            ).values_list("platform__organisation_id", "phone_hash")
        }
        for row in rows:
            key = (row.courier.platform_id, hashes[row.pk])
            is_rostered = row.basis == Holder.Basis.ROSTER
            is_admitted = row.provisional_until is not None and row.provisional_until > now
            is_over = row.suspended_until is not None and row.suspended_until <= now
            if (
                (key in named) != is_rostered
                or (key in riding and not is_rostered and not is_admitted)
                or is_over
            ):
                changed += _settle(row.pk, now)


def _chunk(after: int) -> list[Holder]:
    kept = Holder.objects.exclude(state=Holder.State.ERASED).filter(pk__gt=after)
    found = kept.select_related("courier__user").order_by("pk")
    return list(found[:CHUNK])


def _settle(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        holder = locked_holder(pk)
        before = (holder.state, holder.basis, holder.provisional_until)
        settle(holder, now)
        return before != (holder.state, holder.basis, holder.provisional_until)


def _entry(platform: Platform, row: Any, now: datetime) -> RosterEntry:
    hashed = _hash_of(row)
    if row.get("work_type") not in Courier.WorkType.values:
        raise RowRefused("work_type", WORK_TYPE)
    return RosterEntry(
        platform=platform,
        phone_hash=hashed,
        work_type=row["work_type"],
        pushed_at=now,
        ended_at=None if _is_active(row) else now,
        forget_at=now + retention.ROSTER,
    )


def _order(row: Any, now: datetime) -> Order:
    hashed = _hash_of(row)
    name, listing = row.get("external_id"), row.get("listing")
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not name.isprintable():
        raise RowRefused("external_id", EXTERNAL_ID)
    if listing is not None and not (isinstance(listing, str) and _PUBLIC_ID.fullmatch(listing)):
        raise RowRefused("listing", LISTING)
    starts_at, ends_at = _moment(row.get("starts_at")), _moment(row.get("ends_at"))
    if not timedelta() < ends_at - starts_at <= LONGEST_ORDER or ends_at > now + FARTHEST_ORDER:
        raise RowRefused("times", TIMES)
    if not _is_active(row):
        ends_at = min(ends_at, now)
    return Order(name, hashed, listing or "", starts_at, ends_at)


def _hash_of(row: Any) -> str:
    if not isinstance(row, dict):
        raise RowRefused("row", ROW)
    written = row.get("phone")
    number = (
        to_python(written, region=settings.PHONENUMBER_DEFAULT_REGION)
        if isinstance(written, str) and 0 < len(written) <= 32
        else None
    )
    if number is None or not number.is_valid():
        raise RowRefused("phone", PHONE)
    return phone_hash(number.as_e164)


def _is_active(row: dict[str, Any]) -> bool:
    active = row.get("active", True)
    if not isinstance(active, bool):
        raise RowRefused("active", ACTIVE)
    return active


def _moment(text: Any) -> datetime:
    try:
        moment = parse_datetime(text) if isinstance(text, str) and len(text) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 < moment.year < 2100:
        raise RowRefused("times", TIMES)
    return moment
