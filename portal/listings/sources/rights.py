"""What a key may do with a source, asked again under the lock of the source's row."""

from dataclasses import dataclass

from portal.listings.authors import System
from portal.partners.models import ApiKey, Source

WRITE, PUBLISH = "listings:write", "listings:publish"


class SourceMissing(Exception):
    """The key may not write this source, or there is none of that name: which of the two is nobody's business."""


class ScopeMissing(Exception):
    """The key was given less meanwhile; carries the scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


@dataclass(frozen=True, slots=True)
class Rights:
    """A source and what a key may do with its rows."""

    source: Source
    area_code: str
    may_publish: bool
    key_name: str

    @property
    def actor(self) -> System:
        """Return who writes: the source, for its organisation."""
        return System(self.source.label, self.source.organisation.name)

    def reaches(self, area_code: str) -> bool:
        """Say whether an area lies within the key's; what lies nowhere yet is for keys of the whole city."""
        return area_code.startswith(self.area_code)


def rights_of(key: ApiKey, name: str) -> Rights:
    """Return what a key may do with a source, for reading. Raise SourceMissing and ScopeMissing."""
    return _rights(key, name, is_locked=False)


def lock_source(key: ApiKey, name: str) -> Rights:
    """Lock a source's row, which serialises its writers, and return what the key may do now.

    It is the first lock of a write: listings follow by key, the counter is last. The key is read again, so that a
    writer who waited does not write with what was taken from it meanwhile. Call it in a transaction. Raise
    SourceMissing and ScopeMissing.
    """
    return _rights(key, name, is_locked=True)


def _rights(key: ApiKey, name: str, *, is_locked: bool) -> Rights:
    rows = Source.objects.select_for_update(of=("self",)) if is_locked else Source.objects.all()
    source = rows.written_by(key).filter(name=name).select_related("organisation").first()
    if source is None:
        raise SourceMissing
    now = ApiKey.objects.usable().filter(pk=key.pk, organisation=source.organisation_id).first()
    if now is None or name not in now.sources:
        raise SourceMissing
    if not now.has_scope(WRITE):
        raise ScopeMissing(WRITE)
    return Rights(source, now.area_code, now.has_scope(PUBLISH), now.name)
