"""How full a station is right now, as its door or its staff's system says."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.listings.documents import coded, instant
from portal.listings.measures import Measure, Told, newer, parsed

if TYPE_CHECKING:
    from portal.listings.models import Listing
    from portal.listings.snapshots import Rows


class LiveStatus(models.TextChoices):
    """How a station is right now; it holds until its expiry and is unknown after it."""

    NORMAL = "normal", _("normal")
    BUSY = "busy", _("busy")
    FULL = "full", _("full")


@cache
def _statuses() -> Mapping[str, dict[str, str]]:
    """Return the statuses as documents write them; asked for when the catalogues are there."""
    return {code: coded(LiveStatus, code) or {} for code in LiveStatus.values}


class Fullness(Measure):
    """One status of the whole station."""

    name = "status"
    is_fact = True

    @property
    def statuses(self) -> Mapping[str, dict[str, str]]:  # type: ignore[override]
        """Return the statuses in both languages."""
        return _statuses()

    def facts(self, doc: Mapping[str, Any]) -> dict[str, Told]:
        """Return the live status of the document."""
        live = doc.get("live") or {}
        since, until = parsed(live.get("since")), parsed(live.get("until"))
        return {"": Told(since, until, status=live["code"])} if since and until and live.get("code") else {}

    def shown(self, doc: dict[str, Any], reports: Mapping[str, Told]) -> dict[str, Any]:
        """Put a newer report in the place of the live status."""
        fact = self.facts(doc).get("")
        told = newer(fact, reports.get(""))
        if told is None or told is fact:
            return doc
        live = {
            **(coded(LiveStatus, told.status) or {}),
            "since": instant(told.as_of),
            "until": instant(told.valid_until),
        }
        return {**doc, "live": live}

    def write(
        self, listing: "Listing", reports: Mapping[str, Told], moment: dt.datetime
    ) -> tuple[list[str], "Rows"]:
        """Set the live status; what is over by now leaves none."""
        report, station = reports[""], listing
        values: tuple[Any, Any, Any] = ("", None, None)
        if report.holds(moment):
            values = (report.status, min(report.as_of, moment), report.valid_until)
        names = ["live_status", "live_at", "live_until"]
        for name, value in zip(names, values, strict=True):
            setattr(station, name, value)
        return names, {}
