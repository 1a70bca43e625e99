"""Pictures that the public never sees: re-encoded without EXIF, under random names, served only by views that check."""

import logging
import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _

from portal.listings.pictures import PictureRefused, rendition

logger = logging.getLogger(__name__)


def keep(file: Any, *, folder: str, width: int) -> str:
    """Store an uploaded picture in a folder of the private storage and return its name. Raise PictureRefused."""
    content = rendition(file, width)
    name = f"{folder}/{secrets.token_hex(16)}.webp"
    try:
        return storages["private"].save(name, ContentFile(content))
    except OSError as error:
        logger.error("A private picture could not be stored: %s", error)
        raise PictureRefused(
            _("The picture could not be stored just now. Choose it again in a minute."), code="not_stored"
        ) from None


def read(name: str) -> bytes | None:
    """Return a picture's bytes, None when it is gone."""
    try:
        with storages["private"].open(name, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def forget(*names: str) -> None:
    """Delete pictures, after the transaction that no longer names them; one that cannot be deleted is logged."""
    for name in filter(None, names):
        try:
            storages["private"].delete(name)
        except OSError as error:
            logger.error("A private picture could not be deleted and lies there still: %s %s", name, error)
