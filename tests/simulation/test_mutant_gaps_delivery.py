"""Promises of delivery that no other test would miss: found by planting the bug (mutants/bugs/delivery.toml)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from twisted.internet.defer import Deferred

from tests.simulation import people
from tests.simulation.world import Fate, Monde, Reglages
from tests.unit.adapter.entries import NOW, entry
from tierspayant.adapter import policy, recovery
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.leases import Noeud
from tierspayant.adapter.storage.memory import MemoryStorage, MemoryTables
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.adapter.storage.sqlite import InlineSqlite
from tierspayant.schemas.wire import HttpRequest

T = TypeVar("T")

GRACE = dt.timedelta(minutes=2)


def test_what_leaves_is_already_written_down_as_leaving(tmp_path: Path) -> None:
    """Read back from the file at the very moment a body leaves, so that a death there finds it."""
    written: list[list[Etat]] = []

    def look(requete: HttpRequest, now: float) -> Fate:
        written.append([one.etat for one in monde.entries()])
        return Fate()

    monde = Monde(Reglages(storage=lambda: InlineSqlite(tmp_path / "adapter.db"), fate=look))
    monde.insist(people.pec("viamedis", "D-1"))
    monde.run(1)
    assert written[:1] == [[Etat.ENVOI]]


def test_a_resend_is_the_same_bytes_although_time_has_passed() -> None:
    monde = Monde(Reglages(fate=lambda requete, now: Fate(never=True) if now < 60 else Fate()))
    monde.insist(people.pec("viamedis", "D-1"))
    monde.run(3600)
    pec = monde.entry("D-1/PEC-1")
    exchanges = monde.read(lambda tables: tables.tentatives(pec.id))
    sent = [f"requete-{one.rang}" for one in exchanges if one.operation is pec.operation]
    bodies = monde.read(lambda tables: [monde.vault.get(tables, pec, genre) for genre in sent])
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(("noeud", "then"), [("n1", Etat.INCERTAINE), ("n2", Etat.ENVOI)])
def test_a_start_puts_its_own_work_in_doubt_at_once_and_leaves_another_node_its_lease(noeud: str, then: Etat) -> None:
    tables = MemoryTables()
    leaving: Entry = entry(etat=Etat.ENVOI, noeud=noeud, envoye_le=NOW, du_le=NOW + dt.timedelta(minutes=1))
    tables.insert_entry(leaving, "x")
    recovery.recover(tables, lambda lane: GRACE, NOW, Noeud("n1", partage=True))
    found = tables.entry(leaving.id)
    assert found is not None
    assert found.etat is then


def test_the_back_off_doubles_up_to_its_maximum() -> None:
    waits = [policy.backoff(essais, 0).total_seconds() * 2 for essais in range(1, 8)]
    assert waits == [30, 60, 120, 240, 480, 900, 900]


class SlowOnce:
    """Storage whose first commit of something that leaves takes ten minutes: a disk that hangs."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.monde: Monde | None = None
        self.hung = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._storage.read(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        done = self._storage.write(work)
        if self.monde is not None and not self.hung and self.monde.entries(Etat.ENVOI):
            self.hung = True
            self.monde.clock.rightNow += 600
        return done

    def close(self) -> Deferred[None]:
        return self._storage.close()


def test_nothing_leaves_once_its_lease_may_be_over() -> None:
    slow = SlowOnce(MemoryStorage())
    in_time: list[bool] = []

    def look(requete: HttpRequest, now: float) -> Fate:
        in_time.extend(one.du_le is not None and one.du_le > monde.now() for one in monde.entries(Etat.ENVOI))
        return Fate()

    monde = Monde(Reglages(storage=lambda: slow, fate=look))
    slow.monde = monde
    monde.insist(people.pec("viamedis", "D-1"))
    monde.run(3600)
    assert slow.hung
    assert in_time == [True], "it left once, under a lease of its own"
    assert monde.entry("D-1/PEC-1").resultat == "accordee"
