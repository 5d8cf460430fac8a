"""Two adapter nodes on one database, on one clock: they look, claim, send and die independently.

Each node's storage calls take a few milliseconds, so that both see the same entry before either has claimed it; and no
news pass between them: each looks at everything once a minute, which is all the real ones can rely on.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from tests.simulation.world import DEMO_SHOP, Monde, MortalClock, MortalStorage, Network, Reglages
from tierspayant.adapter import intake
from tierspayant.adapter.delivery import SERVICES, Delivery, Outside
from tierspayant.adapter.leases import Noeud
from tierspayant.adapter.storage.protocol import Depasse, Storage, Tables

T = TypeVar("T")

LOOK = 60.0
"""Seconds between looks at every lane, as in the daemon."""
NAMES = ("n1", "n2")


class SlowStorage:
    """Storage that answers after some milliseconds; frozen, it keeps what is asked until it thaws."""

    def __init__(self, storage: Storage, clock: IReactorTime, chance: random.Random) -> None:
        self._storage = storage
        self._clock = clock
        self._chance = chance
        self._kept: list[Callable[[], None]] = []
        self.frozen = False
        self.overtaken = 0
        """Writes refused because the entry had moved on: claims lost to the other node, results that came too late."""

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._later(self._storage.read, work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._later(self._storage.write, work)

    def _later(self, call: Callable[[Callable[[Tables], T]], Deferred[T]], work: Callable[[Tables], T]) -> Deferred[T]:
        waiting: Deferred[T] = Deferred()

        def run() -> None:
            if self.frozen:
                self._kept.append(run)
            else:
                _ = call(work).addErrback(self._count).addBoth(waiting.callback)

        self._clock.callLater(self._chance.uniform(0.001, 0.03), run)
        return waiting

    def _count(self, failure: Failure) -> Failure:
        self.overtaken += failure.check(Depasse) is not None
        return failure

    def thaw(self) -> None:
        self.frozen = False
        kept, self._kept = self._kept, []
        for run in kept:
            run()

    def close(self) -> Deferred[None]:
        return self._storage.close()


@dataclass
class Node:
    process: MortalClock
    slow: SlowStorage
    storage: MortalStorage
    delivery: Delivery = field(init=False)

    def die(self) -> None:
        self.storage.dead = True
        self.process.die()


class Grappe(Monde):
    """`deaths` are those of n1, which never comes back: n2 has to finish alone."""

    def __init__(self, reglages: Reglages, connect: Callable[[], Storage] | None = None) -> None:
        self._connect = connect
        super().__init__(reglages)

    def start(self) -> None:
        """Both nodes; a dead one is not started again."""
        if self.deaths:
            return
        self.nodes: dict[str, Node] = {}
        for nom in NAMES:
            self.nodes[nom] = self._launch(nom)
        first = self.nodes["n1"]
        self.process, self.storage, self.delivery = first.process, first.storage, first.delivery

    def _launch(self, nom: str) -> Node:
        process = MortalClock(self.clock)
        chance = random.Random(self.chance.random())
        slow = SlowStorage(self.durable if self._connect is None else self._connect(), process, chance)
        death = self.deaths_to_come.pop(0) if self.deaths_to_come and nom == "n1" else None
        node = Node(process, slow, MortalStorage(slow, death, lambda: self._n1_died(process)))
        agents = {une.nom: Network(self.clock, self.session, une.nom, self.reglages.fate) for une in self.plateformes}
        outside = Outside(
            agent=lambda plateforme: agents[plateforme.nom],
            clock=process,
            now=self.now,
            chance=chance,
            next_step=self.reglages.next_step,
            noeud=Noeud(nom, partage=True),
        )
        node.delivery = Delivery(node.storage, self.vault, self.plateformes, [DEMO_SHOP], outside)
        _ = Deferred.fromCoroutine(node.delivery.start())
        self._look(node)
        return node

    def _look(self, node: Node) -> None:
        if not node.storage.dead:
            node.delivery.wake((une.nom, service) for une in self.plateformes for service in SERVICES)
            node.process.callLater(LOOK, self._look, node)

    def _n1_died(self, process: MortalClock) -> None:
        self.deaths += 1
        process.die()

    def post(self, nouvelle: intake.Nouvelle) -> intake.Reception | None:
        """Accepted by whichever node, seen by both at their next look."""
        found: list[Any] = []
        accepted = self.durable.write(lambda t: intake.accept(t, self.vault, self.ids, nouvelle, self.now()))
        _ = accepted.addBoth(found.append)
        [reception] = found
        assert isinstance(reception, intake.Accepted | intake.Same), reception
        return reception

    def close(self) -> None:
        for node in self.nodes.values():
            node.die()
            _ = node.slow.close()
        _ = self.durable.close()


class Blind:
    """Tables for a claim that checks nothing: the entry is as it was read, and is written whatever it has become."""

    def __init__(self, tables: Tables, seen: Any) -> None:
        self._tables = tables
        self._seen = seen

    def __getattr__(self, nom: str) -> Any:
        return getattr(self._tables, nom)

    def entry(self, identifiant: str) -> Any:
        return self._seen if identifiant == self._seen.id else self._tables.entry(identifiant)

    def update_entry(self, entry: Any) -> None:
        now = self._tables.entry(entry.id)
        assert now is not None
        self._tables.update_entry(replace(entry, version=now.version + 1))
