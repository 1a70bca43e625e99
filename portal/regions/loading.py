"""Load the official table of regions."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from portal.regions.models import LEVELS, Region

COLUMNS = ("code", "level", "name", "parent_code")
_LEVEL_NAMES = list(LEVELS)


class BrokenTable(Exception):
    """The table cannot be loaded; `problems` says why, a sentence for each line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class Loaded:
    """What a table changed, as rows of code and name."""

    added: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    respelt: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def has_new_names(self) -> bool:
        """Say whether a region that was there is called, or spelt, otherwise now."""
        return bool(self.renamed or self.respelt)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    line: int
    code: str
    level: str
    name: str
    parent_code: str


def read_table(path: Path) -> list[Row]:
    """Read a csv in UTF-8 with the columns code, level, name, parent_code; raise BrokenTable naming every bad line."""
    rows = [Row(line, *texts) for line, texts in read_rows(path, COLUMNS)]
    problems = list(_problems(rows)) if rows else ["the table has no rows"]
    if problems:
        raise BrokenTable(problems)
    return rows


def read_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    """Return the line number and the texts of these columns for each row of a csv in UTF-8, else raise BrokenTable."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise BrokenTable([f"line 1: the column {', '.join(missing)} is missing"])
            return [
                (reader.line_num, [(record[column] or "").strip() for column in columns]) for record in reader
            ]
    except UnicodeDecodeError as error:
        raise BrokenTable([f"the file is not UTF-8 (byte {error.start})"]) from error


def _problems(rows: list[Row]) -> Iterable[str]:
    first_line: dict[str, int] = {}
    levels: dict[str, str] = {}
    for row in rows:
        levels.setdefault(row.code, row.level)
    for row in rows:
        says = f"line {row.line}: "
        model = LEVELS.get(row.level)
        if model is None:
            yield f"{says}unknown level {row.level!r}, use {', '.join(_LEVEL_NAMES)}"
            continue
        if not (row.code.isascii() and row.code.isdecimal() and len(row.code) == model.code_length):
            yield f"{says}the code {row.code!r} of a {row.level} must have {model.code_length} digits"
        if row.code in first_line:
            yield f"{says}the code {row.code} is already on line {first_line[row.code]}"
        first_line.setdefault(row.code, row.line)
        if not row.name or len(row.name) > 60:
            yield f"{says}the name must have 1 to 60 characters"
        yield from (says + problem for problem in _parent_problems(row, levels))


def _parent_problems(row: Row, levels: dict[str, str]) -> Iterable[str]:
    position = _LEVEL_NAMES.index(row.level)
    if position == 0:
        if row.parent_code:
            yield f"a city has no parent, but {row.parent_code} is given"
        return
    above = _LEVEL_NAMES[position - 1]
    if levels.get(row.parent_code) != above:
        yield f"the parent {row.parent_code!r} is not a {above} of this table"
    elif not row.code.startswith(row.parent_code):
        yield f"the code {row.code} does not begin with its parent's, {row.parent_code}"


@transaction.atomic
def load_table(rows: list[Row]) -> Loaded:
    """Bring the database to the table; what a city of the table no longer has stays, marked as not current."""
    result = Loaded()
    cities = {row.code for row in rows if row.level == "city"}
    for level, model in LEVELS.items():
        _load_level(model, [row for row in rows if row.level == level], cities, result)
    return result


def _load_level(model: type[Region], rows: list[Row], cities: set[str], result: Loaded) -> None:
    known = {region.pk: region for region in model.objects.all() if region.pk[:4] in cities}
    new, changed = [], []
    for row in rows:
        region = known.pop(row.code, None)
        if region is None:
            region = model(pk=row.code, name=row.name)  # type: ignore[misc]
            if model.parent_field:
                setattr(region, f"{model.parent_field}_id", row.parent_code)
            region.spell()
            new.append(region)
            result.added.append(f"{row.code} {row.name}")
            continue
        before = (region.name, region.pinyin, region.initials, region.is_current)
        if region.name != row.name:
            result.renamed.append(f"{row.code} {region.name} → {row.name}")
        if not region.is_current:
            result.returned.append(f"{row.code} {row.name}")
        region.name, region.is_current = row.name, True
        region.spell()
        if before != (region.name, region.pinyin, region.initials, True):
            changed.append(region)
        if before[0] == region.name and before[1:3] != (region.pinyin, region.initials):
            result.respelt.append(f"{row.code} {region.name} {before[1]} → {region.pinyin}")
    for region in known.values():
        if region.is_current:
            region.is_current = False
            changed.append(region)
            result.gone.append(f"{region.pk} {region.name}")
    model.objects.bulk_create(new, batch_size=500)
    model.objects.bulk_update(changed, ["name", "pinyin", "initials", "is_current"], batch_size=200)
