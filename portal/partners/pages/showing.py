"""Keys as those who keep them read them: where each stands, what it may do, how much it is used."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.partners.models import ApiKey, Source
from portal.partners.scopes import SCOPES
from portal.partners.usage import Use, use_of
from portal.regions.areas import area_names

#: An end within so many days is said in amber.
SOON = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: a tone ("open", "soon", "quiet") and a word."""

    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key with everything that a page says of it."""

    key: ApiKey
    standing: Standing
    scopes: list[Any]
    sources: list[str]
    area: str
    use: Use
    per_minute: int
    older: ApiKey | None = None

    @property
    def may_rotate(self) -> bool:
        """Say whether a new key may take its place now."""
        return self.key.is_usable and self.key.successor_id is None


def standing_of(key: ApiKey, now: dt.datetime) -> Standing:
    """Return where a key stands."""
    if key.revoked_at is not None:
        return Standing("quiet", _("revoked"))
    if key.expires_at is not None and key.expires_at <= now:
        return Standing("quiet", _("replaced") if key.successor_id else _("expired"))
    if key.successor_id:
        return Standing("soon", _("replaced, still holds"))
    if key.expires_at is not None and key.expires_at - now <= SOON:
        return Standing("soon", _("ends soon"))
    return Standing("open", _("holds"))


def shown(keys: Iterable[ApiKey]) -> list[ShownKey]:
    """Return keys as pages show them; a query each for their use, sources, areas by level, and predecessors."""
    rows = list(keys)
    language = (get_language() or "zh")[:2]
    areas = area_names((row.area_code for row in rows), language)
    named = {name for row in rows for name in row.sources}
    labels = {
        source.name: (language == "en" and source.label_en) or source.label
        for source in Source.objects.filter(
            name__in=named, organisation__in={row.organisation_id for row in rows}
        )
    }
    use = use_of([row.pk for row in rows])
    olders = {row.successor_id: row for row in ApiKey.objects.usable().filter(successor__in=rows)}
    now = timezone.now()
    return [
        ShownKey(
            row,
            standing_of(row, now),
            [(scope, SCOPES.get(scope, scope)) for scope in row.scopes],
            [labels.get(name, name) for name in row.sources],
            areas.get(row.area_code, row.area_code),
            use[row.pk],
            row.per_minute or settings.API_KEY_PER_MINUTE,
            olders.get(row.pk),
        )
        for row in rows
    ]


def example_of(key: ApiKey) -> str:
    """Return a line for a terminal that asks the API something with a key; its secret is read from a variable."""
    path = "listings/?page_size=1" if key.has_scope("listings:read") else ""
    address = f"{settings.PUBLIC_BASE_URL}/api/v1/{path}"
    return f'curl -H "Authorization: Bearer $NUANXIN_KEY" "{address}"'
