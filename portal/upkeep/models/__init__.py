"""The tables of upkeep."""

from .corrections import Correction, CorrectionReport
from .operators import OperatorAsk, OperatorContact, OperatorLink
from .reminders import Reminder

__all__ = ["Correction", "CorrectionReport", "OperatorAsk", "OperatorContact", "OperatorLink", "Reminder"]
