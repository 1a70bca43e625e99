"""What an office can do to a listing about its source, as deeds (see `deeds`): take over, give back, link, part."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from portal.accounts.offices import LEVELS
from portal.listings import taking_over
from portal.listings.admin.deeds import PUBLISH, Deed, DeedForm, register
from portal.listings.models import Listing, State
from portal.partners.models import Source

SECTION = "source"
GIVE_BACK = "give_back"


def sources_for(listing: Listing) -> Any:
    """Return the sources that a listing may be a row of: partners', and those of the offices that its area lies in."""
    areas = ["", *(listing.area_code[:length] for length in LEVELS)]
    return Source.objects.select_related("organisation").filter(organisation__area_code__in=areas)


class SourceField(forms.ModelChoiceField):
    """A source by what it is called and whose it is."""

    def label_from_instance(self, obj: Any) -> str:
        """Return label, owner and name."""
        return f"{obj.label} · {obj.organisation} ({obj.name})"


class LinkForm(DeedForm):
    """Which row of which source a listing is."""

    source = SourceField(
        label=_("source"),
        queryset=Source.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )
    external_id = forms.CharField(
        label=_("number at the source"),
        max_length=taking_over.MOST_SIGNS,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=_("As the partner's system names this place, sign by sign."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.queryset = sources_for(self.listings[0])

    def clean_external_id(self) -> str:
        """Refuse a number that no address can name."""
        try:
            return taking_over.clean_external_id(self.cleaned_data["external_id"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error


def is_taken_over(listing: Listing) -> bool:
    """Say whether an office has taken the listing over; no query where the record was read with the listing."""
    kept = getattr(listing, "source_record", None) if listing.source else None
    return kept is not None and kept.taken_over_at is not None


def _take_over(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    return taking_over.take_over(listing=listing, by=actor)


def _give_back(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    """Give one of many back: what the source sent meanwhile is looked at on the listing's own page."""
    return taking_over.release(listing=listing, by=actor)


def _link(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    return taking_over.link(listing=listing, by=actor, **asked)


def _unlink(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    return taking_over.unlink(listing=listing, by=actor)


register(
    Deed(
        "take_over",
        _("Take over from the source"),
        PUBLISH,
        lambda listing: bool(listing.source) and not is_taken_over(listing),
        _take_over,
        icon="back_hand",
        section=SECTION,
    )
)
register(
    Deed(
        GIVE_BACK,
        _("Give back to the source"),
        PUBLISH,
        is_taken_over,
        _give_back,
        asks_first=True,
        icon="redo",
        section=SECTION,
        explains=_(
            "From then on the source writes again. Where it has sent something meanwhile, look at it first on the page "
            "of the listing: such listings are left as they are."
        ),
    )
)
register(
    Deed(
        "link",
        _("Link to a source"),
        PUBLISH,
        lambda listing: (
            not listing.source and listing.state != State.ARCHIVED and sources_for(listing).exists()
        ),
        _link,
        form=LinkForm,
        icon="link",
        section=SECTION,
        is_single=True,
        explains=_(
            "From then on the partner's system keeps this listing: what it sends replaces what stands here. "
            "You can take the listing over at any time."
        ),
    )
)
register(
    Deed(
        "unlink",
        _("Part from the source"),
        PUBLISH,
        lambda listing: bool(listing.source),
        _unlink,
        asks_first=True,
        tone="grave",
        icon="link_off",
        section=SECTION,
        explains=_(
            "The listing is the office's own from then on. What the source sends under this number later is a new "
            "place: if it is only to stop writing here, take the listing over instead."
        ),
    )
)
