"""What leaves the portal as a picture: the poster of a listing, and QR codes."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override
from PIL import Image, ImageDraw, ImageOps

from portal.listings.emblems import emblem
from portal.listings.kinds import listing_model
from portal.listings.languages import in_language
from portal.listings.lettering import Colour, width, wrap, write
from portal.listings.models.listing import absolute_url

SIZE = (1080, 1440)
_PAPER, _CARD, _INK, _SOFT, _LINE = (
    (250, 245, 236),
    (255, 253, 248),
    (34, 30, 26),
    (102, 93, 84),
    (232, 223, 208),
)
_PRESS, _PEACH, _HAZE = (184, 66, 15), (251, 230, 216), (248, 220, 201)
_EDGE, _BAND, _FOOT = 72, 468, 1104
_QUIET = 4


def qr_svg(text: str) -> SafeString:
    """Return a QR code as inline SVG that fills its box: black on white, with its quiet zone, no style attributes."""
    code = segno.make(text, error="m", micro=False)
    return SafeString(
        code.svg_inline(
            border=_QUIET, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
        )
    )


def shared_url(kind: str, public_id: str) -> str:
    """Return the page's address with the portal's own host and the active language, to be sent around."""
    return in_language(absolute_url(kind, public_id))


def share_picture(doc: dict[str, Any], status_line: str, lang: str, url: str = "") -> bytes:
    """Return a poster of a listing as a PNG of 1080 by 1440 pixels, made to be sent around and printed.

    `doc` is the public document. `status_line` is what the caller says of its hours; it must stay true for as long as
    the picture is kept, so the week's hours rather than "open now". `url` is what the QR code holds, else the
    listing's page in the poster's language. Raises FontMissing where the font of the lock file is not installed.
    """
    with override(lang):
        poster = Image.new("RGB", SIZE, _PAPER)
        canvas = ImageDraw.Draw(poster)
        _band(poster, canvas, doc)
        _facts(canvas, doc, status_line, lang)
        _foot(poster, canvas, url or shared_url(doc["kind"], doc["id"]))
        target = BytesIO()
        poster.save(target, "PNG", optimize=False, compress_level=6)
        return target.getvalue()


def _rounded(
    poster: Image.Image, box: tuple[int, int, int, int], radius: int, colour: Colour | Image.Image
) -> None:
    """Fill a rounded box with a colour or a picture, its edge smooth."""
    size = (box[2] - box[0], box[3] - box[1])
    mask = Image.new("L", (size[0] * 3, size[1] * 3), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] * 3 - 1, size[1] * 3 - 1), radius * 3, fill=255)
    filling = colour if isinstance(colour, Image.Image) else Image.new("RGB", size, colour)
    poster.paste(filling, box[:2], mask.resize(size, Image.Resampling.LANCZOS))


def _disc(poster: Image.Image, x: int, y: int, radius: int, colour: Colour) -> None:
    _rounded(poster, (x - radius, y - radius, x + radius, y + radius), radius, colour)


def _photo(doc: dict[str, Any]) -> Image.Image | None:
    """Return the first photo of the place, cut to the band; None when there is none to be had."""
    path = next(
        (photo["large"] for photo in doc.get("photos", ()) if photo.get("role", "picture") == "picture"), None
    )
    if path is None:
        return None
    try:
        with storages["public"].open(path) as file:
            return ImageOps.fit(Image.open(file).convert("RGB"), (SIZE[0], _BAND), Image.Resampling.LANCZOS)
    except OSError:  # Gone or damaged: the poster does without.
        return None


def _lead(kind: str) -> str:
    """Return the city's own word for a kind, else the kind's name."""
    leads = {"canteen": _("A meal"), "apartment": _("A bed"), "compound": _("A door")}
    return leads.get(kind) or capfirst(str(listing_model(kind)._meta.verbose_name))


def _band(poster: Image.Image, canvas: ImageDraw.ImageDraw, doc: dict[str, Any]) -> None:
    """Draw the top: the photo or, without one, the city's word for the kind; over both the name of the portal."""
    photo = _photo(doc)
    if photo:
        poster.paste(photo, (0, 0))
        _rounded(poster, (_EDGE - 24, 48, _EDGE + 24 + int(width(_brand(), 44, 700)), 132), 42, _CARD)
        write(canvas, _EDGE, 105, _brand(), 44, _PRESS, 700)
        return
    canvas.rectangle((0, 0, SIZE[0], _BAND), fill=_PEACH)
    _disc(poster, 868, 214, 190, _HAZE)
    drawn = emblem(doc["kind"], 232)
    if drawn:
        poster.paste(_PRESS, (868 - 116, 214 - 116), drawn)
    write(canvas, _EDGE, 112, _brand(), 44, _PRESS, 700)
    lead = _lead(doc["kind"])
    size = 180
    while size > 60 and width(lead, size, 800) > 570:
        size -= 10
    write(canvas, _EDGE - 6, _BAND - 104, lead, size, _PRESS, 800)


def _brand() -> str:
    return str(settings.PORTAL_NAME)


def _label(value: Any, lang: str) -> str:
    """Return the label of a coded value {code, zh, en}, or the text itself."""
    if isinstance(value, dict):
        return str(value.get("en" if lang.startswith("en") else "zh") or value.get("code", ""))
    return str(value or "")


def headline(doc: dict[str, Any], lang: str) -> tuple[str, str]:
    """Return what a kind is looked up for, as a number to be set large and the words beside it; either may be empty.

    It reads the document's fields and not its kind: a price, a discount, a rent, amenities, gates.
    """
    with override(lang):
        if doc.get("lowest_price"):
            cheapest = (
                meal for meal in doc.get("set_meals", ()) if meal.get("courier_price") == doc["lowest_price"]
            )
            return doc["lowest_price"], " ".join(
                filter(None, [_("yuan"), _own_name(next(cheapest, {}), lang)])
            )
        if doc.get("discounts"):
            return f"−{doc['discounts'][0]['percent_off']}%", _hours_of(doc["discounts"][0])
        if doc.get("rents_from"):
            first, *others = [
                (rent["amount"], _("yuan a month per {basis}").format(basis=_label(rent["basis"], lang)))
                for rent in doc["rents_from"]
            ]
            return first[0], " · ".join([first[1], *(f"{amount} {unit}" for amount, unit in others)])
        if doc.get("amenities"):
            return "", " · ".join(_label(row, lang) for row in doc["amenities"][:4])
        if doc.get("gates"):
            entered = [_own_name(gate, lang) for gate in doc["gates"] if gate.get("admits_couriers")]
            return "", _("Couriers enter by: {gates}").format(gates=_(", ").join(entered)) if entered else ""
        return "", ""


def _own_name(row: dict[str, Any], lang: str) -> str:
    """Return the name of a meal or a gate in a language."""
    return str((lang.startswith("en") and row.get("name_en")) or row.get("name", ""))


def _hours_of(discount: dict[str, Any]) -> str:
    return "–".join(filter(None, [discount.get("from"), discount.get("until")]))


def _facts(canvas: ImageDraw.ImageDraw, doc: dict[str, Any], status_line: str, lang: str) -> None:
    """Draw the middle, from the name down; what is further down gives way first."""
    room = SIZE[0] - 2 * _EDGE
    y: float = _BAND + 24
    for line in wrap(doc["name"], 68, room, 2, 700):
        y += 88
        write(canvas, _EDGE, y, line, 68, _INK, 700)
    if lang.startswith("en") and doc.get("name_en"):
        for line in wrap(doc["name_en"], 38, room, 1, 500):
            y += 58
            write(canvas, _EDGE, y, line, 38, _SOFT, 500)
    number, words = headline(doc, lang)
    if number:
        y += 118
        x = write(canvas, _EDGE, y, number, 104, _PRESS, 800) + 18
        lines = wrap(words, 40, SIZE[0] - _EDGE - x, 2, 500)
        for number_of_line, line in enumerate(lines, start=1):
            write(canvas, x, y - 48 * (len(lines) - number_of_line), line, 40, _INK, 500)
    elif words:
        y += 14
        y += _lines(canvas, y, wrap(words, 44, room, 2, 600), 44, _PRESS, 600)
    y += 22
    for text, colour, weight in (
        (status_line, _INK, 600),
        (doc.get("address_en") if lang.startswith("en") else "", _SOFT, 400),
        (_where(doc), _SOFT, 400),
        (doc.get("phone"), _SOFT, 400),
    ):
        lines = wrap(text or "", 38, room, 2, weight)
        if lines and y + 56 * len(lines) < _FOOT - 20:
            y += _lines(canvas, y, lines, 38, colour, weight)


def _lines(
    canvas: ImageDraw.ImageDraw, y: float, lines: Sequence[str], size: int, colour: Colour, weight: int
) -> int:
    """Draw lines below `y` and return the height that they took."""
    step = round(size * 1.48)
    for number, line in enumerate(lines, start=1):
        write(canvas, _EDGE, y + step * number, line, size, colour, weight)
    return step * len(lines)


def _where(doc: dict[str, Any]) -> str:
    """Return district and address, which is Chinese in every language: it is shown to people on the way."""
    district = (doc.get("district") or {}).get("zh", "")
    address = doc.get("address") or ""
    return address if address.startswith(district) else f"{district} {address}".strip()


def _foot(poster: Image.Image, canvas: ImageDraw.ImageDraw, url: str) -> None:
    """Draw the card at the bottom: the code, and what it is for."""
    box = (_EDGE - 24, _FOOT, SIZE[0] - _EDGE + 24, SIZE[1] - 48)
    _rounded(poster, (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2), 30, _LINE)
    _rounded(poster, box, 28, _CARD)
    code = _qr_picture(url, box[3] - box[1] - 24)
    poster.paste(code, (box[2] - code.width - 12, box[1] + (box[3] - box[1] - code.height) // 2))
    left, room = box[0] + 36, box[2] - code.width - box[0] - 60
    y: float = box[1] + 22
    for line in wrap(_("Scan for the latest details"), 46, room, 2, 700):
        y += 62
        write(canvas, left, y, line, 46, _INK, 700)
    made = date_format(timezone.localdate(), "Y-m-d")
    for text in (_("This picture was made on {date}.").format(date=made), written(url)):
        for line in wrap(text, 28, room, 2, 400):
            y += 44
            write(canvas, left, y, line, 28, _SOFT)


def written(url: str) -> str:
    """Return an address as it stands beside its code, for people who type it: no scheme, no language."""
    return url.partition("://")[2].partition("?")[0]


def _qr_picture(text: str, most: int) -> Image.Image:
    """Return a QR code with its quiet zone, at most `most` pixels wide, its modules whole pixels."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=_QUIET)]
    scale = max(1, most // len(rows))
    code = Image.new("L", (len(rows), len(rows)))
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    return code.resize((len(rows) * scale, len(rows) * scale), Image.Resampling.NEAREST).convert("RGB")
