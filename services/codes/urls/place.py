"""The addresses of place codes, below `/g/`."""

from typing import Any

urlpatterns: list[Any] = []
