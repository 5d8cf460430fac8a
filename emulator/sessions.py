"""Sessions: each has its own clock, world, books, effects, tape and chance; one never sees another's.

Data files are read once and shared, and a book is made when a session first meets its platform, so that a session
costs milliseconds. Everything a session does follows from its seed, its start and the messages it gets.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime

from tierspayant.emulator import desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.clock import VirtualClock, bounded
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.effects import Effects
from tierspayant.emulator.journal import Journal, NoJournal
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.world import World

DEFAULT = "default"
MAX_SESSIONS = 5000
"""A session holds about a hundred kilobytes; a test run that never deletes its own is stopped here."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class SessionInconnue(LookupError):
    """No session of that name."""


class SessionRefusee(ValueError):
    """A session cannot be made as asked. `champ` is the JSON path of the fault."""

    def __init__(self, champ: str, reason: str) -> None:
        super().__init__(reason)
        self.champ = champ
        self.reason = reason


class Session:
    """One isolated emulator. `plateformes`: those it may meet; `journal`: where its exchanges are kept."""

    def __init__(
        self,
        nom: str,
        reactor: IReactorTime,
        plateformes: Mapping[str, PlatformData],
        *,
        now: dt.datetime,
        seed: int,
        journal: Journal,
        shared_port: bool = True,
    ) -> None:
        self.nom = nom
        self.plateformes = plateformes
        self.journal = journal
        self.shared_port = shared_port
        self.start = bounded(now)
        self.on_effects: Callable[[], None] = _nothing
        self._reactor = reactor
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        self.seed = seed
        self.effects = Effects(random.Random(f"{seed}/effects"))
        self.world = World(business_day(self.start))
        self.snapshots: dict[str, Any] = {}
        self._books: dict[str, Book] = {}
        self.clock = VirtualClock(self._reactor, self.start)
        self.clock.add_source(self)

    def book(self, plateforme: str) -> Book:
        """What that platform knows in this session. Raises KeyError."""
        book = self._books.get(plateforme)
        if book is None:
            data = self.plateformes[plateforme]
            book = self._books[plateforme] = Book(data, self.world, self.start, self.seed)
            desk.due(book, self.clock.now())
        return book

    def books(self) -> Iterator[Book]:
        """Every platform's book."""
        for nom in self.plateformes:
            yield self.book(nom)

    def reset(self, seed: int | None = None) -> None:
        """Back to the start: books, effects, world and clock; answers still due are cut. The journal goes on."""
        self.clock.stop()
        self._begin(self.seed if seed is None else seed)
        self.on_effects()

    def close(self) -> None:
        """End it: no timer left, answers still due are cut."""
        self.clock.stop()

    # The session is its clock's source of business events.

    def next_due(self) -> dt.datetime | None:
        """The next instant one of its books has something due."""
        return min((due for book in self._books.values() if (due := book.next_due()) is not None), default=None)

    def fire(self, now: dt.datetime) -> None:
        """Let every book do what is due."""
        for book in self._books.values():
            desk.due(book, now)


def _nothing() -> None:
    return None


class Sessions:
    """Every session of one server."""

    def __init__(
        self,
        reactor: IReactorTime,
        plateformes: Mapping[str, PlatformData],
        *,
        start: Callable[[], dt.datetime],
        seed: int = 1,
        journal: Callable[[str], Journal] = NoJournal,
        shared_port: bool = True,
    ) -> None:
        self.plateformes = plateformes
        self._reactor = reactor
        self._start = start
        self._seed = seed
        self._journal = journal
        self._shared_port = shared_port
        self._all: dict[str, Session] = {}
        self._rank = 0
        self.default = self.create(DEFAULT)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._all.values()))

    def get(self, nom: str) -> Session:
        """A session by name. Raises SessionInconnue."""
        try:
            return self._all[nom]
        except KeyError:
            raise SessionInconnue(nom) from None

    def create(self, nom: str | None = None, *, seed: int | None = None, now: dt.datetime | None = None) -> Session:
        """A new session. Raises SessionRefusee, and clock.HorsBornes for a date out of bounds."""
        if nom is None:
            nom = self._free_name()
        if _ID.fullmatch(nom) is None:
            raise SessionRefusee("$.id", "1 to 64 letters, digits, '_', '.' or '-', starting with a letter or digit")
        if nom in self._all:
            raise SessionRefusee("$.id", "there is already a session of that name")
        if len(self._all) >= MAX_SESSIONS:
            raise SessionRefusee("$", f"{MAX_SESSIONS} sessions already exist: delete some")
        session = Session(
            nom,
            self._reactor,
            self.plateformes,
            now=self._start() if now is None else now,
            seed=self._seed if seed is None else seed,
            journal=self._journal(nom),
            shared_port=self._shared_port and nom != DEFAULT,
        )
        self._all[nom] = session
        return session

    def delete(self, nom: str) -> None:
        """End a session. Raises SessionInconnue, or SessionRefusee for the default one."""
        session = self.get(nom)
        if nom == DEFAULT:
            raise SessionRefusee("$", "the session default stays; reset it instead")
        session.close()
        del self._all[nom]

    def close(self) -> None:
        """End them all."""
        for session in self:
            session.close()

    def _free_name(self) -> str:
        while True:
            self._rank += 1
            nom = f"s{self._rank}"
            if nom not in self._all:
                return nom
