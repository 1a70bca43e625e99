"""Import listings of a kind from a file, undo an import, or write the template."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.acting import acting_as
from portal.accounts.models import User
from portal.listings import importing_batches
from portal.listings.columns import column_headers
from portal.listings.exporting import FORMATS, template
from portal.listings.importing import check_rows
from portal.listings.importing_tables import read_table
from portal.listings.importing_verdicts import REFUSED
from portal.listings.importing_work import run
from portal.listings.kinds import kind_names, listing_model, listing_models
from portal.listings.models import ImportBatch, ImportRow, Listing

State = ImportBatch.State


class Command(BaseCommand):
    """Report in JSON what becomes of every row, and unless --dry-run write it as the administration does."""

    help = "Import listings from .xlsx or .csv as a member of staff; prints a JSON report of every row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", help=f"one of: {', '.join(kind_names())}")
        parser.add_argument("file", nargs="?", help=".xlsx or .csv (UTF-8 or GB18030)")
        parser.add_argument("--as", dest="phone", help="the phone number of the person who imports")
        parser.add_argument("--dry-run", action="store_true", help="only report")
        parser.add_argument(
            "--skip-refused", action="store_true", help="write the good rows although others are refused"
        )
        parser.add_argument(
            "--similar",
            choices=(ImportRow.NEW, ImportRow.SKIP),
            default="",
            help="what new rows are that may be a place that is there already",
        )
        parser.add_argument(
            "--whole", action="store_true", help="the file is the whole list: archive what is not in it"
        )
        parser.add_argument(
            "--archive", default="", metavar="COUNT", help="confirm how many places are archived"
        )
        parser.add_argument("--undo", type=int, metavar="NUMBER", help="undo the import of that number")
        parser.add_argument(
            "--template", metavar="FILE", help="write the empty template (.xlsx or .csv) and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["undo"] is not None:
                self._undo(options["undo"], self._user(options["phone"]))
                return
            if not options["kind"]:
                raise CommandError("Give a kind, or --undo NUMBER.")
            model = self._model(options["kind"])
            if options["template"]:
                self._write_template(model, Path(options["template"]))
                return
            self._import(model, options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except PermissionDenied as error:
            raise CommandError("This person may not do that with listings of this kind.") from error

    def _import(self, model: type[Listing], options: dict[str, Any]) -> None:
        if not options["file"]:
            raise CommandError("Give a file and --as PHONE, or --template FILE.")
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        user, content = self._user(options["phone"]), path.read_bytes()
        if options["dry_run"]:
            table = read_table(content, path.name, column_headers(model))
            self._print(check_rows(model, table, user).as_json())
            return
        mode = ImportBatch.Mode.WHOLE if options["whole"] else ImportBatch.Mode.ADD
        batch = importing_batches.begin(model=model, content=content, name=path.name, mode=mode, user=user)
        run(batch.pk)
        batch.refresh_from_db()
        if batch.state != State.CHECKED:
            raise CommandError(batch.failure_en or "The file was not checked.")
        try:
            importing_batches.choose(batch=batch, choices={}, rest=options["similar"], user=user)
            importing_batches.confirm(
                batch=batch, user=user, skip_refused=options["skip_refused"], typed=options["archive"]
            )
        except ValidationError:
            self._print(report_of(batch))
            importing_batches.drop(batch=batch)
            raise
        run(batch.pk)
        batch.refresh_from_db()
        self._print(report_of(batch))

    def _undo(self, number: int, user: User) -> None:
        batch = ImportBatch.objects.editable_by(user).filter(pk=number).first()
        if batch is None:
            raise CommandError(f"There is no import {number} that this person may undo.")
        importing_batches.undo(batch=batch, user=user)
        run(batch.pk)
        batch.refresh_from_db()
        self._print(report_of(batch))

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))

    def _model(self, name: str) -> type[Listing]:
        for model in listing_models():
            if name == model.plural:
                return model
        try:
            return listing_model(name)
        except KeyError:
            raise CommandError(f"There is no kind {name}. Kinds are: {', '.join(kind_names())}.") from None

    def _user(self, phone: str | None) -> User:
        if not phone:
            raise CommandError("Give --as PHONE: the person who does this.")
        number = phone if phone.startswith("+") else f"+86{phone}"
        user = User.objects.filter(phone=number, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody has the phone number {phone}.")
        return acting_as(user)

    def _write_template(self, model: type[Listing], path: Path) -> None:
        format_name = path.suffix.lstrip(".").lower()
        if format_name not in FORMATS:
            raise CommandError("The template is an .xlsx or a .csv file.")
        path.write_bytes(template(model, format_name))
        self.stdout.write(str(path))


def report_of(batch: ImportBatch) -> dict[str, Any]:
    """Return what became of every row of an import, in the form of a dry run's report."""
    rows = list(batch.rows.select_related("listing").order_by("row"))
    verdicts = [row.verdict for row in rows]
    return {
        "import": batch.pk,
        "state": batch.state,
        "rows": [_row(row) for row in rows],
        "counts": {name: verdicts.count(name) for name in sorted({*verdicts, REFUSED})},
        "unknown_columns": batch.unknown_columns,
        "written": batch.state == State.DONE,
    }


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "verdict": row.verdict,
        "reasons": [reason["zh-hans"] for reason in row.reasons],
        "reasons_en": [reason["en"] for reason in row.reasons],
        "name": row.name,
        "id": row.listing.public_id if row.listing else None,
        "changes": [label["zh-hans"] for label in row.labels],
        "proposal": row.is_proposal,
        "near": row.near,
    }
