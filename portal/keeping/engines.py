"""The engine of the portal's own database."""

from django.db import connection

from portal.keeping.postgresql import Postgresql
from portal.keeping.sqlite import Sqlite

Engine = Sqlite | Postgresql


def engine() -> Engine:
    """Return how this portal's database is copied and filled."""
    return Sqlite() if connection.vendor == "sqlite" else Postgresql()
