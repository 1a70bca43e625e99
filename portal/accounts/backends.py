"""How people prove who they are, and where permissions come from."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission

from portal.accounts.scope import acts_everywhere


class PostBackend(AuthenticationBackend):
    """Sign in through allauth; take permissions from the acting post's group and from nowhere else."""

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return nothing: a person as such has no permissions."""
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return what the acting post's group allows; everything to a superuser."""
        return self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return permissions as "app.codename", asked of the database once for a user and post.

        With an object the answer is empty, as with Django's own backend: which rows is the matter of `editable_by`.
        """
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        known = user_obj.__dict__.get("_post_permissions")
        if known is None:
            known = user_obj.__dict__["_post_permissions"] = self._permissions(user_obj)
        return known

    @staticmethod
    def _permissions(user: Any) -> set[str]:
        rows = Permission.objects.order_by()
        if not acts_everywhere(user):
            post = user.acting_post
            if post is None or not post.is_current:
                return set()
            rows = rows.filter(group=post.group_id)
        return {
            f"{label}.{codename}"
            for label, codename in rows.values_list("content_type__app_label", "codename")
        }
