"""What the tests of the partners' pages share: a signed-in person, fresh or not, and use to show."""

import datetime as dt
import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.partners.models import ApiKey, KeyUsage


def signed_in(user: User | None, *, minutes_ago: float | None = 1) -> Client:
    """Return a client in which somebody typed a code so many minutes ago; None: is signed in by an old cookie."""
    client = Client(raise_request_exception=False)
    if user is None:
        return client
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = (
        []
        if minutes_ago is None
        else [{"method": "code", "at": time.time() - minutes_ago * 60, "phone": user.phone.as_e164}]
    )
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def foreign_key(**more: Any) -> ApiKey:
    """Return a key of another organisation."""
    other, _made = Organisation.objects.get_or_create(kind="platform", name="别家平台")
    key, _text = ApiKey.issue(
        organisation=other, **{"name": "别家的钥匙", "scopes": ["listings:read"], **more}
    )
    return key


def use(key: ApiKey, days: int = 30) -> None:
    """Let a key have asked on each of the last days, more often on some than on others."""
    today = timezone.localdate()
    KeyUsage.objects.bulk_create(
        KeyUsage(
            api_key=key,
            day=today - dt.timedelta(days=number),
            request_count=1200 + (number * 7919) % 2400,
            refused_count=(number * 31) % 90,
            throttled_count=400 if number == 6 else 0,
        )
        for number in range(days)
    )
