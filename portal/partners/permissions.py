"""What a key must have been given for an API view."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from portal.partners.models import ApiKey
from portal.partners.scopes import SCOPES


class _ScopePermission(BasePermission):
    scope = ""
    #: What the answer is made of: the name of the scope, which the error's sentence then says.
    message = ""
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask the key for the scope; without a key only reading what is public is allowed."""
        if isinstance(request.auth, ApiKey):
            return request.auth.has_scope(self.scope)
        return request.method in SAFE_METHODS and self.scope.endswith(":read")


def HasScope(scope: str) -> type[BasePermission]:  # noqa: N802 (reads as the permission class that it returns)
    """Return a permission class for a scope: `permission_classes = [HasScope("listings:read")]`.

    Raises KeyError for a scope that does not exist.
    """
    SCOPES[scope]
    return type("HasScope", (_ScopePermission,), {"scope": scope, "message": scope})
