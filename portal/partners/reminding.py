"""Telling those who keep an organisation's keys that one of them ends soon."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.notices import kinds
from portal.notices.kinds import Kind, Urgency
from portal.notices.telling import tell, withdraw
from portal.partners.keepers import keepers_of
from portal.partners.models import ApiKey

#: Days before the end → the kind of notice: time to plan at first, then what cannot wait.
STAGES = {14: "key_ends", 3: "key_ends_soon"}


def register_kinds() -> None:
    """Name the kinds of notices; the app does this once, when it is ready."""
    first = _(
        "The API key “%(name)s” (%(prefix)s…) ends on %(day)s. If you need it longer, tell the city's office."
    )
    last = _("The API key “%(name)s” (%(prefix)s…) ends on %(day)s. After that your system is refused.")
    kinds.register(Kind(STAGES[14], first, Urgency.DIGEST))
    kinds.register(Kind(STAGES[3], last, Urgency.NOW))


def remind(*, now: dt.datetime | None = None) -> int:
    """Tell the keepers of every key that ends within 14 days, and again within 3; return how many were told.

    Run it often: nobody is told the same twice, and a day without a clock is made up for. A key that was replaced ends
    because somebody wanted it to, and one that was issued for a few days is no surprise before the last three.
    """
    moment = now or timezone.now()
    ends = {"expires_at__gt": moment, "expires_at__lte": moment + dt.timedelta(days=max(STAGES))}
    count = 0
    for key in ApiKey.objects.filter(revoked_at=None, successor=None, **ends).select_related("organisation"):
        count += _tell(key, moment)
    return count


@transaction.atomic
def _tell(key: ApiKey, now: dt.datetime) -> int:
    ends: dt.datetime = key.expires_at  # type: ignore[assignment]
    days = min(stage for stage in STAGES if ends - now <= dt.timedelta(days=stage))
    if key.created_at > ends - dt.timedelta(days=days):
        return 0
    day = timezone.localtime(ends, timezone.get_default_timezone()).date().isoformat()
    told = 0
    for post in keepers_of(key.organisation):
        told += bool(
            tell(
                user=post.user,
                kind=STAGES[days],
                key=_name(key, ends),
                params={"name": key.name, "prefix": key.prefix, "day": day},
                url=f"/partners/keys/{key.pk}/",
                post=post,
            )
        )
    return told


@transaction.atomic
def forget_reminders(key: ApiKey, ends: dt.datetime | None = None) -> None:
    """Take back what was said about a key's end, at `ends` if it was another than now: it was replaced or prolonged."""
    moment = ends or key.expires_at
    if moment is None:
        return
    for post in keepers_of(key.organisation):
        for kind in STAGES.values():
            withdraw(user_id=post.user_id, kind=kind, key=_name(key, moment))


def _name(key: ApiKey, ends: dt.datetime) -> str:
    return f"{key.pk}:{int(ends.timestamp())}"
