"""What `manage.py check --deploy` asks of accounts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def second_factor_is_required(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report a deployment in which a stolen password alone opens the administration."""
    if settings.STAFF_SECOND_FACTOR:
        return []
    return [
        Error(
            "Staff can work without a second factor.",
            hint="Set STAFF_SECOND_FACTOR=1, or leave it out: it is on when DEBUG is off.",
            id="accounts.E001",
        )
    ]
