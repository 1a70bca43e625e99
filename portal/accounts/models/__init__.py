"""Who may act where, and for whom."""

from portal.accounts.models.organisation import Organisation
from portal.accounts.models.person import Courier, LoginLink, User
from portal.accounts.models.post import Post

__all__ = ["Courier", "LoginLink", "Organisation", "Post", "User"]
