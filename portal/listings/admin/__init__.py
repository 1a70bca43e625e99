"""The administration of listings. Kinds stand on `ListingAdmin`; one that brings nothing of its own still appears."""

from portal.listings.admin import audit, audit_export, many_hours
from portal.listings.admin.base import ListingAdmin
from portal.listings.admin.calendar import CalendarYearAdmin
from portal.listings.admin.dumps import DumpAdmin
from portal.listings.admin.everything import EveryListingAdmin, StewardshipAdmin
from portal.listings.admin.history import RevisionAdmin
from portal.listings.admin.imports import ImportBatchAdmin
from portal.listings.admin.nicknames import NicknameAdmin
from portal.listings.admin.plans import PlannedMoveAdmin
from portal.listings.admin.proposals import ProposalAdmin
from portal.listings.admin.rows import RowForm, RowInline
from portal.listings.admin.sources import SourceAdmin

__all__ = [
    "CalendarYearAdmin",
    "DumpAdmin",
    "EveryListingAdmin",
    "ImportBatchAdmin",
    "ListingAdmin",
    "NicknameAdmin",
    "PlannedMoveAdmin",
    "ProposalAdmin",
    "RevisionAdmin",
    "RowForm",
    "RowInline",
    "SourceAdmin",
    "StewardshipAdmin",
    "audit",
    "audit_export",
    "many_hours",
]
