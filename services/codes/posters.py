"""Posters and labels of place codes, for paper: a PNG of one, a PDF of many. Chinese leads, English stands below."""

import csv
from collections.abc import Iterable
from io import BytesIO, StringIO
from typing import Any

import segno
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from fpdf import FPDF
from PIL import Image, ImageDraw

from portal.listings.english import name_en
from portal.listings.hours import CITY_TIME
from portal.listings.importing_cells import neutralised
from portal.listings.lettering import Colour, width, wrap, write
from services.codes.models import Checkpoint
from services.codes.placing import Printed, origin

#: 200 dots an inch: sharp for lettering of this size, and a street's posters still fit an e-mail.
DOTS_PER_MM = 200 / 25.4
A4_MM = (210, 297)
PER_SHEET = (2, 4)
_PAPER, _INK, _SOFT, _PRESS = (250, 245, 236), (34, 30, 26), (102, 93, 84), (184, 66, 15)
_PEACH, _WHITE, _LINE = (251, 230, 216), (255, 255, 255), (232, 223, 208)
_EDGE, _ROOM = 18.0, 174.0

LEADS = {
    Checkpoint.Kind.GATE: _("Scan to come in"),
    Checkpoint.Kind.COUNTER: _("Scan for your meal"),
    Checkpoint.Kind.DOOR: _("Scan to open the door"),
}
STEPS = (
    _("Scan with your camera or in “My code”"),
    _("Show the screen to the guard, or hold it to the reader"),
    _("Go in by the terms shown, and have a safe ride"),
)
ONLY_OURS = _("Only {host} is ours. It never asks for a phone number or a code by SMS.")
GOOD_UNTIL = _("Good until {day}")


class Sheet:
    """A page in millimetres that Chinese can be written on."""

    def __init__(self, across: float, down: float, ground: Colour) -> None:
        self.image = Image.new("RGB", (_dots(across), _dots(down)), ground)
        self.canvas = ImageDraw.Draw(self.image)

    def fill(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """Fill a box."""
        self.canvas.rectangle((_dots(x), _dots(y), _dots(x + across), _dots(y + down)), fill=colour)

    def text(
        self,
        x: float,
        y: float,
        room: float,
        said: str,
        *,
        size: float,
        colour: Colour = _INK,
        weight: int = 400,
        lines: int = 1,
        middle: bool = False,
    ) -> float:
        """Write up to `lines` lines from the top `y` in a column `room` wide; return where they end."""
        for line in wrap(said, _dots(size), _dots(room), lines, weight):
            spare = _dots(room) - width(line, _dots(size), weight) if middle else 0
            write(self.canvas, _dots(x) + spare / 2, _dots(y + size), line, _dots(size), colour, weight)
            y += size * 1.3
        return y

    def code(self, x: float, y: float, side: float, address: str) -> float:
        """Draw a QR code with its quiet zone in the middle of a square; return where it ends."""
        picture = qr_picture(address, _dots(side))
        spare = (_dots(side) - picture.width) // 2
        self.image.paste(picture, (_dots(x) + spare, _dots(y) + spare))
        return y + side


def _dots(length: float) -> int:
    return round(length * DOTS_PER_MM)


def qr_picture(address: str, side: int) -> Image.Image:
    """Return a QR code of at most `side` dots, its modules whole dots so that no edge is blurred."""
    code = segno.make(address, error="m", micro=False)
    target = BytesIO()
    code.save(target, kind="png", scale=max(1, side // code.symbol_size(border=4)[0]), border=4)
    return Image.open(target).convert("RGB")


def said_in(language: str, message: Any, **values: str) -> str:
    """Return a lazy message in a language, its values filled in."""
    with override(language):
        return str(message).format(**values)


def poster(place: Printed) -> Image.Image:
    """Return the A4 poster of a place code."""
    sheet = Sheet(*A4_MM, _PAPER)
    point = place.checkpoint
    lead = LEADS[Checkpoint.Kind(point.kind)]
    sheet.fill(0, 0, A4_MM[0], 60, _PRESS)
    sheet.text(
        _EDGE,
        9,
        _ROOM,
        f"{settings.PORTAL_NAME} · {said_in('zh-hans', _('My code'))}",
        size=6.5,
        colour=_PEACH,
        weight=700,
    )
    sheet.text(_EDGE, 19, _ROOM, said_in("zh-hans", lead), size=22, colour=_WHITE, weight=800, middle=True)
    sheet.text(_EDGE, 47, _ROOM, said_in("en", lead), size=6.5, colour=_PEACH, weight=600, middle=True)
    y = sheet.text(_EDGE, 65, _ROOM, point.listing.name, size=11, weight=800, lines=2, middle=True)
    y = sheet.text(_EDGE, y, _ROOM, point.name, size=9, colour=_PRESS, weight=800, middle=True)
    y = sheet.text(_EDGE, y, _ROOM, titled_en(point), size=4.4, colour=_SOFT, lines=2, middle=True)
    y = sheet.code((A4_MM[0] - 100) / 2, y + 2, 100, place.address) + 4
    for number, step in enumerate(STEPS, 1):
        sheet.text(_EDGE, y, 10, str(number), size=8, colour=_PRESS, weight=800)
        sheet.text(_EDGE + 10, y, _ROOM - 10, said_in("zh-hans", step), size=5.6, weight=700)
        sheet.text(_EDGE + 10, y + 7, _ROOM - 10, said_in("en", step), size=3.8, colour=_SOFT)
        y += 14.5
    _say_what_is_true(sheet, place, A4_MM[1] - 27)
    return sheet.image


def _say_what_is_true(sheet: Sheet, place: Printed, y: float) -> None:
    """Write what tells a true poster from a forged one, until when it is good, and whom to call."""
    host = origin().partition("://")[2]
    sheet.fill(_EDGE, y - 3, _ROOM, 0.3, _LINE)
    y = sheet.text(_EDGE, y, _ROOM, said_in("zh-hans", ONLY_OURS, host=host), size=4.4, weight=700, lines=2)
    y = sheet.text(_EDGE, y, _ROOM, said_in("en", ONLY_OURS, host=host), size=3.6, colour=_SOFT, lines=2)
    until = " · ".join(said_in(language, GOOD_UNTIL, day=ends_on(place)) for language in ("zh-hans", "en"))
    sheet.text(
        _EDGE,
        y,
        _ROOM,
        f"{until} · No. {place.checkpoint.number} · {settings.HELP_PHONE}",
        size=3.6,
        colour=_SOFT,
    )


def ends_on(place: Printed) -> str:
    """Return the city's day on which a print ends, as 2028-11-26."""
    return place.expires_at.astimezone(CITY_TIME).date().isoformat()


def titled(point: Checkpoint) -> str:
    """Return the place and its gate."""
    return f"{point.listing.name} · {point.name}"


def titled_en(point: Checkpoint) -> str:
    """Return the place and its gate for those who do not read Chinese."""
    listing = point.listing
    return f"{listing.name_en or name_en(listing.name)} · {name_en(point.name)}"


def labels(places: Iterable[Printed]) -> list[Image.Image]:
    """Return A4 sheets of eight labels to cut out, each a small poster for a counter or a gatehouse window."""
    sheets: list[Sheet] = []
    across, down = A4_MM[0] / PER_SHEET[0], A4_MM[1] / PER_SHEET[1]
    for number, place in enumerate(places):
        spot = number % (PER_SHEET[0] * PER_SHEET[1])
        if spot == 0:
            sheets.append(Sheet(*A4_MM, _WHITE))
        row, column = divmod(spot, PER_SHEET[0])
        _label(sheets[-1], column * across, row * down, across, down, place)
    return [sheet.image for sheet in sheets]


def _label(sheet: Sheet, x: float, y: float, across: float, down: float, place: Printed) -> None:
    sheet.fill(x, y, across, 0.2, _LINE)
    sheet.fill(x, y, 0.2, down, _LINE)
    side = down - 16
    sheet.code(x + 3, y + 8, side, place.address)
    room, left = across - side - 9, x + side + 5
    lead = LEADS[Checkpoint.Kind(place.checkpoint.kind)]
    sheet.text(left, y + 10, room, str(settings.PORTAL_NAME), size=3.4, colour=_PRESS, weight=700)
    below = sheet.text(
        left, y + 16, room, said_in("zh-hans", lead), size=5.4, colour=_PRESS, weight=800, lines=2
    )
    below = sheet.text(left, below + 1, room, titled(place.checkpoint), size=4.2, weight=700, lines=4)
    sheet.text(left, below + 1, room, titled_en(place.checkpoint), size=2.6, colour=_SOFT, lines=3)
    sheet.text(left, y + down - 12, room, f"No. {place.checkpoint.number}", size=2.8, colour=_SOFT)
    sheet.text(left, y + down - 8, room, ends_on(place), size=2.8, colour=_SOFT)


def as_png(picture: Image.Image) -> bytes:
    """Return a page as PNG."""
    target = BytesIO()
    picture.save(target, "PNG", dpi=(200, 200))
    return target.getvalue()


def as_pdf(pictures: Iterable[Image.Image], title: str) -> bytes:
    """Return pages as an A4 PDF, each picture kept without loss."""
    pdf = FPDF(format="A4", unit="mm")
    pdf.set_title(title)
    pdf.set_auto_page_break(False)
    for picture in pictures:
        pdf.add_page()
        pdf.image(picture.quantize(64, dither=Image.Dither.NONE), x=0, y=0, w=A4_MM[0], h=A4_MM[1])
    return bytes(pdf.output())


def as_csv(places: Iterable[Printed]) -> bytes:
    """Return a table of the addresses for NFC tags (an NDEF record of type URI holds one), with the mark of Excel."""
    text = StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(
        [said_in("zh-hans", title) for title in (_("number"), _("place"), _("checkpoint"), _("address"))]
    )
    for place in places:
        point = place.checkpoint
        rows.writerow([point.number, neutralised(point.listing.name), neutralised(point.name), place.address])
    return text.getvalue().encode("utf-8-sig")
