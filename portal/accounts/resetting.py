"""Take away a lost second factor or a forgotten password."""

import logging

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import transaction

from portal.accounts.models import User
from portal.accounts.sign_ins import tell
from portal.audit.models import Action

logger = logging.getLogger(__name__)
PERMISSION = "accounts.reset_second_factor"


def _check(person: User, by: User) -> None:
    allowed = by.has_perm(PERMISSION) and User.objects.filter(pk=person.pk).editable_by(by).exists()
    if not allowed:
        logger.warning("user %s may not reset user %s", by.pk, person.pk)
        raise PermissionDenied


@transaction.atomic
def reset_second_factor(*, person: User, by: User) -> int:
    """Remove all second factors of a person; return how many there were.

    Raises PermissionDenied unless `by` has the permission and covers every post that the person holds.
    """
    _check(person, by)
    factors = Authenticator.objects.filter(user=person)
    kinds = sorted(factors.values_list("type", flat=True))
    count, _models = factors.delete()
    tell(Action.FACTOR_RESET, person, by=by, before={"by": kinds})
    logger.info(
        "user %s reset %s second factors of user %s for post %s", by.pk, count, person.pk, by.acting_post
    )
    return count


@transaction.atomic
def forget_password(*, person: User, by: User) -> None:
    """Make a person's password useless, which ends their sessions; a code by text message lets them set a new one.

    Raises PermissionDenied as `reset_second_factor` does.
    """
    _check(person, by)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    tell(Action.PASSWORD_TAKEN, person, by=by)
    logger.info("user %s took away the password of user %s for post %s", by.pk, person.pk, by.acting_post)
