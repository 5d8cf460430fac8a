"""The pace of calls to a platform: even, a little ahead at most, and one place more for the counter."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierspayant.adapter.cadence import Cadence, take
from tierspayant.adapter.storage.memory_services import MemoryServices

NOW = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def begun(cadence: Cadence, tables: MemoryServices, now: dt.datetime, *, comptoir: bool, wanted: int = 10_000) -> int:
    """How many calls begin at once when `wanted` would."""
    count = 0
    while count < wanted and take(tables, "p", cadence, now, comptoir=comptoir):
        count += 1
    return count


@given(st.integers(1, 6000), st.integers(1, 20))
def test_no_stretch_of_minutes_sees_more_than_the_pace_and_its_advance(maximum: int, minutes: int) -> None:
    cadence, tables = Cadence(maximum), MemoryServices([])
    sent = sum(begun(cadence, tables, NOW + i * MINUTE / 4, comptoir=False) for i in range(4 * minutes))
    assert sent <= maximum * minutes + maximum // 60 + 1


@given(st.integers(1, 6000))
def test_the_backlog_never_takes_the_counter_s_place(maximum: int) -> None:
    cadence, tables = Cadence(maximum), MemoryServices([])
    rounded = max(1, maximum // 60) - begun(cadence, tables, NOW, comptoir=False)
    assert rounded in {0, 1}, "the pace is in whole microseconds"
    assert tables.place("p") is not None, "one at least"
    assert begun(cadence, tables, NOW, comptoir=True) >= 1


@given(st.integers(1, 6000), st.booleans(), st.integers(0, 3_000_000))
def test_what_a_look_counts_is_what_the_transactions_grant(maximum: int, comptoir: bool, later: int) -> None:
    cadence, tables = Cadence(maximum), MemoryServices([])
    _ = begun(cadence, tables, NOW, comptoir=comptoir)
    now = NOW + dt.timedelta(microseconds=later)
    free = cadence.places(tables.place("p"), now, comptoir=comptoir)
    assert begun(cadence, tables, now, comptoir=comptoir) == free


@pytest.mark.parametrize("comptoir", [False, True])
def test_the_next_place_is_there_when_it_is_said_to_be_and_not_before(comptoir: bool) -> None:
    cadence, tables = Cadence(60), MemoryServices([])
    _ = begun(cadence, tables, NOW, comptoir=comptoir)
    prise = tables.place("p")
    assert prise is not None
    instant = cadence.next_place(prise, comptoir=comptoir)
    assert instant > NOW
    assert cadence.places(prise, instant - dt.timedelta(microseconds=1), comptoir=comptoir) == 0
    assert cadence.places(prise, instant, comptoir=comptoir) == 1
