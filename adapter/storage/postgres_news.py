"""What a node hears of the others (LISTEN/NOTIFY), and the lock that makes its name its own.

News only save time: whoever misses them finds the same on its next look. So a connection that was lost tells, once it
is back, to look at everything, and the service looks at everything now and then anyway.
"""

from __future__ import annotations

import json
import selectors
import socket
import threading
from collections.abc import Callable
from typing import TypeAlias
from zlib import crc32

import psycopg
from twisted.logger import Logger

from tierspayant.adapter.storage import postgres_connection as postgres
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.postgres_link import RETRY_MAX, Link
from tierspayant.adapter.storage.protocol import StorageError

log = Logger()

Told: TypeAlias = tuple[str, ...]
"""(platform, service, entry, shop), (platform, service), or () for everything."""


class News:
    """One thread, one connection. `heard` is called in that thread; news of this node's own `writer` are left out.

    Raises BaseOccupee when a living node has this name, StorageError when the server is away.
    """

    def __init__(self, url: str, noeud: str, writer: Link, heard: Callable[[Told], None]) -> None:
        self._noeud = noeud
        self._writer = writer
        self._heard = heard
        self._link = Link(url, f"tp {noeud} hears")
        try:
            own = self._begin(self._link.get())
        except psycopg.Error as erreur:
            raise postgres.unavailable(erreur) from None
        if not own:
            self._link.close()
            raise BaseOccupee(f"another node called {noeud!r} is using this database")
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._loop, name="postgres-news", daemon=True)
        self._thread.start()

    def _begin(self, db: postgres.Connection) -> bool:
        """Listen, and hold the name for as long as this connection lives."""
        db.execute("LISTEN tp_adapter")
        row = db.execute(
            "SELECT pg_try_advisory_lock(%s, %s) AS held", (postgres.FAMILY + 1, crc32(self._noeud.encode()) - 2**31)
        ).fetchone()
        return row is not None and bool(row["held"])

    def close(self) -> None:
        """Ends the thread and gives the name back."""
        self._wake.close()
        self._thread.join()
        self._woken.close()

    def _loop(self) -> None:
        alive = True
        while alive:
            try:
                db = self._link.get()
                alive = self._hear(db)
            except (StorageError, psycopg.Error):
                alive = self._again()
        self._link.close()

    def _again(self) -> bool:
        """Connect again, waiting between attempts; False when closed meanwhile."""
        while not self._closing(RETRY_MAX / 10):
            try:
                if not self._begin(self._link.get()):
                    log.error("node {noeud}: its name is held by another connection", noeud=self._noeud)
            except (StorageError, psycopg.Error):
                continue
            self._heard(())
            return True
        return False

    def _closing(self, seconds: float) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def _hear(self, db: postgres.Connection) -> bool:
        """Hand on what arrives; False when closed. Raises psycopg.Error when the connection is lost."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(db.pgconn.socket, selectors.EVENT_READ)
            while True:
                if self._woken in {key.fileobj for key, _ in selector.select()}:
                    return False
                db.pgconn.consume_input()
                while (notify := db.pgconn.notifies()) is not None:
                    if notify.be_pid != self._writer.pid:
                        self._heard(tuple(json.loads(notify.extra)))
