"""Which office looks after an area, and who works there."""

from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.models import Organisation, Post
from portal.accounts.scope import acts_everywhere, area_filter, area_of, covers, covers_city
from portal.audit.models import Action
from portal.audit.recording import record
from portal.regions.models import Street

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


def lacking_office(user: Any) -> QuerySet[Street]:
    """Return the streets in the user's area that have no office and for which the user may open one."""
    if not user.has_perm("accounts.add_organisation"):
        return Street.objects.none()
    known = Organisation.objects.filter(kind=Organisation.Kind.STREET).values("area_code")
    return Street.objects.filter(area_filter(user, "code"), is_current=True).exclude(pk__in=known)


@transaction.atomic
def open_office(*, area_code: str, by: Any) -> Organisation:
    """Open the office of a street that has none; return it, or the one that somebody else opened a moment ago.

    It is named after its street. Raises PermissionDenied for a street where `by` may not.
    """
    street = Street.objects.select_for_update().filter(pk=area_code).first()
    if street is None or not (by.has_perm("accounts.add_organisation") and covers(by, area_code)):
        raise PermissionDenied
    kind = Organisation.Kind.STREET
    known = Organisation.objects.filter(kind=kind, area_code=area_code).first()
    if known is not None:
        return known
    made = Organisation.objects.create(kind=kind, area_code=area_code, name=f"{street.name}办事处")
    record(Action.ADDED, by=by, about=made, area_code=area_code)
    return made


def may_open(user: Any, kind: str, area_code: str) -> bool:
    """Say whether the user may enter an organisation of that kind there: offices within the own area, below oneself.

    Firms are entered by staff of the city, who alone see that one is not entered twice.
    """
    if acts_everywhere(user) or covers_city(user):
        return acts_everywhere(user) or not area_code or covers(user, area_code)
    level = {9: Organisation.Kind.STREET, 12: Organisation.Kind.COMMUNITY}.get(len(area_code))
    return kind == level and covers(user, area_code) and len(area_code) > len(area_of(user) or "")


def posts_with(permission: str, organisations: Any) -> QuerySet[Post]:
    """Return the current posts of these organisations whose group has the permission ("app.codename")."""
    label, _dot, codename = permission.partition(".")
    groups = Permission.objects.filter(content_type__app_label=label, codename=codename).values("group")
    rows = Post.objects.current().filter(organisation__in=organisations, group__in=groups)
    return rows.filter(user__is_active=True).select_related("user", "organisation", "group")
