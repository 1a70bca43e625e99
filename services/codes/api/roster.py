"""Platforms push their couriers and orders; the answer says nothing of who is known here."""

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from portal.listings.api.answering import answer_once
from portal.listings.api.documents import Schema, text
from portal.listings.api.problems import Problem, both
from portal.listings.api.schema import IDEMPOTENCY_KEY, KEY_ONLY, described, problem_responses
from portal.listings.api.writing import MOST_ROWS, RowAnswers, WriteView, rows_of
from portal.partners.permissions import HasScope
from services.codes.derived import secret
from services.codes.models import Platform
from services.codes.roster import RowRefused, push_couriers, push_orders

Push = Callable[..., list[RowRefused | None]]
ANSWER = {
    "accepted": 1,
    "refused": 1,
    "results": [
        {"row": 0, "outcome": "accepted"},
        {
            "row": 1,
            "outcome": "refused",
            "code": "phone",
            "zh": "这不是电话号码。",
            "en": "This is no phone number.",
        },
    ],
}


class CourierRow(Schema):
    """One person on a platform's roster; the number is kept as a keyed hash, for 30 days when it matches nobody."""

    phone = text("11 digits, or E.164.")
    work_type = serializers.ChoiceField(choices=["food_delivery", "parcel", "ride_hailing", "other"])
    active = serializers.BooleanField(default=True, help_text="False: the person has left the platform.")


class CourierRows(Schema):
    """1 to 1,000 rows."""

    rows = serializers.ListField(child=CourierRow(), min_length=1, max_length=MOST_ROWS)


class OrderRow(Schema):
    """One order under way; what is in it and for whom stays with the platform."""

    external_id = text("The platform's own number of the order.", max_length=64)
    phone = text("The courier's number: 11 digits, or E.164.")
    listing = text(
        "Public id of the place it goes to, if it is one of ours.", allow_null=True, required=False
    )
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="At most 12 hours later.")
    active = serializers.BooleanField(default=True, help_text="False: it is over or was cancelled.")


class OrderRows(Schema):
    """1 to 1,000 rows."""

    rows = serializers.ListField(child=OrderRow(), min_length=1, max_length=MOST_ROWS)


def _described(name: str, summary: str, rows: type[Schema], example: dict[str, Any]) -> Any:
    answers = {
        200: described(RowAnswers, ANSWER),
        **problem_responses(400, 401, 403, 406, 409, 415, 429),
    }
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=["codes"],
        request=rows,
        responses=answers,
        parameters=[IDEMPOTENCY_KEY],
        examples=[OpenApiExample("rows", value={"rows": [example]}, request_only=True)],
        auth=KEY_ONLY,
    )


class PlatformView(WriteView):
    """What both addresses do with rows."""

    permission_classes: Any = [HasScope("couriers:write")]

    def answer(self, request: Request, push: Push) -> HttpResponse:
        """Write the rows and answer for each; the same request sent twice is one."""
        key: Any = request.auth
        platform = Platform.objects.filter(organisation=key.organisation).first()
        if platform is None:
            raise Problem(403, "not_a_platform")
        rows = rows_of(request)
        return answer_once(
            request,
            address=request.path,
            said=request.data,
            work=lambda: _answers(push(platform=platform, rows=rows, now=timezone.now())),
            secret=secret("answers"),
        )


class CouriersView(PlatformView):
    """`POST /api/v1/couriers/`."""

    @_described(
        "couriers_push",
        "平台骑手名册 · A platform's couriers",
        CourierRows,
        {"phone": "13800000001", "work_type": "food_delivery", "active": True},
    )
    def post(self, request: Request) -> HttpResponse:
        """Say who works for the platform. Every row is answered alike, whether its number is known here or not."""
        return self.answer(request, push_couriers)


class OrdersView(PlatformView):
    """`POST /api/v1/orders/`."""

    @_described(
        "orders_push",
        "进行中的订单 · Orders under way",
        OrderRows,
        {
            "external_id": "A-20261126-1",
            "phone": "13800000001",
            "listing": "8KZ4Q0M2TN",
            "starts_at": "2026-11-26T11:30:00+08:00",
            "ends_at": "2026-11-26T12:15:00+08:00",
            "active": True,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Say which courier is on an order to which place, and until when."""
        return self.answer(request, push_orders)


def _answers(refusals: list[RowRefused | None]) -> bytes:
    results: list[dict[str, Any]] = []
    for place, refused in enumerate(refusals):
        if refused is None:
            results.append({"row": place, "outcome": "accepted"})
        else:
            said = {"code": refused.code, **both(refused.sentence)}
            results.append({"row": place, "outcome": "refused", **said})
    count = sum(refused is None for refused in refusals)
    return orjson.dumps({"accepted": count, "refused": len(refusals) - count, "results": results})
