"""Promises of the SQLite storage that no other test would miss: found by planting bugs (mutants/bugs/storage.toml)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from twisted.python.failure import Failure

from tests.contracts.storages import entry
from tierspayant.adapter.storage import sqlite_connection as sqlite
from tierspayant.adapter.storage.protocol import StorageError, Tables
from tierspayant.adapter.storage.sqlite import SqliteStorage


def insert(tables: Tables, nom: str) -> str:
    tables.insert_entry(entry(nom), "x")
    return nom


def rows(base: Path) -> int:
    """How many entries another connection sees: what is committed."""
    db = sqlite3.connect(base)
    try:
        [[n]] = db.execute("SELECT COUNT(*) FROM entrees")
        return int(n)
    finally:
        db.close()


class FullDisk:
    """A connection whose COMMIT finds no room."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def execute(self, sql: str, *parametres: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._db.execute(sql, *parametres)

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction


def test_the_writer_waits_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    db = sqlite.connect_writer(tmp_path / "adapter.db")
    assert db.execute("PRAGMA synchronous").fetchone() == (sqlite.FULL,)
    assert sqlite.FULL == 2, "what SQLite calls FULL: one sync of the log for each commit"
    db.close()


def test_a_commit_that_fails_fails_every_request_of_its_group(tmp_path: Path) -> None:
    db = sqlite.connect_writer(tmp_path / "adapter.db")
    full = cast(sqlite3.Connection, FullDisk(db))
    outcomes = sqlite.write_group(full, [partial(insert, nom="A"), partial(insert, nom="B")])
    assert [outcome.check(StorageError) for outcome in outcomes if isinstance(outcome, Failure)] == [StorageError] * 2
    assert sqlite.write_group(db, [lambda tables: tables.count()]) == [0], "nothing is half there"
    db.close()


def test_who_waits_for_a_write_is_told_only_once_it_is_on_disk(tmp_path: Path) -> None:
    base, seen = tmp_path / "adapter.db", []

    def call_in_reactor(call: Callable[..., Any], *arguments: Any) -> None:
        seen.append(rows(base))
        call(*arguments)

    storage = SqliteStorage(base, call_in_reactor)
    written: list[str] = []
    _ = storage.write(partial(insert, nom="A")).addCallback(written.append)
    _ = storage.close()
    for thread in storage._threads:
        thread.join()
    assert (written, seen[0]) == (["A"], 1)
