"""What the administration keeps of partners; each table has a module of its own."""

from portal.partners import key_admin, webhook_admin  # noqa: F401
