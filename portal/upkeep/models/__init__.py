"""The tables of upkeep."""

from .corrections import Correction, CorrectionReport
from .operators import OperatorContact, OperatorLink
from .reminders import Reminder

__all__ = ["Correction", "CorrectionReport", "OperatorContact", "OperatorLink", "Reminder"]
