"""The fields of a list's form: kept for other questions, the same as Django writes them, never older than the regions."""

from typing import Any

import pytest
from django.db import connection
from django.forms import Select
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from canteens.filters import CanteenFilter
from canteens.models import Canteen
from portal.listings import selects
from portal.listings.filters import ListingFilter
from portal.listings.narrowed import narrowed
from portal.regions.models import District, Street
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    selects.forget()
    yield
    selects.forget()


def asked(query: str) -> ListingFilter:
    """Return the filter set of a question with everything that the page shows of it."""
    kind: Any = narrowed(CanteenFilter, frozenset(CanteenFilter.shown_on_pages))
    found = kind(QueryDict(query), queryset=Canteen.objects.published())
    found.is_valid()
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "district=330105",
        "street=330105010&open_now=true",
        "q=%3Cb%3E%22%26",
        "price_max=12&discount=true&serves=everyone",
        "district=999999&price_max=-1",
        "q=" + "x" * 61,
    ],
)
def test_a_kept_field_is_what_django_writes(language: str, query: str) -> None:
    for _time in range(2):
        with translation.override(language):
            filterset = asked(query)
            for name in filterset.shown_on_pages:
                field = filterset.form[name]
                kept = selects.field_group(CanteenFilter, field)
                assert kept == field.as_field_group(), name


@pytest.mark.parametrize("chosen", [None, "", "330105", '"><b>', "330105014"])
def test_a_long_select_chooses_as_djangos_does(chosen: Any) -> None:
    choices = [("", "any"), ("330105", 'A "<b>'), ("group & co", [("330105014", "B"), ("330105", "A again")])]
    ours = selects.LongSelect(choices=choices).render("district", chosen)
    stock = Select(choices=choices).render("district", chosen)
    assert "".join(ours.split()) == "".join(stock.split())


def test_a_renamed_region_is_offered_by_its_new_name_at_once() -> None:
    def offered() -> str:
        filterset = asked("")
        return "".join(
            selects.field_group(CanteenFilter, filterset.form[name]) for name in ("district", "street")
        )

    assert "新城区" not in offered()
    District.objects.filter(code="330105").update(name="新城区")
    assert offered().count("新城区") == 2
    Street.objects.filter(code="330105010").update(name="新城街道")
    assert "新城街道" in offered()
    Street.objects.filter(code="330105010").update(is_current=False)
    assert "新城街道" not in offered()


def test_a_mistake_is_not_kept_for_other_questions() -> None:
    wrong = selects.field_group(CanteenFilter, asked("price_max=-1").form["price_max"])
    assert "errorlist" in wrong
    assert "errorlist" not in selects.field_group(CanteenFilter, asked("").form["price_max"])


def test_what_visitors_make_up_does_not_fill_the_memory() -> None:
    for number in range(selects.MOST_GROUPS + 20):
        selects.field_group(CanteenFilter, asked(f"q=word{number}").form["q"])
    assert len(selects._groups) == selects.MOST_GROUPS


def test_another_question_asks_the_database_no_more_than_the_first(client: Client) -> None:
    make_canteen()
    client.get("/canteens/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/canteens/?q=康桥")
    # The change number, the count, the keys, the rows, the calendar; districts, streets and their districts.
    assert len(queries) <= 9
