"""How a request to the API proves which key it comes from."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from portal.accounts.models import Organisation
from portal.partners.models import ApiKey

SCHEME = "Bearer"


@dataclass(frozen=True)
class KeyHolder:
    """Who a request with a key acts as: an organisation's system, not a person, and without any post."""

    key: ApiKey
    pk: None = None
    acting_post: None = None
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False

    def __str__(self) -> str:
        """Return the organisation and the key's name, for logs and revisions."""
        return str(self.key)

    @property
    def organisation(self) -> Organisation:
        """Return whose key it is."""
        return self.key.organisation

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return False: a key has scopes and no permissions."""
        return False

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        """Return False unless nothing is asked for."""
        return not list(perm_list)


class ApiKeyAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer nx_<prefix>_<secret>`; `request.auth` is then the ApiKey.

    Without the header, or with another scheme, the request is anonymous. A key that is wrong, revoked or over is a 401
    and never anonymous, so that a partner notices.
    """

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        """Return who asks and the key, or None for an anonymous request."""
        scheme, _space, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        key = ApiKey.find(text.decode("latin-1").strip())
        if key is None:
            raise AuthenticationFailed(
                _("This key is not valid: it is wrong, revoked or expired."), code="key_invalid"
            )
        key.note_use()
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return f'{SCHEME} realm="api"'
