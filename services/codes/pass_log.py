"""Write many rows of the pass log in one statement each, and say which of them are new.

By hand: `bulk_create(ignore_conflicts=True)` does not tell which rows it wrote, and building model objects costs more
than checking their signatures.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, models, transaction

from services.codes import retention
from services.codes.models import Amendment, Pass, Proof, SeenProof
from services.codes.xg1 import Presentation, Verdict

#: SQLite takes 32,766 parameters in a statement.
MOST_PARAMETERS = 30_000


def insert(model: type[models.Model], rows: Sequence[dict[str, Any]], *, returning: str = "") -> list[Any]:
    """Insert rows of field values that are not there yet; return the column `returning` of those that were new.

    Rows that would break a unique constraint are left out. Give them in the order of their key: two batches with
    the same rows then wait for each other instead of locking each other out.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    if connection.vendor == "postgresql":
        return _run(_insert_from_json(model, names, returning), [_json(rows)], returning)
    step = MOST_PARAMETERS // len(names)
    found: list[Any] = []
    read = _fields(model)[returning].to_python if returning else None
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        values = [
            _fields(model)[name].get_db_prep_save(value, connection)
            for row in part
            for name, value in row.items()
        ]
        new = _run(_insert_values(model, names, len(part), returning), values, returning)
        found += [read(value) for value in new] if read else []
    return found


def _run(statement: str, values: list[Any], returning: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [value for (value,) in cursor.fetchall()] if returning else []


def _json(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as one JSON text, which the database reads faster than thousands of parameters are written."""
    return orjson.dumps(rows, default=_bytes).decode()


def _bytes(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError


@cache
def _fields(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


def _into(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, str]:
    """Return a table and the columns of fields, quoted."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_fields(model)[name].column) for name in names)
    return quote(model._meta.db_table), columns


@cache
def _insert_from_json(model: type[models.Model], names: tuple[str, ...], returning: str) -> str:
    table, columns = _into(model, names)
    text = (
        f"INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608
        f"FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) ON CONFLICT DO NOTHING"
    )
    return f"{text} RETURNING {connection.ops.quote_name(returning)}" if returning else text


def _insert_values(model: type[models.Model], names: tuple[str, ...], count: int, returning: str) -> str:
    table, columns = _into(model, names)
    marks = f"({', '.join(['%s'] * len(names))})"
    text = (
        f"INSERT INTO {table} ({columns}) VALUES {', '.join([marks] * count)} "  # noqa: S608
        "ON CONFLICT DO NOTHING"
    )
    return f"{text} RETURNING {connection.ops.quote_name(returning)}" if returning else text


def proof_of(pass_id: UUID, presentation: Presentation, now: dt.datetime) -> dict[str, Any]:
    """Return the row of `Proof` that keeps a presentation for a pass."""
    return {
        "pass_id": pass_id,
        "credential_digest": presentation.credential.digest.hex(),
        "presentation": presentation.proof,
        "kept_until": now + retention.PROOF,
        "held_by_case": False,
    }


def seen_of(checkpoint: int, presentation: Presentation, at: dt.datetime) -> dict[str, Any]:
    """Return the row of `SeenProof` that keeps a gate from taking the same proof again."""
    return {
        "checkpoint_number": checkpoint,
        "pid": presentation.credential.pid,
        "step": presentation.step,
        "challenge": presentation.challenge,
        "seen_at": at,
    }


def amendment_of(
    *,
    pass_id: UUID,
    listing_id: int,
    kind: Amendment.Kind,
    now: dt.datetime,
    verdict: Verdict | None = None,
    assurance: int | None = None,
    other: UUID | None = None,
    note: str = "",
    actor_label: str = "",
) -> dict[str, Any]:
    """Return the row of `Amendment` that says something of a pass afterwards."""
    return {
        "pass_id": pass_id,
        "listing_id": listing_id,
        "kind": kind.value,
        "verdict": verdict.value if verdict else "",
        "assurance": assurance,
        "other_pass_id": other,
        "note": note[:200],
        "actor_id": None,
        "actor_label": actor_label[:80],
        "made_at": now,
        "retention_until": now + retention.PASS,
    }


def insert_passes(rows: Iterable[dict[str, Any]]) -> set[UUID]:
    """Insert passes; return the ids of those that were new."""
    return set(insert(Pass, sorted(rows, key=lambda row: row["id"]), returning="id"))


def insert_proofs(rows: Iterable[dict[str, Any]]) -> None:
    """Insert proofs."""
    insert(Proof, sorted(rows, key=lambda row: row["pass_id"]))


def insert_seen(rows: Iterable[dict[str, Any]]) -> None:
    """Insert seen proofs."""
    key = ("checkpoint_number", "pid", "step", "challenge")
    insert(SeenProof, sorted(rows, key=lambda row: tuple(row[name] for name in key)))


def insert_amendments(rows: Iterable[dict[str, Any]]) -> None:
    """Insert amendments."""
    insert(Amendment, list(rows))


def insert_together(row: dict[str, Any], proof: dict[str, Any] | None, seen: dict[str, Any] | None) -> bool:
    """Insert a pass with its proof and what keeps the proof from being taken again: all of it or nothing.

    Return False when the pass or the seen proof is there already. PostgreSQL does it by one statement.
    """
    in_pieces = connection.vendor != "postgresql"
    try:
        # One statement is atomic by itself; within a transaction its failure must not end that one.
        if in_pieces or connection.in_atomic_block:
            with transaction.atomic():
                return (_insert_in_pieces if in_pieces else _insert_at_once)(row, proof, seen)
        return _insert_at_once(row, proof, seen)
    except IntegrityError:
        return False


def _insert_in_pieces(row: dict[str, Any], proof: dict[str, Any] | None, seen: dict[str, Any] | None) -> bool:
    if seen is not None and not insert(SeenProof, [seen], returning="id"):
        return False
    if not insert(Pass, [row], returning="id"):
        raise IntegrityError("The pass is in the log.")
    if proof is not None:
        insert(Proof, [proof])
    return True


def _insert_at_once(row: dict[str, Any], proof: dict[str, Any] | None, seen: dict[str, Any] | None) -> bool:
    parts: list[tuple[type[models.Model], dict[str, Any]]] = [(Pass, row)]
    if proof is not None:
        parts.append((Proof, proof))
    if seen is not None:
        parts.insert(0, (SeenProof, seen))
    with connection.cursor() as cursor:
        cursor.execute(
            _at_once(tuple((model, tuple(part)) for model, part in parts)),
            [_json([part]) for _model, part in parts],
        )
        return bool(cursor.fetchone()[0])


@cache
def _at_once(parts: tuple[tuple[type[models.Model], tuple[str, ...]], ...]) -> str:
    """Return the statement that inserts each part where the one before it was new, and says whether the pass was.

    The parts see each other only by what they return. A pass whose number is taken is an error, which takes the seen
    proof back with it.
    """
    pieces, before = [], ""
    for model, names in parts:
        alias = f"new_{model._meta.model_name}"
        table, columns = _into(model, names)
        where = f" WHERE EXISTS (SELECT 1 FROM {before})" if before else ""  # noqa: S608
        spare = " ON CONFLICT DO NOTHING" if model is SeenProof else ""
        source = f"jsonb_populate_recordset(NULL::{table}, %s::jsonb){where}{spare}"
        pieces.append(
            f"{alias} AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM {source} RETURNING 1)"  # noqa: S608
        )
        before = alias
    return f"WITH {', '.join(pieces)} SELECT EXISTS (SELECT 1 FROM new_pass)"  # noqa: S608
