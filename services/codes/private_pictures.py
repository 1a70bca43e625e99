"""Pictures of people and their papers, kept as all private pictures are; what is wrong with one is said as a fault."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.listings import private_pictures
from portal.listings.pictures import PictureRefused
from portal.listings.private_pictures import forget, read
from services.codes.faults import CodeRefused

PAPER_WIDTH, FACE_WIDTH = 1280, 640
__all__ = ["FACE_WIDTH", "PAPER_WIDTH", "forget", "keep", "read"]


def keep(file: Any, *, folder: str, width: int) -> str:
    """Store an uploaded picture and return its name. Raise CodeRefused with what is wrong with it."""
    if file is None:
        raise CodeRefused("picture_missing", _("Choose a picture first."), field="picture")
    try:
        return private_pictures.keep(file, folder=f"codes/{folder}", width=width)
    except PictureRefused as error:
        sentence = " ".join(error.messages)
        if error.code == "not_stored":
            raise CodeRefused("not_stored", sentence, 503) from None
        raise CodeRefused(str(error.code), sentence, field="picture") from None
