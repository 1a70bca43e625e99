"""Load the table of well-known nicknames of areas."""

import csv
from pathlib import Path

from django.db import transaction

from portal.regions.loading import BrokenTable
from portal.regions.models import District, Nickname, Street

COLUMNS = ("name", "code")


def read_nicknames(path: Path) -> list[tuple[str, str]]:
    """Read a csv in UTF-8 with the columns name, code (of a district or street); raise BrokenTable naming bad lines."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise BrokenTable([f"line 1: the column {', '.join(missing)} is missing"])
            rows = [
                (reader.line_num, (record["name"] or "").strip(), (record["code"] or "").strip())
                for record in reader
            ]
    except UnicodeDecodeError as error:
        raise BrokenTable([f"the file is not UTF-8 (byte {error.start})"]) from error
    problems = [
        f"line {line}: {code!r} is no code of a district (6 digits) or street (9)"
        for line, _, code in rows
        if not (code.isascii() and code.isdecimal() and len(code) in (6, 9))
    ]
    problems += [
        f"line {line}: a nickname has 2 to 30 characters"
        for line, name, _ in rows
        if not 2 <= len(name) <= 30
    ]
    if problems:
        raise BrokenTable(problems)
    return [(name, code) for _line, name, code in rows]


@transaction.atomic
def load_nicknames(rows: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Add the nicknames that are missing; return them, and those whose area is not loaded, as code and name.

    What staff entered, changed or ended stays as it is.
    """
    areas = {*District.objects.values_list("pk", flat=True), *Street.objects.values_list("pk", flat=True)}
    known = set(Nickname.objects.values_list("name", "area_code"))
    unknown = [f"{code} {name}" for name, code in rows if code not in areas]
    wanted = [row for row in dict.fromkeys(rows) if row not in known and row[1] in areas]
    Nickname.objects.bulk_create(
        Nickname(name=name, district_id=code[:6], street_id=code if len(code) == 9 else None)
        for name, code in wanted
    )
    return [f"{code} {name}" for name, code in wanted], unknown
