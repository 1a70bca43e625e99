"""How people come in and go, and what they use for it: heard from the libraries that let them in, kept as events.

Of staff their office reads it. Of everybody else only the person does: the event is private and kept for half a year.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as factors
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver

from portal.accounts.models import LoginLink, Post, User
from portal.audit.masking import number_in_part
from portal.audit.models import Action, Event
from portal.audit.recording import record


def area_of_person(user: User) -> str:
    """Return the area of the post a person acts for, else of their first current one; "" without any."""
    posts = Post.objects.current().filter(user=user).select_related("organisation")
    post = user.acting_post or posts.first()
    return post.area if post is not None else ""


def is_colleague(user: User) -> bool:
    """Say whether a person works here: opens the administration, or holds or held a post."""
    return user.is_staff or user.is_superuser or Post.objects.filter(user=user).exists()


def tell(action: str, person: User, *, by: User | None = None, **what: Any) -> Event:
    """Keep that something happened to how a person gets in; privately where the person is no colleague."""
    return record(
        action,
        by=by,
        about=person,
        area_code=area_of_person(person),
        is_private=not is_colleague(person),
        **what,
    )


def ways_of(request: Any, user: User) -> list[str]:
    """Return by what a person proved in this session who they are, each once, in order."""
    ways = []
    for proof in get_authentication_records(request, user):
        way = proof.get("type") or proof["method"]
        if way not in ways:
            ways.append(way)
    return ways


@receiver(account.user_logged_in)
def _signed_in(request: Any, user: User, **kwargs: Any) -> None:
    tell(Action.SIGNED_IN, user, by=user, after={"by": ways_of(request, user)})


@receiver(user_logged_out)
def _signed_out(request: Any, user: User | None, **kwargs: Any) -> None:
    if isinstance(user, User):
        tell(Action.SIGNED_OUT, user, by=user)


@receiver(user_login_failed)
def _password_refused(credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    if phone := credentials.get("phone"):
        _refused(User.objects.reached_by(phone), "password")


@receiver(account.login_code_rejected)
def _code_refused(user: User, **kwargs: Any) -> None:
    _refused(user, "code")


@receiver(factors.authentication_failed)
def _factor_refused(user: User, authenticator: Any, **kwargs: Any) -> None:
    _refused(user, authenticator.type)


def _refused(person: User | None, way: str) -> None:
    """Keep an attempt at a colleague's account, without saying who made it: nobody knows that."""
    if person is not None and is_colleague(person):
        tell(Action.SIGN_IN_FAILED, person, after={"by": [way]})


def link_refused(token: str) -> None:
    """Keep that somebody opened a sign-in link that was used or is over."""
    link = LoginLink.objects.filter(digest=LoginLink.digest_of(token)).select_related("user").first()
    if link is not None:
        _refused(link.user, "link")


@receiver(account.authentication_step_completed)
def _proved_again(request: Any, user: User, method: str, **kwargs: Any) -> None:
    if request.user.is_authenticated and request.user.pk == user.pk and is_colleague(user):
        tell(Action.PROVED, user, by=user, after={"by": [kwargs.get("type") or method]})


def number_changes(person: User, phone: str) -> None:
    """Keep, before it is done, that a person takes another number."""
    if person.pk and person.phone and person.phone.as_e164 != phone:
        before, after = {"phone": person.masked_phone}, {"phone": number_in_part(phone)}
        tell(Action.CHANGED, person, by=person, before=before, after=after)


@receiver(factors.authenticator_added)
def _factor_added(user: User, authenticator: Any, **kwargs: Any) -> None:
    tell(Action.FACTOR_ADDED, user, by=user, after={"by": [authenticator.type]})


@receiver(factors.authenticator_removed)
def _factor_removed(user: User, authenticator: Any, **kwargs: Any) -> None:
    tell(Action.FACTOR_REMOVED, user, by=user, before={"by": [authenticator.type]})


@receiver(factors.authenticator_reset)
def _codes_renewed(user: User, **kwargs: Any) -> None:
    tell(Action.CODES_RENEWED, user, by=user)


@receiver(account.password_set)
@receiver(account.password_changed)
def _password_set(user: User, **kwargs: Any) -> None:
    tell(Action.PASSWORD_SET, user, by=user)
