"""The language of the page."""

from django.utils.translation import get_language


def in_english() -> bool:
    """Say whether the page is in English."""
    return (get_language() or "").startswith("en")
