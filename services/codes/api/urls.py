"""The addresses of identity codes below `/api/v1/`."""

from typing import Any

urlpatterns: list[Any] = []
