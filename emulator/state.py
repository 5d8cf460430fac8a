"""`serve --state DIR`: the journal, every session's books and the test authority outlive the process, kill -9 included.

What is written when, so that nothing that was answered is lost (docs/etat.md says it for users):

    an exchange         its journal row is committed before its answer leaves; the books follow within seconds
    a control call      the session it named is written, and forced to the disk, before it is answered
    a start             the books as written last, then the journal's later exchanges lived again (replay.py)

Each session is a row of its own (state_file.py), so that what a call costs does not grow with the sessions there are.
Where a platform asks who speaks, failures and codes are no part of the journal: there, its session is written before
each answer. A killed process loses nothing; a power cut loses at most what no control call and no writing in the
background has forced to the disk since.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from tierspayant.emulator.certificates import Authority, Issued
from tierspayant.emulator.replay import replay
from tierspayant.emulator.sessions import DEFAULT, Session, SessionInconnue, Sessions
from tierspayant.emulator.state_file import EtatIllisible, EtatNonEcrit, StateFile, replace_file

FILE = "sessions.sqlite"
JOURNAL = "journal.sqlite"
AUTHORITY = "autorite.pem"
SOON = 1.0
"""Seconds between a change and its writing."""
SHARE = 20
"""Writing takes at most one part in so many of the time: long books are written less often."""
AT_ONCE = 20
"""Sessions written in one go in the background: what comes meanwhile waits some milliseconds, not for hundreds."""


def authority_in(directory: Path, now: dt.datetime) -> Authority:
    """The test authority that is kept there; a new one, kept when it is first used, if none is or it has expired.

    Raises EtatIllisible.
    """
    path = directory / AUTHORITY

    def keep(made: Issued) -> None:
        replace_file(path, made.certificat + made.cle, forced=True)

    if not path.exists():
        return Authority(keep=keep)
    try:
        known = Authority.from_pem(path.read_bytes())
    except (OSError, ValueError, TypeError):
        raise EtatIllisible(f"{path}: not an authority this program wrote: move it away") from None
    return known if now < known.expires() else Authority(keep=keep)


class Keeper:
    """Writes the sessions of a server to its state file. `lasts`: a clock for how long a writing takes."""

    log = Logger()

    def __init__(
        self, file: StateFile, sessions: Sessions, reactor: IReactorTime, lasts: Callable[[], float] = time.perf_counter
    ) -> None:
        self._file = file
        self._sessions = sessions
        self._reactor = reactor
        self._lasts = lasts
        self._timer: IDelayedCall | None = None
        self._pause = SOON
        self._stopped = self._failing = False
        self._unwritten: dict[str, None] = {}
        self._snapshots: dict[str, set[str]] = {}

    def restore(self) -> None:
        """Bring back the sessions that were kept; from now on each has its row. Raises EtatIllisible, EtatNonEcrit."""
        rows = self._file.sessions()
        try:
            for nom, count, etat in rows:
                session = self._sessions.default if nom == DEFAULT else self._sessions.create(nom)
                self._restore(session, count, etat)
        except EtatIllisible:
            raise
        except (msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError):
            raise EtatIllisible(f"{self._file.path}: not a state this program wrote: move it away") from None
        if DEFAULT not in {nom for nom, _, _ in rows}:
            self._write([DEFAULT], forced=True)

    def _restore(self, session: Session, count: int, etat: bytes) -> None:
        session.restore(msgspec.json.decode(etat))
        for nom, snapshot in self._file.snapshots(session.nom):
            session.snapshots[nom] = msgspec.json.decode(snapshot)
        self._snapshots[session.nom] = set(session.snapshots)
        replay(session, session.journal.after(count))
        if session.journal.count() < count:  # a power cut took rows of the journal that the books already hold
            self._write([session.nom], forced=True)

    def changed(self, nom: str) -> None:
        """Something happened in a session: write it soon, and also now where the journal would not bring it back."""
        if self._stopped:
            return
        self._unwritten[nom] = None
        if self._sessions.get(nom).identity.asks:
            self._write([nom], forced=False)
        self._wait()

    def listed(self, nom: str) -> None:
        """A session was made, or is gone: write that now."""
        self._write([nom], forced=True)

    def steered(self, nom: str | None) -> None:
        """The control API may have changed a session: write it now."""
        if nom is not None:
            self._write([nom], forced=True)
            self._unwritten.pop(nom, None)

    def _wait(self) -> None:
        if self._timer is None and self._unwritten:
            self._timer = self._reactor.callLater(self._pause, self._due)

    def _due(self) -> None:
        self._timer = None
        some = list(islice(self._unwritten, AT_ONCE))
        if not some:  # a control call wrote it meanwhile
            return
        began = self._lasts()
        written = self._write_or_say(some)
        for nom in some if written else ():
            self._unwritten.pop(nom, None)
        busy = SHARE * (self._lasts() - began)
        self._pause = busy if self._unwritten and written else max(SOON, busy)
        self._wait()

    def _write_or_say(self, names: Iterable[str]) -> bool:
        """Whether they were written; what keeps them from it is said once, however often it is tried again."""
        wrong: EtatNonEcrit | None = None
        try:
            self._write(names, forced=True)
        except EtatNonEcrit as failed:
            wrong = failed
        if wrong is not None and not self._failing:
            self.log.error("{wrong}: trying again each second", wrong=wrong)
        elif wrong is None and self._failing:
            self.log.info("the state is written again")
        self._failing = wrong is not None
        return wrong is None

    def _write(self, names: Iterable[str], *, forced: bool) -> None:
        """Write these sessions as they are now, together; one that is gone is dropped. Raises EtatNonEcrit."""
        found = {nom: self._found(nom) for nom in names}
        with self._file.writing(forced=forced):
            for nom, session in found.items():
                if session is None:
                    self._file.drop(nom)
                else:
                    self._file.put(nom, session.journal.count(), msgspec.json.encode(session.snapshot()))
                    self._write_snapshots(session)
        for nom, session in found.items():
            self._snapshots[nom] = set() if session is None else set(session.snapshots)

    def _write_snapshots(self, session: Session) -> None:
        """Those that are new; one never changes."""
        written = self._snapshots.get(session.nom, set())
        for nom in session.snapshots.keys() - written:
            self._file.put_snapshot(session.nom, nom, msgspec.json.encode(session.snapshots[nom]))
        for nom in written - session.snapshots.keys():
            self._file.drop_snapshot(session.nom, nom)

    def _found(self, nom: str) -> Session | None:
        """A session with all that is due by now done, so that what is kept says no less than its clock."""
        try:
            session = self._sessions.get(nom)
        except SessionInconnue:
            return None
        session.clock.catch_up()
        return session

    def stop(self) -> None:
        """Write every session a last time, and let the file go."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._write([one.nom for one in self._sessions], forced=True)
        self._file.close()
