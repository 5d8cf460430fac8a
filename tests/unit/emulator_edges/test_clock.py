"""The virtual clock: what is due is fired in order, at its own instant, whoever moves the clock."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from tierspayant.emulator.clock import LAST, HorsBornes, VirtualClock

START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


class Alarm:
    """A source with fixed instants, which notes when it was fired."""

    def __init__(self, clock: VirtualClock, *after: int) -> None:
        self.due = sorted(START + second * SECOND for second in after)
        self.clock = clock
        self.rung: list[tuple[dt.datetime, dt.datetime]] = []

    def next_due(self) -> dt.datetime | None:
        return self.due[0] if self.due else None

    def fire(self, now: dt.datetime) -> None:
        while self.due and self.due[0] <= now:
            self.rung.append((self.due.pop(0), self.clock.now()))


def test_running_it_follows_real_time_at_its_speed() -> None:
    reactor = Clock()
    clock = VirtualClock(reactor, START)
    reactor.advance(2)
    clock.set_speed(60)
    reactor.advance(3)
    assert clock.now() == START + 182 * SECOND


def test_frozen_it_stands_and_resumed_it_goes_on_from_there() -> None:
    reactor = Clock()
    clock = VirtualClock(reactor, START)
    clock.freeze()
    reactor.advance(100)
    assert clock.now() == START
    clock.resume()
    reactor.advance(5)
    assert clock.now() == START + 5 * SECOND


@given(st.lists(st.integers(1, 50), max_size=8), st.lists(st.integers(1, 50), max_size=8))
def test_an_advance_fires_all_that_is_due_in_order_each_at_its_own_instant(ones: list[int], others: list[int]) -> None:
    reactor = Clock()
    clock = VirtualClock(reactor, START, frozen=True)
    alarm = Alarm(clock, *ones)
    clock.add_source(alarm)
    called: list[tuple[dt.datetime, dt.datetime]] = []
    for second in others:
        due = START + second * SECOND
        clock.call_later(second * SECOND, lambda due=due: called.append((due, clock.now())))  # type: ignore[misc]
    clock.advance(30 * SECOND)
    fired = sorted(alarm.rung + called)
    assert [due for due, _ in fired] == sorted(START + s * SECOND for s in ones + others if s <= 30)
    assert all(due == now for due, now in fired)
    assert clock.now() == START + 30 * SECOND


def test_what_an_event_starts_is_dated_from_that_event_and_not_from_the_jump() -> None:
    clock = VirtualClock(Clock(), START, frozen=True)
    seen: list[dt.datetime] = []
    clock.call_later(10 * SECOND, lambda: clock.call_later(5 * SECOND, lambda: seen.append(clock.now())))
    clock.advance(60 * SECOND)
    assert seen == [START + 15 * SECOND]


def test_running_there_is_one_timer_at_the_next_due_instant_and_none_when_frozen() -> None:
    reactor = Clock()
    clock = VirtualClock(reactor, START)
    alarm = Alarm(clock, 40, 80)
    clock.add_source(alarm)
    assert [call.getTime() for call in reactor.getDelayedCalls()] == [40]
    clock.set_speed(10)
    assert [call.getTime() for call in reactor.getDelayedCalls()] == [4]
    reactor.advance(4)
    assert [due for due, _ in alarm.rung] == [START + 40 * SECOND]
    clock.freeze()
    assert reactor.getDelayedCalls() == []


def test_going_back_undoes_nothing_and_fires_nothing_twice() -> None:
    clock = VirtualClock(Clock(), START, frozen=True)
    alarm = Alarm(clock, 10, 20)
    clock.add_source(alarm)
    clock.advance(15 * SECOND)
    clock.set(START)
    clock.advance(30 * SECOND)
    assert [due for due, _ in alarm.rung] == [START + 10 * SECOND, START + 20 * SECOND]


def test_a_dropped_call_says_so_and_is_not_made() -> None:
    clock = VirtualClock(Clock(), START, frozen=True)
    said: list[str] = []
    clock.call_later(SECOND, lambda: said.append("made"), lambda: said.append("dropped"))
    clock.call_later(SECOND, lambda: said.append("made"), lambda: said.append("dropped")).cancel()
    clock.hold(lambda: said.append("let go"))
    clock.stop()
    clock.advance(10 * SECOND)
    assert sorted(said) == ["dropped", "let go"]


def test_it_does_not_leave_its_bounds() -> None:
    clock = VirtualClock(Clock(), START, frozen=True)
    with pytest.raises(HorsBornes):
        clock.set(LAST + SECOND)
    with pytest.raises(HorsBornes):
        clock.set(dt.datetime(2024, 1, 1))  # noqa: DTZ001 - an instant without offset is what is refused
    assert clock.now() == START


def test_a_source_that_never_ends_is_found() -> None:
    class Endless(Alarm):
        def fire(self, now: dt.datetime) -> None:
            """Leave it due."""

    clock = VirtualClock(Clock(), START, frozen=True)
    clock.add_source(Endless(clock, 5))
    with pytest.raises(RuntimeError, match="leaves something due"):
        clock.advance(10 * SECOND)
