"""The addresses of the courier's code, below `/code/`."""

from typing import Any

urlpatterns: list[Any] = []
