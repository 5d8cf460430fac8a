"""A storage that says once when it begins to refuse, and once when it works again.

A full disk or a lost server refuses every write: one line in the log for each would fill what is left of the disk.
While it lasts the daemon is not ready (/health/ready), so that whoever watches it learns of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from tierspayant.adapter.storage.protocol import Storage, StorageError, Tables

T = TypeVar("T")
log = Logger()

SHOWN: Final = 60.0
"""Seconds a refusal counts after the last one: nobody writes just to see whether it works again."""


class WatchedStorage:
    """Storage around another. `seconds`: real time, that only goes forward."""

    def __init__(self, storage: Storage, seconds: Callable[[], float]) -> None:
        self._storage = storage
        self._seconds = seconds
        self._refused_at: dict[str, float] = {}

    def refusing(self) -> bool:
        """Whether a call was refused a moment ago and none of its kind succeeded since."""
        return any(self._seconds() - at < SHOWN for at in self._refused_at.values())

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._watched("read", self._storage.read(work))

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._watched("write", self._storage.write(work))

    def close(self) -> Deferred[None]:
        return self._storage.close()

    def _watched(self, kind: str, called: Deferred[T]) -> Deferred[T]:
        def worked(value: T) -> T:
            if self._refused_at.pop(kind, None) is not None:
                log.info("storage works again ({kind})", kind=kind)
            return value

        def failed(failure: Failure) -> Failure:
            if isinstance(failure.value, StorageError):
                if kind not in self._refused_at:
                    log.error(
                        "storage refuses to {kind}: {reason}; new requests get 503, what was accepted is kept",
                        kind=kind,
                        reason=str(failure.value),
                    )
                self._refused_at[kind] = self._seconds()
            return failure

        return called.addCallbacks(worked, failed)
