"""Load the table of well-known nicknames of areas."""

from pathlib import Path

from django.db import transaction

from portal.regions.loading import BrokenTable, read_rows
from portal.regions.models import District, Nickname, Street

COLUMNS = ("name", "code")


def read_nicknames(path: Path) -> list[tuple[str, str]]:
    """Read a csv in UTF-8 with the columns name, code (of a district or street); raise BrokenTable naming bad lines."""
    rows = [(line, name, code) for line, (name, code) in read_rows(path, COLUMNS)]
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
