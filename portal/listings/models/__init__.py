"""The tables that every kind of listing shares."""

from .batches import ImportBatch, ImportRow
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
from .trust import Channel, Confirmation, FactGroup, Retraction, Stewardship

__all__ = [
    "Accuracy",
    "CalendarDay",
    "CalendarYear",
    "ChangeCounter",
    "Channel",
    "Confirmation",
    "Datum",
    "DayType",
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
    "State",
    "Stewardship",
    "Weekday",
    "WeeklyHours",
]
