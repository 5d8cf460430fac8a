"""SQLite connections as the project needs them, migrations, and the group commit.

Every durable promise rests on `synchronous=FULL`: it is set, read back and refused otherwise (with NORMAL, simulated
power cuts lost acknowledged rows). Several waiting writes share one fsync, each under its own SAVEPOINT, so that one
that fails fails alone. SQLite below 3.51.3 has the WAL-reset fault, hence one writing process (lock.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.python.failure import Failure

from tierspayant.adapter.storage.named_sql import migrations, statements
from tierspayant.adapter.storage.protocol import StorageError, Tables
from tierspayant.adapter.storage.sql_tables import SqlTables

ENGINE = "sqlite"
FULL = 2
BUSY_S = 5.0
"""Seconds to wait for a lock held by a reader's checkpoint or a backup tool."""

Work = Callable[[Tables], Any]


def connect_writer(base: Path) -> sqlite3.Connection:
    """The one writing connection, migrated to the newest schema. Raises StorageError."""
    try:
        db = _connect(f"{base.absolute().as_uri()}?mode=rwc")
        mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        db.execute("PRAGMA synchronous=FULL")
        level = db.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, level) != ("wal", FULL):
            raise StorageError(f"{base}: journal {mode}, synchronous {level}: this file system cannot keep a promise")
        migrate(db)
    except sqlite3.Error as erreur:
        raise StorageError(f"{base}: {erreur}") from erreur
    return db


def connect_reader(base: Path) -> sqlite3.Connection:
    """A read-only connection; made after the writer, so that the file exists and is migrated."""
    try:
        return _connect(f"{base.absolute().as_uri()}?mode=ro")
    except sqlite3.Error as erreur:
        raise StorageError(f"{base}: {erreur}") from erreur


def _connect(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    db.row_factory = _as_dict
    db.execute("PRAGMA foreign_keys=ON")
    return db


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any] | tuple[Any, ...]:
    """Rows of named statements become dictionaries; a PRAGMA's single value stays a tuple."""
    if len(row) == 1 and cursor.description[0][0] in _PRAGMAS:
        return row
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


_PRAGMAS = frozenset({"journal_mode", "synchronous", "user_version"})


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema forward, one transaction per migration. A newer schema than ours is refused."""
    known = migrations(ENGINE)
    current = db.execute("PRAGMA user_version").fetchone()[0]
    if current > len(known):
        raise StorageError(f"the database has schema {current}, this program knows {len(known)}: use a newer program")
    for une in known[current:]:
        db.executescript(f"BEGIN IMMEDIATE;\n{une.sql}\nPRAGMA user_version={une.numero};\nCOMMIT;")


def tables(db: sqlite3.Connection) -> SqlTables:
    """The tables over a connection; the caller opens and ends the transaction."""
    named = statements(ENGINE)

    def run(nom: str, parametres: dict[str, Any]) -> list[dict[str, Any]]:
        cursor = db.execute(named[nom], parametres)
        return cursor.fetchall() if cursor.description else [{"n": cursor.rowcount}]

    return SqlTables(run, _is_duplicate)


def _is_duplicate(erreur: Exception) -> bool:
    codes = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
    return isinstance(erreur, sqlite3.IntegrityError) and erreur.sqlite_errorcode in codes


def read(db: sqlite3.Connection, work: Work) -> Any:
    """Run `work` on one consistent state. Raises what it raises, or StorageError."""
    try:
        db.execute("BEGIN")
        try:
            return work(tables(db))
        finally:
            db.execute("ROLLBACK")
    except sqlite3.Error as erreur:
        raise StorageError(str(erreur)) from erreur


def write_group(db: sqlite3.Connection, works: Sequence[Work]) -> list[Any]:
    """Run each work under a savepoint, then one durable commit. Gives a value or a Failure for each, in order."""
    outcomes: list[Any] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        outcomes.extend(_one(db, work) for work in works)
        db.execute("COMMIT")
    except sqlite3.Error as erreur:
        if db.in_transaction:
            db.execute("ROLLBACK")
        lost = Failure(StorageError(str(erreur)))
        return [lost] * len(works)
    return outcomes


def _one(db: sqlite3.Connection, work: Work) -> Any:
    db.execute("SAVEPOINT one")
    try:
        value = work(tables(db))
    except Exception as erreur:  # whatever the caller's work raises is handed back to that caller, and undone
        if not db.in_transaction:  # disk full and I/O errors end the whole transaction
            raise
        db.execute("ROLLBACK TO one")
        db.execute("RELEASE one")
        wrapped = StorageError(str(erreur)) if isinstance(erreur, sqlite3.Error) else erreur
        return Failure(wrapped)
    db.execute("RELEASE one")
    return value
