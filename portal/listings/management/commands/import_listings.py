"""Import listings of a kind from a file, or write the template."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.acting import acting_as
from portal.accounts.models import User
from portal.listings.exporting import FORMATS, template
from portal.listings.importing import RowsRefused, check_rows, import_rows
from portal.listings.importing_tables import read_table
from portal.listings.kinds import kind_names, listing_model, listing_models
from portal.listings.models import Listing


class Command(BaseCommand):
    """Report in JSON what becomes of every row, and unless --dry-run write it in one transaction."""

    help = "Import listings from .xlsx or .csv as a member of staff; prints a JSON report of every row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help=f"one of: {', '.join(kind_names())}")
        parser.add_argument("file", nargs="?", help=".xlsx or .csv (UTF-8 or GB18030)")
        parser.add_argument("--as", dest="phone", help="the phone number of the person who imports")
        parser.add_argument("--dry-run", action="store_true", help="only report")
        parser.add_argument(
            "--skip-refused", action="store_true", help="write the good rows although others are refused"
        )
        parser.add_argument(
            "--template", metavar="FILE", help="write the empty template (.xlsx or .csv) and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        model = self._model(options["kind"])
        if options["template"]:
            self._write_template(model, Path(options["template"]))
            return
        if not options["file"] or not options["phone"]:
            raise CommandError("Give a file and --as PHONE, or --template FILE.")
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        user = self._user(options["phone"])
        try:
            table = read_table(path.read_bytes(), path.name)
            if options["dry_run"]:
                report = check_rows(model, table, user)
            else:
                report = import_rows(model, table, user, skip_refused=options["skip_refused"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except PermissionDenied as error:
            raise CommandError("This person may not import listings of this kind.") from error
        except RowsRefused as error:
            self._print(error.report)
            raise CommandError(
                "Rows were refused, so nothing was written. Correct them, or write the others with --skip-refused."
            ) from error
        self._print(report)

    def _print(self, report: Any) -> None:
        self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=1))

    def _model(self, name: str) -> type[Listing]:
        for model in listing_models():
            if name == model.plural:
                return model
        try:
            return listing_model(name)
        except KeyError:
            raise CommandError(f"There is no kind {name}. Kinds are: {', '.join(kind_names())}.") from None

    def _user(self, phone: str) -> User:
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
