"""Restore a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from portal.keeping.restoring import Plan, plan, restore
from portal.keeping.words import both, told


class Command(BaseCommand):
    """Write a backup into this portal's database and storages, and compare the outcome with its manifest."""

    help = "Restore one backup into an empty portal, or with --replace over a filled one. See docs/backup.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="one backup, such as /var/backups/nuanxin/2026-11-26T021500Z"
        )
        parser.add_argument("--replace", action="store_true", help="overwrite what the portal holds now")
        parser.add_argument("--no-input", action="store_true", help="with --replace: do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        with told():
            planned = plan(options["folder"])
            if planned.is_filled:
                self._may_be_lost(planned, options)
            restore(planned, say=self.stdout.write)
        self._say_what_is_next(planned)

    def _may_be_lost(self, planned: Plan, options: dict[str, Any]) -> None:
        if not options["replace"]:
            told = both(_("Nothing was restored. --replace overwrites what is there."))
            raise CommandError(f"{planned.losses()}\n{told}")
        self.stdout.write(planned.losses())
        if options["no_input"]:
            return
        self.stdout.write(both(_("Type yes to go on.")))
        try:
            answer = input("> ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in {"yes", "是"}:
            raise CommandError(both(_("Nothing was restored.")))

    def _say_what_is_next(self, planned: Plan) -> None:
        manifest = planned.manifest
        self.stdout.write(both(_("Restored: the portal of {moment}."), moment=manifest.snapshot_at))
        if manifest.missing:
            self.stdout.write(
                both(
                    _("{count} files were missing when the backup was made: {names}"),
                    count=len(manifest.missing),
                    names=", ".join(manifest.missing[:20]),
                )
            )
        steps = [
            *([_("manage.py migrate: the backup is of an older version")] if planned.pending else []),
            _("manage.py republish --check, and manage.py republish if documents differ"),
            _("manage.py tick, then start every process of the portal anew"),
            _("tell partners who read with updated_since to read everything once; everybody signs in again"),
        ]
        self.stdout.write(both(_("Now:")))
        for number, step in enumerate(steps, 1):
            self.stdout.write(f"{number}. " + both(step).replace("\n", "\n   "))
