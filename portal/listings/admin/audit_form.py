"""What somebody asks of the audit: the form above the timeline."""

import datetime as dt
import ipaddress
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import Organisation, Post, User
from portal.audit.models import SIGNING_IN, Action
from portal.listings.models import Channel, Listing
from portal.listings.timeline import BY_NAME, Asked, day_start

#: A text that more rows than this match is too short to mean one of them.
MOST_MATCHES = 200
RIGHTS = (
    Action.POST_GIVEN,
    Action.POST_CHANGED,
    Action.POST_ENDED,
    Action.HANDED_OVER,
    Action.PERMISSIONS_CHANGED,
    Action.KEY_ISSUED,
    Action.KEY_ROTATED,
    Action.KEY_REVOKED,
)
EXCHANGE = (Action.EXPORTED, Action.IMPORTED, Action.IMPORT_UNDONE, Action.INSPECTED)
OF_SOURCES = (Action.TAKEN_OVER, Action.RELEASED, Action.LINKED, Action.UNLINKED)
GROUPS = {"signing-in": SIGNING_IN, "rights": RIGHTS, "exchange": EXCHANGE, "sources": OF_SOURCES}
WHAT = [
    ("", gettext_lazy("everything")),
    (
        gettext_lazy("Listings"),
        [
            ("version", gettext_lazy("changes of listings")),
            ("confirmed", gettext_lazy("confirmations")),
            ("taken-back", gettext_lazy("confirmations taken back")),
        ],
    ),
    (
        gettext_lazy("Together"),
        [
            ("signing-in", gettext_lazy("signing in")),
            ("rights", gettext_lazy("posts, permissions and keys")),
            ("exchange", gettext_lazy("imports and exports")),
            ("sources", gettext_lazy("whose listings are: taken over, given back")),
        ],
    ),
    (gettext_lazy("One by one"), Action.choices),
]


def _text(label: Any, hint: str = "", length: int = 80) -> forms.CharField:
    attrs = {"class": "nx-input", "placeholder": hint, "autocomplete": "off"}
    return forms.CharField(
        label=label, required=False, max_length=length, widget=forms.TextInput(attrs=attrs)
    )


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=choices, widget=forms.Select(attrs={"class": "nx-input"})
    )


def day_field(label: Any, *, required: bool = False) -> forms.DateField:
    """Return a field for a day that calendars and databases know."""
    widget = forms.DateInput(attrs={"class": "nx-input", "type": "date"}, format="%Y-%m-%d")
    limits = [MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2099, 12, 31))]
    return forms.DateField(label=label, required=required, widget=widget, validators=limits)


class AuditForm(forms.Form):
    """Person, office, what, listing or object, channel, days and, for who may, address; empty asks for all."""

    what = _choice(gettext_lazy("what"), WHAT)
    since = day_field(gettext_lazy("from"))
    until = day_field(gettext_lazy("to"))
    who = _text(gettext_lazy("who"))
    office = _text(gettext_lazy("office"))
    about = _text(gettext_lazy("listing or object"))
    channel = _choice(gettext_lazy("through"), [("", gettext_lazy("any")), *Channel.choices])
    address = _text(gettext_lazy("address"), "203.0.113.7", 45)
    request = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    person = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_perm("audit.export_event"):
            del self.fields["address"]

    def clean_address(self) -> str:
        """Return the address as origins hold it. Raise ValidationError for anything else."""
        text = self.cleaned_data["address"].strip()
        try:
            return str(ipaddress.ip_address(text)) if text else ""
        except ValueError as error:
            raise ValidationError(
                _("This is no address. Write it like 203.0.113.7 or 2001:db8::7.")
            ) from error

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin."""
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return given

    def asked(self) -> Asked:
        """Return what is asked of the timeline; a valid form only."""
        given = self.cleaned_data
        found = Asked(channel=given["channel"], request=given["request"], address=given.get("address", ""))
        what = given["what"]
        if what in BY_NAME:
            found.sources = (what,)
        elif what:
            found.sources, found.actions = ("event",), list(GROUPS.get(what, (what,)))
        if given["since"]:
            found.since = day_start(given["since"])
        if given["until"]:
            found.until = day_start(given["until"] + dt.timedelta(days=1))
        if given["who"] or given["person"]:
            found.people = [given["person"]] if given["person"] else people_called(given["who"])
        if given["office"]:
            found.posts = posts_of(given["office"])
        if given["about"]:
            found.about, found.listings = given["about"], listings_called(given["about"], self.user)
        return found


def people_called(text: str) -> list[int]:
    """Return the keys of the colleagues whose name holds a text."""
    held = Post.objects.values("user")
    people = User.objects.filter(Q(is_staff=True) | Q(pk__in=held), name__icontains=text)
    return list(people.values_list("pk", flat=True)[:MOST_MATCHES])


def posts_of(text: str) -> list[str]:
    """Return how posts of the offices whose name holds a text call themselves."""
    offices = Organisation.objects.filter(name__icontains=text)[:MOST_MATCHES]
    groups = list(Group.objects.values_list("name", flat=True))
    return [f"{office} · {group}"[:120] for office in offices for group in groups]


def listings_called(text: str, user: Any) -> list[int]:
    """Return the keys of the listings in reach that a text finds, by their number too."""
    listings = Listing.objects.visible_to(user)
    exact = listings.filter(public_id=text.upper()).values_list("pk", flat=True)
    return [*exact] or list(listings.search(text).values_list("pk", flat=True)[:MOST_MATCHES])
