"""The addresses of the guard, below `/guard/`."""

from typing import Any

urlpatterns: list[Any] = []
