"""What staff can do to a listing besides editing it: one table for buttons, bulk actions and their pages.

A deed names the scope that it needs (`editable_by` or `publishable_by`), says to which listings it applies, and runs
through the kernel. Where the scope or the state does not allow it, it is neither offered nor done.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from portal.listings import states
from portal.listings.admin.fields import MomentInput
from portal.listings.confirming import confirm
from portal.listings.kinds import listing_model
from portal.listings.models import Channel, FactGroup, Listing, ShutReason, State
from portal.listings.moving import Outcome, move_many
from portal.listings.planning import Wish, plan, plan_many

EDIT = "editable_by"
PUBLISH = "publishable_by"


class DeedForm(forms.Form):
    """What a deed asks; it knows the listings that it is for."""

    def __init__(self, *args: Any, listings: Iterable[Listing] = (), **kwargs: Any) -> None:
        self.listings = list(listings)
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))


class PauseForm(DeedForm):
    """Why, and until when if that is known."""

    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget())
    reason_en = forms.CharField(
        label=_("reason in English"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Left empty, English pages show the Chinese reason."),
    )
    at = forms.DateTimeField(
        label=_("begins"),
        required=False,
        widget=MomentInput(),
        help_text=_("Left empty, it pauses at once. A moment ahead is planned, and couriers read it ahead."),
    )
    until = forms.DateTimeField(
        label=_("until"),
        required=False,
        widget=MomentInput(),
        help_text=_("Left empty, it stays paused until you resume it."),
    )

    def clean_at(self) -> dt.datetime | None:
        """Refuse a beginning in the past."""
        return ahead(self.cleaned_data.get("at"))

    def clean_until(self) -> dt.datetime | None:
        """Refuse an end in the past, and one before the beginning."""
        until, at = ahead(self.cleaned_data.get("until")), self.cleaned_data.get("at")
        if until and at and until <= at:
            raise forms.ValidationError(_("The pause ends before it begins."))
        return until


class PublishLaterForm(DeedForm):
    """When it goes public."""

    at = forms.DateTimeField(label=_("goes public"), widget=MomentInput())

    def clean_at(self) -> dt.datetime | None:
        """Refuse a moment in the past."""
        return ahead(self.cleaned_data.get("at"))


class ShutForm(DeedForm):
    """Sold out or out of service, until a moment ahead."""

    reason = forms.ChoiceField(
        label=_("reason"), choices=ShutReason.choices, widget=UnfoldAdminSelectWidget()
    )
    until = forms.DateTimeField(label=_("until"), widget=MomentInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = evening()

    def clean_until(self) -> dt.datetime | None:
        """Refuse an end in the past."""
        return ahead(self.cleaned_data.get("until"))


class ConfirmForm(DeedForm):
    """Which facts are still true."""

    facts = forms.MultipleChoiceField(label=_("still true"), widget=forms.CheckboxSelectMultiple())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {group for listing in self.listings for group in listing_model(listing.kind).fact_groups}
        choices = [choice for choice in FactGroup.choices if choice[0] in names]
        self.fields["facts"].choices = choices  # type: ignore[attr-defined]
        self.fields["facts"].initial = [choice[0] for choice in choices]


def ahead(moment: dt.datetime | None) -> dt.datetime | None:
    """Return the moment; ValidationError when it has passed."""
    if moment is not None and moment <= timezone.now():
        raise forms.ValidationError(_("Choose a moment that lies ahead."))
    return moment


def evening() -> dt.datetime:
    """Return the end of today, or in three hours when that is later."""
    now = timezone.localtime()
    return max(now.replace(hour=23, minute=59, second=0, microsecond=0), now + dt.timedelta(hours=3))


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do to listings; `run(listing, actor, asked)` raises ValidationError with a sentence.

    `many(pks, actor, asked)` does it to as many as one likes in short transactions. `to` is the state it leads to.
    `explains` says before it is done what follows. One with a `section` is offered there and not in the first row; one
    that `is_single` asks what differs from listing to listing.
    """

    name: str
    label: Any
    scope: str
    applies: Callable[[Listing], bool]
    run: Callable[[Listing, Any, dict[str, Any]], Any]
    form: type[DeedForm] | None = None
    asks_first: bool = False
    tone: str = ""
    kinds: tuple[str, ...] = ()
    icon: str = ""
    many: Callable[[list[int], Any, dict[str, Any]], Outcome] | None = None
    to: str = ""
    explains: Any = ""
    section: str = ""
    is_single: bool = False

    def fits(self, listing: Listing) -> bool:
        """Say whether the deed is one for this listing as it stands."""
        return (not self.kinds or listing.kind in self.kinds) and self.applies(listing)

    @property
    def has_page(self) -> bool:
        """Say whether the deed asks something before it is done."""
        return self.form is not None or self.asks_first


def _in(*wanted: str) -> Callable[[Listing], bool]:
    return lambda listing: listing.state in wanted


def _move(to: str) -> dict[str, Any]:
    """Return what moves one listing, and many; with `at` asked for, it is planned."""

    def run(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
        channel = channel_of(actor)
        if asked.get("at"):
            return plan(listing=listing, wish=Wish(to, **asked), actor=actor, channel=channel)
        return states.move(listing=listing, to=to, actor=actor, channel=channel, **at_once(asked))

    def many(pks: list[int], actor: Any, asked: dict[str, Any]) -> Outcome:
        channel = channel_of(actor)
        if asked.get("at"):
            return plan_many(pks=pks, wish=Wish(to, **asked), actor=actor, channel=channel)
        return move_many(pks=pks, to=to, actor=actor, channel=channel, **at_once(asked))

    return {"run": run, "many": many, "to": to}


def at_once(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the answers that a move at once takes."""
    return {name: value for name, value in asked.items() if name != "at"}


def channel_of(actor: Any) -> str:
    """Return through which door a person's change comes: the office's, or an operator's who has no area."""
    post = getattr(actor, "acting_post", None)
    return str(Channel.OPERATOR if post is not None and not post.area else Channel.OFFICE)


def _confirm(listing: Listing, actor: Any, asked: dict[str, Any]) -> None:
    confirm(listing=listing, fact_groups=asked["facts"], actor=actor, channel=channel_of(actor))


def _shut(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    return states.shut(
        listing=listing, reason=asked["reason"], until=asked["until"], actor=actor, channel=channel_of(actor)
    )


def _reopen(listing: Listing, actor: Any, asked: dict[str, Any]) -> Any:
    return states.reopen(listing=listing, actor=actor, channel=channel_of(actor))


def _is_shut(listing: Listing) -> bool:
    return bool(listing.shut_until and listing.shut_until > timezone.now())


_REGISTRY: dict[str, Deed] = {}


def register(deed: Deed) -> Deed:
    """Add a deed; kinds add their own in their admin module."""
    _REGISTRY[deed.name] = deed
    return deed


def all_deeds() -> dict[str, Deed]:
    """Return every deed by name, in the order of the buttons."""
    return _REGISTRY


def public(listing: Listing) -> bool:
    """Say whether the public sees the listing."""
    return listing.is_public


register(
    Deed(
        "publish",
        _("Publish"),
        PUBLISH,
        _in(State.DRAFT, State.IN_REVIEW),
        **_move(State.PUBLISHED),
        tone="main",
        icon="check",
    )
)
register(
    Deed(
        "publish_later",
        _("Publish at a set time"),
        PUBLISH,
        _in(State.DRAFT, State.IN_REVIEW),
        form=PublishLaterForm,
        icon="event_upcoming",
        **_move(State.PUBLISHED),
    )
)
register(
    Deed("review", _("Send to review"), EDIT, _in(State.DRAFT), **_move(State.IN_REVIEW), icon="rate_review")
)
register(Deed("draft", _("Back to draft"), EDIT, _in(State.IN_REVIEW), **_move(State.DRAFT), icon="undo"))
register(Deed("confirm", _("Confirm: still true"), EDIT, public, _confirm, form=ConfirmForm, icon="task_alt"))
register(
    Deed(
        "pause",
        _("Pause"),
        PUBLISH,
        _in(State.PUBLISHED, State.PAUSED),
        **_move(State.PAUSED),
        form=PauseForm,
        icon="pause",
    )
)
register(
    Deed(
        "resume",
        _("Resume"),
        PUBLISH,
        _in(State.PAUSED),
        **_move(State.PUBLISHED),
        tone="main",
        icon="play_arrow",
    )
)
register(
    Deed(
        "shut",
        _("Sold out or out of service"),
        EDIT,
        lambda listing: listing.is_public and not _is_shut(listing),
        _shut,
        form=ShutForm,
        icon="block",
    )
)
register(Deed("reopen", _("Reopen"), EDIT, _is_shut, _reopen, tone="main", icon="lock_open"))
register(
    Deed(
        "archive",
        _("Archive"),
        PUBLISH,
        _in(State.DRAFT, State.IN_REVIEW, State.PUBLISHED, State.PAUSED),
        **_move(State.ARCHIVED),
        asks_first=True,
        tone="grave",
        icon="archive",
        explains=_(
            "An archived listing leaves the public pages. It is kept, with its history, and can be taken out again."
        ),
    )
)
register(
    Deed(
        "restore",
        _("Restore from the archive"),
        PUBLISH,
        _in(State.ARCHIVED),
        **_move(State.DRAFT),
        icon="unarchive",
    )
)
