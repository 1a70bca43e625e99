"""Back the portal up, or check a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from portal.keeping.backing_up import back_up
from portal.keeping.manifest import FILE, backups_in, faults_in, read_manifest
from portal.keeping.words import Refused, both, told


class Command(BaseCommand):
    """Write database and media of one moment into a folder below FOLDER, while the portal runs."""

    help = "Back up database and media into a new folder below FOLDER; --check reads one again. See docs/backup.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are; with --check also a single one")
        parser.add_argument(
            "--keep", type=int, default=0, metavar="N", help="delete all but the newest N backups"
        )
        parser.add_argument(
            "--check", action="store_true", help="only compare a backup (the newest) with its manifest"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] < 0:
            raise CommandError(both(_("--keep is a number of backups, from 1 on.")))
        with told():
            if options["check"]:
                self._check(options["folder"])
            else:
                self._back_up(options["folder"], options["keep"])

    def _back_up(self, parent: Path, keep: int) -> None:
        folder, manifest = back_up(parent, keep=keep, say=self.stdout.write)
        self.stdout.write(both(_("The backup is written: {folder}"), folder=folder))
        if manifest.missing:
            raise Refused(
                _(
                    "{count} files that the database names could not be read, so the backup lacks them: {names}"
                ),
                count=len(manifest.missing),
                names=", ".join(manifest.missing[:20]),
            )

    def _check(self, folder: Path) -> None:
        if not (folder / FILE).is_file() and (inside := backups_in(folder)):
            folder = inside[-1]
        manifest = read_manifest(folder)
        faults = faults_in(folder, manifest)
        if faults or manifest.missing:
            raise Refused(
                _("{folder} is not whole. Gone or damaged: {faults}. Missing when it was made: {missing}."),
                folder=folder,
                faults=", ".join(faults[:20]) or "–",
                missing=", ".join(manifest.missing[:20]) or "–",
            )
        self.stdout.write(
            both(
                _("{folder} is whole: {count} files are as they were written."),
                folder=folder,
                count=len(manifest.media) + 1,
            )
        )
