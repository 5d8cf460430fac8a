"""Storage in threads of its own: one that writes, with natural group commit, a few that read; and the same in place.

An engine gives three functions: `write` runs a group of transactions and one durable commit, and gives a value or a
Failure for each; `read` runs one on a consistent state; `release` lets go of files, connections and locks. The threads
are the storage's own, since Twisted resolves host names in the reactor's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar, cast

from twisted.internet.defer import Deferred, execute, fail, succeed
from twisted.python.failure import Failure

from tierspayant.adapter.storage.protocol import StorageError, Tables

T = TypeVar("T")

READERS = 2
"""Reading threads: one long listing must not make every other question wait."""
GROUP_MAX = 256
"""Writes that share one commit at most: beyond it the first caller would wait for the last for no gain."""
CLOSED = "the storage is closed"

Work: TypeAlias = Callable[[Tables], Any]
Write: TypeAlias = Callable[[Sequence[Work]], list[Any]]
Read: TypeAlias = Callable[[Work], Any]
_Job: TypeAlias = tuple[Work, "Deferred[Any]"]


class ThreadedStorage:
    """`call_in_reactor` is reactor.callFromThread; `reads` has one function for each reading thread."""

    def __init__(
        self,
        name: str,
        write: Write,
        reads: Sequence[Read],
        release: Callable[[], None],
        call_in_reactor: Callable[..., Any],
    ) -> None:
        self._call_in_reactor = call_in_reactor
        self._release = release
        self._name = name
        self._writes: SimpleQueue[_Job | None] = SimpleQueue()
        self._reads: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._threads = [self._thread("writer", self._write_loop, write)]
        self._threads += [self._thread("reader", self._read_loop, read) for read in reads]
        for thread in self._threads:
            thread.start()

    def _thread(self, role: str, target: Callable[..., None], *arguments: Any) -> threading.Thread:
        return threading.Thread(target=target, args=arguments, name=f"{self._name}-{role}", daemon=True)

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._reads, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._put(self._writes, work)

    def _put(self, queue: SimpleQueue[_Job | None], work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError(CLOSED))
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
        for _ in self._threads[1:]:
            self._reads.put(None)
        self._thread("end", self._end, ended).start()
        return ended

    def _end(self, ended: Deferred[None]) -> None:
        for thread in self._threads:
            thread.join()
        self._release()
        self._call_in_reactor(ended.callback, None)

    def _write_loop(self, write: Write) -> None:
        last = False
        while not last:
            jobs, last = _drain(self._writes)
            if jobs:
                outcomes = write([work for work, _ in jobs])
                self._call_in_reactor(_fire, [waiting for _, waiting in jobs], outcomes)

    def _read_loop(self, read: Read) -> None:
        while (job := self._reads.get()) is not None:
            work, waiting = job
            try:
                outcome = read(work)
            except Exception:  # handed to the caller, whatever it is
                outcome = Failure()
            self._call_in_reactor(_fire, [waiting], [outcome])


def _drain(queue: SimpleQueue[_Job | None]) -> tuple[list[_Job], bool]:
    """Everything that waits, up to the group's limit; blocks for the first. The flag says: nothing comes after."""
    jobs: list[_Job] = []
    try:
        while len(jobs) < GROUP_MAX:
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


class InlineStorage:
    """The same functions in the caller's thread: each call is done when it returns. For simulations and commands."""

    def __init__(self, write: Write, read: Read, release: Callable[[], None]) -> None:
        self._write = write
        self._read = read
        self._release = release
        self._closed = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return fail(StorageError(CLOSED)) if self._closed else execute(self._read, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError(CLOSED))
        [outcome] = self._write([work])
        done: Deferred[T] = Deferred()
        done.callback(cast(T, outcome))
        return done

    def close(self) -> Deferred[None]:
        if not self._closed:
            self._closed = True
            self._release()
        return succeed(None)
