"""The record of every exchange: append-only, exact bytes, numbered from 1 in each session.

Only the facts are written (bytes, instants, what struck); what a message means is read from its bytes again when
someone asks, so that writing costs some microseconds and the record is exact for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tierspayant.schemas.wire import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange. `verdict`: what became of it (see exchange.Verdict); `statut` None: no answer was made."""

    plateforme: str
    chemin: str
    operation: str | None
    service: str | None
    magasin: str | None
    verdict: str
    regle: str | None
    effets: tuple[str, ...]
    virtuel: dt.datetime
    demande_entetes: Headers
    demande: bytes = field(repr=False)
    statut: int | None
    reponse_entetes: Headers
    reponse: bytes = field(repr=False)


class Journal(Protocol):
    """Where a session's exchanges are kept."""

    def append(self, exchange: Exchange) -> int:
        """Keep one; gives its number, from 1."""
        ...

    def get(self, numero: int) -> Exchange | None: ...

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        """Those after a number, oldest first."""
        ...


class NoJournal:
    """Keeps nothing but the count: for simulations of millions of exchanges."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.count = 0

    def append(self, exchange: Exchange) -> int:
        self.count += 1
        return self.count

    def get(self, numero: int) -> Exchange | None:
        return None

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        return iter(())


class MemoryJournal:
    """Keeps everything in memory: for tests."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.kept: list[Exchange] = []

    def append(self, exchange: Exchange) -> int:
        self.kept.append(exchange)
        return len(self.kept)

    def get(self, numero: int) -> Exchange | None:
        return self.kept[numero - 1] if 1 <= numero <= len(self.kept) else None

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        return enumerate(self.kept[numero:], numero + 1)
