"""Sessions: each has its own clock, world, books, effects, tape and chance; one never sees another's.

Data files are read once and shared, and a book is made when a session first meets its platform, so that a session
costs milliseconds. Everything a session does follows from its seed, its start and the messages it gets.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from twisted.internet.interfaces import IReactorTime

from tierspayant.emulator import desk
from tierspayant.emulator.access import Access
from tierspayant.emulator.book import Book
from tierspayant.emulator.clock import VirtualClock, bounded, shown
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.effects import Effects, parse
from tierspayant.emulator.identity import Identity
from tierspayant.emulator.journal import Journal, NoJournal
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.tape import Playing, Tape, apply, from_plain_tape
from tierspayant.emulator.tape_incidents import happen
from tierspayant.emulator.toml_data import Plain
from tierspayant.emulator.world import World
from tierspayant.schemas.plain import to_plain

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
        access: Access | None = None,
    ) -> None:
        self.nom = nom
        self.access = access or Access()
        self.plateformes = plateformes
        self.journal = journal
        self.shared_port = shared_port
        self.start = bounded(now)
        self.snapshots: dict[str, Plain] = {}
        self.on_effects: Callable[[], None] = _nothing
        self.on_change: Callable[[], None] = _nothing
        self.listeners: list[Callable[[str, Plain], None]] = []
        self.reactor = reactor
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        self.seed = seed
        self.effects = Effects(random.Random(f"{seed}/effects"))
        self.world = World(business_day(self.start))
        self.identity = Identity(
            self.plateformes,
            self.world,
            auth=self.access.auth,
            real_now=self._real_now,
            seed=seed,
            authority=self.access.authority,
        )
        self.tape: Playing | None = None
        self._books: dict[str, Book] = {}
        self.clock = VirtualClock(self.reactor, self.start)
        self.clock.add_source(self)

    def _real_now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.reactor.seconds(), dt.UTC)

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
        tape = self.tape.tape if self.tape is not None else None
        self.clock.stop()
        self._begin(self.seed if seed is None else seed)
        if tape is not None:
            self.play(tape)
        self.on_effects()
        self.publish("remise_a_zero", {})

    def close(self) -> None:
        """End it: no timer left, answers still due are cut, who waits for something is told."""
        self.clock.stop()
        self.publish("fin", {})

    def publish(self, kind: str, value: Plain) -> None:
        """Tell who listens that something happened."""
        self.on_change()
        for listener in list(self.listeners):
            listener(kind, value)

    def play(self, tape: Tape | None, *, restored: bool = False) -> None:
        """Follow a tape from now on, or none; what is past of it happens at once, in order.

        `restored`: the books have lived its past already, only its effects are put in force again.
        """
        self.effects.tape.clear()
        self.tape = None if tape is None else Playing(tape)
        if self.tape is not None:
            self._play_up_to(self.clock.now(), restored)
        self.on_effects()
        self.clock.plan()

    def _play_up_to(self, now: dt.datetime, restored: bool = False) -> None:
        assert self.tape is not None
        for event in self.tape.take(now):
            apply(event, self.effects, self.plateformes, self.shared_port)
            if restored or event.plateforme not in self.plateformes:
                continue
            happen(event.effet, event.parametres, partial(self.book, event.plateforme), event.a)
            self.publish("bande", {"a": shown(event.a), "plateforme": event.plateforme, "effet": event.effet})
        self.on_effects()

    # ---------------------------------------------------------------------------------------------- snapshots

    def snapshot(self) -> Plain:
        """Everything but the journal (it only grows) and open connections, as plain JSON."""
        return {
            "now": self.clock.now().isoformat(),
            "frozen": self.clock.frozen,
            "speed": self.clock.speed,
            "start": self.start.isoformat(),
            "seed": self.seed,
            "world": self.world.snapshot(),
            "identity": self.identity.snapshot(),
            "books": {nom: book.snapshot() for nom, book in self._books.items()},
            "effects": [one.shown() for one in self.effects.manual],
            "chance": to_plain(self.effects.chance.getstate()),
            "tape": None if self.tape is None else self.tape.tape.as_plain(),
        }

    def restore(self, snapshot: Plain) -> None:
        """Become what `snapshot` was taken of; answers still due are cut. The journal goes on."""
        self.clock.stop()
        self.start = dt.datetime.fromisoformat(snapshot["start"])
        self._begin(snapshot["seed"])
        self.world.restore(snapshot["world"])
        self.identity.restore(snapshot["identity"])
        for nom, raw in snapshot["books"].items():
            self._books[nom] = Book(self.plateformes[nom], self.world, self.start, self.seed)
            self._books[nom].restore(raw)
        self.effects.manual[:] = parse(snapshot["effects"], self.plateformes, self.shared_port)
        version, internal, gauss = snapshot["chance"]
        self.effects.chance.setstate((version, tuple(internal), gauss))
        self.clock.put(dt.datetime.fromisoformat(snapshot["now"]), snapshot["frozen"], snapshot["speed"])
        self.play(None if snapshot["tape"] is None else from_plain_tape(snapshot["tape"]), restored=True)

    # The session is its clock's source of business events and of its tape's.

    def next_due(self) -> dt.datetime | None:
        """The next instant one of its books, or its tape, has something due."""
        dues = [book.next_due() for book in self._books.values()]
        if self.tape is not None:
            dues.append(self.tape.next_due())
        return min((due for due in dues if due is not None), default=None)

    def fire(self, now: dt.datetime) -> None:
        """Let the tape, then every book, do what is due."""
        if self.tape is not None and (due := self.tape.next_due()) is not None and due <= now:
            self._play_up_to(now)
        for book in self._books.values():
            desk.due(book, now)


def _nothing() -> None:
    return None


def _nobody(nom: str) -> None:
    return None


class Sessions:
    """Every session of one server.

    on_change: called with the name of a session where something happened; on_listed: of one that was made, or is gone.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        plateformes: Mapping[str, PlatformData],
        *,
        start: Callable[[], dt.datetime],
        seed: int = 1,
        journal: Callable[[str], Journal] = NoJournal,
        shared_port: bool = True,
        access: Access | None = None,
    ) -> None:
        self.access = access or Access()
        self.plateformes = plateformes
        self._reactor = reactor
        self._start = start
        self._seed = seed
        self._journal = journal
        self._shared_port = shared_port
        self._all: dict[str, Session] = {}
        self.on_change: Callable[[str], None] = _nobody
        self.on_listed: Callable[[str], None] = _nobody
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
            access=self.access,
        )
        session.on_change = lambda: self.on_change(nom)
        self._all[nom] = session
        self.on_listed(nom)
        return session

    def delete(self, nom: str) -> None:
        """End a session. Raises SessionInconnue, or SessionRefusee for the default one."""
        session = self.get(nom)
        if nom == DEFAULT:
            raise SessionRefusee("$", "the session default stays; reset it instead")
        session.close()
        del self._all[nom]
        self.on_listed(nom)

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
