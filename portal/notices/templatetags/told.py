"""How much somebody has not read, for the bell of the administration."""

from typing import Any

from django import template

from portal.notices.reading import MOST_COUNTED, unread_count

register = template.Library()


@register.simple_tag
def unread_of(user: Any) -> str:
    """Return how much a person has not read, as a bell says it: "" for nothing or nobody, "99+" above 99."""
    count = unread_count(user) if getattr(user, "is_authenticated", False) else 0
    if count >= MOST_COUNTED:
        return f"{MOST_COUNTED - 1}+"
    return str(count) if count else ""
