"""List the keys of identity codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from services.codes import keyfiles
from services.codes.keyfiles import KeyFault
from services.codes.keyring import Entry, KeyRing, now
from services.codes.management.told import moment


class Command(BaseCommand):
    """List every key: purpose, state, when it signs, until when it is published, why it was taken away."""

    help = "List the keys of identity codes, with fingerprints to compare with what was written down."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ring = KeyRing.load()
        except KeyFault as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{keyfiles.folder()}, version {ring.version}")
        at = now()
        for entry in sorted(ring.entries, key=lambda entry: (entry.purpose, entry.used_from)):
            self.stdout.write(
                f"{entry.purpose:<10} {entry.kid:>5}  {_state(ring, entry, at):<9}  "
                f"signs {moment(entry.used_from)} – {moment(entry.signs_until)}, "
                f"published until {moment(entry.exp)}  {entry.fingerprint}"
            )
            if entry.retired_at is not None:
                self.stdout.write(f"{'':<16}  retired {moment(entry.retired_at)}: {entry.why}")


def _state(ring: KeyRing, entry: Entry, at: int) -> str:
    """Return the state of a key in one word."""
    if entry.is_retired(at):
        return "retired"
    if entry == ring.signer(entry.purpose, at):
        return "signs"
    if entry.is_waiting(at):
        return "waits"
    return "published" if entry.is_published(at) else "ended"
