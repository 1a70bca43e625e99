"""What a street office leaves lying climbs: the district's office hears of it, once a day for all that is late."""

import datetime as dt

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.accounts.offices import posts_with
from portal.notices.telling import tell
from portal.upkeep.correcting import CHANGE
from portal.upkeep.models import Correction

DISTRICT = 6
MOST = 1000


def climb(*, now: dt.datetime | None = None) -> int:
    """Tell the district offices what is late and was not told yet; return how many cases that were. Run it often.

    A district hears once a day, however much is late; what it is not told today waits for tomorrow.
    """
    moment = now or timezone.now()
    late = Correction.objects.overdue(moment).filter(climbed_at=None).order_by("due_at")
    by_district: dict[str, list[int]] = {}
    for pk, area in late.values_list("pk", "area_code")[:MOST]:
        by_district.setdefault(area[:DISTRICT], []).append(pk)
    return sum(_tell(area, pks, moment) for area, pks in sorted(by_district.items()) if area)


@transaction.atomic
def _tell(area: str, pks: list[int], now: dt.datetime) -> int:
    """Tell everybody in one district's office who answers corrections; return how many cases they heard of."""
    rows = Correction.objects.select_for_update(of=("self",)).filter(pk__in=pks, climbed_at=None)
    count = len(rows)
    offices = list(Organisation.objects.filter(kind__in=Organisation.OFFICES, area_code=area))
    if not count or not offices:
        return 0
    told = [
        tell(
            user=post.user,
            post=post,
            kind="corrections_overdue",
            key=f"{area} {timezone.localtime(now):%Y-%m-%d}",
            params={"area": offices[0].name, "count": count},
            url=reverse("admin:upkeep_correction_changelist") + "?standing=overdue",
        )
        for post in posts_with(CHANGE, offices)
    ]
    if not any(told):
        return 0
    return Correction.objects.filter(pk__in=pks, climbed_at=None).update(climbed_at=now)
