"""PostgreSQL storage: one writing thread with natural group commit, reading threads, one that hears the other nodes.

`PostgresStorage` is the daemon's, `InlinePostgres` runs the same functions in the caller's thread (simulations, command
line). Several nodes may have the same database; each is called by its own name, held by an advisory lock for as long as
it lives. A server that goes away costs nothing accepted: work is refused until it is back (StorageError), and whoever
must get its result written offers it again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar, cast

from twisted.internet.defer import Deferred, execute, fail, succeed
from twisted.python.failure import Failure

from tierspayant.adapter.storage import postgres_connection as postgres
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.postgres_link import Link
from tierspayant.adapter.storage.postgres_news import News, Told
from tierspayant.adapter.storage.protocol import StorageError, Tables

T = TypeVar("T")

READERS = 2
"""Reading threads, as with SQLite."""

_Job: TypeAlias = tuple[Callable[[Tables], Any], "Deferred[Any]"]


class PostgresStorage:
    """Storage on a server. `call_in_reactor` is reactor.callFromThread; `told` gets other nodes' news, in the reactor.
    `seconds`: a monotonic clock, for the pauses between attempts to connect.

    Opening blocks for a few seconds at most. Raises BaseOccupee when a living node has this name, StorageError when the
    server cannot be reached, would lose commits, or has a newer schema.
    """

    def __init__(
        self,
        url: str,
        noeud: str,
        call_in_reactor: Callable[..., Any],
        told: Callable[[Told], None] = lambda _: None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call_in_reactor = call_in_reactor
        writer = Link(url, f"tp {noeud}", seconds).migrated()
        readers = [Link(url, f"tp {noeud} reads", seconds) for _ in range(READERS)]
        try:
            self._news = News(url, noeud, writer, lambda une: call_in_reactor(told, une))
        except (BaseOccupee, StorageError):
            writer.close()
            raise
        self._writes: SimpleQueue[_Job | None] = SimpleQueue()
        self._reads: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._write_loop, args=(writer,), name="postgres-writer", daemon=True)]
        self._threads += [
            threading.Thread(target=self._read_loop, args=(one,), name="postgres-reader", daemon=True)
            for one in readers
        ]
        for thread in self._threads:
            thread.start()

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._reads, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._writes, work)

    def _put(self, queue: SimpleQueue[_Job | None], work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError("the storage is closed"))
        waiting: Deferred[T] = Deferred()
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
        threading.Thread(target=self._end, args=(ended,), name="postgres-end").start()
        return ended

    def _end(self, ended: Deferred[None]) -> None:
        for thread in self._threads:
            thread.join()
        self._news.close()
        self._call_in_reactor(ended.callback, None)

    def _write_loop(self, link: Link) -> None:
        last = False
        while not last:
            jobs, last = _drain(self._writes)
            if jobs:
                outcomes = _write(link, [work for work, _ in jobs])
                self._call_in_reactor(_fire, [waiting for _, waiting in jobs], outcomes)
        link.close()

    def _read_loop(self, link: Link) -> None:
        while (job := self._reads.get()) is not None:
            work, waiting = job
            try:
                outcome = postgres.read(link.get(), work)
            except Exception:  # handed to the caller, whatever it is
                outcome = Failure()
            self._call_in_reactor(_fire, [waiting], [outcome])
        link.close()


def _write(link: Link, works: list[Callable[[Tables], Any]]) -> list[Any]:
    try:
        db = link.get()
    except StorageError:
        return [Failure()] * len(works)
    return postgres.write_group(db, works)


def _drain(queue: SimpleQueue[_Job | None]) -> tuple[list[_Job], bool]:
    """Everything that waits, up to the group's limit; blocks for the first. The flag says: nothing comes after."""
    jobs: list[_Job] = []
    try:
        while len(jobs) < postgres.GROUP_MAX:
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


class InlinePostgres:
    """The same storage without threads: each call is done when it returns. It has no name and hears no news."""

    def __init__(self, url: str, *, alone: bool = False) -> None:
        """`alone`: raises BaseOccupee when a node is connected."""
        self._link = Link(url, "tp inline").migrated()
        if alone and (others := postgres.nodes(self._link.get())):
            self._link.close()
            raise BaseOccupee(", ".join(others))
        self._closed = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return fail(StorageError("the storage is closed")) if self._closed else execute(self._read, work)

    def _read(self, work: Callable[[Tables], T]) -> T:
        return cast(T, postgres.read(self._link.get(), work))

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError("the storage is closed"))
        [outcome] = _write(self._link, [work])
        done: Deferred[T] = Deferred()
        done.callback(cast(T, outcome))
        return done

    def close(self) -> Deferred[None]:
        self._closed = True
        self._link.close()
        return succeed(None)
