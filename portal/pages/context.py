"""What every page's frame needs, in one lazy object named `portal`."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.kinds import listing_models
from portal.listings.languages import in_language
from portal.pages import favourites
from portal.pages.places import Place, place_of

#: What a visitor may choose for this browser: cookie → values; none of them is the plain look.
LOOKS = {"theme": ("light", "dark"), "size": ("large", "largest")}
DOORS: dict[str, tuple[Any, Any]] = {
    "compound": (pgettext_lazy("door", "A door"), _("my code, which gate, when")),
    "canteen": (pgettext_lazy("door", "A meal"), _("from 10 yuan, near you")),
    "apartment": (pgettext_lazy("door", "A bed"), _("rent, beds, how to apply")),
    "station": (pgettext_lazy("door", "Stations"), _("water, charging, rest")),
}


@dataclass(frozen=True, slots=True)
class Door:
    """A way in to one kind: the city's own word for it, the plain name, the icon and the list's address."""

    kind: str
    label: str
    name: str
    hint: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: its code, its own name, this page in it, and whether it is the one shown."""

    code: str
    name: str
    url: str
    is_shown: bool

    @property
    def link(self) -> str:
        """Return the link that switches to it from the page itself, whatever host that came from."""
        return "?" + self.url.partition("?")[2]


class Site:
    """The frame of a page; nothing is looked up before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        """Keep the request."""
        self.request = request

    @cached_property
    def place(self) -> Place:
        """Return the visitor's chosen place."""
        return place_of(self.request)

    @cached_property
    def doors(self) -> list[Door]:
        """Return one door for each kind that has pages; the four of the city's words come first."""
        order = list(DOORS)
        models = sorted(
            listing_models(),
            key=lambda model: order.index(model.kind_name) if model.kind_name in order else 99,
        )
        found = []
        for model in models:
            try:
                url = reverse(f"{model.plural}:list")
            except NoReverseMatch:
                continue
            name = str(model._meta.verbose_name_plural)
            label, hint = DOORS.get(model.kind_name, (name, ""))
            icon = model.kind_name if model.kind_name in DOORS else "listing"
            found.append(Door(model.kind_name, str(label), name, str(hint), icon, url))
        return found

    @cached_property
    def code_url(self) -> str:
        """Return where the 小哥码 tab leads: the code, at the origin where codes live."""
        path = reverse("code")
        return path if settings.CODES_BASE_URL == settings.PUBLIC_BASE_URL else settings.CODES_BASE_URL + path

    @cached_property
    def favourites(self) -> list[str]:
        """Return the public ids of the visitor's favourites, newest first."""
        return favourites.read(self.request)

    @cached_property
    def theme(self) -> str:
        """Return light or dark as the visitor chose, "" to follow the device."""
        return self._look("theme")

    @cached_property
    def size(self) -> str:
        """Return the size of the text that the visitor chose, "" for the browser's own."""
        return self._look("size")

    def _look(self, name: str) -> str:
        chosen = self.request.COOKIES.get(name, "")
        return chosen if chosen in LOOKS[name] else ""

    @cached_property
    def languages(self) -> list[Tongue]:
        """Return this page in each language; its own address, without one, is `here`."""
        return [
            Tongue(code, name, in_language(self.here, code), code == get_language())
            for code, name in settings.LANGUAGES
        ]

    @property
    def here(self) -> str:
        """Return the address of this page with the portal's own host, in no language."""
        return settings.PUBLIC_BASE_URL.rstrip("/") + self.request.get_full_path()


def site(request: HttpRequest) -> dict[str, Any]:
    """Give every template `portal`."""
    return {"portal": Site(request)}
