"""Partners' systems writing: one place beside a plain viewset, a batch of a hundred, reports of five hundred places."""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from canteens.models import Canteen, SetMeal
from portal.accounts.models import Organisation
from portal.listings.api.views import ApiView
from portal.listings.api.writing import ShallowJson
from portal.listings.models import Listing
from portal.partners.models import ApiKey, Source
from portal.partners.permissions import HasScope
from tests.bench.measuring import Row

ONES, BATCH, REPORTED, TIMES, MOST_SECONDS = 40, 100, 500, 5, 5
SOURCE, STREET = "bench", "330105010"
MEAL = {"name": "一荤两素", "dishes": "红烧肉、青菜", "courier_price_yuan": "10.00", "portions": 50}


class MealSerializer(serializers.ModelSerializer):
    class Meta:
        model = SetMeal
        fields = tuple(MEAL)


class PlaceSerializer(serializers.ModelSerializer):
    """Take fields and nested rows as anybody would first: check, save, replace."""

    set_meals = MealSerializer(many=True)

    class Meta:
        model = Canteen
        fields = ("name", "street", "address", "phone", "set_meals")

    @transaction.atomic
    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        meals = validated_data.pop("set_meals")
        instance = super().update(instance, validated_data)
        instance.set_meals.all().delete()
        SetMeal.objects.bulk_create(SetMeal(canteen=instance, **meal) for meal in meals)
        return instance


class StockPut(ApiView):
    """Write the same facts behind the same key and throttle, without versions, conflicts or a public document."""

    permission_classes: Any = [HasScope("listings:write")]
    parser_classes: Any = [ShallowJson]
    http_method_names: Any = ["put"]

    def put(self, request: Request, external_id: str) -> Response:
        row = Canteen.objects.get(source=SOURCE, external_id=external_id)
        form = PlaceSerializer(row, data=request.data)
        form.is_valid(raise_exception=True)
        form.save()
        return Response(form.data)


def partner_rows() -> list[Row]:
    """Return what one changed row costs beside the stock peer, and the longest of some batches and reports."""
    headers = _key()
    client = Client(headers=headers, SERVER_NAME="localhost")
    batches = [_seconds(lambda word=word: _batch(client, f"057{word}")) for word in range(TIMES)]
    again = _seconds(lambda: _batch(client, f"057{TIMES - 1}"))
    ours, stock = _ones(client, headers)
    _hand_over(headers)
    reports = [_report(client) for _time in range(TIMES)]
    rows = {
        f"partners: longest of {TIMES} batches of {BATCH} rows": max(batches),
        f"partners: {BATCH} rows sent again, unchanged": again,
        f"partners: longest of {TIMES} reports of {REPORTED} places": max(reports),
    }
    single = Row("partners: one changed row | plain viewset", ours * 1000, stock * 1000, ours / stock, 0, "")
    limits = [Row(name, took, MOST_SECONDS, took / MOST_SECONDS, 1, "<=", "s") for name, took in rows.items()]
    return [single, *limits]


def _key() -> dict[str, str]:
    owner = Organisation.objects.create(kind="operator", name="测量用合作方")
    Source.objects.create(name=SOURCE, label="测量", organisation=owner)
    scopes = ["listings:read", "listings:write", "listings:publish", "availability:write"]
    _row, text = ApiKey.issue(organisation=owner, name="测量", scopes=scopes, sources=[SOURCE])
    return {"Authorization": f"Bearer {text}"}


def _hand_over(headers: dict[str, str]) -> None:
    """Let the source keep canteens of the city with meals, of which it then reports."""
    found = Canteen.objects.published().filter(source="", set_meals__isnull=False).order_by("pk")
    keys = list(found.values_list("pk", flat=True).distinct()[:REPORTED])
    for pk in keys:
        Listing.objects.filter(pk=pk).update(source=SOURCE, external_id=f"city-{pk}")


def _body(number: int, phone: str) -> dict[str, Any]:
    return {"name": f"{number}号食堂", "street": STREET, "address": f"康桥路{number}号", "phone": phone}


def _row(number: int, phone: str) -> dict[str, Any]:
    position = {"lat": 30.3 + number / 500, "lng": 120.16, "datum": "wgs84"}
    return {
        **_body(number, phone),
        "position": position,
        "state": "published",
        "meals": {"set_meals": [MEAL]},
    }


def _batch(client: Client, phone: str) -> None:
    rows = [{"kind": "canteen", "external_id": str(n), **_row(n, phone)} for n in range(BATCH)]
    answer = client.post(f"/api/v1/sources/{SOURCE}/", {"rows": rows}, content_type="application/json")
    assert answer.status_code == 200 and "refused" not in answer.json()["counts"], answer.content[:500]


def _ones(client: Client, headers: dict[str, str]) -> tuple[float, float]:
    """Return the medians of one row written by the portal and by the stock peer, in turns."""
    view, factory = StockPut.as_view(), APIRequestFactory(SERVER_NAME="localhost")
    ours, stock = [], []
    for number in range(ONES):
        mine, plain = _row(number, f"1{number}"), {**_body(number, f"2{number}"), "set_meals": [MEAL]}
        address = f"/api/v1/sources/{SOURCE}/canteen/{number}/"
        ours.append(
            _seconds(lambda a=address, b=mine: _ok(client.put(a, b, content_type="application/json")))
        )
        sent = factory.put("/", plain, format="json", headers=headers)
        stock.append(_seconds(lambda s=sent, n=number: _ok(view(s, external_id=str(n)))))
    return statistics.median(ours), statistics.median(stock)


def _ok(answer: Any) -> None:
    assert answer.status_code == 200, answer.content[:500] if hasattr(answer, "content") else answer


def _report(client: Client) -> float:
    """Report what is free at many places; return the seconds that it took."""
    now = timezone.now()
    moments = {"as_of": now.isoformat(), "valid_until": (now + dt.timedelta(hours=2)).isoformat()}
    kept = Canteen.objects.filter(source=SOURCE, external_id__startswith="city-").prefetch_related(
        "set_meals"
    )
    rows = [
        {
            "source": SOURCE,
            "external_id": row.external_id,
            **moments,
            "items": [{"item": meal.name, "count": 12} for meal in row.set_meals.all()],
        }
        for row in kept
    ]
    began = time.monotonic()
    answer = client.post("/api/v1/availability/", {"rows": rows}, content_type="application/json")
    took = time.monotonic() - began
    assert (answer.status_code, len(rows)) == (200, REPORTED), (len(rows), answer.content[:500])
    assert answer.json()["accepted"] == REPORTED, answer.content[:500]
    return took


def _seconds(deed: Callable[[], object]) -> float:
    began = time.monotonic()
    deed()
    return time.monotonic() - began
