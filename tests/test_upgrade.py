"""A database of the previous version survives every migration, on both engines.

The dump was written by that version's own code (tests/upgrade/README.md). What a migration changes on purpose stands in
INTENDED with its reason; everything else must read the same afterwards.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.keeping.facts import LEFT_OUT
from portal.running.guards import APPEND_ONLY
from tests.databases import ENGINE, ROOT, Database, Row, fresh_database
from tests.upgrade.carry import ODD, PAGES

FOLDER = ROOT / "tests" / "upgrade"
#: "table.column" or "table" → why a migration changes what was there, or takes it away.
INTENDED: dict[str, str] = {
    "listings_openinterval": "listings.0004: worked out from the hours; the clock lays it out anew as timetables",
    "listings_listing.intervals_until": "listings.0004: long ago, so that lists ask the function until the clock has run",
    "listings_listing.next_change_at": "listings.0004: now, so that the clock takes every public listing at once",
}
#: Their tables hold work of the moment, and one of their own migrations cannot be taken back.
LIBRARIES_WITHOUT_A_WAY_BACK = {"django_tasks_database"}
#: "app.migration" → why it cannot be taken back.
IRREVERSIBLE: dict[str, str] = {}

#: Key of a document → why this version says it otherwise, so that republishing renews it.
RENEWED: dict[str, str] = {
    "pinyin": "names of places are read as people there do",
    "gates": "riding at set hours is called so in both languages",
    "district": "its English name is spelled from a better reading",
    "street": "its English name is spelled from a better reading",
    "community": "its English name is spelled from a better reading",
}
#: What a restore does not bring back, or counts anew.
MADE_ANEW = {"listings_changecounter", *LEFT_OUT}

Contents = dict[str, dict[tuple, Row]]


def newest_dump() -> str:
    """Return the SQL of the newest released version for this half's engine."""
    versions = [path for path in FOLDER.iterdir() if (path / f"{ENGINE}.sql.gz").exists()]
    newest = max(versions, key=lambda path: [int(part) for part in path.name.split(".")])
    return gzip.decompress((newest / f"{ENGINE}.sql.gz").read_bytes()).decode()


def losses(before: Contents, after: Contents) -> list[str]:
    """Return a line for each table or column whose old rows are not all there, or read differently."""
    found = []
    for table, rows in before.items():
        if table not in after:
            found.append(f"{table}: gone with {len(rows)} rows")
            continue
        if missing := rows.keys() - after[table].keys():
            found.append(f"{table}: {len(missing)} rows gone, {sorted(missing)[:3]}")
        differing: dict[str, int] = {}
        for key in rows.keys() & after[table].keys():
            for column, value in rows[key].items():
                if column not in after[table][key] or after[table][key][column] != value:
                    differing[column] = differing.get(column, 0) + 1
        found += [f"{table}.{column}: {count} rows differ" for column, count in differing.items()]
    return [line for line in found if not {line.partition(":")[0], line.partition(".")[0]} & INTENDED.keys()]


def documents(contents: Contents) -> dict[str, dict[str, Any]]:
    """Return the public documents by number."""
    rows = contents["listings_listing"].values()
    return {row["public_id"]: json.loads(row["document"]) for row in rows if row["document"]}


def holds(old: Any, new: Any) -> bool:
    """Say whether a value of a document still says what it said; new keys may stand beside the old ones."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and holds(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(holds, old, new))
    return bool(old == new)


def applied(contents: Contents) -> set[tuple[str, str]]:
    """Return the migrations that a database has seen."""
    return {(row["app"], row["name"]) for row in contents["django_migrations"].values()}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with fresh_database(tmp_path_factory.mktemp("upgrade") / "previous") as made:
        made.run_script(newest_dump())
        yield made


@pytest.fixture(scope="module")
def before(database: Database) -> Contents:
    return database.contents()


@pytest.fixture(scope="module")
def migrated(database: Database, before: Contents) -> Contents:
    result = database.manage("migrate", "--noinput", "--verbosity=0")
    assert result.returncode == 0, result.stderr
    return database.contents()


@pytest.fixture(scope="module")
def carried(database: Database, migrated: Contents) -> dict[str, Any]:
    result = database.python("-m", "tests.upgrade.carry")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_the_dump_has_rows_in_every_table_but_that_of_sign_ins(before: Contents) -> None:
    assert {table for table, rows in before.items() if not rows} == {"django_session"}
    states = {row["state"] for row in before["listings_listing"].values()}
    assert states == {"draft", "in_review", "published", "paused", "archived"}
    notices = {row["notice"] for row in before["listings_listing"].values()}
    assert any("𠮷" in notice and "\\" in notice for notice in notices)


def test_every_row_of_the_previous_version_reads_the_same_after_migrating(
    before: Contents, migrated: Contents
) -> None:
    assert losses(before, migrated) == []


def test_what_changes_on_purpose_is_still_there_to_be_changed(before: Contents) -> None:
    columns = {f"{table}.{name}" for table, rows in before.items() for row in rows.values() for name in row}
    assert INTENDED.keys() <= columns | before.keys()


def test_nothing_is_left_to_migrate(database: Database, migrated: Contents) -> None:
    assert database.manage("migrate", "--check").returncode == 0


def test_keys_constraints_and_guards_hold_after_migrating(carried: dict[str, Any]) -> None:
    assert carried["faults"] == []
    assert carried["next_key"]
    wanted = {f"{table}_no_{action}" for table in APPEND_ONLY for action in ("update", "delete")}
    assert wanted <= set(carried["triggers"])


def test_the_clock_lays_out_the_hours_of_the_previous_version_s_places(carried: dict[str, Any]) -> None:
    assert carried["intervals"] > 0


def test_a_guarded_row_cannot_be_changed_after_migrating(database: Database, carried: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="append-only"):
        database.ask("UPDATE listings_revision SET channel = 'office'")


def test_republishing_renews_only_what_this_version_says_otherwise(
    before: Contents, carried: dict[str, Any]
) -> None:
    old = documents(before)
    new = {number: json.loads(text) for number, text in carried["documents"].items()}
    schemas = {row["schema"] for row in old.values()} | {row["schema"] for row in new.values()}
    assert old.keys() == new.keys()
    renewed = {
        key
        for number in old
        for key in old[number].keys() & new[number].keys()
        if not holds(old[number][key], new[number][key])
    }
    assert sorted(renewed - {"schema"} - RENEWED.keys()) == []
    if len(schemas) == 1:
        assert {number: row.keys() for number, row in old.items()} == {
            number: row.keys() for number, row in new.items()
        }
    stored = {row["public_id"]: row["document_hash"] for row in before["listings_listing"].values()}
    assert carried["hashes"] == stored  # Migrating alone changes no document.
    assert {number for number in old if old[number] == new[number]} == {
        number for number in old if stored[number] == carried["hashes_after"][number]
    }
    assert carried["after_migrate"].startswith(
        "refused: " if old != new else "every stored document is current"
    )
    assert carried["after_republish"] == "every stored document is current\n"


def test_pages_and_api_of_the_previous_version_s_places_answer(carried: dict[str, Any]) -> None:
    assert carried["statuses"] == PAGES


def test_migrations_that_can_be_taken_back_keep_the_data_there_and_forth(
    tmp_path: Path, before: Contents, migrated: Contents
) -> None:
    new = applied(migrated) - applied(before)
    targets = {
        f"{app}.{max((name for other, name in applied(before) if other == app), default='zero')}"
        for app, name in new
        if f"{app}.{name}" not in IRREVERSIBLE and app not in LIBRARIES_WITHOUT_A_WAY_BACK
    }
    with fresh_database(tmp_path / "back") as again:
        again.run_script(newest_dump())
        assert again.manage("migrate", "--noinput", "--verbosity=0").returncode == 0
        if targets:
            result = again.python("-m", "tests.upgrade.carry", *sorted(targets))
            assert result.returncode == 0, result.stderr
            assert set(json.loads(result.stdout.splitlines()[-1]).values()) == {""}
            assert losses(before, again.contents()) == []
        assert again.manage("migrate", "--noinput", "--verbosity=0").returncode == 0
        assert losses(before, again.contents()) == []


def test_a_backup_of_the_previous_version_is_restored_and_then_migrated(
    database: Database, before: Contents, tmp_path: Path
) -> None:
    """New code, old rows: the backup is made and restored before migrating, as on the way back from a fault."""
    with fresh_database(tmp_path / "old") as old, fresh_database(tmp_path / "elsewhere") as elsewhere:
        old.run_script(newest_dump())
        made = old.manage("backup", str(tmp_path / "backups"))
        assert "The backup is written" in made.stdout, made.stderr
        assert "could not be read" in made.stderr  # The dump comes without pictures.
        (folder,) = (tmp_path / "backups").iterdir()
        assert elsewhere.manage("restore", str(folder)).returncode == 0
        restored = elsewhere.contents()
        for table in LEFT_OUT:
            assert restored[table] == {}
        assert (
            losses({table: rows for table, rows in before.items() if table not in MADE_ANEW}, restored) == []
        )
        assert elsewhere.manage("migrate", "--noinput", "--verbosity=0").returncode == 0
        assert elsewhere.manage("republish").returncode == 0
        assert "is current" in elsewhere.manage("republish", "--check").stdout


#: Operations of a careless migration → what is said of each.
BROKEN = {
    'migrations.RemoveField("rightscard", "phone")': "pages_rightscard.phone: 6 rows differ",
    "migrations.RunSQL(\"UPDATE pages_rightscard SET link = '?'\")": "pages_rightscard.link: 6 rows differ",
    'migrations.RunSQL("DELETE FROM pages_rightscard WHERE NOT is_published")': "pages_rightscard: 1 rows gone",
}


def test_a_migration_that_loses_data_is_caught(tmp_path: Path, before: Contents) -> None:
    package = tmp_path / "careless"
    package.mkdir()
    originals = sorted((ROOT / "portal" / "pages" / "migrations").glob("*.py"))
    for path in originals:
        (package / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    newest = next(path.stem for path in reversed(originals) if path.stem != "__init__")
    (package / "9999_careless.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("pages", "{newest}")]\n'
        f"    operations = [{', '.join(BROKEN)}]\n",
        encoding="utf-8",
    )
    (tmp_path / "careless_settings.py").write_text(
        'from portal.settings import *\n\nMIGRATION_MODULES = {"pages": "careless"}\n', encoding="utf-8"
    )
    with fresh_database(tmp_path / "lossy") as lossy:
        lossy.run_script(newest_dump())
        result = lossy.manage(
            "migrate",
            "pages",
            "--noinput",
            "--verbosity=0",
            DJANGO_SETTINGS_MODULE="careless_settings",
            PYTHONPATH=f"{ROOT}:{tmp_path}",
        )
        assert result.returncode == 0, result.stderr
        found = losses(before, lossy.contents())
    assert len(found) == len(BROKEN), found
    for line in BROKEN.values():
        assert [said for said in found if said.startswith(line)], line


def test_the_dump_names_no_path_of_a_machine_and_nobody_s_own_number() -> None:
    text = newest_dump()
    folders = [f"/{name}/" for name in ("home", "root", "tmp", "work", "Users")]
    assert not [word for word in (*folders, "127.0.0.1") if word in text]
    assert ODD in text
