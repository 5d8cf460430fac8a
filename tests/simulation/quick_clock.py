"""`task.Clock` for long lives: the same calls at the same instants in the same order, without a sort for each timer.

task.Clock sorts all that is pending each time something is added or done. Here the list stays in order by itself: a new
call is put in its place, and only a call that was put off afterwards makes a sort necessary.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock


class _Call(DelayedCall):
    """Tells its clock when it is put off."""

    clock: QuickClock

    def reset(self, secondsFromNow: float) -> None:
        self.clock.in_order = False
        super().reset(secondsFromNow)

    def delay(self, secondsLater: float) -> None:
        self.clock.in_order = False
        super().delay(secondsLater)


class QuickClock(Clock):
    """IReactorTime; test_quick_clock.py holds it equal to task.Clock."""

    in_order = True

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kw: object) -> IDelayedCall:  # noqa: A002 - the interface's own name
        call = _Call(self.seconds() + delay, callable, args, kw, self.calls.remove, lambda _: None, self.seconds)
        call.clock = self
        self._sortCalls()
        insort(self.calls, call, key=DelayedCall.getTime)
        return call

    def _sortCalls(self) -> None:
        if not self.in_order:
            super()._sortCalls()
            self.in_order = True
