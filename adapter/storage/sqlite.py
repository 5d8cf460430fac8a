"""SQLite storage: one file, one writing connection, reading connections; in threads for the daemon, or in place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tierspayant.adapter.storage import sqlite_connection as sqlite
from tierspayant.adapter.storage.lock import Lock
from tierspayant.adapter.storage.protocol import StorageError
from tierspayant.adapter.storage.threads import READERS, InlineStorage, ThreadedStorage


class SqliteStorage(ThreadedStorage):
    """Storage on one file, for the daemon.

    Opening raises BaseOccupee when another process holds the file, StorageError when it cannot be opened.
    """

    def __init__(self, base: Path, call_in_reactor: Callable[..., Any]) -> None:
        lock, writer, readers = _open(base, READERS)
        reads = [partial(sqlite.read, db) for db in readers]
        release = partial(_release, lock, writer, *readers)
        super().__init__("sqlite", partial(sqlite.write_group, writer), reads, release, call_in_reactor)


class InlineSqlite(InlineStorage):
    """Storage on one file, without threads. Raises as SqliteStorage does."""

    def __init__(self, base: Path) -> None:
        lock, db, _ = _open(base, 0)
        super().__init__(partial(sqlite.write_group, db), partial(sqlite.read, db), partial(_release, lock, db))


def _open(base: Path, readers: int) -> tuple[Lock, sqlite3.Connection, list[sqlite3.Connection]]:
    lock = Lock(base)
    try:
        return lock, sqlite.connect_writer(base), [sqlite.connect_reader(base) for _ in range(readers)]
    except StorageError:
        lock.free()
        raise


def _release(lock: Lock, *connections: sqlite3.Connection) -> None:
    for db in reversed(connections):  # the writer last: it takes the journal file away
        db.close()
    lock.free()
