"""A world that lives one story, and what was seen of it from outside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from twisted.internet.defer import Deferred

from tests.simulation.histoire import PANNES, Histoire
from tests.simulation.order import wrongs
from tests.simulation.storages import Base
from tests.simulation.witness import Watched, Witness
from tests.simulation.world import INSIST, RESTART, Fate, Monde, Reglages, result_of
from tierspayant.adapter import intake
from tierspayant.adapter.annuaire import Annuaire, Entree
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.schemas.wire import HttpRequest

T = TypeVar("T")

MINUTE = 60.0
FORMER, MOVED = "viamedis", "oxantis"
"""The insurer of the viamedis-style card moves from one to the other."""
CARD, INSURER = "00990011", "M011"


class StoryWorld(Monde):
    """`late`: what was still queued when the queue should have been empty (drain.py).

    `to_check`: PEC that may have been at the platform when the customer paid.
    """

    def __init__(self, histoire: Histoire, how: Reglages, base: Base) -> None:
        self.histoire = histoire
        self.base = base
        self.witness = Witness(wrongs)
        self.late: list[str] = []
        self.refused_posts = 0
        self.to_check: set[str] = set()
        reglages = replace(
            how,
            storage=lambda: Watched(self.base.fresh(), self.witness),
            reopen=self._reopened,
            fate=self._fate,
            annuaire=self.directory,
        )
        super().__init__(reglages)
        self.session.journal = self.witness

    def trace(self) -> str:
        """A hash of every request's end, every event and every message at a platform."""
        events = self.read(lambda t: t.evenements(None, 0, 100_000))
        rows = [
            (
                e.id,
                e.type,
                e.a.isoformat(),
                e.magasin,
                e.entree,
                sorted((nom, str(valeur)) for nom, valeur in e.donnees.items()),
            )
            for e in events
        ]
        whole = [super().trace(), rows, [(a.le.isoformat(), *a[1:]) for a in self.witness.arrivals]]
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    # ---- weather, deaths, the payer directory

    def _fate(self, _: HttpRequest, now: float) -> Fate:
        for une in self.histoire.pannes:
            if une.debut * MINUTE <= now < (une.debut + une.duree) * MINUTE:
                fate = replace(PANNES[une.sorte])
                self.witness.met.add(une.sorte)
                self.witness.mishap(now + fate.retard)
                if fate.lost:
                    self.witness.unheard.add(now + fate.retard)
                return fate
        return Fate()

    def _reopened(self, storage: Storage) -> Storage:
        assert isinstance(storage, Watched)
        self.witness.interrupted += bool(self.entries(Etat.ENVOI))
        storage.inner = self.base.reopened(storage.inner)
        self.witness.mishap(self.clock.seconds() + RESTART)
        return storage

    @property
    def moved(self) -> bool:
        """Whether the insurer has moved."""
        minute = self.histoire.demenagement
        return minute is not None and self.clock.seconds() >= minute * MINUTE

    def directory(self) -> Annuaire:
        place = MOVED if self.moved else FORMER
        there = Entree(numero_amc=CARD, plateforme=place, organisme=INSURER)
        return Annuaire((there, Entree(numero_amc="990020020", plateforme="almerys", organisme="A020")))

    # ---- what people do goes through the daemon: dead, it answers nothing

    def act(self, work: Callable[[Tables], T]) -> T | None:
        """What a write through the daemon comes to; None when it is dead, or dies of it."""
        return result_of(self.storage.write(work))

    def deliver(self, nouvelle: intake.Nouvelle) -> None:
        """Post until the daemon answers, and remember what it promised."""
        reception = self.post(nouvelle)
        if reception is None:
            self.clock.callLater(INSIST, self.deliver, nouvelle)
        elif isinstance(reception, intake.AvanceFaite):
            self.refused_posts += 1
        else:
            assert isinstance(reception, intake.Accepted | intake.Same), reception
            self.witness.accepted.add((nouvelle.magasin, nouvelle.corps.reference))
            self.happened()

    def happened(self) -> None:
        self.witness.mishap(self.clock.seconds())

    def found(self, magasin: str, reference: str) -> Entry | None:
        """The shop's request of that reference, if the daemon has it."""
        return result_of(self.durable.read(lambda t: t.entry_by_reference(magasin, reference)))

    def promise(self, deferred: Deferred[T]) -> T | None:
        """What a coroutine came to; None when the daemon died of it."""
        return result_of(deferred)
