"""A thread's own connection to PostgreSQL: made when needed, again when lost, not hammered while the server is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from tierspayant.adapter.storage import postgres_connection as postgres
from tierspayant.adapter.storage.protocol import StorageError

RETRY_MIN, RETRY_MAX = 0.5, 15.0
"""Seconds between attempts to connect: doubling from the first to the second. Work meanwhile is refused at once."""


class Link:
    """Used by one thread only. `seconds`: a monotonic clock."""

    def __init__(self, url: str, name: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._name = name
        self._seconds = seconds
        self._db: postgres.Connection | None = None
        self._failures = 0
        self._not_before = 0.0

    def migrated(self) -> Link:
        """Itself, once the schema is ours. Raises StorageError, closed."""
        try:
            postgres.migrate(self.get())
        except StorageError:
            self.close()
            raise
        return self

    def get(self) -> postgres.Connection:
        """The connection, opened if there is none. Raises StorageError."""
        if self._db is not None and not self._db.closed and not self._db.broken:
            return self._db
        if self._seconds() < self._not_before:
            raise StorageError("PostgreSQL: the server is away; trying again shortly")
        try:
            self._db = postgres.connect(self._url, self._name)
        except StorageError:
            self._not_before = self._seconds() + min(RETRY_MAX, RETRY_MIN * 2.0**self._failures)
            self._failures = min(self._failures + 1, 10)
            raise
        self._failures = 0
        return self._db

    @property
    def pid(self) -> int | None:
        """The server's process behind the connection, None when there is none."""
        return None if self._db is None or self._db.closed else self._db.info.backend_pid

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
