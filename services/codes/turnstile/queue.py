"""Passes that wait for the portal, and proofs that were taken, in a SQLite file: no crash loses one."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS passes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, row TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting', said TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS seen (proof TEXT PRIMARY KEY, pid TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
#: A proof is forgotten long after any window in which it could be shown again.
FORGET_S = 3600


class Queue:
    """The file; every change is on the disk when its method returns."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.executescript(_TABLES)

    def take(self, row: dict[str, Any], proof: tuple[str, int, int] | None, now: float) -> bool:
        """Keep a pass, numbered, and mark its proof as taken, together; return False when it was taken before."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            if proof is not None:
                name = ":".join(map(str, proof))
                cursor = self._file.execute(
                    "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", [name, proof[0], now]
                )
                if not cursor.rowcount:
                    self._file.execute("ROLLBACK")
                    return False
            cursor = self._file.execute(
                "INSERT INTO passes (id, row) VALUES (?, ?)", [row["id"], json.dumps(row)]
            )
            numbered = {**row, "sequence": cursor.lastrowid}
            self._file.execute("UPDATE passes SET row = ? WHERE id = ?", [json.dumps(numbered), row["id"]])
            self._file.execute("DELETE FROM seen WHERE at < ?", [now - FORGET_S])
            self._file.execute("COMMIT")
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        return True

    def has_seen(self, pid: str, step: int, challenge: int) -> bool:
        """Say whether a proof was taken."""
        name = f"{pid}:{step}:{challenge}"
        return self._file.execute("SELECT 1 FROM seen WHERE proof = ?", [name]).fetchone() is not None

    def last_pass(self, pid: str) -> float | None:
        """Return when a pid passed last, in Unix seconds."""
        return self._file.execute("SELECT MAX(at) FROM seen WHERE pid = ?", [pid]).fetchone()[0]

    def waiting(self, most: int) -> list[dict[str, Any]]:
        """Return the oldest passes that have no answer yet."""
        found = self._file.execute(
            "SELECT row FROM passes WHERE state = 'waiting' ORDER BY sequence LIMIT ?", [most]
        )
        return [json.loads(text) for (text,) in found]

    def count(self, state: str) -> int:
        """Return how many passes are waiting, or were quarantined."""
        return self._file.execute("SELECT COUNT(*) FROM passes WHERE state = ?", [state]).fetchone()[0]

    def settle(self, answers: list[dict[str, Any]]) -> None:
        """Delete what was answered; keep what was refused, with its reason, until somebody has looked at it."""
        for answer in answers:
            if answer["outcome"] == "quarantined":
                self._file.execute(
                    "UPDATE passes SET state = 'quarantined', said = ? WHERE id = ?",
                    [" ".join(answer["reasons"]), answer["id"]],
                )
            else:
                self._file.execute("DELETE FROM passes WHERE id = ?", [answer["id"]])

    def keep(self, name: str, value: Any) -> None:
        """Keep what a sync told."""
        text = json.dumps({"value": value, "at": time.time()})
        self._file.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [name, text])

    def kept(self, name: str) -> Any:
        """Return what a sync told, None before the first."""
        found = self._file.execute("SELECT value FROM kept WHERE name = ?", [name]).fetchone()
        return json.loads(found[0])["value"] if found else None
