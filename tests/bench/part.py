"""One part of the bench in a process of its own: load the large city, measure, write down what was found."""

import importlib
import json
import os
import sys
import time
import warnings
from pathlib import Path

from tests.bench import PARTS


def main(part: str, only: str, places: str, found: str) -> None:
    """Load the city into the database of the environment and measure the parts that are named in `only`."""
    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()
    from django.core.management import call_command

    from scripts import catalog
    from services.codes.keymaking import ensure_keys

    started = time.monotonic()
    catalog.compile_catalog()
    with open(os.devnull, "w", encoding="utf-8") as silence:
        call_command("migrate", verbosity=0, stdout=silence)
        # Codes are issued by keys that lie beside the database; ten days old, so that an hour-old code can be made too.
        ensure_keys(at=int(time.time()) - 10 * 86_400)
        call_command("load_demo", scale="city", stdout=silence)
        call_command("load_rights", stdout=silence)
    print(f"{part}: large city loaded in {time.monotonic() - started:.0f} s", file=sys.stderr)
    wanted = set(only.split(",")) & set(PARTS[part])
    rows, absent = importlib.import_module(f"tests.bench.{part}").measure(
        wanted, tuple(int(size) for size in places.split(","))
    )
    told = {"rows": [row.as_values() for row in rows], "absent": absent}
    Path(found).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
