"""Compounds and identity codes in the administration; every module registers its own models."""

from services.codes.admin import checkpoints, compounds, holders  # noqa: F401
