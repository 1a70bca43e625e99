"""Photos: what comes in, what is kept, and what is refused with a reason."""

import os
import struct
import zlib
from io import BytesIO

import pillow_heif
import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from PIL import Image, ImageCms

from portal.listings.pictures import PictureRefused, StoredPicture, picture_paths, store_picture

GPS = 0x8825
ORIENTATION = 0x0112


@pytest.fixture(autouse=True)
def public_folder(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "public": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "public"},
        },
    }
    return tmp_path / "public"


def scene(width=1600, height=1200, mode="RGB"):
    """Return a picture whose left half is red, whose right half is blue, with a green band at the top."""
    image = Image.new("RGB", (width, height), (220, 20, 20))
    image.paste((20, 20, 220), (width // 2, 0, width, height))
    image.paste((20, 200, 20), (0, 0, width, height // 10))
    return image.convert(mode)


def saved(image, form, **options):
    target = BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def heic(image, exif=None):
    target = BytesIO()
    made = pillow_heif.from_pillow(image)
    made.save(target, quality=80, **({"exif": exif} if exif else {}))
    return target.getvalue()


def exif_with(orientation=1):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (30.0, 16.0, 48.0)
    exif.get_ifd(GPS)[3] = "E"
    exif.get_ifd(GPS)[4] = (120.0, 10.0, 48.0)
    return exif


def stored(content, name="photo.jpg"):
    return store_picture(SimpleUploadedFile(name, content))


def opened(picture: StoredPicture, size="large"):
    with storages["public"].open(picture_paths(picture.digest)[size]) as file:
        return Image.open(BytesIO(file.read()))


def colour(image, across, down):
    red, green, blue = image.convert("RGB").getpixel(
        (int((image.width - 1) * across), int((image.height - 1) * down))
    )
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (saved(scene(), "JPEG"), "a.jpg"),
        (saved(scene(), "PNG"), "a.png"),
        (saved(scene(), "WEBP"), "a.webp"),
        (saved(scene(), "AVIF"), "a.avif"),
        (heic(scene()), "a.heic"),
        (saved(scene(), "PNG"), "wrongly-named.exe"),
    ],
    ids=["jpeg", "png", "webp", "avif", "heic", "by content, not by name"],
)
def test_every_format_becomes_three_webp_pictures(content, name):
    picture = stored(content, name)
    assert (picture.width, picture.height) == (1280, 960)
    for size, width in (("small", 320), ("medium", 640), ("large", 1280)):
        image = opened(picture, size)
        assert (image.format, image.size, image.mode) == ("WEBP", (width, width * 3 // 4), "RGB")
        assert [colour(image, 0.2, 0.5), colour(image, 0.8, 0.5), colour(image, 0.2, 0.02)] == [
            "red",
            "blue",
            "green",
        ]


def test_paths_are_named_by_digest():
    assert picture_paths("ab12") == {
        "small": "photos/ab/ab12-320.webp",
        "medium": "photos/ab/ab12-640.webp",
        "large": "photos/ab/ab12-1280.webp",
    }


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "top", "left", "right", "bottom"),
    [
        (1, "green", "red", "blue", None),
        (2, "green", "blue", "red", None),
        (3, None, "blue", "red", "green"),
        (6, "red", None, "green", "blue"),
        (8, "blue", "green", None, "red"),
    ],
)
def test_exif_orientation_is_applied(form, orientation, top, left, right, bottom):
    image = opened(stored(saved(scene(400, 300), form, exif=exif_with(orientation))))
    assert image.size == ((300, 400) if orientation in {6, 8} else (400, 300))
    for wanted, across, down in (
        (top, 0.4, 0.02),
        (left, 0.02, 0.4),
        (right, 0.98, 0.4),
        (bottom, 0.4, 0.98),
    ):
        assert wanted is None or colour(image, across, down) == wanted


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_gps_and_xmp_are_dropped(form, public_folder):
    extra = {"xmp": b"<x:xmpmeta>Secret XMP</x:xmpmeta>"} if form in {"WEBP", "JPEG"} else {}
    content = saved(scene(400, 300), form, exif=exif_with(), **extra)
    assert Image.open(BytesIO(content)).getexif().get_ifd(GPS)
    assert_nothing_attached(stored(content), public_folder)


def test_gps_of_a_heic_is_dropped(public_folder):
    content = heic(scene(400, 300), exif_with().tobytes())
    assert b"Secret Camera" in content
    assert_nothing_attached(stored(content), public_folder)


def assert_nothing_attached(picture, public_folder):
    for size in ("small", "medium", "large"):
        image = opened(picture, size)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & {key for key, value in image.info.items() if value}
        raw = (public_folder / picture_paths(picture.digest)[size]).read_bytes()
        assert b"EXIF" not in raw
        assert b"Secret" not in raw


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "I;16"])
def test_every_png_mode_is_taken(mode):
    image = Image.new("I;16", (400, 300), 65535) if mode == "I;16" else scene(400, 300, mode)
    assert opened(stored(saved(image, "PNG"))).mode == "RGB"


def test_sixteen_bits_keep_their_brightness():
    image = opened(stored(saved(Image.new("I;16", (64, 64), 32768), "PNG")))
    assert image.getpixel((30, 30))[0] == pytest.approx(128, abs=4)


def test_a_cmyk_jpeg_keeps_its_colours():
    image = opened(stored(saved(scene(mode="CMYK"), "JPEG")))
    assert colour(image, 0.2, 0.5) == "red"


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    assert min(opened(stored(saved(image, "PNG"))).getpixel((200, 150))) > 250
    palette = Image.new("P", (400, 300), 0)
    assert min(opened(stored(saved(palette, "PNG", transparency=0))).getpixel((200, 150))) > 250


def profile_with_red_and_blue_exchanged():
    """Return an sRGB profile whose red primary is blue and whose blue one is red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"****", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"****", b"bXYZ", 1)


def test_a_colour_profile_is_converted_to_srgb():
    content = saved(scene(400, 300), "PNG", icc_profile=profile_with_red_and_blue_exchanged())
    assert colour(opened(stored(content)), 0.2, 0.5) == "blue"


@pytest.mark.parametrize(
    "profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_does_not_fit_counts_as_none(profile):
    assert colour(opened(stored(saved(scene(400, 300), "PNG", icc_profile=profile))), 0.2, 0.5) == "red"


def test_small_pictures_are_not_blown_up():
    picture = stored(saved(scene(200, 150), "PNG"))
    assert (picture.width, picture.height) == (200, 150)
    assert opened(picture, "medium").size == (200, 150)


def test_a_very_tall_picture_is_kept_within_bounds():
    picture = stored(saved(scene(500, 20000), "PNG"))
    assert picture.height == 2560


def test_of_an_animation_the_first_frame_is_kept():
    frames = [Image.new("RGB", (64, 64), fill) for fill in ("red", "blue")]
    content = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    assert colour(opened(stored(content)), 0.5, 0.5) == "red"


def test_the_same_photo_is_stored_once(public_folder):
    first = stored(saved(scene(), "PNG"))
    files = {path: path.stat().st_mtime_ns for path in public_folder.rglob("*.webp")}
    assert len(files) == 3
    second = stored(saved(scene(), "PNG", compress_level=1), "again.png")
    assert second == first
    assert {path: path.stat().st_mtime_ns for path in public_folder.rglob("*.webp")} == files


def png_header(width, height):
    """Return a PNG that claims a size and holds almost nothing."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def refused(content, name="photo.jpg"):
    with pytest.raises(PictureRefused) as found:
        stored(content, name)
    with override("en"):
        english = found.value.messages[0]
    with override("zh-hans"):
        chinese = found.value.messages[0]
    assert english != chinese
    return found.value.code, english, chinese


@pytest.mark.parametrize("size", [(10000, 6000), (12000, 8000), (60000, 60000)])
def test_a_sixty_megapixel_picture_is_refused_before_it_is_decoded(size, public_folder):
    code, english, chinese = refused(png_header(*size))
    assert code == "too_many_pixels"
    assert english == "The picture has more than 50 megapixels. Make it smaller, then send it again."
    assert "5000 万像素" in chinese
    assert not public_folder.exists()


def test_a_real_sixty_megapixel_picture_is_refused():
    assert refused(saved(Image.new("L", (10000, 6000)), "PNG"))[0] == "too_many_pixels"
    assert refused(saved(Image.new("L", (10000, 6000)), "JPEG"))[0] == "too_many_pixels"


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF" + bytes(4000),
        b"MZ" + os.urandom(4000),
        b"%PDF-1.7\n" + bytes(400),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        saved(scene(40, 40), "GIF"),
        saved(scene(40, 40), "BMP"),
        saved(scene(40, 40), "TIFF"),
    ],
    ids=["elf", "exe", "pdf", "svg", "gif", "bmp", "tiff"],
)
def test_a_renamed_program_is_refused_with_what_to_send(content):
    code, english, chinese = refused(content, "photo.jpg")
    assert code == "not_a_picture"
    assert "Send a photo as JPEG, PNG, WebP, HEIC or AVIF" in english
    assert "JPEG、PNG" in chinese


@pytest.mark.parametrize(
    "content",
    [
        saved(scene(), "JPEG"),
        saved(scene(), "PNG"),
        saved(scene(), "WEBP"),
        saved(scene(), "AVIF"),
        heic(scene()),
    ],
    ids=["jpeg", "png", "webp", "avif", "heic"],
)
def test_a_picture_cut_short_is_refused(content):
    assert refused(content[: len(content) // 2])[0] in {"broken", "not_a_picture"}


def test_an_empty_file_is_refused():
    assert refused(b"")[0] == "empty"


def test_a_file_over_fifteen_megabytes_is_refused():
    code, english, _chinese = refused(saved(scene(40, 40), "PNG") + bytes(15 * 1024 * 1024))
    assert code == "too_many_bytes"
    assert "15 MB" in english


def test_unreadable_exif_is_no_reason_to_refuse():
    content = saved(scene(400, 300), "JPEG", exif=b"Exif\0\0" + os.urandom(64))
    assert stored(content).width == 400


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_raise_nothing_but_the_documented_error(seed):
    import random

    chance = random.Random(seed)
    form = ("JPEG", "PNG", "WEBP", "AVIF")[seed % 4]
    content = bytearray(saved(scene(200, 150), form, exif=exif_with(6)))
    for _count in range(1 + seed):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        stored(bytes(content))
    except PictureRefused as error:
        assert error.messages
