"""Set a city up on this machine from the shipped files, break it piece by piece under load, and print what held.

`python -m tests.rehearsal`; KEEP=1 keeps the logs, PORTS=first-last names the ports. Exits with 1 when a request failed or something did not hold.
"""

import logging
import sys
import time
import unicodedata

from scripts import catalog
from tests.rehearsal.city import City, city
from tests.rehearsal.crowd import Crowd
from tests.rehearsal.machines import Failed
from tests.rehearsal.steps import Rehearsal, Result


def paths_of(made: City) -> list[str]:
    """Return what readers read: pages, the API, the map and a drawing from the bucket."""
    numbers = made.facts["numbers"]
    return [
        "/",
        "/canteens/",
        *(f"/canteens/{number}/" for number in numbers),
        "/api/v1/canteens/?page_size=20",
        "/search/?q=康桥",
        f"/media/{made.facts['drawing']}",
        "/stations/",
        f"/api/v1/canteens/{numbers[1]}/",
    ]


def rehearse() -> list[Result]:
    """Run everything and return the rows of the table."""
    catalog.compile_catalog()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    started = time.monotonic()
    with city() as made:
        print(f"the city stands after {time.monotonic() - started:.0f} s", flush=True)
        with Crowd(made.address, made.facts["session"], paths_of(made)) as crowd:
            return Rehearsal(made, crowd, tell).run()


def tell(result: Result) -> None:
    """Print one row of the table."""
    tally = result.tally
    wide = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in result.name)
    row = f"{result.name}{' ' * (36 - wide)}{tally.requests:>8}{tally.failed:>8}{tally.written:>8}{tally.repeated:>10}"
    print(f"{row}{tally.slowest:>9.2f}{result.seconds:>9.1f}  {result.note}", flush=True)
    for fault in result.faults:
        print(f"    !!! {fault}", flush=True)


def main() -> int:
    """Print the table; return 1 unless everything held."""
    print(
        f"{'step':<36}{'reads':>8}{'failed':>8}{'writes':>8}{'repeated':>10}{'slowest':>9}{'seconds':>9}",
        flush=True,
    )
    try:
        results = rehearse()
    except Failed as failed:
        print(f"The city could not be set up: {failed}")
        return 1
    broken = [result.name for result in results if result.faults]
    print(f"\nDid not hold: {', '.join(broken)}." if broken else "\nEverything held.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
