"""The compounds' rows, and what gates, turnstiles and platforms ask of identity codes."""

from services.codes.api.compounds import CompoundViewSet

__all__ = ["CompoundViewSet"]
