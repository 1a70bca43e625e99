"""Who opens the pages of partners, and what asks for a fresh proof of who one is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from portal.accounts.fresh import is_fresh
from portal.partners.keepers import organisation_kept_by

#: Proofs of the last 15 minutes that let somebody see a secret or end what works.
PROOFS = {"code", "password", "mfa"}


def for_keepers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wrap a view: it gets `organisation`, whose keys and webhooks the person keeps; others are refused.

    Nothing of it is kept by a browser's or a phone's cache.
    """

    @never_cache
    @login_required
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        organisation = organisation_kept_by(request.user)
        if organisation is None:
            raise PermissionDenied
        return view(request, *args, organisation=organisation, **kwargs)

    return answered


def has_proved(request: HttpRequest) -> bool:
    """Say whether the person proved in this session, within 15 minutes, who they are."""
    return is_fresh(request, methods=PROOFS)
