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

INTERVAL = 0.1
"""Real seconds between two questions: a jump of the clock is felt within a tenth of a second."""

ANSWER_S = 5.0
"""Real seconds an answer may take; the time then simply runs on at its last known speed."""

READ_MAX = 65_536
"""Bytes of an answer that are read: a clock is a few dozen."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock said: `speed` virtual seconds pass per real second (0 when frozen)."""

    now: float
    speed: float


class ClockUnreadable(Exception):
    """The answer of the clock's URL is not a clock; the text says why."""


NO_ANSWER = (
    ClockUnreadable,
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

    def __call__(self) -> Deferred[Reading]: ...


def url_of(text: str) -> str:
    """The clock's URL from what a person gives: the clock itself, a control base, or base/s/<session>."""
    base = text.rstrip("/")
    if base.endswith("/clock"):
        return base
    parts = urlsplit(base)
    root, _, session = base.partition("/s/")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ClockUnreadable("--clock takes the http URL of an emulator's control port or of a session's clock")
    return f"{root}/_control/v1/sessions/{session or 'default'}/clock"


def parse(data: bytes) -> Reading:
    """Read the JSON of `GET …/clock`. Raises ClockUnreadable."""
    try:
        document = json.loads(data)
        now = dt.datetime.fromisoformat(document["now"])
        frozen = bool(document.get("frozen", False))
        speed = 0.0 if frozen else float(document.get("speed", 1.0))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ClockUnreadable("the answer is not a clock: no JSON object with 'now'") from None
    if now.tzinfo is None:
        raise ClockUnreadable("the clock's 'now' carries no time zone")
    return Reading(now.timestamp(), speed)


@implementer(IReactorTime)
class FollowedClock(Clock):
    """An IReactorTime in the session's time. `seconds()` is a POSIX timestamp of that time."""

    log = Logger()

    def __init__(self, real: IReactorTime, ask: Ask, first: Reading) -> None:
        super().__init__()
        self._real = real
        self._ask = ask
        self._reading = first
        self._read_at = real.seconds()
        self._alarm: IDelayedCall | None = None
        self._question: Deferred[None] | None = None
        self._next_question = self._read_at + INTERVAL
        self._silent = False
        self._stopped = True

    def start(self) -> None:
        self._stopped = False
        self._plan()

    def stop(self) -> None:
        self._stopped = True
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        if self._question is not None:
            self._question.cancel()

    def seconds(self) -> float:
        """Now, in the session's time: the last reading carried forward at its speed."""
        return self._reading.now + (self._real.seconds() - self._read_at) * self._reading.speed

    def callLater(self, delay: float, callable: Callable[..., object], *args: Any, **kw: Any) -> IDelayedCall:  # noqa: A002
        call = super().callLater(delay, callable, *args, **kw)
        self._plan()
        return call

    def _wake(self) -> None:
        self.advance(0)
        if self._question is None and self._real.seconds() >= self._next_question:
            self._question = question = Deferred.fromCoroutine(self._ask_once())
            if question.called:
                self._question = None
        self._plan()

    async def _ask_once(self) -> None:
        """One question. Whatever goes wrong, time runs on and the next question comes."""
        try:
            reading = await self._ask().addTimeout(ANSWER_S, self._real)
        except NO_ANSWER:
            if not self._silent and not self._stopped:
                self.log.warn("the followed clock does not answer; time runs on")  # noqa: G010 - Twisted's own name
            self._silent = True
        else:
            self._read(reading)
        finally:
            self._question = None
            self._next_question = self._real.seconds() + INTERVAL

    def _read(self, reading: Reading) -> None:
        self._silent = False
        if reading.now < self.seconds() - 1:
            self.log.info("the followed clock went back")
        self._reading, self._read_at = reading, self._real.seconds()
        self.advance(0)

    def _plan(self) -> None:
        """One real timer: the nearer of the next question and the next virtual timer."""
        if self._stopped:
            return
        wait = INTERVAL if self._question else max(0.0, self._next_question - self._real.seconds())
        due = min((call.getTime() for call in self.calls), default=None)
        if due is not None and self._reading.speed > 0:
            wait = min(wait, max(0.0, (due - self.seconds()) / self._reading.speed))
        if self._alarm is not None and self._alarm.active():
            self._alarm.reset(wait)
        else:
            self._alarm = self._real.callLater(wait, self._wake)
