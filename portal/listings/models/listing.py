"""Listing: anything that a courier can look up and go to."""

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.listings.groups import HOURS, PHOTOS, Group, Numbers
from portal.listings.measures import Measure
from portal.listings.querysets import ListingQuerySet
from portal.listings.stripes import Stripe

if TYPE_CHECKING:
    from portal.listings.drawings import Drawing
    from portal.listings.meanings import Pattern, Saying

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_public_id() -> str:
    """Return 10 random Crockford base-32 characters (50 bits)."""
    return "".join(secrets.choice(CROCKFORD) for _i in range(10))


class State(models.TextChoices):
    """Where a listing stands; `portal.listings.states.MOVES` holds the allowed moves."""

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("in review")
    PUBLISHED = "published", _("published")
    PAUSED = "paused", _("paused")
    ARCHIVED = "archived", _("archived")


PUBLIC_STATES = (State.PUBLISHED, State.PAUSED)


class Datum(models.TextChoices):
    """The datum in which a position was entered; it is stored as WGS-84 whatever this says."""

    GCJ02 = "gcj02", _("GCJ-02 (Amap, Tencent)")
    BD09 = "bd09", _("BD-09 (Baidu)")
    WGS84 = "wgs84", _("WGS-84 (GPS)")


class Accuracy(models.TextChoices):
    """How exact a position is."""

    EXACT = "exact", _("exact")
    APPROXIMATE = "approximate", _("approximate")


class ShutReason(models.TextChoices):
    """Why a place is shut although its hours say open."""

    SOLD_OUT = "sold_out", _("sold out")
    OUT_OF_SERVICE = "out_of_service", _("out of service")


class KindField(models.CharField):
    """Write the kind's name of the class that is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return the class's own kind, or for a bare Listing what the row holds."""
        kind = getattr(type(model_instance), "kind_name", "") or getattr(model_instance, self.attname)
        setattr(model_instance, self.attname, kind)
        return kind


class Listing(models.Model):
    """A place; kinds inherit from it by multi-table inheritance (decision 0001).

    Positions are WGS-84 degrees. `document` is the stored public JSON, empty while the public sees nothing.
    """

    kind_name: ClassVar[str] = ""
    plural: ClassVar[str] = "listings"
    #: Whether people say where something is by naming a place of this kind.
    is_landmark: ClassVar[bool] = False
    own_fields: ClassVar[tuple[str, ...]] = ()
    groups: ClassVar[dict[str, Group]] = {"hours": HOURS, "photos": PHOTOS}
    fact_groups: ClassVar[tuple[str, ...]] = ("hours", "contact")
    #: Fact group → the numbers by which an operator answers; other groups are answered in words.
    numbers: ClassVar[dict[str, Numbers]] = {}
    #: What of the kind runs out or fills up, as systems tell it apart from the facts; None where nothing does.
    measure: ClassVar[Measure | None] = None
    base_fields: ClassVar[tuple[str, ...]] = (
        "name",
        "name_en",
        "district",
        "street",
        "community",
        "address",
        "lat",
        "lng",
        "entered_datum",
        "accuracy",
        "phone",
        "notice",
        "notice_en",
        "provenance",
    )
    status_fields: ClassVar[tuple[str, ...]] = (
        "state",
        "pause_reason",
        "pause_reason_en",
        "paused_until",
        "shut_reason",
        "shut_at",
        "shut_until",
    )

    public_id = models.CharField(
        _("number"), max_length=10, unique=True, default=new_public_id, editable=False
    )
    kind = KindField(_("kind"), max_length=30, editable=False)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(
        _("English name"), max_length=120, blank=True, help_text=_("Left empty, English pages show pinyin.")
    )
    district = models.ForeignKey(
        "regions.District",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="listings",
        verbose_name=_("district"),
    )
    street = models.ForeignKey(
        "regions.Street",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="listings",
        verbose_name=_("street"),
    )
    community = models.ForeignKey(
        "regions.Community",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="listings",
        verbose_name=_("community"),
    )
    area_code = models.GeneratedField(
        expression=Coalesce("community", "street", "district", models.Value("")),
        output_field=models.CharField(max_length=12),
        db_persist=True,
        verbose_name=_("area"),
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    lat = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    lng = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    entered_datum = models.CharField(_("entered in"), max_length=5, choices=Datum, default=Datum.GCJ02)
    accuracy = models.CharField(_("position is"), max_length=12, choices=Accuracy, default=Accuracy.EXACT)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    notice = models.CharField(_("short notice"), max_length=200, blank=True)
    notice_en = models.CharField(
        _("short notice in English"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Left empty, English pages show the Chinese notice."),
    )
    provenance = models.CharField(_("where the facts come from"), max_length=200, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    pause_reason = models.CharField(_("why paused"), max_length=200, blank=True, editable=False)
    pause_reason_en = models.CharField(
        _("why paused, in English"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    shut_reason = models.CharField(
        _("why shut"), max_length=20, choices=ShutReason, blank=True, editable=False
    )
    shut_at = models.DateTimeField(_("shut since"), null=True, blank=True, editable=False)
    shut_until = models.DateTimeField(_("shut until"), null=True, blank=True, editable=False)

    source = models.CharField(_("source"), max_length=60, blank=True, editable=False)
    external_id = models.CharField(_("number at the source"), max_length=120, blank=True, editable=False)

    revision_number = models.PositiveIntegerField(_("version"), default=0, editable=False)
    search_text = models.TextField(editable=False, default="")
    document = models.TextField(editable=False, default="")
    document_hash = models.CharField(max_length=64, editable=False, default="")
    change_number = models.BigIntegerField(null=True, unique=True, editable=False)
    next_change_at = models.DateTimeField(null=True, editable=False, db_index=True)
    # The database knows the default too: a portal of the last version goes on writing while this one starts.
    timetable = models.CharField(max_length=30, editable=False, default="", db_default="")
    intervals_until = models.DateField(null=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False, db_index=True)

    objects: ClassVar[Any] = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ["name", "id"]
        permissions = [
            ("publish_listing", _("Can publish, pause and archive listings")),
            ("import_listing", _("Can import listings")),
            ("export_listing", _("Can export listings")),
        ]
        indexes = [
            # All that `nearby` and `open_at` ask, so that they read this index alone.
            models.Index(
                Stripe("lat"),
                *("lng", "lat", "kind", "state", "timetable", "paused_until", "shut_at", "shut_until", "id"),
                name="listing_position",
            ),
            models.Index(fields=["kind", "state", "name", "id"], name="listing_kind_name"),
            models.Index(fields=["area_code"], name="listing_area", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="listing_position_whole",
                condition=models.Q(lat__isnull=True, lng__isnull=True)
                | models.Q(
                    # A comparison with NULL is not false, and a check refuses only what is false.
                    lat__isnull=False,
                    lng__isnull=False,
                    lat__gte=-90,
                    lat__lte=90,
                    lng__gte=-180,
                    lng__lte=180,
                ),
                violation_error_message=_("Give latitude and longitude together, in degrees."),
            ),
            models.CheckConstraint(
                name="listing_public_is_placed",
                condition=~models.Q(state__in=["published", "paused"])
                | models.Q(lat__isnull=False, lng__isnull=False, street__isnull=False),
                violation_error_message=_(
                    "Place the listing first: a published listing needs a street and a position."
                ),
            ),
            models.CheckConstraint(
                name="listing_shut_whole",
                condition=models.Q(shut_reason="", shut_at__isnull=True, shut_until__isnull=True)
                | (
                    ~models.Q(shut_reason="")
                    & models.Q(
                        shut_at__isnull=False, shut_until__isnull=False, shut_until__gt=models.F("shut_at")
                    )
                ),
                violation_error_message=_(
                    "A place that is shut for now needs a reason, a beginning and an end."
                ),
            ),
            models.UniqueConstraint(
                name="listing_source_external_id",
                fields=["source", "external_id"],
                condition=~models.Q(source=""),
                violation_error_message=_("This source already has a listing with that number."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_public(self) -> bool:
        """Say whether the public may see this listing at all."""
        return self.state in PUBLIC_STATES

    @property
    def is_placed(self) -> bool:
        """Say whether the listing has a position and a street."""
        return self.lat is not None and self.street_id is not None

    @classmethod
    def editable_fields(cls) -> tuple[str, ...]:
        """Return the names of the fields that staff edit, common ones first."""
        return (*cls.base_fields, *cls.own_fields)

    @property
    def as_kind(self) -> "Listing":
        """Return this row as an instance of its kind (one query when it is a bare Listing)."""
        if type(self).kind_name:
            return self
        from portal.listings.kinds import listing_model

        return listing_model(self.kind).objects.get(pk=self.pk)

    def get_absolute_url(self) -> str:
        """Return the public page."""
        return page_url(self.kind, self.public_id)

    @property
    def planned_pauses(self) -> list[Any]:
        """Return the pauses that are planned and not done yet; one query unless read by `with_groups`."""
        read = self.__dict__.get("pauses_read")
        return list(self.planned_moves.pauses()) if read is None else read

    def clean(self) -> None:
        """Check what joins several fields: the region levels must fit each other."""
        from portal.listings.checks import check_regions

        check_regions(self)

    def own_document(self) -> dict[str, Any]:
        """Return the kind's own keys of the public document."""
        return {}

    def own_words(self) -> list[str]:
        """Return the kind's own words to be found by (dishes, amenities, room names)."""
        return []

    @classmethod
    def sayings(cls) -> "Iterable[Saying]":
        """Return the everyday words that the kind and what it offers are found by."""
        from portal.listings.meanings import kind_saying

        meta = cls._meta
        with override("zh-hans"):
            chinese = str(meta.verbose_name)
        with override("en"):
            english = str(meta.verbose_name)
        return [kind_saying(cls.kind_name, meta.verbose_name_plural, chinese, english)]

    @classmethod
    def patterns(cls) -> "Iterable[Pattern]":
        """Return the ways of saying something with numbers that the kind understands."""
        return ()

    def drawing(self) -> "Drawing":
        """Return the drawing that informs where there is no photo."""
        from portal.listings.drawings import neutral

        return neutral()

    @classmethod
    def facts_said(cls, group: str, doc: dict[str, Any]) -> list[str]:
        """Return what the kind's own facts of a group are by a stored document, in short lines."""
        return []

    def own_next_changes(self) -> list[dt.datetime | None]:
        """Return the moments at which the kind's own facts expire."""
        return []

    def own_expire(self, moment: dt.datetime) -> None:
        """Clear the kind's own facts that have expired by `moment`; the caller saves."""


def page_url(kind: str, public_id: str) -> str:
    """Return the public page of a listing of that kind."""
    from portal.listings.kinds import listing_model

    return reverse(f"{listing_model(kind).plural}:detail", args=[public_id])


def absolute_url(kind: str, public_id: str) -> str:
    """Return the page's address with the portal's own host, for QR codes and partners."""
    return settings.PUBLIC_BASE_URL.rstrip("/") + page_url(kind, public_id)
