"""The addresses of identity codes below `/api/v1/`."""

from typing import Any

from django.urls import path

from services.codes.api.roster import CouriersView, OrdersView

urlpatterns: list[Any] = [
    path("couriers/", CouriersView.as_view(), name="couriers"),
    path("orders/", OrdersView.as_view(), name="orders"),
]
