"""What was seen of a story from outside: what reached the platforms, what left, what was accepted, when it last hurt.

The invariants are judged by this, by the emulator's ledger and by what the shop can read: never by what the adapter
thinks of itself alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from twisted.internet.defer import Deferred

from tests.simulation.world import START
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.emulator.journal import Exchange

T = TypeVar("T")


class Arrival(NamedTuple):
    """One message at a platform's counter."""

    le: dt.datetime
    plateforme: str
    magasin: str | None
    operation: str | None
    reference: str | None
    verdict: str
    effets: tuple[str, ...]


class Departure(NamedTuple):
    """A send that was committed: the entry as it leaves, its file at that moment, whether the customer has paid."""

    entry: Entry
    dossier: tuple[Entry, ...]
    avance: bool


@dataclass
class Witness:
    """What is remembered of a life.

    judge: tells what is wrong with a departure; `wrong` gathers it. accepted: (shop, reference) of each request the
    shop was told is taken. met: kinds of network failure that befell a request. interrupted: deaths with something
    under way. paid_refused: customers who could not pay up front any more. unheard: seconds at which a message arrives
    whose answer is lost. last: second of the last mishap.
    """

    judge: Callable[[Departure], list[str]]
    arrivals: list[Arrival] = field(default_factory=list)
    accepted: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    unheard: set[float] = field(default_factory=set)
    departures: int = 0
    met: set[str] = field(default_factory=set)
    interrupted: int = 0
    paid_refused: int = 0
    last: float = 0.0

    def mishap(self, second: float) -> None:
        """Something failed, or something new was asked: the queue may take its time from here."""
        self.last = max(self.last, second)

    def struck(self, plateforme: str, effet: str) -> bool:
        """Whether an effect of that name struck there."""
        return any(une.plateforme == plateforme and effet in une.effets for une in self.arrivals)

    # ---- the emulator's journal of a session

    def append(self, exchange: Exchange) -> int:
        seen = Arrival(
            exchange.virtuel,
            exchange.plateforme,
            exchange.magasin,
            exchange.operation,
            exchange.reference,
            exchange.verdict,
            exchange.effets,
        )
        self.arrivals.append(seen)
        if seen.effets:
            self.mishap((seen.le - START).total_seconds())
        return len(self.arrivals)

    def count(self) -> int:
        return len(self.arrivals)

    def get(self, numero: int) -> Exchange | None:
        return None

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        return iter(())


class Watched:
    """A storage in whose commits every departure is seen. `inner` is replaced when the daemon dies."""

    def __init__(self, inner: Storage, witness: Witness) -> None:
        self.inner = inner
        self._witness = witness

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self.inner.read(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self.inner.write(work).addCallback(self._look)

    def _look(self, value: T) -> T:
        for une in value if isinstance(value, list) else [value]:
            if isinstance(une, Entry) and une.etat is Etat.ENVOI:
                self._leaves(une)
        return value

    def _leaves(self, entry: Entry) -> None:
        self._witness.departures += 1
        seen = self.inner.read(lambda t: _departure(t, entry)).addCallback(self._judged)
        _ = seen.addErrback(lambda failure: self._witness.wrong.append(failure.getTraceback()))

    def _judged(self, departure: Departure) -> None:
        self._witness.wrong += self._witness.judge(departure)

    def close(self) -> Deferred[None]:
        return self.inner.close()


def _departure(tables: Tables, entry: Entry) -> Departure:
    if entry.dossier is None:
        return Departure(entry, (entry,), avance=False)
    avance = tables.avance(entry.magasin, entry.dossier)
    paid = avance is not None and avance.active
    return Departure(entry, tuple(tables.dossier(entry.magasin, entry.dossier)), paid)
