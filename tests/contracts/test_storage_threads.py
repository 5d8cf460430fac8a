"""The daemon's storages on a real reactor: many writers share commits, each answered only when durable."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import DeferredList

from tests import postgres
from tests.contracts.storages import entry
from tests.reactor import reactor, reactor_test
from tierspayant.adapter.storage import sqlite_connection
from tierspayant.adapter.storage.postgres import PostgresStorage
from tierspayant.adapter.storage.protocol import DejaLa, Storage, StorageError, Tables
from tierspayant.adapter.storage.sqlite import SqliteStorage
from tierspayant.adapter.storage.threads import GROUP_MAX

WRITES = 600
"""More than two groups."""


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Storage]]:
    if request.param == "sqlite":
        yield lambda: SqliteStorage(tmp_path / "adapter.db", reactor.callFromThread)
        return
    url = postgres.fresh_database()
    yield lambda: PostgresStorage(url, "n1", reactor.callFromThread)
    postgres.drop_database(url)


def insert(tables: Tables, nom: str) -> str:
    tables.insert_entry(entry(nom), "x")
    return nom


@reactor_test(seconds=20)
async def test_many_writes_at_once_all_succeed_but_the_bad_one(opened: Callable[[], Storage]) -> None:
    storage = opened()
    writes = [storage.write(partial(insert, nom=f"A{n}")) for n in range(WRITES)]
    writes.insert(WRITES // 2, storage.write(partial(insert, nom="A0")))
    outcomes: list[Any] = await DeferredList(writes, consumeErrors=True)
    failed = [value for ok, value in outcomes if not ok]
    assert [failure.type for failure in failed] == [DejaLa]
    assert await storage.read(lambda t: t.count()) == WRITES
    await storage.close()


@reactor_test(seconds=20)
async def test_an_answered_write_is_seen_by_another_connection(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "adapter.db", reactor.callFromThread)
    await storage.write(partial(insert, nom="A"))
    other = sqlite3.connect(tmp_path / "adapter.db")
    assert other.execute("SELECT reference FROM entrees").fetchall() == [("A",)]
    other.close()
    await storage.close()


@reactor_test(seconds=20)
async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(opened: Callable[[], Storage]) -> None:
    storage = opened()
    last = storage.write(partial(insert, nom="last"))
    closed = storage.close()
    with pytest.raises(StorageError):
        await storage.write(partial(insert, nom="late"))
    await closed
    assert await last == "last"


@reactor_test(seconds=20)
async def test_a_read_cannot_write_and_a_write_error_stays_with_its_caller(opened: Callable[[], Storage]) -> None:
    storage = opened()
    with pytest.raises(StorageError, match=r"read-?only"):
        await storage.read(partial(insert, nom="A"))
    with pytest.raises(ZeroDivisionError):
        await storage.write(_divide)
    assert await storage.write(partial(insert, nom="B")) == "B"
    await storage.close()


def _divide(tables: Tables) -> int:
    return tables.count() // 0


@reactor_test(seconds=20)
async def test_writes_that_wait_together_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    real = sqlite_connection.write_group

    def counted(db: sqlite3.Connection, works: Sequence[sqlite_connection.Work]) -> list[Any]:
        groups.append(len(works))
        return real(db, works)

    monkeypatch.setattr(sqlite_connection, "write_group", counted)
    storage = SqliteStorage(tmp_path / "adapter.db", reactor.callFromThread)
    await DeferredList([storage.write(partial(insert, nom=f"A{n}")) for n in range(WRITES)])
    await storage.close()
    assert sum(groups) == WRITES
    assert len(groups) < WRITES / 2
    assert max(groups) <= GROUP_MAX


def test_a_file_system_that_cannot_keep_a_promise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commit is synced: what is asked of SQLite is read back, and anything less is no storage."""
    db = sqlite_connection.connect_writer(tmp_path / "good.db")
    assert db.execute("PRAGMA synchronous").fetchone()[0] == sqlite_connection.FULL
    db.close()
    monkeypatch.setattr(sqlite_connection, "FULL", 3)
    with pytest.raises(StorageError, match="cannot keep a promise"):
        sqlite_connection.connect_writer(tmp_path / "other.db")
