"""The clock of simulations is task.Clock, only quicker: both fire the same calls in the same order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from tests.simulation.quick_clock import QuickClock

DELAYS = st.sampled_from((0.0, 0.5, 1.0, 1.0, 2.0, 5.0))
"""Few values, so that many calls fall on one instant."""
RANK = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("later"), DELAYS, st.none() | DELAYS),
    st.tuples(st.just("cancel"), RANK, st.none()),
    st.tuples(st.just("delay"), RANK, DELAYS),
    st.tuples(st.just("sooner"), RANK, DELAYS.map(lambda seconds: -seconds)),
    st.tuples(st.just("reset"), RANK, DELAYS),
    st.tuples(st.just("advance"), DELAYS, st.none()),
)


def lived(clock: Clock, steps: list[tuple[str, Any, Any]]) -> list[object]:
    """All that can be seen of a clock: what fires when, and what is still to come after each step."""
    seen: list[object] = []
    calls: list[Any] = []

    def fire(rank: int, again: float | None) -> None:
        seen.append((rank, clock.seconds()))
        if again is not None:
            later(again, None)

    def later(seconds: float, again: float | None) -> None:
        calls.append(clock.callLater(seconds, fire, len(calls), again))

    for what, first, second in steps:
        call = calls[first] if what not in {"later", "advance"} and first < len(calls) else None
        if what == "later":
            later(first, second)
        elif what == "advance":
            clock.advance(first)
        elif call is not None and call.active():
            match what:
                case "cancel":
                    call.cancel()
                case "reset":
                    call.reset(second)
                case _:
                    call.delay(second)
        seen.append([(calls.index(one), one.getTime()) for one in clock.getDelayedCalls()])
    clock.advance(100.0)
    return seen


@given(st.lists(STEPS, max_size=40))
def test_it_is_the_same_clock(steps: list[tuple[str, Any, Any]]) -> None:
    assert lived(QuickClock(), steps) == lived(Clock(), steps)
