"""How a person wants to be told, and when nothing rings."""

import datetime as dt
from typing import Any

from django.utils import timezone

from portal.notices.models import Preference


def preference_of(user: Any) -> Preference:
    """Return how a person wants to be told; who said nothing gets an unsaved row of the usual."""
    if user is None:
        return Preference()
    return Preference.objects.filter(user_id=user.pk).first() or Preference(user_id=user.pk)


def after_quiet(moment: dt.datetime, preference: Preference) -> dt.datetime:
    """Return the moment, or the end of the quiet hours in which it lies; they may span midnight."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    begin, end, at = preference.quiet_from, preference.quiet_until, local.time()
    is_quiet = begin <= at < end if begin < end else at >= begin or at < end
    if not is_quiet:
        return moment
    ended = local.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return ended if at < end else ended + dt.timedelta(days=1)
