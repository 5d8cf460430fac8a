"""PostgreSQL storage: one writing link, reading links, one that hears the other nodes; in threads, or in place.

Several nodes may have the same database; each is called by its own name, held by an advisory lock for as long as it
lives. A server that goes away costs nothing accepted: work is refused until it is back (StorageError), and whoever must
get its result written offers it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.python.failure import Failure

from tierspayant.adapter.storage import postgres_connection as postgres
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.postgres_link import Link
from tierspayant.adapter.storage.postgres_news import News, Told
from tierspayant.adapter.storage.protocol import StorageError
from tierspayant.adapter.storage.threads import READERS, InlineStorage, ThreadedStorage, Work


class PostgresStorage(ThreadedStorage):
    """Storage on a server, for the daemon. `told` gets other nodes' news, in the reactor. `seconds`: a monotonic clock,
    for the pauses between attempts to connect.

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
        writer = Link(url, f"tp {noeud}", seconds).migrated()
        readers = [Link(url, f"tp {noeud} reads", seconds) for _ in range(READERS)]
        try:
            news = News(url, noeud, writer, lambda une: call_in_reactor(told, une))
        except (BaseOccupee, StorageError):
            writer.close()
            raise

        def release() -> None:
            for link in (writer, *readers):
                link.close()
            news.close()

        reads = [partial(_read, one) for one in readers]
        super().__init__("postgres", partial(_write, writer), reads, release, call_in_reactor)


class InlinePostgres(InlineStorage):
    """Storage on a server, without threads. It has no name and hears no news."""

    def __init__(self, url: str, *, alone: bool = False) -> None:
        """`alone`: raises BaseOccupee when a node is connected."""
        link = Link(url, "tp inline").migrated()
        if alone and (others := postgres.nodes(link.get())):
            link.close()
            raise BaseOccupee(", ".join(others))
        super().__init__(partial(_write, link), partial(_read, link), link.close)


def _read(link: Link, work: Work) -> Any:
    return postgres.read(link.get(), work)


def _write(link: Link, works: Sequence[Work]) -> list[Any]:
    try:
        db = link.get()
    except StorageError:
        return [Failure()] * len(works)
    return postgres.write_group(db, works)
