"""Schedules by themselves: the same rows that stand in each service."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import examples, finding, schema
from portal.hsds.answering import HsdsList, HsdsView, framed, part_of
from portal.hsds.asking import FORMAT, PAGING, described
from portal.hsds.counting import counts
from portal.hsds.places import COLUMNS, places, schedule_rows
from portal.hsds.views import NARROWING
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME


class SchedulesView(HsdsList):
    """The schedules of published listings."""

    parameters = (*NARROWING, *PAGING)

    @extend_schema(
        operation_id="hsds_schedules_list",
        summary="时间表列表 · Schedules",
        parameters=[*described(*parameters), FORMAT],
        **schema.listed(schema.SchedulePage, examples.SCHEDULE),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return schedules, those of one service together."""
        return self.answer(request)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return a page."""
        found = finding.narrowed(request, asked)
        contents, total = rows_of(found, part_of(asked))
        return framed(contents, total, asked)

    def everything(self, request: Request, asked: dict[str, Any]) -> Iterator[Any]:
        """Yield every schedule."""
        for place in finding.each(finding.narrowed(request, asked)):
            yield from schedule_rows(place)


def rows_of(found: QuerySet, part: slice) -> tuple[list[dict[str, Any]], int]:
    """Return a part of all schedule rows and how many there are; only the documents of that part are read."""
    moment = timezone.now()
    pks = list(found.values_list("pk", flat=True))
    total, before = 0, 0
    wanted: list[int] = []
    today = moment.astimezone(CITY_TIME).date()
    for pk, count in zip(pks, counts(pks, current_calendar(), today), strict=True):
        if count and total < part.stop and total + count > part.start:
            if not wanted:
                before = total
            wanted.append(pk)
        total += count
    listed = found.filter(pk__in=wanted).values_list(*COLUMNS)
    rows = [row for place in places(listed, moment) for row in schedule_rows(place)]
    return rows[part.start - before : part.stop - before], total


class ScheduleView(HsdsView):
    """One schedule."""

    @extend_schema(
        operation_id="hsds_schedules_detail",
        summary="时间表 · Schedule",
        **schema.single(schema.Schedule, examples.SCHEDULE),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Return a schedule."""
        return self.answer(request, id=id)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return the schedule. Raise Http404 for none, and for one that has ended."""
        for row in schedule_rows(finding.one(request, sought["id"])):
            if row["id"] == sought["id"].lower():
                return row
        raise Http404
