"""People: the user, what is known of a courier, and links that sign in once."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from portal.accounts.models.organisation import Organisation
from portal.accounts.querysets import UserQuerySet
from portal.accounts.scope import acts_everywhere

if TYPE_CHECKING:
    from portal.accounts.models.post import Post

PHONE_IDLE_LIMIT = timedelta(days=90)
LINK_LIFETIME = timedelta(minutes=5)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Make users; a phone may be written the way people write it in China."""

    def create_user(self, phone: Any = None, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password only an SMS code signs in."""
        user = self.model(phone=phone or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone: Any, password: str | None = None, **fields: Any) -> "User":
        """Create somebody who may do everything; for the person who installs the portal."""
        return self.create_user(phone, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser):
    """A person. What they may do follows from the post they act for, never from the person.

    A phone is a way in and not an identity: numbers are re-assigned, so it may be taken off a user again.
    """

    phone = PhoneNumberField(
        _("phone"),
        region="CN",
        max_length=20,
        unique=True,
        null=True,
        blank=True,
        error_messages={"unique": _("Another person has this phone number.")},
    )
    phone_verified_at = models.DateTimeField(_("phone verified at"), null=True, blank=True, editable=False)
    phone_seen_at = models.DateTimeField(
        _("phone last proved at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When its holder last signed in."),
    )
    email = models.EmailField(_("email"), blank=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    is_superuser = models.BooleanField(_("may do everything"), default=False)
    sessions_ended = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "phone"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("pk",)
        permissions = [("reset_second_factor", _("Can reset a person's second factor"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone__isnull=True) | ~models.Q(phone=""),
                name="accounts_user_phone_empty_is_null",
                violation_error_message=_("Leave the phone out instead of saving it empty."),
            ),
        ]

    def __str__(self) -> str:
        """Return the name, else the masked phone: a number is never written out in a list."""
        return self.name or self.masked_phone or f"#{self.pk}"

    @property
    def masked_phone(self) -> str:
        """Return the phone as 138****0001, "" without one."""
        national = str(self.phone.national_number) if self.phone else ""
        return f"{national[:3]}****{national[-4:]}" if len(national) > 7 else "*" * len(national)

    def get_full_name(self) -> str:
        """Return the name, which Django's own pages ask for by this method."""
        return str(self)

    get_short_name = get_full_name

    def end_sessions(self) -> None:
        """Sign this person out everywhere: no session that was begun before counts any longer."""
        type(self).objects.filter(pk=self.pk).update(sessions_ended=models.F("sessions_ended") + 1)
        self.refresh_from_db(fields=["sessions_ended"])

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Return what a session must know: the password's hash, and how often all sessions were ended.

        Django asks by this method for the present secret key and for each that is being retired.
        """
        known = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        return f"{known}:{self.sessions_ended}" if self.sessions_ended else known

    def get_username(self) -> str:
        """Return the masked phone: Django and the admin's pages write out what this returns."""
        return self.masked_phone

    def clean(self) -> None:
        """Leave the phone as it is; Django would store what `get_username` returns."""

    def natural_key(self) -> tuple[str]:
        """Return the phone in E.164 for `dumpdata`, which would else write the masked one."""
        return (str(self.phone),)

    @property
    def acting_post(self) -> "Post | None":
        """Return the post this person acts for now; None until `acting_as` or the middleware has set one."""
        return getattr(self, "_acting_post", None)

    @acting_post.setter
    def acting_post(self, post: "Post | None") -> None:
        self._acting_post = post
        self.__dict__.pop("_post_permissions", None)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Say whether the acting post's group has the permission; a superuser has all."""
        if acts_everywhere(self):
            return True
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        """Say whether all the permissions are held."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Say whether any permission of the app is held."""
        if acts_everywhere(self):
            return True
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions())

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """Return the permissions of the acting post as "app.codename"."""
        return {perm for backend in get_backends() for perm in backend.get_all_permissions(self, obj)}

    @property
    def is_phone_idle(self) -> bool:
        """Say whether nobody proved to hold the phone for 90 days: the number may be someone else's by now."""
        seen = self.phone_seen_at or self.phone_verified_at
        return seen is not None and timezone.now() - seen >= PHONE_IDLE_LIMIT


class Courier(models.Model):
    """What is known of a person who delivers or drives."""

    class WorkType(models.TextChoices):
        """What kind of work: 从业类型."""

        FOOD_DELIVERY = "food_delivery", _("food delivery")
        PARCEL = "parcel", _("parcel")
        RIDE_HAILING = "ride_hailing", _("ride-hailing")
        OTHER = "other", _("other")

    user = models.OneToOneField(User, models.CASCADE, verbose_name=_("person"), related_name="courier")
    work_type = models.CharField(
        _("work type"), max_length=20, choices=WorkType, default=WorkType.FOOD_DELIVERY
    )
    platform = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name=_("platform"),
        related_name="couriers",
        null=True,
        blank=True,
        limit_choices_to={"kind": Organisation.Kind.PLATFORM},
    )

    class Meta:
        verbose_name = _("courier")
        verbose_name_plural = _("couriers")

    def __str__(self) -> str:
        """Return the person."""
        return str(self.user)


class LoginLinkQuerySet(models.QuerySet):
    """Links, asked by what they can still do."""

    def usable(self) -> Self:
        """Return the links that are neither used nor over."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())


class LoginLink(models.Model):
    """A link that signs one person in once, within five minutes; only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"), related_name="login_links")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    objects = LoginLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in link")
        verbose_name_plural = _("sign-in links")

    def __str__(self) -> str:
        """Return whom it signs in."""
        return str(self.user)

    @staticmethod
    def digest_of(token: str) -> str:
        """Return the SHA-256 of a token, which has 256 random bits and so needs no salt."""
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User) -> str:
        """Store a new link and return its token, which cannot be read again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user=user, digest=cls.digest_of(token), expires_at=timezone.now() + LINK_LIFETIME)
        return token

    @classmethod
    def redeem(cls, token: str) -> User | None:
        """Return whom the token signs in and use it up, in one statement; None for a wrong, used or old one."""
        digest = cls.digest_of(token)
        if not cls.objects.usable().filter(digest=digest).update(used_at=timezone.now()):
            return None
        return User.objects.filter(login_links__digest=digest, is_active=True).first()
