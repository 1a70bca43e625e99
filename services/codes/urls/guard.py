"""The addresses of the guard, below `/guard/`."""

from typing import Any

from django.urls import path

from services.codes.views import guard, guard_asking, guard_data, worker

urlpatterns: list[Any] = [
    *worker.addresses(guard.SHELL),
    path("reader.js", guard.reader, name="guard_reader"),
    path("enrol/<str:token>/", guard.enrol, name="guard_enrol"),
    path("sync/", guard_data.sync, name="guard_sync"),
    path("enrol/", guard_data.enrol, name="guard_redeem"),
    path("shift/", guard_data.begin_shift, name="guard_shift"),
    path("shift/end/", guard_data.end_shift, name="guard_shift_end"),
    path("manual/", guard_asking.manual, name="guard_manual"),
    path("photo/<str:token>/", guard_asking.photo, name="guard_photo"),
    path("passes/", guard_asking.passes, name="guard_passes"),
    path("incident/", guard_asking.incident, name="guard_incident"),
]
