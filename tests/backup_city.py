"""What a portal does while it is backed up, run in a process of its own on a database of its own.

`python -m tests.backup_city write STOP` saves, uploads, confirms and proposes until the file STOP exists;
`python -m tests.backup_city answers` prints what the API and the pages answer at one fixed moment.
"""

import datetime as dt
import hashlib
import io
import itertools
import json
import sys
from pathlib import Path
from typing import Any

MOMENT = dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ADDRESSES = (
    "/api/v1/canteens/?page_size=50",
    "/api/v1/apartments/?page_size=50",
    "/api/v1/stations/?page_size=50",
    "/api/v1/compounds/?page_size=50&format=geojson",
    "/api/v1/canteens/?near=30.33,120.16&radius=5000",
)


def picture(number: int) -> io.BytesIO:
    """Return a photo that no other number gives."""
    from PIL import Image

    content = io.BytesIO()
    colour = (number % 256, number // 256 % 256, 90)
    Image.new("RGB", (640, 480), colour).save(content, "PNG")
    content.seek(0)
    return content


def write(stop: Path) -> None:
    """Change listings one after the other until `stop` exists; print how often."""
    from portal.listings import confirming, revising
    from portal.listings.models import Listing
    from portal.listings.pictures import store_picture

    pks = list(Listing.objects.published().order_by("pk").values_list("pk", flat=True))
    for number in itertools.count():
        if stop.exists():
            print(number)
            return
        listing = Listing.objects.get(pk=pks[number % len(pks)]).as_kind
        kept = store_picture(picture(number))
        photo = {"role": "picture", "alt": f"第{number}张", "position": 0, **kept._asdict()}
        changes: dict[str, Any] = {"notice": f"改动 {number}", "photos": {"photos": [photo]}}
        revising.edit(listing=listing, changes=changes, actor=None, channel="office")
        confirming.confirm(listing=listing, fact_groups=["hours"], actor=None)
        (stop.parent / "written").write_text(str(number), encoding="utf-8")


def answers() -> None:
    """Print the digest of each answer's bytes."""
    import time_machine
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    with time_machine.travel(MOMENT, tick=False):
        found = {}
        for address in ADDRESSES:
            response = client.get(address)
            assert response.status_code == 200, address
            found[address] = hashlib.sha256(response.content).hexdigest()
    print(json.dumps(found))


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        answers()
