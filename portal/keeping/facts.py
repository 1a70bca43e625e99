"""What a database holds: counted and digested the same way before a backup and after a restore.

All is read in plain SQL over the tables as they are, because a backup may be older or newer than the code.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from portal.listings.pictures import picture_paths

#: Signs people in or proves something once. It ends with a restore, and nobody should find it in a backup.
LEFT_OUT = ("account_emailconfirmation", "accounts_loginlink", "django_session")
#: What migrating alone writes into an empty database.
_BARE = {"auth_permission", "django_content_type", "django_migrations", "listings_changecounter", *LEFT_OUT}
_PATH = re.compile(r'"((?:photos|drawings)/[^"\\]+)"')
_DIGEST = re.compile(r'"digest": ?"([0-9a-f]{64})"')

Ask = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of every table, the stored documents and their digest, the change counter, the migrations applied."""

    tables: dict[str, int]
    documents: int
    documents_digest: str
    change_counter: int
    migrations: list[str]


def read_facts(ask: Ask, tables: Iterable[str]) -> Facts:
    """Return what the database holds; tables that a backup leaves out count as empty."""
    counts = {name: 0 if name in LEFT_OUT else count_rows(ask, name) for name in sorted(tables)}
    digest, documents = hashlib.sha256(), 0
    columns = "public_id, change_number, document_hash, document"
    for number, change, stored, text in ask(f"SELECT {columns} FROM listings_listing ORDER BY id"):  # noqa: S608
        documents += bool(text)
        actual = hashlib.sha256(text.encode()).hexdigest()
        digest.update(f"{number} {change} {stored} {actual}\n".encode())
    counter = next(iter(ask("SELECT value FROM listings_changecounter WHERE id = 1")), (0,))
    migrations = [
        f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations ORDER BY 1, 2")
    ]
    return Facts(counts, documents, digest.hexdigest(), int(counter[0]), migrations)


def count_rows(ask: Ask, table: str) -> int:
    """Return the number of rows of a table."""
    return int(next(iter(ask(f'SELECT count(*) FROM "{table}"')))[0])  # noqa: S608


def differences(wanted: Facts, found: Facts) -> list[str]:
    """Return a line for each fact in which a restored database differs from its backup."""
    names = sorted(wanted.tables.keys() | found.tables.keys())
    lines = [
        f"{name}: {wanted.tables.get(name)} ≠ {found.tables.get(name)}"
        for name in names
        if wanted.tables.get(name) != found.tables.get(name)
    ]
    for name in ("documents", "documents_digest", "change_counter", "migrations"):
        if getattr(wanted, name) != getattr(found, name):
            lines.append(f"{name}: {getattr(wanted, name)} ≠ {getattr(found, name)}")
    return lines


def referenced_media(ask: Ask) -> set[str]:
    """Return the names of all public files that the database speaks of: in photos, documents, versions, proposals."""
    found = set()
    for (text,) in ask("SELECT document FROM listings_listing WHERE document <> ''"):
        found.update(_PATH.findall(text))
    digests = {digest for (digest,) in ask("SELECT DISTINCT digest FROM listings_photo")}
    for table, column in (
        ("listings_revision", "before"),
        ("listings_revision", "after"),
        ("listings_proposal", "changes"),
    ):
        text = f"CAST({column} AS text)"
        for (value,) in ask(f"SELECT {text} FROM {table} WHERE {text} LIKE '%\"digest\"%'"):  # noqa: S608
            digests.update(_DIGEST.findall(value))
    return found.union(*(picture_paths(digest).values() for digest in digests))


def what_is_there(ask: Ask, tables: Iterable[str]) -> dict[str, int]:
    """Return the rows that restoring over this database would lose, by table; empty for one that holds nothing."""
    counts = {name: count_rows(ask, name) for name in tables if name not in _BARE}
    return {name: count for name, count in counts.items() if count}
