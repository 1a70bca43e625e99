"""Compounds and identity codes in the administration; every module registers its own models."""

from services.codes.admin import (  # noqa: F401
    checkpoints,
    compounds,
    conduct,
    conflicts,
    devices,
    due,
    holders,
    incidents,
    look_ups,
    passes,
    refusals,
)
