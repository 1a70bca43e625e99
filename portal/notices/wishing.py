"""What a person wishes: how to be told, and at which address of e-mail, which they prove to read."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from portal.accounts.limits import DAY, Rate, seconds_to_wait
from portal.accounts.models import User
from portal.notices.models import Preference
from portal.notices.sending import mail_to_address

_SALT = "portal.notices.address"
LINK_SECONDS = 3 * DAY
#: A link may be asked for so often a day: nobody fills somebody else's letter box from here.
ASKED = (Rate(5, DAY),)


class TooOften(Exception):
    """Enough links were asked for today."""


class NotYours(Exception):
    """The link is over, was used, or belongs to somebody else."""


@transaction.atomic
def keep(*, user: Any, wishes: dict[str, Any]) -> Preference:
    """Keep how a person wants to be told; `wishes` are fields of Preference, already checked."""
    return Preference.objects.update_or_create(user=user, defaults=wishes)[0]


@transaction.atomic
def ask_address(*, user: Any, address: str) -> None:
    """Send a link to an address; whoever opens it, signed in as the same person, makes it theirs. Raises TooOften."""
    if seconds_to_wait(f"address:{user.pk}", ASKED):
        raise TooOften
    token = signing.dumps({"user": user.pk, "to": address, "was": user.email}, salt=_SALT)
    link = settings.PUBLIC_BASE_URL + reverse("notice_address", args=[token])
    mail_to_address(
        user=user,
        address=address,
        subject=_("Is this your address?"),
        text=_(
            "Somebody who is signed in to Nuanxin wants their daily e-mail at this address.\n\n"
            "If that was you, open this link within three days: %(link)s\n\nIf not, do nothing: nothing will be sent."
        )
        % {"link": link},
        key=f"address:{user.pk}:{get_random_string(12)}",
    )


def asked_address(*, user: Any, token: str) -> str:
    """Return the address that a link was sent to. Raises NotYours."""
    try:
        said = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        raise NotYours from None
    if said["user"] != user.pk or said["was"] != user.email:
        raise NotYours
    return said["to"]


@transaction.atomic
def take_address(*, user: Any, token: str) -> str:
    """Make the address of a link the person's own, once; return it. Raises NotYours."""
    held = User.objects.select_for_update().get(pk=user.pk)
    address = asked_address(user=held, token=token)
    held.email = address
    held.save(update_fields=["email"])
    return address


@transaction.atomic
def forget_address(*, user: Any) -> None:
    """Forget a person's address of e-mail."""
    User.objects.filter(pk=user.pk).update(email="")
