"""API keys: one for each integration of an organisation."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.accounts.scope import acts_everywhere, area_of, covers_city
from portal.partners.keepers import organisation_kept_by
from portal.partners.scopes import SCOPES
from portal.regions.areas import validate_area_code
from portal.running.databases import can_write

PREFIX_LENGTH = 12
LAST_USE_STEP = timedelta(minutes=1)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def validate_scopes(value: object) -> None:
    """Raise ValidationError unless the value is a list of known scopes."""
    if not _texts(value):
        raise ValidationError(_("Scopes are a list of names."), code="scopes_format")
    unknown = sorted(set(value) - set(SCOPES))  # type: ignore[call-overload]
    if unknown:
        raise ValidationError(
            _("Unknown scope: %(scope)s."), code="scope_unknown", params={"scope": ", ".join(unknown)}
        )


def validate_sources(value: object) -> None:
    """Raise ValidationError unless the value is a list of names."""
    if not _texts(value):
        raise ValidationError(_("Sources are a list of names."), code="sources_format")


class ApiKeyQuerySet(models.QuerySet):
    """Keys in the words of those who ask."""

    def usable(self) -> Self:
        """Return the keys that are neither revoked nor over."""
        now = timezone.now()
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def visible_to(self, user: Any) -> Self:
        """Return the keys that somebody may change."""
        return self.editable_by(user)

    def editable_by(self, user: Any) -> Self:
        """Return the keys of the organisations that somebody may change and whose reach is within their own."""
        organisations = Organisation.objects.editable_by(user)
        keys = self.filter(organisation__in=organisations)
        area = area_of(user) or ""
        if acts_everywhere(user) or covers_city(user):
            return keys
        return keys.filter(area_code__startswith=area) if area else self.none()

    def kept_by(self, user: Any) -> Self:
        """Return the keys of the organisation whose keys and webhooks somebody keeps in their acting post."""
        organisation = organisation_kept_by(user)
        return self.none() if organisation is None else self.filter(organisation=organisation)

    def revoke(self) -> int:
        """End the keys at once; return how many were still in use."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class ApiKey(models.Model):
    """The right of one system to read or write; the secret is shown once and only its hash is kept."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="api_keys"
    )
    name = models.CharField(
        _("name"), max_length=80, help_text=_("What the key is for, such as a map provider's mirror.")
    )
    prefix = models.CharField(_("prefix"), max_length=PREFIX_LENGTH, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list, validators=[validate_scopes])
    sources = models.JSONField(
        _("sources"),
        default=list,
        blank=True,
        validators=[validate_sources],
        help_text=_("Whose rows it may write."),
    )
    area_code = models.CharField(
        _("area"),
        max_length=12,
        blank=True,
        validators=[validate_area_code],
        help_text=_("Empty: the whole city."),
    )
    per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, help_text=_("Empty: as many as every key.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    #: The key that took this one's place; until `expires_at` both hold.
    successor = models.OneToOneField(
        "self", models.SET_NULL, null=True, editable=False, related_name="predecessor"
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-pk",)
        permissions = [("keep_own", _("Can keep the keys and webhooks of one's own organisation"))]

    def __str__(self) -> str:
        """Return organisation, name and the visible beginning."""
        return f"{self.organisation} · {self.name} ({self.prefix}…)"

    # DRF's throttles and permissions ask these of whatever `request.auth` or `request.user` is.
    @property
    def is_usable(self) -> bool:
        """Say whether the key is neither revoked nor over."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def has_scope(self, scope: str) -> bool:
        """Say whether the key was given the scope."""
        return scope in self.scopes

    @staticmethod
    def digest_of(secret: str) -> str:
        """Return the SHA-256 of a secret.

        A secret has 256 random bits, so a slow password hash would add nothing but its cost to each request.
        """
        return hashlib.sha256(secret.encode()).hexdigest()

    def matches(self, secret: str) -> bool:
        """Compare a secret with the stored hash in constant time."""
        return hmac.compare_digest(self.digest, self.digest_of(secret))

    def draw_secret(self) -> str:
        """Give the unsaved key a prefix and a hash; return the whole text, which cannot be read again."""
        self.prefix = secrets.token_hex(PREFIX_LENGTH // 2)
        secret = secrets.token_urlsafe(32)
        self.digest = self.digest_of(secret)
        return f"nx_{self.prefix}_{secret}"

    @classmethod
    def issue(
        cls,
        *,
        organisation: Organisation,
        name: str,
        scopes: list[str],
        sources: list[str] | None = None,
        area_code: str = "",
        expires_at: datetime | None = None,
    ) -> tuple["ApiKey", str]:
        """Create a key; return it with its text. Raises ValidationError for an unknown scope or area."""
        key = cls(
            organisation=organisation,
            name=name,
            scopes=scopes,
            sources=sources or [],
            area_code=area_code,
            expires_at=expires_at,
        )
        text = key.draw_secret()
        key.full_clean()
        key.save()
        return key, text

    @classmethod
    def find(cls, text: str) -> "ApiKey | None":
        """Return the usable key of a text "nx_<prefix>_<secret>", with its organisation; None for any other text."""
        start, _sep, rest = text.partition("_")
        prefix, _sep, secret = rest.partition("_")
        if start != "nx" or len(prefix) != PREFIX_LENGTH or not secret:
            return None
        key = cls.objects.select_related("organisation").filter(prefix=prefix).first()
        return key if key is not None and key.matches(secret) and key.is_usable else None

    def note_use(self) -> None:
        """Write the moment of use, at most once a minute; a lost primary is no reason not to answer."""
        now = timezone.now()
        if not can_write():
            return
        if self.last_used_at is not None and now - self.last_used_at < LAST_USE_STEP:
            return
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USE_STEP)
        type(self).objects.filter(due, pk=self.pk).update(last_used_at=now)
        self.last_used_at = now


class KeyUsage(models.Model):
    """How often a key asked on one day of the city's calendar, and how often in vain."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="usage")
    day = models.DateField(_("day"))
    request_count = models.PositiveBigIntegerField(_("requests"), default=0)
    refused_count = models.PositiveBigIntegerField(_("refused"), default=0)
    throttled_count = models.PositiveBigIntegerField(_("too many"), default=0)

    class Meta:
        verbose_name = _("use of a key")
        verbose_name_plural = _("use of keys")
        ordering = ("day",)
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="partners_key_usage_once", fields=["api_key", "day"])]
