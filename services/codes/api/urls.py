"""The addresses of identity codes below `/api/v1/`."""

from typing import Any

from django.urls import path

from services.codes.api.keys import KeysView, StatusListView
from services.codes.api.passes import BatchView, PassesView
from services.codes.api.roster import CouriersView, OrdersView
from services.codes.api.sync import SyncView

urlpatterns: list[Any] = [
    path("couriers/", CouriersView.as_view(), name="couriers"),
    path("orders/", OrdersView.as_view(), name="orders"),
    path("gates/sync/", SyncView.as_view(), name="gates-sync"),
    path("passes/", PassesView.as_view(), name="passes"),
    path("passes/batch/", BatchView.as_view(), name="passes-batch"),
    path("keys/", KeysView.as_view(), name="keys"),
    path("status-list/", StatusListView.as_view(), name="status-list"),
]
