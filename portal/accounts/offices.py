"""Which office looks after an area, and who works there."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from portal.accounts.models import Organisation, Post

#: How long an area's code is at each level an office can have: community, street, district, city.
LEVELS = (12, 9, 6, 4)


def offices_of(area_code: str) -> list[Organisation]:
    """Return the offices that look after an area, the nearest first; at most a few rows, one query."""
    codes = [area_code[:length] for length in LEVELS if len(area_code) >= length]
    found = Organisation.objects.filter(kind__in=Organisation.OFFICES, area_code__in=codes)
    return sorted(found, key=lambda office: (-len(office.area_code), office.pk))


def street_office_of(area_code: str) -> Organisation | None:
    """Return the street office of an area; where there is none, the next wider office."""
    return next((office for office in offices_of(area_code[:9])), None)


def posts_with(permission: str, organisations: Any) -> QuerySet[Post]:
    """Return the current posts of these organisations whose group has the permission ("app.codename")."""
    label, _dot, codename = permission.partition(".")
    groups = Permission.objects.filter(content_type__app_label=label, codename=codename).values("group")
    rows = Post.objects.current().filter(organisation__in=organisations, group__in=groups)
    return rows.filter(user__is_active=True).select_related("user", "organisation", "group")
