"""A cap on rights checks per shop: in February 2024 stolen accounts read the data of 33 million people, one by one.

A shop that serves thirty customers an hour asks thirty times; whoever asks hundreds of times is not serving customers.
The count is a sliding hour in memory (a restart forgets it, and the process is the shop's own). Our own checks at
reopening do not pass here and do not count (delivery.md, privacy). The default is ours.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable

HEURE = dt.timedelta(hours=1)


class HarvestGuard:
    """`par_heure` is read at each call, so that a reload counts at once."""

    def __init__(self, par_heure: Callable[[], int]) -> None:
        self._par_heure = par_heure
        self._vus: dict[str, deque[dt.datetime]] = {}

    def refuse_for(self, magasin: str, now: dt.datetime) -> dt.timedelta | None:
        """Count one more check; or, at the limit, how long until one is free again, and nothing is counted."""
        vus = self._vus.setdefault(magasin, deque())
        while vus and now - vus[0] >= HEURE:
            vus.popleft()
        if len(vus) >= self._par_heure():
            return vus[0] + HEURE - now
        vus.append(now)
        return None
