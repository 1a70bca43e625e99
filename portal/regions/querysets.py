"""Which regions a person is shown in pickers and lists."""

from typing import Any, Self

from django.db.models import Q, QuerySet

LEVEL_LENGTHS = (4, 6, 9, 12)


class RegionQuerySet(QuerySet):
    """Regions of one level, asked in the words of those who use them."""

    def current(self) -> Self:
        """Leave out what the latest table of the statistics bureau no longer has."""
        return self.filter(is_current=True)

    def within(self, area: str) -> Self:
        """Return the regions inside the area whose code is given, itself included; "" is nowhere."""
        return self.filter(code__startswith=area) if area else self.none()

    def visible_to(self, user: Any) -> Self:
        """Return what a picker may offer: a post sees its area and the levels above it, everyone else all.

        Names of regions are public; the narrowing keeps a street's forms free of other streets.
        """
        post = getattr(user, "acting_post", None)
        if post is None or getattr(user, "is_superuser", False):
            return self.all()
        area = post.area
        if not area:
            return self.none()
        above = [area[:length] for length in LEVEL_LENGTHS if length < len(area)]
        return self.filter(Q(code__startswith=area) | Q(code__in=above))

    def editable_by(self, user: Any) -> Self:
        """Return nothing: regions change by loading the official table."""
        return self.none()


class NicknameQuerySet(QuerySet):
    """What people call areas."""

    def used(self) -> Self:
        """Leave out what staff have ended."""
        return self.filter(is_used=True)

    def visible_to(self, user: Any) -> Self:
        """Return those of a post's area and of the levels above it; nicknames are as public as regions."""
        if getattr(user, "is_superuser", False):
            return self.all()
        area = getattr(getattr(user, "acting_post", None), "area", "")
        above = [area[:length] for length in LEVEL_LENGTHS if length < len(area)]
        return self.filter(Q(area_code__startswith=area) | Q(area_code__in=above)) if area else self.none()

    def editable_by(self, user: Any) -> Self:
        """Return those of areas that lie in a post's own."""
        if getattr(user, "is_superuser", False):
            return self.all()
        area = getattr(getattr(user, "acting_post", None), "area", "")
        return self.filter(area_code__startswith=area) if area else self.none()

    def by_area(self) -> dict[str, list[str]]:
        """Return the nicknames in use by the code of their area, in one query."""
        found: dict[str, list[str]] = {}
        for code, name in self.used().order_by("name").values_list("area_code", "name"):
            found.setdefault(code, []).append(name)
        return found
