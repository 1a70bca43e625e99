"""How a station is right now."""

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def live_status(doc: dict[str, Any], moment: Any = None) -> dict[str, Any] | None:
    """Return the live status {code, zh, en, since, until} while it holds; an expired one is not said any more."""
    live = doc.get("live")
    now = moment if isinstance(moment, dt.datetime) else timezone.now()
    return live if live and now < dt.datetime.fromisoformat(live["until"]) else None
