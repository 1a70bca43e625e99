"""The demo city: honest about what is real, the same for a seed, and made as the kernel makes listings."""

import datetime as dt
import io
import json
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import confirming, revising, states
from portal.listings.bulk import NewListing, create_many
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME
from portal.listings.kinds import listing_models
from portal.listings.models import (
    CalendarYear,
    Confirmation,
    Listing,
    OpenInterval,
    Revision,
)
from portal.pages.demo.loading import load
from portal.pages.demo.planning import plan
from services.stations.models import Amenity

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=CITY_TIME)
pytestmark = pytest.mark.django_db


def run(**options: Any) -> str:
    """Run the command; return what it printed."""
    output = io.StringIO()
    call_command("load_demo", stdout=output, **options)
    return output.getvalue()


def documents() -> list[dict[str, Any]]:
    """Return the public documents."""
    return [
        json.loads(text) for text in Listing.objects.exclude(document="").values_list("document", flat=True)
    ]


def test_a_database_that_holds_anything_else_is_refused(regions: Any) -> None:
    revising.create(model=Canteen, changes={"name": "自家食堂"}, actor=None, channel="office")
    with pytest.raises(CommandError, match="1 listings"):
        run()
    assert Listing.objects.count() == 1
    assert not User.objects.exists()


def test_other_people_are_refused_but_not_the_installer() -> None:
    User.objects.create_superuser("13900000001")
    User.objects.create_user("13900000002", name="别人")
    with pytest.raises(CommandError, match="1 people"):
        run()
    User.objects.filter(name="别人").delete()
    run()


def test_told_to_the_demo_joins_what_is_there(regions: Any) -> None:
    mine = revising.create(model=Canteen, changes={"name": "自家食堂"}, actor=None, channel="office")
    run(into_existing=True)
    assert Listing.objects.count() > 100
    assert Listing.objects.get(pk=mine.pk).name == "自家食堂"


def test_the_same_seed_and_moment_give_the_same_documents() -> None:
    with time_machine.travel(NOW, tick=False):
        load(scale="small", seed=7)
        first = {listing.public_id: listing.document for listing in Listing.objects.all()}
        other = {item.extra["public_id"] for item in planned("small", 8)}
        again = {item.extra["public_id"]: item.changes for item in planned("small", 7)}
        twice = {item.extra["public_id"]: item.changes for item in planned("small", 7)}
    assert first.keys() == again.keys()
    assert again == twice
    assert not first.keys() & other


def planned(scale: str, seed: int) -> list[NewListing]:
    """Return what would be loaded."""
    return plan(scale=scale, seed=seed, now=NOW).items


def test_the_demo_s_staff_have_confirmed_this_year_s_calendar_and_not_the_next() -> None:
    call_command("load_calendar", stdout=io.StringIO())
    this_year = timezone.localdate().year
    assert set(CalendarYear.objects.values_list("year", "confirmed_at")) == {
        (this_year, None),
        (this_year + 1, None),
    }
    run()
    assert current_calendar().years == {this_year}


def test_what_staff_changed_in_the_catalogue_of_amenities_stays() -> None:
    call_command("load_amenities", stdout=io.StringIO())
    Amenity.objects.filter(code="water").update(name="热水")
    Amenity.objects.filter(code="aed").delete()
    output = io.StringIO()
    call_command("load_amenities", stdout=output)
    assert "added: 1 (aed)" in output.getvalue()
    assert Amenity.objects.get(code="water").name == "热水"


def test_loading_costs_few_queries_a_listing() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load(scale="small", seed=1)
    # Two updates and one look at the confirmations for each listing; the rest is in batches.
    assert len(queries) < 150 * 5 + 200


def one_by_one(item: NewListing) -> Listing:
    """Create a listing as staff would: draft, state by state, then confirmations."""
    listing = revising.create(
        model=item.model, changes=item.changes, actor=None, channel="import", **item.extra
    )
    for status in item.statuses:
        until = status.get("paused_until") and dt.datetime.fromisoformat(status["paused_until"])
        if "shut_reason" in status:
            shut_until = dt.datetime.fromisoformat(status["shut_until"])
            states.shut(
                listing=listing, reason=status["shut_reason"], until=shut_until, actor=None, channel="import"
            )
        else:
            states.move(
                listing=listing,
                to=status["state"],
                actor=None,
                reason=status.get("pause_reason", ""),
                until=until,
                channel="import",
            )
    for group, at, channel in item.confirmations:
        confirming.confirm(listing=listing, fact_groups=[group], actor=None, channel=channel, at=at)
    return listing


def everything(public_id: str) -> dict[str, Any]:
    """Return all that is stored of a listing, keys and change numbers aside."""
    listing = Listing.objects.get(public_id=public_id).as_kind
    own = {
        field.attname: getattr(listing, field.attname)
        for field in listing._meta.concrete_fields
        if not field.primary_key and field.attname not in ("id", "change_number", "created_at")
    }
    groups = {
        relation: [
            {
                field.attname: getattr(row, field.attname)
                for field in row._meta.concrete_fields
                if not field.primary_key
            }
            for row in getattr(listing, relation).all()
        ]
        for group in listing.groups.values()
        for relation in group.relations
    }
    for rows in groups.values():
        for row in rows:
            for key in ("listing_id", "canteen_id", "station_id", "project_id", "compound_id"):
                row.pop(key, None)
    revisions = Revision.objects.filter(listing_id=listing.pk).order_by("number")
    confirmations = Confirmation.objects.filter(listing_id=listing.pk).order_by("fact_group", "confirmed_at")
    return {
        "own": own,
        "groups": groups,
        "revisions": list(
            revisions.values("number", "made_at", "actor_label", "post_label", "channel", "before", "after")
        ),
        "confirmations": list(
            confirmations.values("fact_group", "confirmed_at", "actor_id", "actor_label", "channel")
        ),
        "intervals": list(
            OpenInterval.objects.filter(timetable=listing.timetable)
            .order_by("starts_at")
            .values("starts_at", "ends_at")
        ),
    }


def test_many_at_once_and_one_by_one_store_the_same() -> None:
    with time_machine.travel(NOW, tick=False):
        load(scale="small", seed=3)
        chosen = [
            item
            for item in planned("small", 4)
            if not any("live_status" in status for status in item.statuses)
        ]
        # Staff shut a place from now on; the demo lets it have been shut for a while.
        for item in chosen:
            for status in item.statuses:
                if "shut_at" in status:
                    status["shut_at"] = NOW.astimezone(dt.UTC).isoformat()
        some = [chosen[number] for number in range(0, len(chosen), 2)]
        numbers = [item.extra["public_id"] for item in some]
        create_many(items=some, actor=None, channel="import")
        at_once = {number: everything(number) for number in numbers}
        for number, item in zip(numbers, some, strict=True):
            item.extra["public_id"] = number[::-1]
            one_by_one(item)
    assert {type(Listing.objects.get(public_id=number).as_kind) for number in numbers} == set(
        listing_models()
    )
    for number in numbers:
        apart = everything(number[::-1])
        for part in (at_once[number], apart):
            for key in ("public_id", "document_hash"):
                part["own"].pop(key)
        assert apart["own"].pop("document").replace(number[::-1], number) == at_once[number]["own"].pop(
            "document"
        )
        assert apart == at_once[number]
