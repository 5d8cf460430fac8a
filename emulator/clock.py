"""One virtual clock per session: it moves delays, decisions, payments, tapes and late answers, and nothing else does.

The clock stands on an `IReactorTime` (the reactor, or a `task.Clock` in tests). While it runs, virtual time is real
time times `speed`; frozen, only commands move it. Whatever is due is fired in order of its instant, and during a firing
`now()` is that instant exactly, so that what follows from it is dated as if the clock had never jumped. With time
running there is one reactor timer, set for the next due instant: no polling.

Instants are UTC datetimes: adding to them is plain arithmetic, which a local time zone's would not be (two hours of a
night in October). They are written for people in Europe/Paris.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from tierspayant.emulator.dates import PARIS

FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LAST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""The clock stays between these: business dates outside are typing errors, and date arithmetic stays safe."""
MAX_SPEED = 10_000_000.0
"""A year in about three seconds."""
MAX_WAIT = 86_400.0
"""Seconds of real time the timer is set for at most; it is then set again (a far date overflows some reactors)."""
MAX_FIRINGS = 5_000_000
"""Firings of one move: far above a year of busy sessions, so that a source that never ends is found."""


class HorsBornes(ValueError):
    """The clock would leave its bounds (2000 to 2100)."""


class Source(Protocol):
    """Something that has instants of its own: a book, a tape."""

    def next_due(self) -> dt.datetime | None: ...

    def fire(self, now: dt.datetime) -> None:
        """Do all that is due up to `now`; afterwards `next_due` is later than `now`, or None."""
        ...


@dataclass(order=True, slots=True)
class Call:
    """Something to do once at an instant; `when` None: nothing to do, only held until it is dropped."""

    when: dt.datetime
    rank: int
    call: Callable[[], object] | None = field(compare=False)
    dropped: Callable[[], object] | None = field(compare=False, default=None)

    def cancel(self) -> None:
        """Forget it: neither fired nor dropped."""
        self.call = self.dropped = None


class VirtualClock:
    """The clock of one session."""

    def __init__(self, reactor: IReactorTime, now: dt.datetime, *, frozen: bool = False, speed: float = 1.0) -> None:
        self._reactor = reactor
        self._base = bounded(now)
        self._base_real = reactor.seconds()
        self._firing: dt.datetime | None = None
        self._sources: list[Source] = []
        self._calls: list[Call] = []
        self._rank = 0
        self._timer: IDelayedCall | None = None
        self._timer_due: dt.datetime | None = None
        self._stopped = False
        self.frozen = frozen
        self.speed = speed

    # ---------------------------------------------------------------------------------------------- reading

    def now(self) -> dt.datetime:
        """The virtual instant, in UTC."""
        if self._firing is not None:
            return self._firing
        if self.frozen:
            return self._base
        elapsed = (self._reactor.seconds() - self._base_real) * self.speed
        return min(LAST, self._base + dt.timedelta(seconds=max(0.0, elapsed)))

    def describe(self) -> dict[str, Any]:
        """What `GET clock` shows."""
        due = self._next_due()
        return {
            "now": shown(self.now()),
            "frozen": self.frozen,
            "speed": self.speed,
            "prochaine_echeance": None if due is None else shown(due),
        }

    # ---------------------------------------------------------------------------------------------- commands

    def freeze(self) -> None:
        """Stop the clock where it is."""
        self.catch_up()
        self._rebase(self.now(), frozen=True)

    def resume(self) -> None:
        """Let it run again from where it is."""
        self._rebase(self.now(), frozen=False)

    def set_speed(self, speed: float) -> None:
        """Run `speed` virtual seconds per real second from now on (a frozen clock starts to run)."""
        self.catch_up()
        now = self.now()
        self.speed = speed
        self._rebase(now, frozen=False)

    def advance(self, duration: dt.timedelta) -> None:
        """Move forward and fire all that becomes due, in order. Raises HorsBornes."""
        self.set(self.now() + duration)

    def set(self, instant: dt.datetime) -> None:
        """Move to an instant. Backwards nothing is undone: what was fired stays done. Raises HorsBornes."""
        target = bounded(instant)
        self.catch_up()
        if target < self.now():
            self._rebase(target, frozen=self.frozen)
        else:
            self._run_to(target)
            self._rebase(target, frozen=self.frozen)

    def put(self, instant: dt.datetime, frozen: bool, speed: float) -> None:
        """Stand at an instant and fire nothing: a snapshot is restored."""
        self.speed = speed
        self._rebase(bounded(instant), frozen=frozen)

    # ---------------------------------------------------------------------------------------------- things due

    def add_source(self, source: Source) -> None:
        """Ask this source for its instants from now on."""
        self._sources.append(source)
        self.plan()

    def call_later(
        self, delay: dt.timedelta, call: Callable[[], object], dropped: Callable[[], object] | None = None
    ) -> Call:
        """Do something once; `dropped` is done instead when the session is reset or ended before."""
        self._rank += 1
        entry = Call(min(LAST, self.now() + delay), self._rank, call, dropped)
        heapq.heappush(self._calls, entry)
        self.plan()
        return entry

    def hold(self, dropped: Callable[[], object]) -> Call:
        """Keep something open that only a reset or the session's end closes (an answer that never comes)."""
        self._rank += 1
        entry = Call(LAST + dt.timedelta(days=1), self._rank, None, dropped)
        heapq.heappush(self._calls, entry)
        return entry

    def catch_up(self) -> None:
        """Fire what is due by now. Called before each exchange, so that no answer is older than the clock."""
        if self._firing is None:
            due = self._next_due()
            if due is not None and due <= (now := self.now()):
                self._run_to(now)

    def drop_calls(self) -> None:
        """Drop every pending call: each `dropped` is done."""
        entries, self._calls = self._calls, []
        for entry in entries:
            dropped = entry.dropped
            entry.cancel()
            if dropped is not None:
                dropped()
        self.plan()

    def stop(self) -> None:
        """Drop every pending call and set no timer again."""
        self._stopped = True
        self.drop_calls()

    def plan(self) -> None:
        """Set the one reactor timer for what is due next. Called after whatever may have changed that."""
        if self._firing is not None:
            return
        due = None if self._stopped or self.frozen else self._next_due()
        if self._timer is not None:
            if due is not None and due == self._timer_due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer_due = due
            wait = (due - self.now()).total_seconds() / self.speed
            self._timer = self._reactor.callLater(min(MAX_WAIT, max(0.0, wait)), self._wake)

    # ---------------------------------------------------------------------------------------------- inside

    def _wake(self) -> None:
        self._timer = None
        self.catch_up()
        self.plan()

    def _rebase(self, now: dt.datetime, *, frozen: bool) -> None:
        self._base, self._base_real, self.frozen = now, self._reactor.seconds(), frozen
        self._timer_due = None
        self.plan()

    def _next_due(self) -> dt.datetime | None:
        while self._calls and self._calls[0].call is None and self._calls[0].dropped is None:
            heapq.heappop(self._calls)
        instants = [due for source in self._sources if (due := source.next_due()) is not None]
        if self._calls and self._calls[0].when <= LAST:
            instants.append(self._calls[0].when)
        return min(instants, default=None)

    def _run_to(self, target: dt.datetime) -> None:
        """Fire everything due up to `target`, oldest first."""
        if self._firing is not None:
            raise RuntimeError("the clock is moved by something it is firing")
        started = self.now()
        try:
            for _ in range(MAX_FIRINGS):
                due = self._next_due()
                if due is None or due > target:
                    return
                self._firing = max(due, started)
                self._fire(due)
            raise RuntimeError("something due never ends")
        finally:
            self._firing = None
            self.plan()

    def _fire(self, due: dt.datetime) -> None:
        for source in self._sources:
            instant = source.next_due()
            if instant is not None and instant <= due:
                source.fire(due)
                later = source.next_due()
                if later is not None and later <= due:
                    raise RuntimeError(f"{type(source).__name__} leaves something due at {due}")
        while self._calls and self._calls[0].when <= due:
            entry = heapq.heappop(self._calls)
            call = entry.call
            entry.cancel()
            if call is not None:
                call()


def bounded(instant: dt.datetime) -> dt.datetime:
    """The instant in UTC. Raises HorsBornes."""
    if instant.tzinfo is None:
        raise HorsBornes("write the instant with its offset, for example 2024-01-31T10:00:00+01:00")
    if not FIRST <= instant <= LAST:
        raise HorsBornes(f"the clock stays between {FIRST.year} and {LAST.year}")
    return instant.astimezone(dt.UTC)


def shown(instant: dt.datetime) -> str:
    """An instant as people read it: ISO 8601 in Europe/Paris."""
    return instant.astimezone(PARIS).isoformat()
