"""What is forgotten of corrections: photos soon after the answer, who said it later.

An account that is deleted takes its name off what it said at once: the link is a foreign key that becomes empty.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from portal.listings import private_pictures
from portal.upkeep.models import CorrectionReport

PHOTO = dt.timedelta(days=30)
PERSON = dt.timedelta(days=180)
BATCH = 200


def forget(*, now: dt.datetime | None = None) -> dict[str, int]:
    """Forget what is due, and return how many of what. Running it twice is running it once."""
    moment = now or timezone.now()
    linked = CorrectionReport.objects.filter(made_at__lte=moment - PERSON).exclude(user=None)
    return {"photos": _photos(moment), "people": linked.update(user=None, sender="", origin="")}


def _photos(now: dt.datetime) -> int:
    """Delete the photos of cases that were answered long enough ago; a name goes before its file."""
    rows = CorrectionReport.objects.exclude(photo="").filter(correction__closed_at__lte=now - PHOTO)
    count = 0
    while found := dict(rows.order_by("pk").values_list("pk", "photo")[:BATCH]):
        with transaction.atomic():
            CorrectionReport.objects.filter(pk__in=found).update(photo="")
        private_pictures.forget(*found.values())
        count += len(found)
    return count
