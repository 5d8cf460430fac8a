"""Storage that refuses is told once, and shown for a while after its last refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from tierspayant.adapter.storage.protocol import StorageError
from tierspayant.adapter.storage_watch import SHOWN, WatchedStorage


class Disk:
    """A storage that works, or does not."""

    full = False

    def write(self, _work: Callable[[Any], Any]) -> Deferred[Any]:
        return fail(StorageError("disk full")) if self.full else succeed(1)

    def read(self, _work: Callable[[Any], Any]) -> Deferred[Any]:
        return succeed(2)

    def close(self) -> Deferred[None]:
        return succeed(None)


def test_a_refusal_is_one_line_however_often_and_so_is_its_end() -> None:
    disk, clock, lines = Disk(), Clock(), list[str]()
    watched = WatchedStorage(disk, clock.seconds)

    def hear(event: Any) -> None:
        if event.get("log_namespace") == "tierspayant.adapter.storage_watch":
            lines.append(event["log_format"])

    observer: Any = hear
    globalLogPublisher.addObserver(observer)
    try:
        disk.full = True
        for _ in range(100):
            _ = watched.write(lambda _tables: None).addErrback(lambda failure: failure.trap(StorageError))
            _ = watched.read(lambda _tables: None)
        assert len(lines) == 1
        assert watched.refusing()
        disk.full = False
        _ = watched.write(lambda _tables: None)
    finally:
        globalLogPublisher.removeObserver(observer)
    assert [line.split(" (")[0].split(":")[0] for line in lines] == [
        "storage refuses to {kind}",
        "storage works again",
    ]
    assert not watched.refusing()


def test_a_refusal_that_nobody_repeats_is_not_shown_for_ever() -> None:
    disk, clock = Disk(), Clock()
    watched = WatchedStorage(disk, clock.seconds)
    disk.full = True
    _ = watched.write(lambda _tables: None).addErrback(lambda failure: failure.trap(StorageError))
    clock.advance(SHOWN - 1)
    assert watched.refusing()
    clock.advance(1)
    assert not watched.refusing()


def test_what_is_no_fault_of_storage_is_not_its_refusal() -> None:
    class Refusing(Disk):
        def write(self, _work: Callable[[Any], Any]) -> Deferred[Any]:
            return fail(ValueError("not this shop's"))

    watched = WatchedStorage(Refusing(), Clock().seconds)
    _ = watched.write(lambda _tables: None).addErrback(lambda failure: failure.trap(ValueError))
    assert not watched.refusing()
