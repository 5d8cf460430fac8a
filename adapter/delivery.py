"""Delivery: nothing lost, nothing twice, in order, politely. Every lane of every platform, started, woken and stopped.

How one entry goes forward is in courier.py, payment returns in retours.py, when a lane looks and what it takes in
lanes.py, every decision in policy.py, what becomes durable together in records.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from tierspayant.adapter import compose, recovery
from tierspayant.adapter.calls import Calls, Outside, Sign, unsigned
from tierspayant.adapter.courier import Courier
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.lanes import LaneLoop
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.prober import Prober
from tierspayant.adapter.records import Lane
from tierspayant.adapter.sources import Entries, Releves
from tierspayant.adapter.storage.protocol import Storage
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.operations import SERVICE_OF, Service

__all__ = ["SERVICES", "Delivery", "Lane", "Outside", "Sign", "unsigned"]

SERVICES = tuple(dict.fromkeys(SERVICE_OF[operation] for operation in compose.REPONSES))
"""The lanes of a platform: the services that shop requests travel in."""


class Delivery:
    """`magasins`: the FINESS of the shops with an account, in whose name an empty lane is probed."""

    def __init__(
        self,
        storage: Storage,
        vault: Vault,
        plateformes: Iterable[Plateforme],
        magasins: Sequence[str],
        outside: Outside,
    ) -> None:
        self._storage = storage
        self._now = outside.now
        self._noeud = outside.noeud
        self._plateformes: Mapping[str, Plateforme] = {une.nom: une for une in plateformes}
        calls = Calls(storage, self._plateformes, outside)
        courier, prober = Courier(calls, vault), Prober(calls, magasins)
        self._lanes: dict[Lane, LaneLoop] = {}
        for nom in self._plateformes:
            for service in SERVICES:
                lane = (nom, service)
                source = Entries(lane, courier, outside.noeud.partage)
                self._lanes[lane] = LaneLoop(lane, source, prober, calls, self.wake)
            lane = (nom, Service.RETOURS)
            self._lanes[lane] = LaneLoop(lane, Releves(lane, calls), prober, calls, self.wake)
        self._listeners: list[Callable[[], None]] = []

    async def start(self) -> int:
        """Recover what this node left under way when it died, then wake every lane. Gives how many entries."""
        now = self._now()
        count = await self._storage.write(lambda tables: recovery.recover(tables, self._delai, now, self._noeud))
        self.wake(self._lanes)
        return count

    def _delai(self, lane: Lane) -> dt.timedelta:
        return self._plateformes[lane[0]].delai_traitement(lane[1])

    def wake(self, lanes: Iterable[Lane]) -> None:
        """Something changed for these lanes: let them look, and tell whoever waits for news."""
        for lane in lanes:
            if lane in self._lanes:
                self._lanes[lane].wake()
        for listener in list(self._listeners):
            listener()

    def wake_for(self, entry: Entry) -> None:
        """A new or changed entry: its lane looks."""
        self.wake([(entry.plateforme, entry.service)])

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each durable change (it then reads what it wants); gives the function that stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def stop(self) -> Deferred[Any]:
        """Take nothing new; fires once the exchanges under way are settled.

        A caller that waits no longer loses nothing: what was under way is in doubt at the next start.
        """
        return DeferredList([lane.stop() for lane in self._lanes.values()])
