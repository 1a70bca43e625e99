"""The tables that every kind of listing shares."""

from .availability import Availability
from .batches import ImportBatch, ImportRow
from .dumps import Dump
from .history import ChangeCounter, Proposal, Revision
from .hours import (
    CalendarDay,
    CalendarYear,
    DayType,
    HoursException,
    OpenInterval,
    Rule,
    Weekday,
    WeeklyHours,
)
from .listing import Accuracy, Datum, Listing, ShutReason, State
from .photos import Photo
from .planning import PlannedMove
from .sources import SourceRecord
from .trust import Channel, Confirmation, FactGroup, Retraction, Stewardship

__all__ = [
    "Accuracy",
    "Availability",
    "CalendarDay",
    "CalendarYear",
    "ChangeCounter",
    "Channel",
    "Confirmation",
    "Datum",
    "DayType",
    "Dump",
    "FactGroup",
    "HoursException",
    "ImportBatch",
    "ImportRow",
    "Listing",
    "OpenInterval",
    "Photo",
    "PlannedMove",
    "Proposal",
    "Retraction",
    "Revision",
    "Rule",
    "ShutReason",
    "SourceRecord",
    "State",
    "Stewardship",
    "Weekday",
    "WeeklyHours",
]
