"""What is said at a terminal, where nobody has chosen a language: Chinese, then English."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override


class Refused(Exception):
    """Backup or restore cannot go on; the text says why and what to do, in both languages."""

    def __init__(self, message: Any, **values: Any) -> None:
        super().__init__(both(message, **values))


def both(message: Any, **values: Any) -> str:
    """Return a lazy message filled with `values`, in Chinese and in English on a line each."""
    lines = []
    for language in ("zh-hans", "en"):
        with override(language):
            lines.append(str(message).format(**values))
    return "\n".join(dict.fromkeys(lines))


@contextmanager
def told() -> Iterator[None]:
    """Turn what stops a command into sentences that say what to do."""
    try:
        yield
    except Refused as error:
        raise CommandError(str(error)) from error
    except (DatabaseError, sqlite3.Error) as error:
        raise CommandError(
            both(_("The database does not do what was asked: {error}"), error=error)
        ) from error
    except OSError as error:
        raise CommandError(both(_("Reading or writing failed: {error}"), error=error)) from error


def size_words(count: int) -> str:
    """Return a number of bytes as people read it, such as 12.3 MB."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
