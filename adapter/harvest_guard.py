"""Caps on rights checks: in February 2024 stolen accounts read the data of 33 million people, one by one.

A shop that serves thirty customers an hour asks thirty times; whoever asks hundreds of times is not serving customers,
nor is who asks many times for one file. What counts is what the shop was accepted to ask within the last hour, in the
database itself: a restart forgets nothing, and nodes count together. Our own checks at reopening do not pass here and
do not count (docs/domain/platforms-and-outage.md). The figures are ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tierspayant.adapter.storage.protocol import Tables

HOUR: Final = dt.timedelta(hours=1)

PER_HOUR: Final = 300
"""Checks of one shop within an hour: far above its customers, far below a theft of data."""

PER_FILE: Final = 20
"""Checks of one file within an hour: a family with two cards each, asked again after every mistyped digit."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Rights checks within an hour: of one shop, of one of its files."""

    shop: int = PER_HOUR
    file: int = PER_FILE


class HarvestGuard:
    """`caps` is read at each call, so that a reload counts at once."""

    def __init__(self, caps: Callable[[], Caps]) -> None:
        self._caps = caps

    def refuse_for(self, tables: Tables, magasin: str, dossier: str | None, now: dt.datetime) -> dt.timedelta | None:
        """How long until one more check is allowed; None: it is. Inside the transaction that accepts it."""
        caps = self._caps()
        waits = []
        for cap, file in [(caps.shop, None)] + ([] if dossier is None else [(caps.file, dossier)]):
            asked = tables.rights_since(magasin, now - HOUR, cap, file)
            if len(asked) >= cap:
                waits.append(asked[-1] + HOUR - now)
        return max(waits, default=None)
