"""Lists, deeds, photos and the first page of the admin."""

import datetime as dt
import io
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from canteens.models import Canteen
from portal.listings import confirming
from portal.listings.kinds import listing_models
from portal.listings.models import CalendarYear, Confirmation, Listing, Photo
from portal.listings.pictures import picture_paths
from tests.admin_form import fields_of
from tests.factories import make_apartment, make_canteen, make_compound, make_listing, make_station
from tests.test_admin_saving import errors_of, opened, page, signed_in

pytestmark = pytest.mark.django_db


def changelist(model: Any, query: str = "") -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + query


def deed(listing: Listing, name: str) -> str:
    meta = type(listing)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[listing.pk])


def names(response: Any) -> set[str]:
    return {row.name for row in response.context["cl"].result_list}


def picture(size: tuple[int, int] = (640, 480), colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


@pytest.mark.parametrize("model", [*listing_models(), Listing], ids=lambda model: model._meta.model_name)
def test_a_list_costs_the_same_for_many_rows(model: Any, clerk: Any) -> None:
    client = signed_in(clerk)
    kind = model if model is not Listing else Canteen
    counts = []
    for batch in range(2):
        for number in range(3 if batch == 0 else 12):
            made = make_listing(kind, name=f"点位{batch}-{number}")
            confirming.confirm(listing=made, fact_groups=kind.fact_groups, actor=clerk)
            Photo.objects.create(listing=made, digest="a" * 64, width=10, height=10)
        client.get(changelist(model))
        with CaptureQueriesContext(connection) as queries:
            response = client.get(changelist(model))
        counts.append(len(queries))
    assert len(response.context["cl"].result_list) == 15
    assert counts[0] == counts[1]
    assert not [query for query in queries if ', "listings_listing"."document"' in query["sql"]], (
        "documents stay unread"
    )


def test_the_first_page_costs_the_same_for_many_rows(clerk: Any) -> None:
    client = signed_in(clerk)
    counts = []
    for number in (2, 10):
        for _index in range(number):
            make_canteen()
        client.get(reverse("admin:index"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:index"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_list_shows_state_freshness_and_a_picture(clerk: Any) -> None:
    shown = make_canteen(name="有照片")
    Photo.objects.create(listing=shown, digest="b" * 64, width=10, height=10)
    make_canteen(name="暂停的", state="paused")
    old = timezone.now() - dt.timedelta(days=41, hours=1)
    confirming.confirm(listing=shown, fact_groups=["price"], actor=clerk, at=old)
    for group in ("hours", "contact"):
        confirming.confirm(listing=shown, fact_groups=[group], actor=clerk)
    html = signed_in(clerk).get(changelist(Canteen)).content.decode()
    for text in ("41 天未核实", "从未核实", "已发布", "暂停", picture_paths("b" * 64)["small"], "drawings/"):
        assert text in html, text


def test_filters_find_what_is_stale_and_what_is_to_be_placed(clerk: Any) -> None:
    fresh, stale = make_canteen(name="新鲜"), make_canteen(name="过期")
    confirming.confirm(listing=fresh, fact_groups=Canteen.fact_groups, actor=clerk)
    confirming.confirm(listing=stale, fact_groups=("hours", "contact"), actor=clerk)
    make_canteen(name="无坐标", state="draft", lat=None, lng=None)
    make_canteen(name="大致", accuracy="approximate", state="draft")
    client = signed_in(clerk)
    expected = {
        "?stale=price": {"过期"},
        "?stale=hours": set(),
        "?stale=any": {"过期"},
        "?to_place=1": {"无坐标"},
        "?to_place=approximate": {"大致"},
        "?state__exact=draft": {"无坐标", "大致"},
    }
    for query, found in expected.items():
        assert names(client.get(changelist(Canteen, query))) == found, query
        assert names(client.get(changelist(Listing, query))) == found, query


@pytest.mark.parametrize("query", ["康桥食堂", "kangqiao", "kqst", "红烧肉"])
def test_search_takes_chinese_pinyin_initials_and_dishes(query: str, clerk: Any) -> None:
    make_canteen()
    assert names(signed_in(clerk).get(changelist(Canteen), {"q": query})) == {"康桥食堂"}


def test_a_listing_goes_through_its_states_by_buttons(clerk: Any) -> None:
    canteen, client = make_canteen(state="draft"), signed_in(clerk)
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    steps = [
        ("review", {}, "in_review"),
        ("publish", {}, "published"),
        ("pause", {"reason": "停水", "until": tomorrow}, "paused"),
        ("resume", {}, "published"),
        ("archive", {}, "archived"),
        ("restore", {}, "draft"),
    ]
    for name, answers, state in steps:
        offered = {one.name for one in client.get(page(canteen)).context["deeds"]}
        assert name in offered, name
        assert client.post(deed(canteen, name), answers).status_code == 302
        canteen.refresh_from_db()
        assert canteen.state == state
    assert canteen.revisions.count() == 1 + len(steps)


def test_a_deed_without_questions_is_never_done_by_a_link(clerk: Any) -> None:
    canteen, client = make_canteen(state="draft"), signed_in(clerk)
    assert client.get(deed(canteen, "publish")).status_code == 405
    canteen.refresh_from_db()
    assert canteen.state == "draft"


def test_a_pause_without_a_reason_is_asked_for_it(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    assert client.post(deed(canteen, "pause"), {"reason": ""}).status_code == 200
    canteen.refresh_from_db()
    assert canteen.state == "published"


def test_sold_out_and_reopened(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    later = (timezone.localtime() + dt.timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    client.post(deed(canteen, "shut"), {"reason": "sold_out", "until": later})
    canteen.refresh_from_db()
    assert canteen.shut_reason == "sold_out"
    assert '"reason":"sold_out"' in canteen.document
    client.post(deed(canteen, "reopen"))
    canteen.refresh_from_db()
    assert canteen.shut_until is None


def test_a_station_says_how_it_is_now_and_others_do_not(clerk: Any) -> None:
    station, client = make_station(), signed_in(clerk)
    later = (timezone.localtime() + dt.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    client.post(deed(station, "live"), {"status": "busy", "until": later})
    station.refresh_from_db()
    assert station.live_status == "busy"
    assert "live" not in admin.site._registry[Canteen].deeds()


def test_facts_are_confirmed_one_by_one_and_in_bulk(clerk: Any) -> None:
    first, second = make_canteen(), make_canteen(name="第二")
    client = signed_in(clerk)
    client.post(deed(first, "confirm"), {"facts": ["price"]})
    found = Confirmation.objects.values_list("listing", "fact_group", "channel", "actor_label")
    assert list(found) == [(first.pk, "price", "office", "康桥工作人员")]
    data = {"action": "do_confirm", "_selected_action": [first.pk, second.pk]}
    asked = client.post(changelist(Canteen), data)
    assert asked.status_code == 200
    assert Confirmation.objects.count() == 1
    client.post(changelist(Canteen), {**data, "deed_answer": "1", "facts": ["price", "hours"]})
    # Two facts of two places; the price of the first was said a moment ago and is not said twice.
    assert Confirmation.objects.count() == 4


def test_bulk_publishing_tells_what_was_left_and_why(clerk: Any) -> None:
    ready = make_canteen(state="in_review")
    unplaced = make_canteen(name="没定位", state="draft", lat=None, lng=None)
    archived = make_canteen(name="归档的", state="archived")
    chosen = [ready.pk, unplaced.pk, archived.pk]
    data = {"action": "do_publish", "_selected_action": chosen}
    html = signed_in(clerk).post(changelist(Canteen), data, follow=True).content.decode()
    assert "已对 1 个点位执行：发布" in html
    assert "没定位: 请先落点" in html
    assert "1 个点位保持原样" in html
    assert set(Listing.objects.filter(state="published").values_list("pk", flat=True)) == {ready.pk}


def test_a_good_photo_survives_a_mistake_elsewhere(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    data = {**opened(client, canteen), "weekly_hours-0-opens": "25:00"}
    response = client.post(
        page(canteen), {**data, "photos-0-upload": upload("门口.jpg", picture()), "photos-0-alt": "门口"}
    )
    assert response.status_code == 200
    data = fields_of(response.content.decode())
    assert data["photos-0-stored"]
    response = client.post(page(canteen), {**data, "weekly_hours-0-opens": "10:30"})
    assert response.status_code == 302, errors_of(response)
    photo = canteen.photos.get()
    assert (photo.alt, photo.width, photo.height) == ("门口", 640, 480)
    assert storages["public"].exists(picture_paths(photo.digest)["small"])
    canteen.refresh_from_db()
    assert photo.digest in canteen.document


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("程序.jpg", b"MZ\x90\x00" + b"\0" * 400, "不是"),
        ("空.jpg", b"", "空"),
        ("太大.png", b"", "像素"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason_and_the_rest_stays(
    name: str, content: bytes, sentence: str, clerk: Any
) -> None:
    if name == "太大.png":
        file = io.BytesIO()
        Image.new("1", (10_000, 6_000)).save(file, "PNG")
        content = file.getvalue()
    canteen, client = make_canteen(), signed_in(clerk)
    data = {**opened(client, canteen), "notice": "还在", "photos-TOTAL_FORMS": "2"}
    files = {"photos-0-upload": upload("好的.jpg", picture()), "photos-1-upload": upload(name, content)}
    response = client.post(page(canteen), {**data, **files})
    assert response.status_code == 200
    html = response.content.decode()
    assert sentence in html
    shown = fields_of(html)
    assert shown["notice"] == "还在"
    assert shown["photos-0-stored"], "the good photo is kept"
    assert client.post(page(canteen), shown).status_code == 302
    assert canteen.photos.count() == 1


def test_nobody_attaches_a_picture_that_was_not_uploaded(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    response = client.post(page(canteen), {**opened(client, canteen), "photos-0-stored": "x" * 64})
    assert response.status_code == 200
    assert "请重新选择照片" in response.content.decode()


def test_photos_are_ordered_by_number_and_removed_by_a_box(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    data = {**opened(client, canteen), "photos-TOTAL_FORMS": "3"}
    for number, colour in enumerate(("red", "green", "blue")):
        data[f"photos-{number}-upload"] = upload(f"{colour}.jpg", picture(colour=colour))
        data |= {
            f"photos-{number}-alt": colour,
            f"photos-{number}-position": str(9 - number),
            f"photos-{number}-role": "picture",
        }
    assert client.post(page(canteen), data).status_code == 302
    assert [photo.alt for photo in canteen.photos.all()] == ["blue", "green", "red"]
    data = {**opened(client, canteen), "photos-1-DELETE": "on", "photos-2-position": "1"}
    assert client.post(page(canteen), data).status_code == 302
    assert [photo.alt for photo in canteen.photos.all()] == ["red", "blue"]


def test_only_compounds_have_a_building_map(clerk: Any) -> None:
    client = signed_in(clerk)
    assert "building_map" in client.get(page(make_compound())).content.decode()
    canteen = make_canteen()
    data = {
        **opened(client, canteen),
        "photos-0-upload": upload("a.jpg", picture()),
        "photos-0-role": "building_map",
    }
    assert client.post(page(canteen), data).status_code == 200


def test_the_first_page_counts_what_is_due_in_the_own_area(
    clerk: Any, community_clerk: Any, city_admin: Any
) -> None:
    make_canteen(name="待审", state="in_review")
    make_canteen(name="没坐标", state="draft", lat=None, lng=None)
    make_apartment()
    make_canteen(name="别处的", street="330102013", state="in_review")
    context = signed_in(clerk).get(reverse("admin:index")).context
    work = {due.label: due.count for due in context["work"]}
    assert (work["待审核"], work["待定位"]) == (1, 1)
    assert {due.label: due.count for due in context["stale"]}["空余情况"] == 1
    for due in context["work"]:
        listed = signed_in(clerk).get(due.url)
        assert len(listed.context["cl"].result_list) == due.count, due
    for due in context["stale"]:
        listed = signed_in(clerk).get(due.url)
        assert len(listed.context["page"].object_list) == due.count, due
    labels = {due.label for due in signed_in(community_clerk).get(reverse("admin:index")).context["work"]}
    assert "待处理的修改建议" not in labels
    assert not context["calendar"], "a clerk does not keep the calendar"
    assert signed_in(city_admin).get(reverse("admin:index")).context["calendar"]


def test_the_city_confirms_a_year(city_admin: Any, clerk: Any) -> None:
    CalendarYear.objects.create(year=2027)
    url = reverse("admin:listings_calendaryear_confirm", args=[2027])
    assert signed_in(clerk).post(url).status_code == 403
    client = signed_in(city_admin)
    assert client.get(url).status_code == 405
    client.post(url)
    assert CalendarYear.objects.get(year=2027).confirmed_at is not None


def test_a_renamed_amenity_reaches_every_document(city_admin: Any) -> None:
    station = make_station(amenities=("water",))
    url = reverse("admin:stations_amenity_change", args=["water"])
    data = {"name": "开水", "name_en": "Hot water", "position": "0"}
    assert signed_in(city_admin).post(url, data).status_code == 302
    station.refresh_from_db()
    assert "开水" in station.document


def test_the_admin_speaks_chinese_and_switches_to_english(clerk: Any) -> None:
    make_canteen()
    client: Client = signed_in(clerk)
    html = client.get(changelist(Canteen)).content.decode()
    for text in ("取餐点", "筛选", "核实情况", "English"):
        assert text in html, text
    html = client.get(changelist(Canteen), {"lang": "en"}).content.decode()
    for text in ("Canteens", "Freshness", "中文"):
        assert text in html, text


def test_a_form_without_scripts_has_a_spare_row_for_every_day(clerk: Any) -> None:
    canteen, client = make_canteen(), signed_in(clerk)
    data = opened(client, canteen)
    days = [
        value for name, value in data.items() if name.startswith("weekly_hours-") and name.endswith("-day")
    ]
    assert days.count("mon") == 2
    assert days.count("holiday") == 1
    number = days.index("holiday")
    data |= {f"weekly_hours-{number}-rule": "closed"}
    assert client.post(page(canteen), data).status_code == 302
    assert canteen.weekly_hours.get(day="holiday").rule == "closed"


def test_the_admin_loads_nothing_from_other_hosts(clerk: Any) -> None:
    policy = signed_in(clerk).get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "'unsafe-eval'" in policy
    assert "http" not in policy


def test_a_kind_without_an_admin_of_its_own_gets_the_one_that_all_share(clerk: Any) -> None:
    from portal.listings.admin import ListingAdmin
    from portal.listings.admin.kinds import register_kinds

    kept = admin.site._registry.pop(Canteen)
    try:
        register_kinds()
        assert type(admin.site._registry[Canteen]) is ListingAdmin
        canteen, client = make_canteen(), signed_in(clerk)
        assert client.post(page(canteen), {**opened(client, canteen), "seats": "12"}).status_code == 302
        canteen.refresh_from_db()
        assert canteen.seats == 12
    finally:
        admin.site._registry[Canteen] = kept
