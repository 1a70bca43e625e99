"""What a street office leaves lying climbs: the district's office hears of it, once a day for all that is late."""

import datetime as dt

from django.db import transaction
from django.db.models.functions import Substr
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
    late = Correction.objects.overdue(moment).filter(climbed_at=None).exclude(area_code="").order_by()
    districts = late.values_list(Substr("area_code", 1, DISTRICT), flat=True).distinct()
    return sum(_tell(area, moment) for area in sorted(districts))


@transaction.atomic
def _tell(area: str, now: dt.datetime) -> int:
    """Tell everybody in one district's office who answers corrections; return how many cases they heard of."""
    offices = list(Organisation.objects.filter(kind__in=Organisation.OFFICES, area_code=area))
    late = Correction.objects.overdue(now).filter(climbed_at=None).in_area(area)
    pks = list(late.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)[:MOST])
    if not pks or not offices:
        return 0
    told = [
        tell(
            user=post.user,
            post=post,
            kind="corrections_overdue",
            key=f"{area} {timezone.localtime(now):%Y-%m-%d}",
            params={"area": offices[0].name, "count": len(pks)},
            url=reverse("admin:upkeep_correction_changelist") + "?standing=overdue",
        )
        for post in posts_with(CHANGE, offices)
    ]
    if not any(told):
        return 0
    return Correction.objects.filter(pk__in=pks).update(climbed_at=now)
