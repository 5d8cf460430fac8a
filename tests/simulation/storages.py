"""The three storages a story may be lived on, each empty when asked for, and what is left of it after a death.

memory    survives as it is: a transaction is whole or not at all.
sqlite    a real file, WAL and synchronous=FULL; after a death the daemon opens what the file and its log hold.
postgres  a real server; after a death the connection is cut and a new one opened.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests import postgres
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.postgres import InlinePostgres
from tierspayant.adapter.storage.protocol import Storage
from tierspayant.adapter.storage.sqlite import InlineSqlite

STORAGES = ("memory", "sqlite", "postgres")
_LOG = ("", "-wal")
"""What a killed process leaves of an SQLite file; the -shm beside them is only an index, made again."""
QUICK = Path("/dev/shm")
"""Where there is one, the files lie in memory: a killed process loses nothing it wrote, forced to the disk or not, and
thousands of lives would wait for the disk most of the time."""


class Base(Protocol):
    """Where stories are lived, one after the other."""

    def fresh(self) -> Storage:
        """An empty storage; the one before is gone."""
        ...

    def reopened(self, storage: Storage) -> Storage:
        """What a daemon that starts again finds of `storage`, whose process was killed."""
        ...


class Memory:
    def fresh(self) -> Storage:
        return MemoryStorage()

    def reopened(self, storage: Storage) -> Storage:
        return storage


class Sqlite:
    """Files in a folder of their own. A migrated empty file is kept: making one takes as long as a short story."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._current: tuple[Path, Storage] | None = None
        self._empty = folder / "empty.db"
        _ = InlineSqlite(self._empty).close()

    def fresh(self) -> Storage:
        self.clear()
        return self._opened(self._empty)

    def reopened(self, storage: Storage) -> Storage:
        """A copy of the files as they lie there, unclosed: that is what kill -9 leaves."""
        assert self._current is not None
        former, _ = self._current
        opened = self._opened(former)
        _ = storage.close()
        _remove(former)
        return opened

    def _opened(self, former: Path) -> Storage:
        path = self._folder / f"{next(self._numbers)}.db"
        for end in _LOG:
            if (source := former.with_name(former.name + end)).exists():
                shutil.copyfile(source, path.with_name(path.name + end))
        storage = InlineSqlite(path)
        self._current = path, storage
        return storage

    def clear(self) -> None:
        if self._current is not None:
            path, storage = self._current
            _ = storage.close()
            _remove(path)
            self._current = None


def _remove(path: Path) -> None:
    for end in (*_LOG, "-shm", ".lock"):
        path.with_name(path.name + end).unlink(missing_ok=True)


class Postgres:
    """One database of the test server, emptied between stories."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._storage: Storage | None = None

    def fresh(self) -> Storage:
        self.clear()
        self._url = postgres.fresh_database()
        self._storage = InlinePostgres(self._url)
        return self._storage

    def reopened(self, storage: Storage) -> Storage:
        assert self._url is not None
        _ = storage.close()
        self._storage = InlinePostgres(self._url)
        return self._storage

    def clear(self) -> None:
        if self._storage is not None and self._url is not None:
            _ = self._storage.close()
            postgres.drop_database(self._url)
        self._url = self._storage = None


@contextmanager
def base(nom: str) -> Iterator[Base]:
    """One of STORAGES, and its files, connections and databases gone afterwards."""
    match nom:
        case "sqlite":
            with tempfile.TemporaryDirectory(prefix="tp-sim-", dir=QUICK if QUICK.is_dir() else None) as folder:
                files = Sqlite(Path(folder))
                yield files
                files.clear()
        case "postgres":
            server = Postgres()
            try:
                yield server
            finally:
                server.clear()
        case _:
            yield Memory()
