"""Holders of identity codes, platforms and what platforms say."""

from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Courier, Organisation
from portal.accounts.scope import acts_everywhere, covers_city


class Platform(models.Model):
    """A platform company's number and short name, as a code and a guard's screen carry them."""

    organisation = models.OneToOneField(
        Organisation,
        models.PROTECT,
        related_name="code_platform",
        verbose_name=_("organisation"),
        limit_choices_to={"kind": Organisation.Kind.PLATFORM},
    )
    number = models.PositiveSmallIntegerField(
        _("number"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(255)]
    )
    short_name = models.CharField(_("short name"), max_length=12)
    short_name_en = models.CharField(_("English short name"), max_length=24, blank=True)

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.short_name


class HolderQuerySet(models.QuerySet):
    """Holders in the words of those who ask."""

    def admitted(self) -> Self:
        """Return the holders who may be issued a credential now; an own word alone admits nobody."""
        admitted = self.filter(state=Holder.State.ACTIVE).exclude(basis=Holder.Basis.CLAIM)
        return admitted.exclude(provisional_until__lte=timezone.now())

    def waiting(self) -> Self:
        """Return the holders of whom a proof or a photo is to be checked."""
        photo = Q(photo_state=Holder.PhotoState.WAITING)
        return self.filter(photo | ~Q(proof_image=""), state=Holder.State.ACTIVE)

    def visible_to(self, user: Any) -> Self:
        """Return all to whoever acts for the whole city, since nobody is known by an area, and none to others."""
        return self.all() if acts_everywhere(user) or covers_city(user) else self.none()

    def editable_by(self, user: Any) -> Self:
        """Return the same; what somebody may decide about them is a matter of permissions."""
        return self.visible_to(user)


class Holder(models.Model):
    """A courier who has asked for an identity code, and what the code rests on.

    The full name stays with the person (`accounts.User.name`); only its masked form enters a credential.
    """

    class State(models.TextChoices):
        """Whether credentials are issued."""

        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        ERASED = "erased", _("erased")

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.ACTIVE: (State.SUSPENDED, State.ERASED),
        State.SUSPENDED: (State.ACTIVE, State.ERASED),
        # Somebody may come again; a suspension that had not ended then is still there.
        State.ERASED: (State.ACTIVE, State.SUSPENDED),
    }

    class Basis(models.TextChoices):
        """What says that the person works for the platform."""

        CLAIM = "claim", _("own word")
        ROSTER = "roster", _("platform roster")
        PROOF = "proof", _("proof checked by staff")
        ORDER = "order", _("live order")
        STATION = "station", _("word of a station head")

    class PhotoState(models.TextChoices):
        """Where a photo stands."""

        NONE = "none", _("no photo")
        WAITING = "waiting", _("to be checked")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    courier = models.OneToOneField(Courier, models.CASCADE, related_name="holder", verbose_name=_("courier"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    basis = models.CharField(_("rests on"), max_length=8, choices=Basis, default=Basis.CLAIM)
    basis_checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    basis_label = models.CharField(_("checked by"), max_length=120, blank=True)
    provisional_until = models.DateTimeField(_("provisional until"), null=True, blank=True)
    enrolled_at = models.DateTimeField(_("enrolled at"), default=timezone.now)
    terms_version = models.CharField(_("terms agreed to"), max_length=20)
    consented_at = models.DateTimeField(_("agreed at"))
    location_consented_at = models.DateTimeField(
        _("agreed that passes are kept"),
        null=True,
        blank=True,
        help_text=_("Passes tell where somebody was."),
    )
    proof_image = models.CharField(max_length=120, blank=True)
    proof_sent_at = models.DateTimeField(_("proof sent at"), null=True, blank=True)
    proof_reason = models.CharField(_("why the proof was refused"), max_length=120, blank=True)
    photo = models.CharField(max_length=120, blank=True)
    photo_state = models.CharField(_("photo"), max_length=8, choices=PhotoState, default=PhotoState.NONE)
    photo_reason = models.CharField(_("why the photo was refused"), max_length=120, blank=True)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    suspended_why = models.CharField(_("why suspended"), max_length=200, blank=True)
    suspended_by_label = models.CharField(_("suspended by"), max_length=120, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)

    objects: ClassVar[Any] = HolderQuerySet.as_manager()

    class Meta:
        verbose_name = _("code holder")
        verbose_name_plural = _("code holders")
        ordering = ["-enrolled_at"]
        permissions = [
            ("check_holder", _("Can check proofs and photos and give provisional passes")),
            ("suspend_holder", _("Can suspend a code")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_provisional(self) -> bool:
        """Say whether the code is a newcomer's same-day pass."""
        return self.provisional_until is not None


class RosterEntry(models.Model):
    """One line of a platform's roster. The phone is kept as a keyed hash only."""

    platform = models.ForeignKey(Platform, models.CASCADE, related_name="roster", verbose_name=_("platform"))
    phone_hash = models.CharField(max_length=64)
    work_type = models.CharField(_("work type"), max_length=20, choices=Courier.WorkType)
    holder = models.ForeignKey(
        Holder, models.CASCADE, related_name="roster_entries", null=True, blank=True, verbose_name=_("holder")
    )
    pushed_at = models.DateTimeField(_("pushed at"))
    ended_at = models.DateTimeField(_("left the platform at"), null=True, blank=True)
    forget_at = models.DateTimeField(
        _("forgotten at"), help_text=_("Unmatched entries are kept for 30 days.")
    )

    class Meta:
        verbose_name = _("roster entry")
        verbose_name_plural = _("roster entries")
        constraints = [models.UniqueConstraint(name="codes_roster_once", fields=["platform", "phone_hash"])]
        indexes = [models.Index(fields=["phone_hash"], name="codes_roster_phone")]

    def __str__(self) -> str:
        return f"{self.platform} #{self.pk}"


class LiveOrder(models.Model):
    """An order under way, told by the platform: whether a courier is on an order to a listing, and no more."""

    platform = models.ForeignKey(Platform, models.CASCADE, related_name="orders", verbose_name=_("platform"))
    external_id = models.CharField(_("order"), max_length=64)
    phone_hash = models.CharField(max_length=64)
    listing_id = models.BigIntegerField(_("listing"), null=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))

    class Meta:
        verbose_name = _("live order")
        verbose_name_plural = _("live orders")
        constraints = [models.UniqueConstraint(name="codes_order_once", fields=["platform", "external_id"])]
        indexes = [models.Index(fields=["phone_hash", "ends_at"], name="codes_order_phone")]

    def __str__(self) -> str:
        return self.external_id
