"""`sessions.sqlite` of a state directory: a row for each session and each snapshot (etat.sql), and files written whole.

A row is written or not, and survives a killed process; written `forced`, it survives a power cut too. One process
holds the file as long as it runs.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

VERSION = 3
"""Of the rows: one more each time that what they hold changes."""

_FORCE = "INSERT INTO forcage VALUES (1, 1) ON CONFLICT (un) DO UPDATE SET fois = fois + 1"
"""SQLite forces nothing when a transaction changed nothing, not even what earlier ones left on its way."""


class EtatIllisible(ValueError):
    """The state directory cannot be used; the text says why."""


class EtatNonEcrit(RuntimeError):
    """A change was made and could not be written; the text says why."""


class StateFile:
    """The open file. Raises EtatIllisible when it is held by another process, or none of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._on_its_way = False
        make_private(path)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            self._open()
        except sqlite3.OperationalError as busy:
            self._connection.close()
            hint = ": is another emulator using this directory?" if "locked" in str(busy) else ""
            raise EtatIllisible(f"{path}: {busy}{hint}") from None
        except sqlite3.DatabaseError:
            self._connection.close()
            raise EtatIllisible(f"{path}: not a state this program wrote: move it away") from None

    def _open(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA journal_mode = WAL")
        [version] = run("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            self._connection.close()
            raise EtatIllisible(f"{self.path}: written by another version of this program: move it away")
        self._connection.executescript(files(__package__).joinpath("etat.sql").read_text(encoding="utf-8"))
        run(f"PRAGMA user_version = {VERSION}")

    def sessions(self) -> list[tuple[str, int, bytes]]:
        """Name, exchanges held and state of each session. Raises EtatIllisible."""
        return self._rows("SELECT nom, journal, etat FROM session ORDER BY rowid")

    def snapshots(self, session: str) -> list[tuple[str, bytes]]:
        """Name and content of each snapshot of a session. Raises EtatIllisible."""
        return self._rows("SELECT nom, etat FROM snapshot WHERE session = ? ORDER BY rowid", session)

    def _rows(self, question: str, *values: str) -> list[Any]:
        try:
            return self._connection.execute(question, values).fetchall()
        except sqlite3.DatabaseError as wrong:
            raise EtatIllisible(f"{self.path}: {wrong}: move it away") from None

    @contextmanager
    def writing(self, *, forced: bool) -> Iterator[None]:
        """What is put and dropped inside is written together. Raises EtatNonEcrit, and then nothing is.

        `forced`: that, and whatever was written before it, survives a power cut.
        """
        run = self._connection.execute
        try:
            run(f"PRAGMA synchronous = {'FULL' if forced else 'NORMAL'}")
            run("BEGIN")
            yield
            if forced and self._on_its_way:
                run(_FORCE)
            run("COMMIT")
            self._on_its_way = not forced
        except sqlite3.Error as wrong:
            raise EtatNonEcrit(f"the state could not be written: {wrong}") from wrong
        finally:
            if self._connection.in_transaction:
                run("ROLLBACK")

    def put(self, nom: str, journal: int, etat: bytes) -> None:
        """A session as it is now."""
        question = "INSERT INTO session VALUES (?, ?, ?) ON CONFLICT (nom) DO UPDATE SET journal = ?, etat = ?"
        self._connection.execute(question, (nom, journal, etat, journal, etat))

    def put_snapshot(self, session: str, nom: str, etat: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", (session, nom, etat))

    def drop(self, nom: str) -> None:
        """A session and its snapshots."""
        self._connection.execute("DELETE FROM session WHERE nom = ?", (nom,))
        self._connection.execute("DELETE FROM snapshot WHERE session = ?", (nom,))

    def drop_snapshot(self, session: str, nom: str) -> None:
        self._connection.execute("DELETE FROM snapshot WHERE session = ? AND nom = ?", (session, nom))

    def close(self) -> None:
        self._connection.close()


def make_private(path: Path) -> None:
    """A file that only its owner reads, made if it is not there."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def replace_file(path: Path, octets: bytes, *, forced: bool = False) -> None:
    """Write a file whole or not at all, readable by its owner only; `forced`: it survives a power cut."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            if forced:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
        if forced:
            _force_directory(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _force_directory(directory: Path) -> None:
    """Where the system lets a directory be opened: its new entry reaches the disk."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
