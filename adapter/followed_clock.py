"""Time as an emulator session tells it (`serve --clock URL`): development and tests only.

The daemon asks the session's clock now and then and carries it forward in between; timers are kept in that time. So a
tape of three weeks is lived in minutes, and a jump of the clock fires at once everything it made due. The next real
wake-up is the nearer of the next question and the next timer. Refused unless every platform is on loopback (config).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimedOut
from twisted.internet.error import ConnectError, ConnectionLost
from twisted.internet.error import TimeoutError as TimedOut
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.web.client import ResponseFailed
from zope.interface import implementer

INTERVALLE = 0.1
"""Real seconds between two questions: a jump of the clock is felt within a tenth of a second."""

DELAI_REPONSE = 5.0
"""Real seconds an answer may take; the time then simply runs on at its last known speed."""

LECTURE_MAX = 65_536
"""Bytes of an answer that are read: a clock is a few dozen."""


@dataclass(frozen=True, slots=True)
class Lecture:
    """What a clock said: `vitesse` virtual seconds pass per real second (0 when frozen)."""

    maintenant: float
    vitesse: float


class HorlogeIllisible(Exception):
    """The answer of the clock's URL is not a clock; the text says why."""


SANS_REPONSE = (
    HorlogeIllisible,
    CancelledError,
    DeferredTimedOut,
    TimedOut,
    TimeoutError,
    ConnectError,
    ConnectionLost,
    ResponseFailed,
)


class Ask(Protocol):
    """One question to the clock; the adapter's own HTTP, or a script in tests."""

    def __call__(self) -> Deferred[Lecture]: ...


def url_of(texte: str) -> str:
    """The clock's URL from what a person gives: the clock itself, a control base, or base/s/<session>."""
    base = texte.rstrip("/")
    if base.endswith("/clock"):
        return base
    parties = urlsplit(base)
    racine, _, session = base.partition("/s/")
    if parties.scheme not in {"http", "https"} or not parties.hostname:
        raise HorlogeIllisible("--clock takes the http URL of an emulator's control port or of a session's clock")
    return f"{racine}/_control/v1/sessions/{session or 'default'}/clock"


def parse(octets: bytes) -> Lecture:
    """Read the JSON of `GET …/clock`. Raises HorlogeIllisible."""
    try:
        document = json.loads(octets)
        maintenant = dt.datetime.fromisoformat(document["now"])
        gele = bool(document.get("frozen", False))
        vitesse = 0.0 if gele else float(document.get("speed", 1.0))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HorlogeIllisible("the answer is not a clock: no JSON object with 'now'") from None
    if maintenant.tzinfo is None:
        raise HorlogeIllisible("the clock's 'now' carries no time zone")
    return Lecture(maintenant.timestamp(), vitesse)


@implementer(IReactorTime)
class HorlogeSuivie(Clock):
    """An IReactorTime in the session's time. `seconds()` is a POSIX timestamp of that time."""

    log = Logger()

    def __init__(self, reel: IReactorTime, ask: Ask, premiere: Lecture) -> None:
        super().__init__()
        self._reel = reel
        self._ask = ask
        self._lecture = premiere
        self._lu_a = reel.seconds()
        self._reveil: IDelayedCall | None = None
        self._question: Deferred[None] | None = None
        self._prochaine_question = self._lu_a + INTERVALLE
        self._muette = False
        self._arretee = True

    def start(self) -> None:
        self._arretee = False
        self._plan()

    def stop(self) -> None:
        self._arretee = True
        if self._reveil is not None and self._reveil.active():
            self._reveil.cancel()
        if self._question is not None:
            self._question.cancel()

    def seconds(self) -> float:
        """Now, in the session's time: the last reading carried forward at its speed."""
        return self._lecture.maintenant + (self._reel.seconds() - self._lu_a) * self._lecture.vitesse

    def callLater(self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any) -> IDelayedCall:  # noqa: A002
        call = super().callLater(delay, callable, *args, **kw)
        self._plan()
        return call

    def _wake(self) -> None:
        self.advance(0)
        if self._question is None and self._reel.seconds() >= self._prochaine_question:
            self._question = question = Deferred.fromCoroutine(self._ask_once())
            if question.called:
                self._question = None
        self._plan()

    async def _ask_once(self) -> None:
        """One question. Whatever goes wrong, time runs on and the next question comes."""
        try:
            lecture = await self._ask().addTimeout(DELAI_REPONSE, self._reel)
        except SANS_REPONSE:
            if not self._muette and not self._arretee:
                self.log.warn("the followed clock does not answer; time runs on")  # noqa: G010 - Twisted's own name
            self._muette = True
        else:
            self._read(lecture)
        finally:
            self._question = None
            self._prochaine_question = self._reel.seconds() + INTERVALLE

    def _read(self, lecture: Lecture) -> None:
        self._muette = False
        if lecture.maintenant < self.seconds() - 1:
            self.log.info("the followed clock went back")
        self._lecture, self._lu_a = lecture, self._reel.seconds()
        self.advance(0)

    def _plan(self) -> None:
        """One real timer: the nearer of the next question and the next virtual timer."""
        if self._arretee:
            return
        attente = INTERVALLE if self._question else max(0.0, self._prochaine_question - self._reel.seconds())
        due = min((call.getTime() for call in self.calls), default=None)
        if due is not None and self._lecture.vitesse > 0:
            attente = min(attente, max(0.0, (due - self.seconds()) / self._lecture.vitesse))
        if self._reveil is not None and self._reveil.active():
            self._reveil.reset(attente)
        else:
            self._reveil = self._reel.callLater(attente, self._wake)
