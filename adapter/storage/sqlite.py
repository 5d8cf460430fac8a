"""SQLite storage: one writer thread with natural group commit, a few reading threads; and the same in place.

`SqliteStorage` is the daemon's: its threads are its own, since Twisted resolves host names in the reactor's.
`InlineSqlite` runs the same functions in the caller's thread, for simulations and command-line verbs.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar, cast

from twisted.internet.defer import Deferred, execute, fail, succeed
from twisted.python.failure import Failure

from tierspayant.adapter.storage import sqlite_connection as sqlite
from tierspayant.adapter.storage.lock import Lock
from tierspayant.adapter.storage.protocol import StorageError, Tables

T = TypeVar("T")

READERS = 2
"""Reading threads: one long listing must not make every other question wait."""

CLOSED = "the storage is closed"

_Job: TypeAlias = tuple[Callable[[Tables], Any], "Deferred[Any]"]


class SqliteStorage:
    """Storage on one file. `call_in_reactor` is reactor.callFromThread.

    Opening raises BaseOccupee when another process holds the file, StorageError when it cannot be opened.
    """

    def __init__(self, base: Path, call_in_reactor: Callable[..., Any]) -> None:
        self._call_in_reactor = call_in_reactor
        self._lock = Lock(base)
        try:
            writer = sqlite.connect_writer(base)
            readers = [sqlite.connect_reader(base) for _ in range(READERS)]
        except StorageError:
            self._lock.free()
            raise
        self._writes: SimpleQueue[_Job | None] = SimpleQueue()
        self._reads: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._write_loop, args=(writer,), name="sqlite-writer")]
        self._threads += [threading.Thread(target=self._read_loop, args=(db,), name="sqlite-reader") for db in readers]
        for thread in self._threads:
            thread.start()

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._reads, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._writes, work)

    def _put(self, queue: SimpleQueue[_Job | None], work: Callable[[Tables], T]) -> Deferred[T]:
        waiting: Deferred[T] = Deferred()
        if self._closed:
            waiting.errback(StorageError(CLOSED))
        else:
            queue.put((work, waiting))
        return waiting

    def close(self) -> Deferred[None]:
        """Work already accepted is done first; the Deferred fires when every thread has ended."""
        ended: Deferred[None] = Deferred()
        if self._closed:
            return succeed(None)
        self._closed = True
        self._writes.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        threading.Thread(target=self._end, args=(ended,), name="sqlite-end").start()
        return ended

    def _end(self, ended: Deferred[None]) -> None:
        for thread in self._threads:
            thread.join()
        self._lock.free()
        self._call_in_reactor(ended.callback, None)

    def _write_loop(self, db: sqlite3.Connection) -> None:
        last = False
        while not last:
            jobs, last = _drain(self._writes)
            if jobs:
                outcomes = sqlite.write_group(db, [work for work, _ in jobs])
                self._call_in_reactor(_fire, [waiting for _, waiting in jobs], outcomes)
        db.close()

    def _read_loop(self, db: sqlite3.Connection) -> None:
        while (job := self._reads.get()) is not None:
            work, waiting = job
            try:
                outcome = sqlite.read(db, work)
            except Exception:  # handed to the caller, whatever it is
                outcome = Failure()
            self._call_in_reactor(_fire, [waiting], [outcome])
        db.close()


def _drain(queue: SimpleQueue[_Job | None]) -> tuple[list[_Job], bool]:
    """Everything that waits, up to the group's limit; blocks for the first. The flag says: nothing comes after."""
    jobs: list[_Job] = []
    try:
        while len(jobs) < sqlite.GROUP_MAX:
            job = queue.get(block=not jobs)
            if job is None:
                return jobs, True
            jobs.append(job)
    except Empty:
        pass
    return jobs, False


def _fire(waiting: list[Deferred[Any]], outcomes: list[Any]) -> None:
    for deferred, outcome in zip(waiting, outcomes, strict=True):
        deferred.callback(outcome)  # a Failure given to callback() starts the errbacks


class InlineSqlite:
    """The same storage without threads: each call is done when it returns."""

    def __init__(self, base: Path) -> None:
        self._lock = Lock(base)
        try:
            self._db = sqlite.connect_writer(base)
        except StorageError:
            self._lock.free()
            raise
        self._closed = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return fail(StorageError(CLOSED)) if self._closed else execute(sqlite.read, self._db, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError(CLOSED))
        [outcome] = sqlite.write_group(self._db, [work])
        done: Deferred[T] = Deferred()
        done.callback(cast(T, outcome))
        return done

    def close(self) -> Deferred[None]:
        if not self._closed:
            self._closed = True
            self._db.close()
            self._lock.free()
        return succeed(None)
