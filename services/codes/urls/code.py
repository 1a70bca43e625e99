"""The addresses of the courier's code, below `/code/`."""

from typing import Any

from services.codes.views import courier, worker

urlpatterns: list[Any] = [*worker.addresses(courier.SHELL)]
