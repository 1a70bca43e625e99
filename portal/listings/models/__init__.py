"""The tables that every kind of listing shares."""

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
from .trust import Channel, Confirmation, FactGroup, Stewardship

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
    "Listing",
    "OpenInterval",
    "Photo",
    "Proposal",
    "Revision",
    "Rule",
    "ShutReason",
    "State",
    "Stewardship",
    "Weekday",
    "WeeklyHours",
]
