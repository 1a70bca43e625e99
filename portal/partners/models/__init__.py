"""Keys, sources and webhooks of other systems."""

from .answered import Answered
from .keys import ApiKey, ApiKeyQuerySet, KeyUsage, validate_scopes, validate_sources
from .sources import Source
from .webhooks import Nudge, NudgeTry, Webhook

__all__ = [
    "Answered",
    "ApiKey",
    "ApiKeyQuerySet",
    "KeyUsage",
    "Nudge",
    "NudgeTry",
    "Source",
    "Webhook",
    "validate_scopes",
    "validate_sources",
]
