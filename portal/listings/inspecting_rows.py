"""The rows of an export for an inspector: read in order, told as cells of a table and as lines for programs."""

import datetime as dt
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from portal.audit.models import Event, Origin
from portal.audit.wording import changes_of, kind_name
from portal.listings.kinds import listing_model
from portal.listings.models import Channel
from portal.listings.timeline import SOURCES, Asked, Source, asked_for, said, tells_origin, with_names

HEADER = [
    "时间",
    "类别",
    "事项",
    "人员",
    "人员编号",
    "岗位",
    "渠道",
    "区划",
    "对象类别",
    "对象编号",
    "对象",
    "原值",
    "新值",
    "备注",
    "网络地址",
    "程序",
    "请求编号",
]
KINDS = {"event": "事项", "version": "点位变更", "confirmed": "核实", "taken-back": "撤回核实"}
CHUNK = 500
#: What a reader of the table sees of a long value; the lines hold it whole.
MOST_TEXT = 1000


@dataclass(slots=True)
class Record:
    """One row of any source, with its origin where that is kept and may be told."""

    source: Source
    row: Any
    origin: Origin | None

    def facts(self) -> dict[str, Any]:
        """Return everything that is kept of the row, with the same keys for every source."""
        row = self.row
        kept = said(row)
        is_event = isinstance(row, Event)
        listing = None if is_event else kept.listing
        return {
            "source": self.source.name,
            "id": row.pk,
            "at": timezone.localtime(getattr(row, self.source.moment)).isoformat(),
            "action": row.action if is_event else self.source.name,
            "actor_id": row.actor_id,
            "actor": row.actor_label,
            "post": kept.post_label,
            "channel": "" if is_event else kept.channel,
            "area_code": row.area_code if listing is None else listing.area_code,
            "object_kind": row.object_kind
            if listing is None
            else listing_model(listing.kind)._meta.label_lower,
            "object_id": row.object_id if listing is None else listing.public_id,
            "object": row.object_label if listing is None else listing.name,
            "version": getattr(row, "number", None),
            "fact_group": getattr(kept, "fact_group", ""),
            "before": getattr(row, "before", {}),
            "after": getattr(row, "after", {}),
            "note": getattr(row, "note", ""),
            "address": self.origin.address if self.origin else None,
            "program": self.origin.agent if self.origin else "",
            "request": row.request_id,
        }

    def line(self) -> bytes:
        """Return the facts as one line of JSON."""
        return json.dumps(self.facts(), ensure_ascii=False, cls=DjangoJSONEncoder).encode() + b"\n"

    def cells(self) -> list[str]:
        """Return the facts as a reader of the table sees them."""
        told, row = self.facts(), self.row
        if isinstance(row, Event):
            what, changes = row.get_action_display(), changes_of(row)
            old = "；".join(f"{change.label}：{'、'.join(change.old)}" for change in changes if change.old)
            new = "；".join(f"{change.label}：{'、'.join(change.new)}" for change in changes if change.new)
        else:
            what = f"第{row.number}版" if told["version"] else said(row).get_fact_group_display()
            old, new = _short(told["before"]), _short(told["after"])
        channel = str(Channel(told["channel"]).label) if told["channel"] else ""
        return [
            told["at"][:19].replace("T", " "),
            KINDS[told["source"]],
            what,
            told["actor"],
            str(told["actor_id"] or ""),
            told["post"],
            channel,
            told["area_code"] or "",
            kind_name(told["object_kind"]),
            told["object_id"],
            told["object"],
            old[:MOST_TEXT],
            new[:MOST_TEXT],
            told["note"],
            told["address"] or "",
            told["program"],
            told["request"],
        ]


def _short(changes: dict[str, Any]) -> str:
    return json.dumps(changes, ensure_ascii=False, cls=DjangoJSONEncoder) if changes else ""


def in_chunks(user: Any, asked: Asked) -> Iterator[list[Record]]:
    """Yield what is asked for and in reach in the order of its moments, five hundred rows at a time."""
    merged = heapq.merge(*(_stream(source, user, asked) for source in SOURCES))
    while chunk := [Record(SOURCES[rank], row, None) for _moment, rank, _pk, row in islice(merged, CHUNK)]:
        wanted = [one for one in chunk if one.row.request_id and tells_origin(one.row)]
        known = Origin.objects.in_bulk({one.row.request_id for one in wanted})
        for one in wanted:
            one.origin = known.get(one.row.request_id)
        yield chunk


def _stream(source: Source, user: Any, asked: Asked) -> Iterator[tuple[dt.datetime, int, int, Any]]:
    """Yield a source's rows by moment and key, a chunk a query: no cursor stays open while somebody downloads."""
    rank, wanted = SOURCES.index(source), asked_for(source, user, asked)
    last: tuple[dt.datetime, int] | None = None
    while wanted is not None:
        rows = wanted.order_by(source.moment, "pk")
        if last is not None:
            rows = rows.filter(**{f"{source.moment}__gte": last[0]})
            rows = rows.exclude(**{source.moment: last[0], "pk__lte": last[1]})
        keys = list(rows.values_list(source.moment, "pk")[:CHUNK])
        found = with_names(source).in_bulk([pk for _moment, pk in keys])
        for moment, pk in keys:
            if pk in found:
                yield moment, rank, pk, found[pk]
        if len(keys) < CHUNK:
            return
        last = keys[-1]
