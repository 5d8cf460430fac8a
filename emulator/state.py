"""`serve --state DIR`: the journal and every session's books outlive the process, kill -9 included.

What is written when, so that nothing that was answered is lost (docs/etat.md says it for users):

    an exchange         its journal row is committed before its answer leaves; the books follow within seconds
    a control call      every session is written before it is answered
    a start             the books as written last, then the journal's later exchanges lived again (replay.py)

Sessions are one JSON file that replaces the last one whole. Where a platform asks who speaks, failures and codes are no
part of the journal: there, sessions are written before each answer. Nothing is forced to the disk: this survives a
killed process, not a power cut.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from tierspayant.emulator.replay import replay
from tierspayant.emulator.sessions import DEFAULT, Session, Sessions
from tierspayant.emulator.toml_data import Plain

FILE = "sessions.json"
JOURNAL = "journal.sqlite"
VERSION = 2
SOON = 1.0
"""Seconds between a change and its writing."""
SHARE = 20
"""Writing takes at most one part in so many of the time: long books are written less often."""


class EtatIllisible(ValueError):
    """The state directory cannot be used; the text says why."""


class Keeper:
    """Writes the sessions of a server to its state directory. `lasts`: a clock for how long a writing takes."""

    def __init__(
        self, directory: Path, sessions: Sessions, reactor: IReactorTime, lasts: Callable[[], float] = time.perf_counter
    ) -> None:
        self._path = directory / FILE
        self._sessions = sessions
        self._reactor = reactor
        self._lasts = lasts
        self._timer: IDelayedCall | None = None
        self._pause = SOON
        self._encoded: dict[str, tuple[Session, int, msgspec.Raw]] = {}

    def restore(self) -> None:
        """Bring back the sessions that were kept. Raises EtatIllisible."""
        if not self._path.exists():
            return
        try:
            kept = msgspec.json.decode(self._path.read_bytes())
            if kept["version"] != VERSION:
                raise EtatIllisible(f"{self._path}: written by another version of this program")
            for nom, one in kept["sessions"].items():
                session = self._sessions.default if nom == DEFAULT else self._sessions.create(nom)
                session.restore(one["etat"])
                session.snapshots.update(one["snapshots"])
                replay(session, session.journal.after(one["journal"]))
        except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError) as wrong:
            if isinstance(wrong, EtatIllisible):
                raise
            raise EtatIllisible(f"{self._path}: not a state this program wrote: move it away") from None

    def changed(self) -> None:
        """Something changed: write soon, or now where the journal alone would not bring it back."""
        if any(one.identity.asks for one in self._sessions):
            self.write()
        elif self._timer is None:
            self._timer = self._reactor.callLater(self._pause, self._due)

    def _due(self) -> None:
        self._timer = None
        began = self._lasts()
        self.write()
        self._pause = max(SOON, SHARE * (self._lasts() - began))

    def steered(self, nom: str | None) -> None:
        """The control API changed a session, or which there are: write now."""
        if nom is not None:
            self._encoded.pop(nom, None)
        self.write()

    def write(self) -> None:
        """Write every session now, whole or not at all."""
        self._encoded = {one.nom: self._of(one) for one in self._sessions}
        sessions = {nom: octets for nom, (_, _, octets) in self._encoded.items()}
        replace_file(self._path, msgspec.json.encode({"version": VERSION, "sessions": sessions}))

    def _of(self, session: Session) -> tuple[Session, int, msgspec.Raw]:
        """A session as JSON: as it was taken last when nobody spoke to it or steered it since (it is still true)."""
        count = session.journal.count()
        known = self._encoded.get(session.nom)
        if known is not None and known[0] is session and known[1] == count:
            return known
        whole: Plain = {"etat": session.snapshot(), "snapshots": session.snapshots, "journal": count}
        return session, count, msgspec.Raw(msgspec.json.encode(whole))

    def stop(self) -> None:
        """Write a last time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._encoded.clear()
        self.write()


def replace_file(path: Path, octets: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
