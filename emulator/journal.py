"""The record of every exchange: append-only, exact bytes, numbered from 1 in each session.

Only the facts are written (bytes, instants, what struck); what a message means is read from its bytes again when
someone asks, so that writing costs some microseconds and the record is exact for ever. Memory stays flat: the rows are
in an SQLite file, a temporary one unless a state directory is given. Rows of a file that is kept are committed one by
one, each before its answer leaves; those of a temporary file, which nobody can miss, some dozens at a time.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Protocol

import msgspec

from tierspayant.schemas.wire import Headers, header

PAGE = 200
"""Rows fetched at a time: a walk over a long journal holds no more."""
TOGETHER = 64
"""Rows of a temporary file written at a time: each then costs a third of what it costs alone."""
MAX_WAITING = 1024 * 1024
"""Bytes of messages that may wait to be written: documents are large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange. `verdict`: what became of it; `codes`: reasons given; `statut` None: no answer.

    id_message, reference (the shop's own), emis_le: what the message says, when it could be read.
    """

    plateforme: str
    chemin: str
    operation: str | None
    service: str | None
    magasin: str | None
    verdict: str
    regle: str | None
    codes: tuple[str, ...] = ()
    effets: tuple[str, ...]
    virtuel: dt.datetime
    demande_entetes: Headers
    demande: bytes = field(repr=False)
    statut: int | None
    reponse_entetes: Headers
    reponse: bytes = field(repr=False)
    id_message: str | None = None
    reference: str | None = None
    emis_le: dt.datetime | None = None

    @property
    def retry_after(self) -> int | None:
        """Seconds that the answer asked to wait."""
        if not self.reponse_entetes:
            return None
        written = header(self.reponse_entetes, "retry-after")
        return int(written) if written is not None and written.isdigit() else None


class JournalIllisible(ValueError):
    """The file is no journal of this version; the text says so."""


class Journal(Protocol):
    """Where a session's exchanges are kept."""

    def append(self, exchange: Exchange) -> int:
        """Keep one; gives its number, from 1."""
        ...

    def count(self) -> int: ...

    def get(self, numero: int) -> Exchange | None: ...

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        """Those after a number, oldest first."""
        ...


class NoJournal:
    """Keeps nothing but the count: for simulations of millions of exchanges."""

    def __init__(self, session: str) -> None:
        self.session = session
        self._count = 0

    def append(self, exchange: Exchange) -> int:
        self._count += 1
        return self._count

    def count(self) -> int:
        return self._count

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

    def count(self) -> int:
        return len(self.kept)

    def get(self, numero: int) -> Exchange | None:
        return self.kept[numero - 1] if 1 <= numero <= len(self.kept) else None

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        return enumerate(self.kept[numero:], numero + 1)


_FIELDS = (
    "virtuel, plateforme, chemin, service, operation, magasin, verdict, regle, codes, effets, "
    "demande_entetes, demande, statut, reponse_entetes, reponse, id_message, reference, emis_le"
)
_INSERT = f"INSERT INTO echange (session, numero, reel, {_FIELDS}, retry_after) VALUES ({', '.join('?' * 22)})"  # noqa: S608
_ONE = f"SELECT {_FIELDS} FROM echange WHERE session = ? AND numero = ?"  # noqa: S608
_AFTER = f"SELECT numero, {_FIELDS} FROM echange WHERE session = ? AND numero > ? ORDER BY numero LIMIT {PAGE}"  # noqa: S608


class JournalFile:
    """One SQLite file for all sessions of a server. `path` '' is a temporary file that goes with the process.

    A row is committed when it is written and survives a killed process; it is not forced to the disk: a power cut takes
    the last rows, and leaves a sound file. `kept`: the file may hold the past of sessions that go on.
    """

    def __init__(self, path: str, real_now: Callable[[], dt.datetime], *, kept: bool = False) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL" if path else "PRAGMA journal_mode = OFF")
        self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if path else 'OFF'}")
        self._refuse_older()
        self._connection.executescript(files(__package__).joinpath("journal.sql").read_text(encoding="utf-8"))
        self._real_now = real_now
        self._kept = kept
        self._together = 1 if path else TOGETHER
        self._waiting: list[tuple[str, int, dt.datetime, Exchange]] = []
        self._waiting_bytes = 0

    def _refuse_older(self) -> None:
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(echange)")}
        if columns and "retry_after" not in columns:
            raise JournalIllisible("journal.sqlite: written by another version of this program: move it away")

    def of(self, session: str) -> FileJournal:
        """The journal of a session; one of a name used before starts anew unless the past is kept."""
        key, rank = session, 1
        while not self._kept and self._count(key):
            rank += 1
            key = f"{session}#{rank}"
        return FileJournal(self, key, self._count(key))

    def _count(self, key: str) -> int:
        [(count,)] = self.rows("SELECT max(numero) FROM echange WHERE session = ?", (key,))
        return count or 0

    def of_copy(self, journal: Journal) -> FileJournal:
        """The exchanges of another journal, written here."""
        copy = self.of("copie")
        for _, one in journal.after(0):
            copy.append(one)
        return copy

    def add(self, key: str, numero: int, exchange: Exchange) -> None:
        """Keep one of a session; with its number it is found from now on."""
        self._waiting.append((key, numero, self._real_now(), exchange))
        self._waiting_bytes += len(exchange.demande) + len(exchange.reponse)
        if len(self._waiting) >= self._together or self._waiting_bytes >= MAX_WAITING:
            self._write()

    def _write(self) -> None:
        """Commit what waits."""
        rows = [_row(*one) for one in self._waiting]
        self._waiting.clear()
        self._waiting_bytes = 0
        if len(rows) == 1:
            self._connection.execute(_INSERT, rows[0])
            return
        self._connection.execute("BEGIN")
        self._connection.executemany(_INSERT, rows)
        self._connection.execute("COMMIT")

    def rows(self, question: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> list[Any]:
        """The rows of a SQL question, in which everything that was added is seen."""
        if self._waiting:
            self._write()
        return self._connection.execute(question, values).fetchall()

    def close(self) -> None:
        self._connection.close()


class FileJournal:
    """The exchanges of one session in a JournalFile."""

    def __init__(self, file: JournalFile, key: str, count: int) -> None:
        self._file = file
        self._key = key
        self._count = count

    def append(self, exchange: Exchange) -> int:
        self._count += 1
        self._file.add(self._key, self._count, exchange)
        return self._count

    def rows(self, question: str) -> list[Any]:
        """The rows of a SQL question, where :session is this one."""
        return self._file.rows(question, {"session": self._key})

    def count(self) -> int:
        return self._count

    def get(self, numero: int) -> Exchange | None:
        rows = self._file.rows(_ONE, (self._key, numero))
        return _exchange(rows[0]) if rows else None

    def after(self, numero: int) -> Iterator[tuple[int, Exchange]]:
        while rows := self._file.rows(_AFTER, (self._key, numero)):
            for row in rows:
                numero = row[0]
                yield numero, _exchange(row[1:])


def _row(key: str, numero: int, reel: dt.datetime, one: Exchange) -> tuple[Any, ...]:
    """What _INSERT takes."""
    return (
        key,
        numero,
        reel.isoformat(),
        one.virtuel.isoformat(),
        one.plateforme,
        one.chemin,
        one.service,
        one.operation,
        one.magasin,
        one.verdict,
        one.regle,
        " ".join(one.codes),
        " ".join(one.effets),
        msgspec.json.encode(one.demande_entetes),
        one.demande,
        one.statut,
        msgspec.json.encode(one.reponse_entetes),
        one.reponse,
        one.id_message,
        one.reference,
        None if one.emis_le is None else one.emis_le.astimezone(dt.UTC).isoformat(),
        one.retry_after,
    )


def _exchange(row: tuple[Any, ...]) -> Exchange:
    virtuel, plateforme, chemin, service, operation, magasin, verdict, regle, codes, effets = row[:10]
    demande_entetes, demande, statut, reponse_entetes, reponse, id_message, reference, emis_le = row[10:]
    return Exchange(
        virtuel=dt.datetime.fromisoformat(virtuel),
        plateforme=plateforme,
        chemin=chemin,
        service=service,
        operation=operation,
        magasin=magasin,
        verdict=verdict,
        regle=regle,
        codes=tuple(codes.split()),
        effets=tuple(effets.split()),
        demande_entetes=msgspec.json.decode(demande_entetes, type=Headers),
        demande=demande,
        statut=statut,
        reponse_entetes=msgspec.json.decode(reponse_entetes, type=Headers),
        reponse=reponse,
        id_message=id_message,
        reference=reference,
        emis_le=None if emis_le is None else dt.datetime.fromisoformat(emis_le),
    )
