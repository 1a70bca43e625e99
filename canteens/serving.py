"""What a canteen serves at a moment, read from its public document. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from portal.listings.hours import CITY_TIME, Calendar, rows_of, stretch_of
from portal.listings.models.hours import Label

#: Which meal it is when the hours do not say: from this hour on.
BY_THE_CLOCK = (
    (21, Label.NIGHT),
    (15, Label.DINNER),
    (10, Label.LUNCH),
    (4, Label.BREAKFAST),
    (0, Label.NIGHT),
)


def period_at(doc: Mapping[str, Any], calendar: Calendar, moment: dt.datetime) -> str:
    """Return the meal period of the hours in force at a moment, by the clock when they do not say."""
    local = moment.astimezone(CITY_TIME)
    for date in (local.date(), local.date() - dt.timedelta(days=1)):
        for row in rows_of(date, doc["hours"], calendar) or []:
            stretch = stretch_of(row, date)
            if stretch.starts_at <= moment < stretch.ends_at and row.get("label"):
                return row["label"]
    return next(label for hour, label in BY_THE_CLOCK if local.hour >= hour)


def meal_at(doc: Mapping[str, Any], calendar: Calendar, moment: dt.datetime) -> dict[str, Any] | None:
    """Return the cheapest set meal that is served at a moment; a lunch is not what a canteen serves at dinner."""
    period = period_at(doc, calendar, moment)
    served = [meal for meal in doc["set_meals"] if meal["label"] in ("", period)]
    return min(served, key=lambda meal: float(meal["courier_price"]), default=None)


def discount_at(doc: Mapping[str, Any], moment: dt.datetime) -> dict[str, Any] | None:
    """Return the largest percentage off that holds at a moment."""
    clock = moment.astimezone(CITY_TIME).strftime("%H:%M")
    holding = [discount for discount in doc["discounts"] if _holds(discount, clock)]
    return max(holding, key=lambda discount: discount["percent_off"], default=None)


def _holds(discount: Mapping[str, Any], clock: str) -> bool:
    start, end = discount["from"], discount["until"]
    if start is None:
        return True
    return start <= clock < end if start < end else clock >= start or clock < end
