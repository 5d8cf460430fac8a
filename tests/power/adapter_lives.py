"""The adapter's storage, lived: the writing connection and its group commit, and the daemon's storage in its threads.

A transaction writes to several tables at once (a request, its sealed body, its data key, an event), moves a request on,
erases a file's data, or fails half-way. States are read through a connection of their own after each group.
"""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from twisted.python.failure import Failure

from tests.contracts.storages import NOW, SHOP, entry
from tests.power.life import Life, content
from tierspayant.adapter.entry import Entry, revise
from tierspayant.adapter.storage.named_sql import Migration, migrations
from tierspayant.adapter.storage.protocol import CleDonnees, Sealed, Storage, Tables, Tentative
from tierspayant.adapter.storage.sqlite import SqliteStorage
from tierspayant.adapter.storage.sqlite_connection import (
    ENGINE,
    Work,
    connect_reader,
    connect_writer,
    tables,
    write_group,
)
from tierspayant.schemas.operations import Operation

BODIES = (40, 900, 6_000, 20_000)
"""Bytes of a sealed body: within a page, several pages."""
DOCUMENTS = 400_000
"""Bytes of sealed documents: a dozen bring the WAL to SQLite's own threshold for a checkpoint, 1,000 pages."""
CHECKPOINTS = (4, 16, 64)
"""Pages of a WAL at which the direct lives checkpoint, so that most of them do."""

PATIENCE = 60.0
"""Seconds after which a thread that should have answered has failed."""


def content_of(base: Path) -> str:
    """Recover a file with nothing but SQLite, and hash what it holds."""
    with closing(sqlite3.connect(base)) as db:
        db.execute("PRAGMA synchronous=OFF")  # this copy has seen its power cut
        return content(db)


def opening(life: Life) -> None:
    """Opening may be cut between two migrations; where it ends, it is promised."""
    with closing(sqlite3.connect(life.copy)) as found, closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        [version] = found.execute("PRAGMA user_version").fetchone()
        if version < len(migrations(ENGINE)):
            found.backup(db)
            for one in migrations(ENGINE)[version:]:
                _migrate(db, one)
                life.will_hold(content(db))


def _migrate(db: sqlite3.Connection, one: Migration) -> None:
    db.executescript(f"{one.sql}\nPRAGMA user_version={one.numero}")


def older(base: Path, rng: random.Random) -> None:
    """A file that an older program left, with requests under way."""
    with closing(sqlite3.connect(base, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        for one in migrations(ENGINE)[: rng.randrange(1, len(migrations(ENGINE)))]:
            _migrate(db, one)
        counter = Counter(rng, {})
        for _ in range(3):
            counter.answered(write_group(db, counter.works(5)))


@dataclass
class Counter:
    """Draws transactions and knows what was answered: the version of each request, by id."""

    rng: random.Random
    versions: dict[str, int]
    bodies: tuple[int, ...] = BODIES
    _entries: list[Entry] = field(default_factory=list)

    def works(self, most: int) -> list[Work]:
        return [self._work() for _ in range(self.rng.randint(1, most))]

    def answered(self, outcomes: list[Any]) -> int:
        """Take note of what the storage answered. Gives how many transactions were done."""
        done = [one for one in outcomes if isinstance(one, Entry)]
        for one in done:
            self.versions[one.id] = one.version
        self._entries = [*{one.id: one for one in [*self._entries, *done]}.values()]
        for other in outcomes:
            if isinstance(other, Failure):
                other.trap(ZeroDivisionError)
        return len(done)

    def _work(self) -> Work:
        new, body = entry(self.rng.randbytes(6).hex()), self.rng.randbytes(self.rng.choice(self.bodies))
        pick = self.rng.random()
        if pick < 0.5 or not self._entries:
            return partial(_accept, new=new, body=body)
        if pick < 0.6:
            return partial(_break, new=new, body=body)
        known = self._entries.pop(self.rng.randrange(len(self._entries)))
        return partial(_move, known=known, body=body) if pick < 0.9 else partial(_erase, known=known)


def _accept(rows: Tables, new: Entry, body: bytes) -> Entry:
    rows.insert_entry(new, "empreinte")
    rows.put_data_key(CleDonnees(f"k-{new.id}", SHOP, f"D-{new.id}", "m", b"w" * 60))
    rows.put_charge(new.id, "corps", Sealed(f"k-{new.id}", body))
    rows.add_evenement("demande", NOW, SHOP, new.id)
    return new


def _break(rows: Tables, new: Entry, body: bytes) -> Entry:
    _accept(rows, new, body)
    raise ZeroDivisionError


def _move(rows: Tables, known: Entry, body: bytes) -> Entry:
    moved = revise(known, NOW, sondages=known.sondages + 1)
    rows.update_entry(moved)
    rank = moved.sondages
    rows.put_tentative(
        Tentative(entree=known.id, rang=rank, operation=Operation.PEC, id_message=f"{known.id}-{rank}", debut=NOW)
    )
    rows.put_charge(known.id, f"reponse-{rank}", Sealed(f"k-{known.id}", body))
    return moved


def _erase(rows: Tables, known: Entry) -> Entry:
    rows.delete_charges(known.id)
    rows.delete_data_key(f"k-{known.id}")
    gone = revise(known, NOW, du_le=None)
    rows.update_entry(gone)
    return gone


class Witness:
    """A connection of its own that reads what is committed, and sees whether it is what was answered."""

    def __init__(self, base: Path) -> None:
        self._db = sqlite3.connect(f"{base.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)

    def versions(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT id, version FROM entrees"))

    def state(self, answered: dict[str, int]) -> str:
        assert self.versions() == answered, "what was answered is not what is committed"
        return content(self._db)

    def close(self) -> None:
        self._db.close()


def groups(
    life: Life,
    *,
    most: int = 12,
    pragma: str = "",
    early: bool = False,
    write: Callable[[sqlite3.Connection, Sequence[Work]], list[Any]] = write_group,
) -> None:
    """The writing connection and groups of transactions, now and then beside a listing that holds an old state.

    `most`: how many groups. For controls: `pragma` is set after opening, `early` answers before the commit, `write` is
    there instead of write_group.
    """
    opening(life)
    with closing(connect_writer(life.base)) as db:
        life.promise_this()
        db.execute(f"PRAGMA wal_autocheckpoint={life.rng.choice(CHECKPOINTS)}")
        db.executescript(pragma)
        with closing(Witness(life.base)) as witness, closing(connect_reader(life.base)) as listing:
            counter = Counter(life.rng, witness.versions())
            for _ in range(life.rng.randint(min(4, most), most)):
                _listing(listing, life.rng)
                works = counter.works(5)
                life.begin()
                outcomes = write(db, [*works, lambda _: life.promise()] if early else works)
                if not early:
                    life.promise()
                done = counter.answered(outcomes)
                life.reached(witness.state(counter.versions), done)


def in_pieces(db: sqlite3.Connection, works: Sequence[Work]) -> list[Any]:
    """Each statement is a transaction of its own, for a control; works that raise are left out."""
    outcomes: list[Any] = []
    for work in works:
        db.execute("BEGIN")
        try:
            work(tables(db))
        except ZeroDivisionError:
            outcomes.append(Failure())
            continue
        finally:
            db.execute("ROLLBACK")
        outcomes.append(work(tables(db)))
    return outcomes


def _listing(db: sqlite3.Connection, rng: random.Random) -> None:
    """Begin or end a long reading: meanwhile a checkpoint cannot go past it, nor the WAL begin anew."""
    if db.in_transaction:
        if rng.random() < 0.5:
            db.execute("ROLLBACK")
    elif rng.random() < 0.2:
        db.execute("BEGIN")
        db.execute("SELECT id FROM entrees LIMIT 1").fetchall()


def threads(life: Life) -> None:
    """The daemon's storage as it is: its threads, its groups, SQLite's own moment for a checkpoint."""
    opening(life)
    storage = SqliteStorage(life.base, _in_place)
    life.promise_this()
    with closing(Witness(life.base)) as witness:
        counter = Counter(life.rng, witness.versions(), (*BODIES, DOCUMENTS, DOCUMENTS))
        for _ in range(life.rng.randint(2, 5)):
            done = counter.answered(_burst(life, storage, counter.works(8)))
            life.reached(witness.state(counter.versions), done)
    closed = threading.Event()
    _ = storage.close().addCallback(lambda _: closed.set())
    assert closed.wait(PATIENCE), "the storage does not close"


def _burst(life: Life, storage: Storage, works: Sequence[Work]) -> list[Any]:
    """Transactions that make one group: a first one holds the writing thread until all of them wait."""
    busy, go = threading.Event(), threading.Event()
    answers: SimpleQueue[Any] = SimpleQueue()
    first = iter([life.promise])

    def hold(_: Tables) -> None:
        busy.set()
        go.wait()

    def told(outcome: Any) -> None:
        for promise in first:  # what the first of the group is told holds for all
            promise()
        answers.put(outcome)

    _ = storage.write(hold)
    assert busy.wait(PATIENCE), "the writing thread does not work"
    life.begin()
    for work in works:
        _ = storage.write(work).addBoth(told)
    go.set()
    return [answers.get(timeout=PATIENCE) for _ in works]


def _in_place(call: Callable[..., Any], *arguments: Any) -> None:
    call(*arguments)
