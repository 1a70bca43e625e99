"""Restoring a backup: check it, look at what is there, write media and database, compare with the manifest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext_lazy as _

from portal.keeping import media
from portal.keeping.engines import Engine, engine
from portal.keeping.facts import differences, read_facts, what_is_there
from portal.keeping.manifest import Entry, Manifest, faults_in, read_manifest
from portal.keeping.words import Refused, both
from portal.listings.publishing import ERA
from portal.running.guards import install_guards

Say = Callable[[str], None]


@dataclass(slots=True)
class Plan:
    """What restoring a backup here would do: `lost` are rows of the database by table."""

    folder: Path
    manifest: Manifest
    lost: dict[str, int]
    lacking: list[Entry]
    differing: list[Entry]
    counter: int
    pending: list[str] = field(default_factory=list)

    @property
    def is_filled(self) -> bool:
        """Say whether something would be lost."""
        return bool(self.lost or self.differing)

    def losses(self) -> str:
        """Return in both languages what would be lost."""
        names = ("listings_listing", "accounts_user", "listings_revision", "listings_confirmation")
        listings, people, versions, confirmations = (self.lost.get(name, 0) for name in names)
        return both(
            _(
                "The database holds {listings} listings, {people} people, {versions} versions and {confirmations} "
                "confirmations, {rows} rows in all; {files} files have another content. All of that is replaced by "
                "what was there at {moment}."
            ),
            listings=listings,
            people=people,
            versions=versions,
            confirmations=confirmations,
            rows=sum(self.lost.values()),
            files=len(self.differing),
            moment=self.manifest.snapshot_at,
        )


def plan(folder: Path) -> Plan:
    """Check a backup and look at what is there; change nothing. Raises Refused."""
    manifest = read_manifest(folder)
    here = engine()
    if manifest.engine != here.name:
        raise Refused(
            _(
                "This backup is of {theirs}, but the portal runs on {ours}. A backup goes back into its own engine."
            ),
            theirs=manifest.engine,
            ours=here.name,
        )
    on_disk = MigrationLoader(None).disk_migrations
    ours = {f"{app}.{name}" for app, name in on_disk}
    apps = {app for app, _name in on_disk}
    if unknown := [
        name for name in manifest.facts.migrations if name.split(".")[0] in apps and name not in ours
    ]:
        raise Refused(
            _(
                "This backup is newer than the portal's code, which does not know {names}. "
                "Restore it with version {version}."
            ),
            names=", ".join(unknown[:5]),
            version=manifest.portal,
        )
    if faults := faults_in(folder, manifest):
        raise Refused(
            _("{count} files of the backup are gone or damaged, so nothing was restored: {names}"),
            count=len(faults),
            names=", ".join(faults[:10]),
        )
    with here.asking() as ask:
        tables = here.tables(ask)
        lost = what_is_there(ask, tables)
        counter = _counter(here) if "listings_changecounter" in tables else 0
    lacking, differing = media.compare(manifest.media)
    pending = sorted(ours - set(manifest.facts.migrations))
    return Plan(folder, manifest, lost, lacking, differing, counter, pending)


def _counter(here: Engine) -> int:
    with here.asking() as ask:
        rows = ask("SELECT value FROM listings_changecounter WHERE id = 1")
        return next((int(value) for (value,) in rows), 0)


def restore(planned: Plan, say: Say = lambda line: None) -> None:
    """Do what was planned, media first; compare everything with the manifest afterwards. Raises Refused.

    The caller has asked whether what `planned.is_filled` names may be lost.
    """
    here, manifest = engine(), planned.manifest
    media.put_back(planned.folder, [*planned.lacking, *planned.differing])
    say(
        both(
            _("Media: {count} files were written, {same} were there already."),
            count=len(planned.lacking) + len(planned.differing),
            same=len(manifest.media) - len(planned.lacking) - len(planned.differing),
        )
    )
    here.restore(planned.folder / manifest.database.name)
    _compare(here, manifest)
    say(
        both(
            _("Database: {rows} rows; every table, document and file is as in the manifest."),
            rows=sum(manifest.facts.tables.values()),
        )
    )
    install_guards()
    _begin_an_era(max(planned.counter, manifest.facts.change_counter))
    here.settle()
    cache.clear()


def _compare(here: Engine, manifest: Manifest) -> None:
    """Raise Refused when what was restored differs from the manifest."""
    with here.asking() as ask:
        lines = differences(manifest.facts, read_facts(ask, here.tables(ask)))
    lacking, differing = media.compare(manifest.media)
    lines += [f"{entry.storage}/{entry.name}" for entry in (*lacking, *differing)]
    if lines:
        raise Refused(
            _("What was restored differs from the manifest; do not open the portal on it. {lines}"),
            lines="; ".join(lines[:10]),
        )


def _begin_an_era(highest: int) -> None:
    """Let the change counter go on behind every number that may have been given out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listings_changecounter SET value = %s WHERE id = 1", [(highest // ERA + 1) * ERA]
        )
