"""The tables of upkeep."""

from .corrections import Correction, CorrectionReport
from .days import OfficeDay
from .operators import OperatorAsk, OperatorContact, OperatorLink
from .reminders import Reminder

__all__ = [
    "Correction",
    "CorrectionReport",
    "OfficeDay",
    "OperatorAsk",
    "OperatorContact",
    "OperatorLink",
    "Reminder",
]
