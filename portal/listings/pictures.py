"""Photos: what may come in, and the three WebP pictures that are kept of each.

The type is decided by content. A picture is turned upright by its EXIF and brought to sRGB; EXIF, GPS and everything
else about it is dropped. Files are named by the content of the large one, so the same photo is stored once.
"""

import hashlib
import logging
import warnings
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

import pillow_heif
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif"
SIZES = {"small": 320, "medium": 640, "large": 1280}
_TALLEST = 2  # A rendition is at most twice as tall as it may be wide.
_QUALITY = 80
_GROUND = (255, 255, 255)
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = {_UPRIGHT[number] for number in (5, 6, 7, 8)}

logger = logging.getLogger(__name__)
pillow_heif.register_heif_opener()
warnings.simplefilter("error", Image.DecompressionBombWarning)
_SRGB = ImageCms.createProfile("sRGB")


class PictureRefused(ValidationError):
    """Say why a picture was not taken, and what to do.

    `code` is one of empty, too_many_bytes, not_a_picture, too_many_pixels, broken, not_stored.
    """


class StoredPicture(NamedTuple):
    """What is kept of a picture: its digest, and the pixels of the large rendition."""

    digest: str
    width: int
    height: int


def picture_paths(digest: str) -> dict[str, str]:
    """Return the paths of a picture's files in the public storage: small, medium, large."""
    return {name: f"photos/{digest[:2]}/{digest}-{width}.webp" for name, width in SIZES.items()}


def store_picture(file: BinaryIO | Any) -> StoredPicture:
    """Store the three WebP renditions of an uploaded picture and return what they are called.

    `file` is anything that reads bytes. JPEG, PNG, WebP, HEIC and AVIF are taken, up to 15 MB and 50 megapixels; of an
    animation the first frame. Files that exist are not written again. Raises PictureRefused.
    """
    large = _normalised(_read(file))
    digest = hashlib.sha256(b"%d %d\n" % large.size + large.tobytes()).hexdigest()
    storage = storages["public"]
    try:
        for name, path in picture_paths(digest).items():
            if not storage.exists(path):
                written = storage.save(path, ContentFile(_webp(large, SIZES[name])))
                if written != path:  # Somebody stored the same photo in the same moment.
                    storage.delete(written)
    except OSError as error:  # A full disk, or a bucket that does not answer.
        logger.error("A picture could not be stored: %s", error)
        raise PictureRefused(
            _("The picture could not be stored just now. Choose it again in a minute."), code="not_stored"
        ) from None
    return StoredPicture(digest, *large.size)


def rendition(file: BinaryIO | Any, width: int) -> bytes:
    """Return an uploaded picture as one WebP of at most so many pixels' width, with nothing else attached.

    For pictures that are kept in private: nothing is stored here. Raises PictureRefused.
    """
    return _webp(_normalised(_read(file)), width)


def _read(file: BinaryIO | Any) -> bytes:
    if hasattr(file, "seek"):
        file.seek(0)
    content: bytes = file.read(MAX_BYTES + 1)
    if not content:
        raise PictureRefused(_("The file is empty. Choose the photo again."), code="empty")
    if len(content) > MAX_BYTES:
        raise PictureRefused(
            _("The file is larger than 15 MB. Send a smaller copy of the photo."), code="too_many_bytes"
        )
    return content


def _too_many_pixels() -> PictureRefused:
    return PictureRefused(
        _("The picture has more than 50 megapixels. Make it smaller, then send it again."),
        code="too_many_pixels",
    )


def _open(content: bytes) -> Image.Image:
    """Return the picture with only its header read."""
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # Decoders raise what they like on hostile bytes.
        raise PictureRefused(
            _("This file is not a picture that we can read. Send a photo as JPEG, PNG, WebP, HEIC or AVIF."),
            code="not_a_picture",
        ) from None
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    return image


def _normalised(content: bytes) -> Image.Image:
    """Return the large rendition: upright, sRGB, no transparency, nothing attached."""
    image = _open(content)
    try:
        turn = _UPRIGHT.get(_orientation(image))
        box = (SIZES["large"], SIZES["large"] * _TALLEST)
        if turn in _QUARTER_TURNS:
            box = box[::-1]
        image.draft(None, box)
        image.load()
        profile = image.info.get("icc_profile")
        image = _plain_mode(image)
        image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
        image = _to_srgb(image, profile)
        return _bare(image if turn is None else image.transpose(turn))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # As above.
        raise PictureRefused(
            _("The picture is damaged or was not sent in full. Choose the photo again or take a new one."),
            code="broken",
        ) from None


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; EXIF that cannot be read is no reason to refuse a picture."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _plain_mode(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be scaled: L, LA, RGB, RGBA or CMYK."""
    if image.mode in {"L", "RGB", "RGBA", "CMYK"}:
        if "transparency" in image.info:
            return image.convert("RGBA")
        return image
    if image.mode.startswith(("I", "F")):  # 16 bits to 8.
        return image.convert("I").point(lambda level: level / 256).convert("L")
    if image.mode in {"P", "PA"}:
        return image.convert("RGBA")
    if image.mode in {"LA", "La", "RGBa"}:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as opaque sRGB on white; a profile that cannot be read counts as none."""
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (*_GROUND, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
            image = converted or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def _bare(image: Image.Image) -> Image.Image:
    """Return the pixels alone."""
    return Image.frombytes("RGB", image.size, image.tobytes())


def _webp(large: Image.Image, width: int) -> bytes:
    image = large.copy()
    image.thumbnail((width, width * _TALLEST), Image.Resampling.LANCZOS)
    target = BytesIO()
    image.save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()
