"""The portal in English: nothing stays Chinese by accident, and nothing Chinese turns English.

A crawl of pages with places of every kind; what is Chinese on an English page is marked so, and the other way round.
"""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.listings import revising, states
from portal.listings.documents import document
from portal.pages.models import RightsCard
from tests import api_places
from tests import pages_places as places
from tests.pages_places import NEAR, at

pytestmark = pytest.mark.django_db

HAN = re.compile(r"[\u3400-\u9fff]")
#: English words that Chinese pages show on purpose: names, units, codes.
LATIN = {
    "nuanxin",
    "english",
    "en",
    "wi-fi",
    "aed",
    "api",
    "km",
    "javascript",
    "pdf",
    "kangqiao",
    "kq",
    "zlk",
    "zzzz",
}
SPOKEN = ("aria-label", "alt", "title", "placeholder")
#: Chinese in English sentences on purpose: how a name looks in part.
SHOWN = ("李*明",)


class Text(HTMLParser):
    """Collects (language, text) of a page, attributes that are read aloud or shown included."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or (self.open[-1][1] if self.open else "")
        for name in SPOKEN:
            if given.get(name):
                self.found.append((language or "", given[name] or ""))
        if tag not in ("meta", "link", "img", "input", "br", "hr", "source"):
            self.open.append((tag, language or ""))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open and self.open[-1][0] not in ("script", "style", "title"):
            # What the reader typed is said back in quotation marks, whatever the language.
            self.found.append((self.open[-1][1], re.sub(r"“[^”]*”", "“”", " ".join(data.split()))))


def texts(client: Client, path: str, language: str) -> list[tuple[str, str]]:
    """Return the texts of a page in a language, each with the language that it is marked as."""
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code in (200, 404), path
    reader = Text()
    reader.feed(answer.content.decode())
    assert reader.found
    return reader.found


@pytest.fixture
def crawled(regions: Any) -> Any:
    """Return addresses of every sort of page, with places that have something to say in every field."""
    from housing.models import ApartmentProject
    from services.codes.models import Compound
    from services.stations.models import Amenity

    with time_machine.travel(at("11:42"), tick=False):
        Amenity.objects.get_or_create(code="water", defaults={"name": "饮用水", "name_en": "Drinking water"})
        canteen = places.canteen(
            "弄杭里邻里食堂",
            100,
            address="康桥路12号",
            notice="雨天可在店内休息",
            pickup="窗口取餐",
            serves="couriers",
            provenance="街道办登记",
            phone="0571-00000001",
            meals={
                "set_meals": [
                    {
                        "name": "小哥午间套餐（一荤两素）",
                        "dishes": "红烧肉、炒青菜、神秘小炒",
                        "courier_price_yuan": "10.00",
                        "normal_price_yuan": "15.00",
                        "portions": 1,
                        "label": "lunch",
                    }
                ]
            },
            discounts={"discounts": [{"percent_off": 20, "note": "错峰优惠"}]},
            hours={
                **places.daily("10:30", "13:30", label="lunch"),
                "hours_exceptions": [
                    {
                        "starts_on": f"2026-11-{day}",
                        "ends_on": f"2026-11-{day}",
                        "rule": "closed",
                        "opens": None,
                        "closes": None,
                        "is_open_end": False,
                        "reason": reason,
                    }
                    for day, reason in ((25, "设备检修"), (26, "老板回乡"))
                ],
            },
        )
        places.confirm(canteen, "price", at("08:00"))
        paused = places.canteen("停供食堂", 200)
        states.move(listing=paused, to="paused", actor=None, reason="老板回乡")
        station = places.station(
            "康桥驿站",
            rules="请保持安静",
            amenities={"offers": [{"amenity": "water", "count": 2, "note": "在门口"}]},
        )
        apartment = places.apartment(
            "丰乐之家",
            who_may_apply="在杭小哥",
            lease_note="可续租",
            contact_note="前台",
            other_costs="水电自理",
            deposit_yuan="500.00",
            lease_months_min=1,
            programmes={"programme_labels": [{"programme": "riders_home", "adds": "换电柜"}]},
            rooms={
                "room_types": [
                    {
                        "name": "双人间",
                        "floor": "2–6 层",
                        "furniture": "床、书桌",
                        "basis": "bed",
                        "total_count": 3,
                        "free_count": 1,
                        "free_as_of": at("08:00").isoformat(),
                        "rent_before_yuan": "900.00",
                        "rent_after_yuan": "600.00",
                        "bunks": 2,
                    }
                ]
            },
        )
        compound = api_places.publish(
            Compound,
            "文溪鼎园",
            lat=30.36,
            lng=120.15,
            bays="南门外",
            lifts="乘货梯",
            shuttle="可借推车",
            equal_terms="同样通行",
            hours=places.daily("06:00", "23:00"),
            gates={
                "gates": [
                    {"name": "南门", "admits_couriers": True, "riding": "always", "note": "靠右"},
                    {"name": "小哥专用口", "admits_couriers": False, "riding": "never"},
                ]
            },
            buildings={"buildings": [{"name": "3幢", "gate": "南门", "route_hint": "右转"}]},
        )
        assert ApartmentProject.objects.count() == 1
        kept = (canteen, paused, station, apartment, compound)
        details = [row.get_absolute_url() for row in kept]
        yield [
            "/",
            f"/canteens/?near={NEAR}",
            "/canteens/?q=zzzz&open_now=true",
            "/stations/",
            "/housing/",
            "/compounds/?page=9",
            "/place/?district=330105",
            "/place/?q=kq",
            "/search/",
            "/map/",
            "/rights/",
            "/me/",
            "/me/favourites/",
            "/offline/",
            "/share/",
            f"/break/?near={NEAR}",
            "/break/?street=330105010",
            "/search/?q=kangqiao%20charging%20open",
            "/search/?q=meal%20under%2015%20yuan",
            "/search/?q=kangqioa",
            "/accounts/login/",
            "/accounts/signup/",
            "/accounts/staff/",
            "/nothing/",
            *details,
            *(f"{path}print/" for path in details),
        ]


def test_chinese_on_an_english_page_is_marked_as_chinese(crawled: list[str]) -> None:
    stray = {
        f"{path}: {text}"
        for path in crawled
        for language, text in texts(Client(), path, "en")
        if language == "en" and HAN.search(text) and not any(shown in text for shown in SHOWN)
    }
    assert stray == set()


def test_no_english_sentence_stays_on_a_chinese_page(crawled: list[str]) -> None:
    stray = set()
    for path in crawled:
        for language, text in texts(Client(), path, "zh-CN"):
            words = {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z'-]+", text)}
            is_chinese = language.lower() in ("zh-hans", "zh-cn")
            if is_chinese and words - LATIN and not HAN.search(text) and not text.startswith("localhost"):
                stray.add(f"{path}: {text}")
    assert stray == set()


def test_an_english_page_says_in_english_what_staff_wrote_by_a_pattern(crawled: list[str]) -> None:
    pages = {path: " ".join(text for _language, text in texts(Client(), path, "en")) for path in crawled}
    everything = " ".join(pages.values())
    for said in (
        "Nonghangli Linli Shitang",
        "12 Kangqiao Road",
        "Couriers' lunch set meal (1 meat, 2 vegetables)",
        "Red-braised pork · Stir-fried greens · Shenmixiaochao",
        "off-peak discount",
        "equipment maintenance",
        "Double room",
        "floors 2–6",
        "Bed, desk",
        "South Gate",
        "Building 3",
        "Drinking water",
        "Kangqiao Subdistrict",
    ):
        assert said in everything, said


def test_the_title_of_an_english_page_begins_with_the_name_in_latin_letters(crawled: list[str]) -> None:
    html = (
        Client()
        .get(
            next(path for path in crawled if re.search(r"/canteens/\w{10}/$", path)),
            headers={"Accept-Language": "en"},
        )
        .content.decode()
    )
    assert "<title>Nonghangli Linli Shitang 弄杭里邻里食堂 · Nuanxin</title>" in " ".join(html.split())


def test_english_by_staff_goes_before_english_by_rule(regions: Any) -> None:
    place = places.canteen("康桥食堂", notice="停电")
    assert document(place)["notice_en"] == "power cut"
    revising.edit(listing=place, changes={"notice_en": "No power until noon"}, actor=None, channel="office")
    place.refresh_from_db()
    assert document(place)["notice_en"] == "No power until noon"
    states.move(listing=place, to="paused", actor=None, reason="停电", reason_en="No power")
    place.refresh_from_db()
    assert document(place)["pause"]["reason_en"] == "No power"
    states.move(listing=place, to="published", actor=None)
    place.refresh_from_db()
    assert place.pause_reason_en == ""


def test_a_rights_card_has_both_languages(regions: Any) -> None:
    assert not [card for card in RightsCard.objects.published() if not card.title_en]
