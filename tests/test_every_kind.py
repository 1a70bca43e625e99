"""What holds for every kind of listing that is installed, whoever wrote it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.listings import doubts, revising, states
from portal.listings.kinds import listing_model, listing_models
from portal.listings.models import FactGroup, Listing, Revision
from portal.listings.reading import cards
from portal.listings.snapshots import read_snapshot
from tests.factories import make_listing

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name),
]
Kind = type[Listing]
LANGUAGES = ("zh-hans", "en")


def admin_url(model: Kind, page: str, *args: Any) -> str:
    """Return an admin address of a kind."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def public_urls(listing: Listing) -> list[str]:
    """Return the pages and the API address of a listing."""
    plural = type(listing).plural
    pages = [reverse(f"{plural}:{page}", args=[listing.public_id]) for page in ("detail", "print", "share")]
    return [*pages, reverse(f"api:{plural}-detail", args=[listing.public_id])]


def test_it_names_itself_and_its_parts(model: Kind) -> None:
    assert listing_model(model.kind_name) is model
    assert model.plural != Listing.plural
    for name in (*model.editable_fields(), *model.status_fields):
        assert model._meta.get_field(name).concrete
    for group in model.groups.values():
        for relation, fields in group.relations.items():
            row = model._meta.get_field(relation).related_model
            assert {row._meta.get_field(name).name for name in fields} == set(fields)
    assert model.fact_groups
    assert set(model.fact_groups) <= set(FactGroup.values)


def test_its_group_rows_hold_nothing_that_no_snapshot_knows(model: Kind) -> None:
    """A column outside the group would be lost by the next edit, which writes the rows of a group anew."""
    for group in model.groups.values():
        for relation, fields in group.relations.items():
            related = model._meta.get_field(relation)
            known = {*fields, "id", related.field.name}
            assert {field.name for field in related.related_model._meta.concrete_fields} <= known


def test_its_own_fields_are_all_kept_in_the_history(model: Kind) -> None:
    own = {field.name for field in model._meta.local_concrete_fields if not field.primary_key}
    assert own <= {*model.editable_fields(), *model.status_fields}


def test_a_bare_listing_is_published_and_has_a_whole_document(regions: Any, model: Kind) -> None:
    listing = make_listing(model, name="康桥示例点", hours={"weekly_hours": [], "hours_exceptions": []})
    doc = json.loads(listing.document)
    common = {
        "schema",
        "id",
        "kind",
        "name",
        "name_en",
        "district",
        "street",
        "community",
        "address",
        "position",
    }
    common |= {
        "phone",
        "notice",
        "state",
        "pause",
        "planned_pauses",
        "shut",
        "hours",
        "photos",
        "drawing",
        "confirmations",
        "provenance",
    }
    assert common <= doc.keys()
    assert (doc["kind"], doc["id"], doc["state"]) == (model.kind_name, listing.public_id, "published")
    assert doc["street"] == {"code": "330105010", "zh": "康桥街道", "en": "Kangqiao Subdistrict"}
    assert set(doc["confirmations"]) == set(model.fact_groups)
    assert storages["public"].exists(doc["drawing"])


def test_its_pages_open_in_both_languages(client: Client, regions: Any, model: Kind) -> None:
    listing = make_listing(model, name="康桥示例点")
    for language in LANGUAGES:
        client.cookies["django_language"] = language
        for url in [reverse(f"{model.plural}:list"), *public_urls(listing), "/", "/map/"]:
            assert client.get(url).status_code == 200, (language, url)
        page = client.get(listing.get_absolute_url()).content.decode()
        assert "康桥示例点" in page
        assert f'<html lang="{language}"' in page.lower().replace("zh-cn", "zh-hans")


def test_its_list_finds_it_by_name_street_and_position(client: Client, regions: Any, model: Kind) -> None:
    listing = make_listing(model, name="康桥示例点")
    for query, found in (
        ({"q": "kqsld"}, 1),
        ({"q": "没有这个"}, 0),
        ({"street": "330105010"}, 1),
        ({"street": "330102013"}, 0),
        ({"near": f"{listing.lat},{listing.lng}", "radius": "300"}, 1),
        ({"near": "30.2,120.3", "radius": "300"}, 0),
    ):
        page = client.get(reverse(f"{model.plural}:list"), query)
        assert len(page.context["cards"]) == found, query
        assert client.get(reverse(f"api:{model.plural}-list"), query).json()["count"] == found, query


def test_the_api_serves_the_stored_document(client: Client, regions: Any, model: Kind) -> None:
    listing = make_listing(model, name="康桥示例点")
    stored = json.loads(listing.document)
    row = client.get(reverse(f"api:{model.plural}-detail", args=[listing.public_id])).json()
    assert {key: row[key] for key in stored} == stored
    assert client.get(reverse("api:listings-list")).json()["results"][0]["id"] == listing.public_id


@pytest.mark.parametrize("state", ["draft", "in_review", "archived"])
def test_the_public_sees_nothing_of_what_is_not_published(
    client: Client, regions: Any, model: Kind, state: str
) -> None:
    listing = make_listing(model, name="未公开的点", state=state)
    for url in public_urls(listing):
        assert client.get(url).status_code == 404, url
    for url in (
        reverse(f"{model.plural}:list"),
        reverse(f"api:{model.plural}-list"),
        reverse("map_data"),
        "/",
    ):
        assert "未公开的点" not in client.get(url).content.decode(), url
    assert "没有" in client.get("/search/", {"q": "未公开的点"}).content.decode()


def test_a_paused_listing_is_shown_as_paused_and_never_as_open(
    client: Client, regions: Any, model: Kind
) -> None:
    row = {"rule": "all_day", "opens": None, "closes": None, "is_open_end": False, "label": ""}
    always = {
        "weekly_hours": [{"day": day, **row} for day in ("workday", "rest_day")],
        "hours_exceptions": [],
    }
    listing = make_listing(model, name="暂停的点", state="paused", hours=always)
    api = client.get(reverse(f"api:{model.plural}-detail", args=[listing.public_id])).json()
    assert (api["state"], api["open_now"], api["held"]) == ("paused", False, "paused")
    assert "装修" in client.get(listing.get_absolute_url()).content.decode()
    assert not client.get(reverse(f"{model.plural}:list"), {"open_now": "true"}).context["cards"]


def test_an_edit_and_its_history_restore_the_same(regions: Any, clerk: User, model: Kind) -> None:
    listing = make_listing(model, name="康桥示例点")
    first = read_snapshot(model.objects.with_groups().get(pk=listing.pk))
    revising.edit(listing=listing, changes={"notice": "公告", "phone": "1"}, actor=clerk, channel="office")
    revision = Revision.objects.filter(listing_id=listing.pk).first()
    revising.edit(listing=listing, changes=revision.before, actor=clerk, channel="office")
    assert read_snapshot(model.objects.with_groups().get(pk=listing.pk)) == first


def test_staff_keep_it_in_the_admin_within_their_street(
    client: Client, clerk: User, other_clerk: User, model: Kind
) -> None:
    assert admin.site.is_registered(model)
    listing = make_listing(model, name="康桥示例点")
    client.force_login(clerk)
    for url in (
        admin_url(model, "changelist"),
        admin_url(model, "add"),
        admin_url(model, "change", listing.pk),
    ):
        assert client.get(url).status_code == 200, url
    assert "康桥示例点" in client.get(admin_url(model, "changelist")).content.decode()
    client.force_login(other_clerk)
    assert "康桥示例点" not in client.get(admin_url(model, "changelist")).content.decode()
    assert client.get(admin_url(model, "change", listing.pk)).status_code in (302, 403, 404)


def test_the_home_page_has_a_door_to_it(client: Client, regions: Any, model: Kind) -> None:
    assert f'href="{reverse(f"{model.plural}:list")}' in client.get("/").content.decode()


def grows(model: Kind, ask: Callable[[], Any]) -> tuple[int, int]:
    """Return the queries of a request with two rows and with twelve."""
    costs = []
    made = 0
    with time_machine.travel(
        timezone.now(), tick=False
    ):  # What is kept for a minute is asked for anew after it.
        for wanted in (2, 12):
            while made < wanted:
                make_listing(model, name=f"康桥示例点{made}")
                made += 1
            ask()  # What is looked up once for all requests is looked up here.
            with CaptureQueriesContext(connection) as queries:
                ask()
            costs.append(len(queries))
    return costs[0], costs[1]


@pytest.mark.parametrize("query", [{}, {"open_now": "true"}, {"near": "30.346,120.160", "radius": "5000"}])
def test_a_page_of_the_list_costs_as_many_queries_for_twelve_rows_as_for_two(
    client: Client, regions: Any, model: Kind, query: dict[str, str]
) -> None:
    url = reverse(f"{model.plural}:list")
    few, many = grows(model, lambda: client.get(url, query))
    assert few == many
    assert many <= 14


def test_a_page_of_the_api_costs_as_many_queries_for_twelve_rows_as_for_two(
    client: Client, regions: Any, model: Kind
) -> None:
    url = reverse(f"api:{model.plural}-list")
    few, many = grows(model, lambda: client.get(url, {"page_size": "100"}))
    assert few == many
    # The highest change number for the tag, the calendar, the count, the rows.
    assert many <= 6


def test_a_detail_page_costs_as_many_queries_beside_twelve_rows_as_beside_two(
    client: Client, regions: Any, model: Kind
) -> None:
    shown = make_listing(model, name="要看的点")
    few, many = grows(model, lambda: client.get(shown.get_absolute_url()))
    assert few == many
    # The listing, the calendar, and what the page's frame asks for.
    assert many <= 8


def test_an_admin_list_costs_as_many_queries_for_twelve_rows_as_for_two(
    client: Client, clerk: User, model: Kind
) -> None:
    client.force_login(clerk)
    few, many = grows(model, lambda: client.get(admin_url(model, "changelist")))
    assert few == many


def test_cards_cost_two_queries_however_many(
    regions: Any, model: Kind, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        make_listing(model, name=f"点{number}")
    doubts.standing(timezone.now())  # What the whole city doubts is looked up once for all.
    # The calendar and the rows.
    with django_assert_num_queries(2):
        assert len(cards(model.objects.published(), timezone.now())) == 3


def test_a_draft_may_go_back_and_forth_and_the_public_number_stays(regions: Any, model: Kind) -> None:
    listing = make_listing(model, name="草稿", state="draft")
    states.move(listing=listing, to="in_review", actor=None)
    states.move(listing=listing, to="draft", actor=None)
    assert model.objects.get(pk=listing.pk).change_number is None
