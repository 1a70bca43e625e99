"""How the commands about keys write moments."""

import datetime as dt

from portal.listings.hours import CITY_TIME


def moment(second: int) -> str:
    """Return a Unix second as the city's date and time."""
    return dt.datetime.fromtimestamp(second, CITY_TIME).strftime("%Y-%m-%d %H:%M")
