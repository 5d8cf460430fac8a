"""One life of a file: from its opening to its closing, with what it may hold at each moment written into the log."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from tests.power.disk import Begun, Log, Promised

BASE = "base.sqlite"


@dataclass
class Life:
    """`states`: what the file may hold, in order (hashes of its content); the first is what it held at the start.

    copy: a copy of what it held at the start, recovered.
    transactions: for each state, how many answered transactions made it. `log` is empty until the recording runs.
    """

    base: Path
    copy: Path
    rng: random.Random
    states: list[str]
    log: Log = field(default_factory=list)
    transactions: list[int] = field(default_factory=lambda: [0])

    def will_hold(self, state: str) -> None:
        """The file goes through this state as well, without telling anyone."""
        self._add(state, 0)
        self.log.append(Begun(len(self.states) - 1))

    def begin(self) -> None:
        """The file may become another from now on; `reached` says what it became."""
        self.log.append(Begun(len(self.states)))

    def promise(self) -> None:
        """What was begun is told to whoever waits for it."""
        self.log.append(Promised(len(self.states)))

    def reached(self, state: str, transactions: int) -> None:
        """What was begun is done: the file holds `state`, by so many transactions more."""
        self._add(state, transactions)

    def promise_this(self) -> None:
        """The state reached last is told."""
        self.log.append(Promised(len(self.states) - 1))

    def _add(self, state: str, transactions: int) -> None:
        self.states.append(state)
        self.transactions.append(self.transactions[-1] + transactions)


@dataclass(frozen=True, slots=True)
class Story:
    """live: one life, from a recovered file on. content: a hash of all that a closed, sound file holds.

    made: what makes the first file, where there is one.
    loses: None where every promise must be kept; what a control must be seen to do to one, otherwise.
    """

    live: Callable[[Life], None]
    content: Callable[[Path], str]
    made: Callable[[Path, random.Random], None] | None = None
    forgets: bool = True
    loses: str | None = None


def hashed(rows: Iterable[Iterable[object]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        for cell in row:
            digest.update(cell if isinstance(cell, bytes) else repr(cell).encode())
            digest.update(b"|")
    return digest.hexdigest()


def content(db: sqlite3.Connection) -> str:
    """Everything a database holds, tables and their definitions included. Rows of `db` are tuples."""
    known = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    tables = [name for kind, name, _ in known if kind == "table"]
    version = db.execute("PRAGMA user_version")
    return hashed(chain(known, version, *(db.execute(f'SELECT * FROM "{name}"') for name in tables)))
