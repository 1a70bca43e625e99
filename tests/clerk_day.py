"""A street clerk's morning: forty listings, some of them stale, what couriers and an operator said, a spreadsheet."""

import datetime as dt
import io
import re
import uuid
from typing import Any

from django.utils import timezone
from openpyxl import Workbook

from canteens.models import Canteen
from portal.accounts.acting import acting_as
from portal.listings import confirming, revising
from portal.listings.columns import parts_of
from portal.listings.models import Listing, Stewardship
from portal.upkeep import correcting
from services.stations.models import Station
from tests import api_places

LISTINGS, STALE = 40, 12
ROWS, FAULTS = 200, 9
#: Latin letters that a Chinese page shows on purpose.
ALLOWED = {
    "english",
    "xlsx",
    "csv",
    "gcj",
    "bd",
    "wgs",
    "api",
    "id",
    "km",
    "utf",
    "gb18030",
    "mb",
    "excel",
    "en",
}
#: What a person reads on a page; icons are letters joined into pictures, and the link to English is meant for others.
SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const isRead = holder.checkVisibility() && !holder.closest("script, style, [class*=material-symbols], [lang=en]");
    if (isRead) texts.push(walker.currentNode.textContent);
  }
  return texts.join(" ");
}"""
LATIN = re.compile(r"[A-Za-z][A-Za-z-]+\d*")


class Desk:
    """A page at which every press of the clerk is counted and every page is looked at."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base
        self.clicks = 0
        self.english: list[str] = []
        self.dead_ends: list[str] = []
        self.pages: list[str] = []
        page.on("load", lambda _page: self.look())

    def open(self, path: str) -> None:
        """Open an address, as the first thing in the morning."""
        self.page.goto(self.base + path)

    def press(self, target: Any, *, leads_on: bool = False) -> None:
        """Press something; with `leads_on` a page follows."""
        self.clicks += 1
        if leads_on:
            with self.page.expect_navigation():
                target.click()
        else:
            target.click()

    def choose_file(self, target: Any, name: str, content: bytes) -> None:
        """Choose a file: a press on the field and one in the dialog."""
        self.clicks += 2
        target.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def look(self) -> None:
        """Read what the page shows, and note English words on it."""
        self.pages.append(self.page.url.removeprefix(self.base))
        shown = self.page.evaluate(SHOWN)
        if "今日待办" not in shown or not self.page.locator("#main a, #main button").count():
            self.dead_ends.append(self.pages[-1])
        words = {word.lower() for word in LATIN.findall(shown)}
        self.english += [f"{self.pages[-1]}: {word}" for word in sorted(words - ALLOWED)]


def forty_listings() -> list[Any]:
    """Return forty published places, all confirmed this morning but for the hours of twelve."""
    now = timezone.now()
    places: list[Any] = [api_places.canteen(f"康桥{number}号食堂") for number in range(28)]
    places += [api_places.publish(Station, f"康桥{number}号驿站") for number in range(12)]
    for number, place in enumerate(places):
        groups = [group for group in place.fact_groups if group != "hours"]
        confirming.confirm(listing=place, fact_groups=groups, actor=None, at=now)
        ago = dt.timedelta(days=41) if number < STALE else dt.timedelta(hours=1)
        confirming.confirm(listing=place, fact_groups=["hours"], actor=None, at=now - ago)
    return places


def three_corrections(places: list[Any], sender: Any) -> None:
    """Let couriers say that one is closed, one sold out and one dearer than shown."""
    for place, kind in zip(places[20:23], ("closed", "sold_out", "wrong_price"), strict=True):
        correcting.report(listing=place, kind=kind, client_id=uuid.uuid4(), user=sender)


def one_proposal(place: Listing, operator: Any) -> None:
    """Let the operator of a place give a new phone number."""
    Stewardship.objects.create(post=operator.acting_post, listing=place)
    person = acting_as(operator)
    revising.edit(listing=place.as_kind, changes={"phone": "0571-88000001"}, actor=person, channel="operator")


def spreadsheet() -> bytes:
    """Return two hundred new canteens as an office writes them, nine of them with a fault each."""
    labels = {column.name: str(column.label) for part in parts_of(Canteen) for column in part.columns}
    names = ("name", "street", "address", "lat", "lng", "phone", "weekly_hours")
    book = Workbook()
    sheet: Any = book.active
    sheet.append([labels[name] for name in names])
    for number in range(ROWS):
        lat, lng = 30.30 + number / 2000, 120.10 + number % 20 / 200
        row = [
            f"新食堂{number}号",
            "康桥街道",
            f"康桥路{number}号",
            lat,
            lng,
            f"0571-8800{number:04}",
            "周一至周五 10:30-13:30",
        ]
        fault = number // (ROWS // FAULTS)
        if number % (ROWS // FAULTS) == 5 and fault < FAULTS:
            _spoil(row, fault)
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _spoil(row: list[Any], fault: int) -> None:
    """Put one of nine faults into a row."""
    column, value = [
        (0, ""),
        (1, "闸弄口街道"),
        (1, "没有的街道"),
        (3, 95.5),
        (4, "东经"),
        (6, "看心情"),
        (6, "周八 10:00-12:00"),
        (0, "长" * 81),
        (5, "电话" * 30),
    ][fault]
    row[column] = value
