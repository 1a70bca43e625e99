"""The poster that is sent around, its lettering, and QR codes."""

import csv
import datetime as dt
import xml.etree.ElementTree as ElementTree
from io import BytesIO

import pytest
import segno
import time_machine
from django.conf import settings as portal_settings
from PIL import Image, ImageChops, ImageDraw

from portal.listings import lettering
from portal.listings.emblems import emblem
from portal.listings.pictures import picture_paths, store_picture
from portal.listings.sharing import headline, qr_svg, share_picture

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
URL = "https://example.org/canteens/8KZ4T1M2QX/"


@pytest.fixture
def canteen():
    return {
        "id": "8KZ4T1M2QX",
        "kind": "canteen",
        "name": "弄杭里邻里食堂",
        "name_en": "Nonghangli Linli Shitang",
        "district": {"code": "330102", "zh": "上城区", "en": "Shangcheng District"},
        "address": "机场路一巷 18 号",
        "phone": "",
        "photos": [],
        "lowest_price": "10.00",
        "set_meals": [{"name": "一荤两素", "courier_price": "10.00"}],
        "discounts": [],
    }


MEALS = [
    {"name": "两荤两素", "name_en": "2 meats, 2 vegetables", "courier_price": "13.00"},
    {"name": "一荤两素", "name_en": "1 meat, 2 vegetables", "courier_price": "10.00"},
]
RENT = {"amount": "850.00", "basis": {"code": "room", "zh": "间", "en": "room"}}


def poster(doc, line="每天 10:30–13:30", lang="zh-hans", **options):
    with time_machine.travel(NOON, tick=False):
        return share_picture(doc, line, lang, **options)


def differ(one, other):
    """Return the box in which two posters differ, None when they are the same."""
    pictures = [Image.open(BytesIO(content)).convert("RGB") for content in (one, other)]
    return ImageChops.difference(*pictures).getbbox()


def test_a_poster_is_a_png_of_1080_by_1440(canteen):
    image = Image.open(BytesIO(poster(canteen)))
    assert (image.format, image.size, image.mode) == ("PNG", (1080, 1440), "RGB")
    assert len(poster(canteen)) < 400_000


def test_the_same_listing_gives_the_same_poster(canteen):
    assert poster(canteen) == poster(canteen)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"name": "康桥食堂"}, None),
        ({"lowest_price": "12.00"}, None),
        ({"address": "凯旋路 1 号"}, None),
        ({"phone": "0571-86000000"}, None),
        ({}, "全天开放"),
    ],
    ids=["name", "price", "address", "phone", "hours"],
)
def test_a_poster_shows_each_fact(canteen, change, line):
    box = differ(poster(canteen), poster({**canteen, **change}, line or "每天 10:30–13:30"))
    assert box is not None
    assert box[1] > 460
    assert box[3] < 1110


def test_an_english_poster_adds_pinyin_and_keeps_the_name(canteen):
    assert differ(poster(canteen), poster(canteen, lang="en"))
    assert differ(poster(canteen, lang="en"), poster({**canteen, "name_en": "Neighbours"}, lang="en"))
    assert differ(poster(canteen), poster({**canteen, "name_en": "Neighbours"})) is None


@pytest.mark.parametrize("url", [URL, ""])
def test_the_code_on_a_poster_leads_to_the_listing(canteen, url, settings):
    settings.PUBLIC_BASE_URL = "https://nuanxin.example"
    image = Image.open(BytesIO(poster(canteen, url=url))).convert("L")
    expected = segno.make(
        url or "https://nuanxin.example/canteens/8KZ4T1M2QX/?lang=zh", error="m", micro=False
    )
    foot = image.crop((540, 1110, 1016, 1386)).point(lambda level: 255 if level < 20 else 0)
    left, top, right, bottom = foot.getbbox()
    modules = len(expected.matrix)
    assert right - left == bottom - top
    scale = (right - left) // modules
    assert scale >= 4
    for row, line in enumerate(expected.matrix):
        for column, dark in enumerate(line):
            spot = (left + column * scale + scale // 2, top + row * scale + scale // 2)
            assert bool(foot.getpixel(spot)) == bool(dark), (row, column)


def test_the_code_has_its_quiet_zone(canteen):
    image = Image.open(BytesIO(poster(canteen, url=URL))).convert("L")
    foot = image.crop((700, 1110, 1016, 1386)).point(lambda level: 255 if level < 20 else 0)
    left, top, right, bottom = foot.getbbox()
    quiet = 4 * ((right - left) // len(segno.make(URL, error="m", micro=False).matrix))
    around = image.crop((700 + left - quiet, 1110 + top - quiet, 700 + right + quiet, 1110 + top))
    assert around.getextrema()[0] > 240


def test_a_photo_fills_the_top(canteen):
    target = BytesIO()
    Image.new("RGB", (800, 600), (10, 120, 200)).save(target, "PNG")
    stored = store_picture(BytesIO(target.getvalue()))
    doc = {**canteen, "photos": [{**picture_paths(stored.digest), "role": "picture"}]}
    red, green, blue = Image.open(BytesIO(poster(doc))).convert("RGB").getpixel((900, 240))
    assert (red, green, blue) == pytest.approx((10, 120, 200), abs=6)


def test_a_photo_that_is_gone_leaves_the_emblem(canteen):
    doc = {**canteen, "photos": [{"large": "photos/no/none-1280.webp", "role": "picture"}]}
    assert differ(poster(doc), poster(canteen)) is None


def test_a_building_map_is_not_the_picture_of_the_place(canteen):
    doc = {**canteen, "photos": [{"large": "photos/no/none-1280.webp", "role": "building_map"}]}
    assert differ(poster(doc), poster(canteen)) is None


def test_a_long_name_and_every_fact_stay_above_the_foot(canteen):
    doc = {
        **canteen,
        "name": "长" * 120,
        "address": "址" * 300,
        "phone": "0571-86000000",
        "set_meals": [{"name": "餐" * 80, "courier_price": "10.00"}],
    }
    assert differ(poster(doc, "时" * 300, "en"), poster(canteen, lang="en"))[3] < 1105


def test_only_a_name_is_enough(canteen):
    bare = {"id": canteen["id"], "kind": "canteen", "name": "食堂"}
    assert Image.open(BytesIO(poster(bare, ""))).size == (1080, 1440)


@pytest.mark.parametrize(
    ("doc", "lang", "number", "words"),
    [
        ({"lowest_price": "10.00", "set_meals": MEALS}, "zh-hans", "10.00", "元 一荤两素"),
        ({"lowest_price": "10.00", "set_meals": MEALS}, "en", "10.00", "yuan 1 meat, 2 vegetables"),
        ({"lowest_price": "9.50"}, "zh-hans", "9.50", "元"),
        (
            {"discounts": [{"percent_off": 20, "from": "13:30", "until": "16:30"}]},
            "zh-hans",
            "−20%",
            "13:30–16:30",
        ),
        (
            {"rents_from": [RENT]},
            "zh-hans",
            "850.00",
            "元/间·月",
        ),
        (
            {"rents_from": [RENT, {"amount": "400.00", "basis": {"code": "bed", "zh": "床", "en": "bed"}}]},
            "zh-hans",
            "850.00",
            "元/间·月 · 400.00 元/床·月",
        ),
        (
            {"rents_from": [RENT]},
            "en",
            "850.00",
            "yuan a month per room",
        ),
        (
            {"amenities": [{"zh": "饮水", "en": "Water"}, {"zh": "充电", "en": "Charging"}]},
            "en",
            "",
            "Water · Charging",
        ),
        (
            {
                "gates": [
                    {"name": "南门", "admits_couriers": True},
                    {"name": "北门", "admits_couriers": False},
                ]
            },
            "zh-hans",
            "",
            "小哥请走：南门",
        ),
        ({"gates": [{"name": "北门", "admits_couriers": False}]}, "zh-hans", "", ""),
        ({}, "en", "", ""),
    ],
)
def test_the_headline_is_what_a_kind_is_looked_up_for(doc, lang, number, words):
    assert headline(doc, lang) == (number, words)


def test_every_character_of_the_city_s_regions_can_be_drawn():
    path = portal_settings.BASE_DIR / "portal/regions/data/hangzhou/regions.csv"
    with path.open(encoding="utf-8") as file:
        marks = set("".join(row["name"] for row in csv.DictReader(file)))
    assert len(marks) > 1000
    # Two characters of mountain villages are in no published font of this size; they are shown as a box.
    assert {mark for mark in marks if lettering._slice_of(mark) is None} <= {"嵔", "觃"}


def test_a_character_that_no_slice_holds_is_a_box_and_not_a_gap():
    assert lettering._runs("嵔") == lettering._runs("□")
    assert lettering.width("嵔", 40) == 40


def test_a_weight_is_really_drawn():
    def ink(weight):
        image = Image.new("L", (300, 120), 0)
        lettering.write(ImageDraw.Draw(image), 10, 90, "暖新 10", 60, 255, weight)
        return sum(image.tobytes())

    assert 0 < ink(300) < ink(800)


def test_what_the_font_lacks_is_left_out():
    assert lettering.width("食\U0001fae0堂", 40) == lettering.width("食堂", 40)


def test_lines_break_between_characters_but_not_before_a_comma():
    lines = lettering.wrap("一二三四，五六七八", 40, 40 * 4 + 2, 5)
    assert lines == ["一二三四，", "五六七八"]


def test_latin_words_stay_whole_and_long_ones_do_not_overflow():
    assert lettering.wrap("Nonghangli Linli Shitang", 40, 290, 5) == ["Nonghangli", "Linli Shitang"]
    assert all(lettering.width(line, 40) <= 200 for line in lettering.wrap("x" * 60, 40, 200, 9))


def test_what_does_not_fit_ends_in_an_ellipsis():
    lines = lettering.wrap("字" * 40, 40, 400, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert lettering.width(lines[-1], 40) <= 400


def test_a_missing_font_says_how_to_bring_it(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    lettering._slices.cache_clear()
    try:
        with pytest.raises(lettering.FontMissing, match="npm ci"):
            lettering._slices()
    finally:
        lettering._slices.cache_clear()


@pytest.mark.parametrize("kind", ["canteen", "apartment", "compound", "station"])
def test_every_way_in_has_its_emblem(kind):
    mask = emblem(kind, 96)
    assert mask.size == (96, 96)
    assert 0.03 < sum(mask.tobytes()) / (255 * 96 * 96) < 0.5


def test_a_new_kind_has_no_emblem():
    assert emblem("library", 96) is None


def test_a_qr_code_for_print_is_plain_svg_with_a_quiet_zone():
    svg = qr_svg(URL + "?a=1&b=<2>")
    root = ElementTree.fromstring(svg)
    assert root.get("class") == "qr"
    assert "style" not in svg
    size = len(segno.make(URL + "?a=1&b=<2>", error="m", micro=False).matrix) + 8
    assert root.get("viewBox") == f"0 0 {size} {size}"
