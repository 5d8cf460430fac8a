"""Caps on rights checks: in February 2024 stolen accounts read the data of 33 million people, one by one.

A shop that serves thirty customers an hour asks thirty times; whoever asks hundreds of times is not serving customers,
nor is who asks many times for one file. What counts is what the shop was accepted to ask within the last hour, in the
database itself: a restart forgets nothing, and nodes count together. Our own checks at reopening do not pass here and
do not count (docs/domain/platforms-and-outage.md). The figures are ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from tierspayant.adapter.storage.protocol import Tables

HEURE: Final = dt.timedelta(hours=1)

PAR_DOSSIER: Final = 20
"""Checks of one file within an hour: a family with two cards each, asked again after every mistyped digit."""


class HarvestGuard:
    """`par_heure`: a shop's cap, read at each call, so that a reload counts at once."""

    def __init__(self, par_heure: Callable[[], int]) -> None:
        self._par_heure = par_heure

    def refuse_for(self, tables: Tables, magasin: str, dossier: str | None, now: dt.datetime) -> dt.timedelta | None:
        """How long until one more check is allowed; None: it is. Inside the transaction that accepts it."""
        caps = [(self._par_heure(), None)] + ([] if dossier is None else [(PAR_DOSSIER, dossier)])
        waits = []
        for cap, file in caps:
            asked = tables.rights_since(magasin, now - HEURE, cap, file)
            if len(asked) >= cap:
                waits.append(asked[-1] + HEURE - now)
        return max(waits, default=None)
