"""How many calls a minute a platform gets from all of us: shops, lanes and nodes together. Pure.

The budget is one instant per platform, stored: when the calls already begun would all have had their turn at an even
pace. A call may run ahead of the even pace by a little, and a call for someone at the counter by twice as much: the
backlog alone can never use up the pace, and whoever waits at the counter finds room. A place is taken in the
transaction that begins the call, so that nodes cannot take the same one. Probes and log-ins are few and not counted.

Platforms publish no figure (docs/domain/platforms-and-outage.md (d): reopened services fell again under the rush); the
rule and the default are ours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

CADENCE_MAX = 600
"""Calls a minute: a chain of 300 shops with 100 requests a day each peaks at a third of it, and 10,000 waiting
requests leave in about twenty minutes."""
AVANCE = dt.timedelta(seconds=1)
"""How far the backlog may run ahead of the even pace; someone at the counter, twice as far."""
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """maximum: calls a minute, at least 1."""

    maximum: int = CADENCE_MAX

    @property
    def pas(self) -> dt.timedelta:
        """The even pace: from one call to the next."""
        return MINUTE / self.maximum

    def avance(self, *, comptoir: bool) -> dt.timedelta:
        """How far ahead of the even pace a call may begin. At the counter there is always one place more."""
        backlog: dt.timedelta = max(AVANCE - self.pas, dt.timedelta(0))
        return backlog + max(AVANCE, self.pas) if comptoir else backlog

    def places(self, prise: dt.datetime | None, now: dt.datetime, *, comptoir: bool) -> int:
        """How many calls may begin now; `prise`: the stored instant."""
        free = self.avance(comptoir=comptoir) - max(dt.timedelta(0), (prise or now) - now)
        return 0 if free < dt.timedelta(0) else free // self.pas + 1

    def next_place(self, prise: dt.datetime, *, comptoir: bool) -> dt.datetime:
        """When a call may begin again."""
        return prise - self.avance(comptoir=comptoir)


class Places(Protocol):
    """The part of the tables that a call's beginning needs."""

    def take_place(self, plateforme: str, now: dt.datetime, limite: dt.datetime, pas: dt.timedelta) -> bool: ...


def take(tables: Places, plateforme: str, cadence: Cadence, now: dt.datetime, *, comptoir: bool) -> bool:
    """Take one place in this transaction; False when there is none now."""
    return tables.take_place(plateforme, now, now + cadence.avance(comptoir=comptoir), cadence.pas)
