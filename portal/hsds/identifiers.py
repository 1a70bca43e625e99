"""The UUIDs that HSDS asks for: made of public numbers alone, the same in every process, found back without a table.

A service's is the UUID (version 5) of its public number. Whatever else belongs to the place begins with the same
20 digits, and its last twelve say which row it is; so one look-up finds the place of any of them.
"""

import uuid
from functools import lru_cache
from hashlib import sha1
from threading import Lock

from django.core.cache import cache

from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from portal.running.databases import reading_from

#: uuid5 of the DNS name "hsds.nuanxin"; it never changes, wherever the portal moves.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "hsds.nuanxin")
#: The last part of a UUID, which tells the rows of a place apart.
ROW_BITS = 48


def named(name: str) -> str:
    """Return the UUID of anything that is not part of a place: an organization, a taxonomy, a term."""
    return str(uuid.uuid5(NAMESPACE, name))


@lru_cache(maxsize=4096)
def _of_place(public_id: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"service/{public_id}")


def service_id(public_id: str) -> str:
    """Return the UUID of a listing as a service."""
    return str(_of_place(public_id))


def row_id(public_id: str, *parts: object) -> str:
    """Return the UUID of something that belongs to a listing: its location, a phone, a schedule."""
    name = "/".join(map(str, (public_id, *parts)))
    row = sha1(name.encode(), usedforsecurity=False).hexdigest()[:12]
    return f"{str(_of_place(public_id))[:24]}{row}"


def read(text: str) -> uuid.UUID | None:
    """Return a UUID as it stands in an address, None for anything else."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


class _Known:
    """The public number behind the beginning of each UUID, in this process.

    A public number never changes, so this only grows: what was published since is what has a higher change number,
    and those are committed in order.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._cache, self._last, self._found = "", 0, dict[int, str]()

    def find(self, sought: uuid.UUID) -> str | None:
        """Return the public number; one query where it is not known yet."""
        beginning = sought.int >> ROW_BITS
        if self._cache == cache.key_prefix and (known := self._found.get(beginning)):
            return known
        with self._lock:
            if self._cache != cache.key_prefix:
                self._cache, self._last, self._found = cache.key_prefix, 0, {}
            self._go_on()
            return self._found.get(beginning)

    def _go_on(self) -> None:
        rows = Listing.objects.using(reading_from()).filter(
            change_number__gt=self._last, kind__in=kind_names()
        )
        for number, public_id in rows.order_by("change_number").values_list("change_number", "public_id"):
            made = uuid.uuid5(NAMESPACE, f"service/{public_id}")
            self._found[made.int >> ROW_BITS] = public_id
            self._last = number or self._last


_known = _Known()


def public_id_of(sought: uuid.UUID) -> str | None:
    """Return the public number of the place that a UUID belongs to, whether it is public or not; None for no place."""
    return _known.find(sought)
