"""What a client gets, and who says so: the words between what decides (ports) and what renders (http, memory_agent)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from twisted.internet.defer import Deferred

from tierspayant.emulator.clock import VirtualClock
from tierspayant.emulator.effect_kinds import Point
from tierspayant.schemas.wire import HttpRequest, HttpResponse

Write: TypeAlias = Callable[[bytes], None]
Stop: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a client gets. No response and no cut: silence. `delay` and `drip` are in the session's virtual time.

    `stream`: the body has no end; called with how to write, it gives how to stop.
    """

    response: HttpResponse | None
    cut: Point | None = None
    delay: dt.timedelta = dt.timedelta(0)
    drip: int | None = None
    clock: VirtualClock | None = None
    stream: Callable[[Write], Stop] | None = None


class Answerer(Protocol):
    """One port. `path` of these requests is the whole target, query and session prefix included."""

    def limit(self, requete: HttpRequest) -> int:
        """How many bytes the body may have."""
        ...

    def early(self, requete: HttpRequest) -> Plan | None:
        """What the headers alone decide; the body is not read then."""
        ...

    def answer(self, requete: HttpRequest) -> Plan | Deferred[Plan]:
        """What a whole request gets."""
        ...


DRIP_STEPS = 4
"""Pieces per virtual second of a dripping answer."""


def drip_step(octets_s: int) -> tuple[int, dt.timedelta]:
    """Bytes of one piece of a dripping answer, and the pause after it."""
    size = max(1, octets_s // DRIP_STEPS)
    return size, dt.timedelta(microseconds=1_000_000 * size // octets_s)
