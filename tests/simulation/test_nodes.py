"""Two nodes drain one backlog: each invoice once, in order, whoever dies or sleeps; in memory and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests import postgres
from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.nodes import Blind, Grappe
from tests.simulation.world import Reglages
from tierspayant.adapter import leases, records
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.postgres import InlinePostgres

FILES = 6
STRIDE = 5
"""Each run tries every fifth commit, beginning where its seed says."""
LONG = 3 * 3600.0
BRIEF = 4000.0
"""Seconds on a server, where the two meet on one platform that decides within minutes: hours of looking at every lane
prove no more about who takes what."""
PLATEFORMES = {"memory": ("viamedis", "almerys"), "postgres": ("viamedis",)}
BACKENDS = ("memory", "postgres")


@contextmanager
def two_nodes(backend: str, **reglages: Any) -> Iterator[Grappe]:
    """Both nodes with a backlog that neither has looked at."""
    url, reglages = "", {"plateformes": PLATEFORMES[backend], **reglages}
    if backend == "memory":
        monde = Grappe(Reglages(storage=MemoryStorage, dedoublonnage=False, **reglages))
    else:
        url = postgres.fresh_database()
        connect = partial(InlinePostgres, url)
        monde = Grappe(Reglages(storage=connect, dedoublonnage=False, **reglages), connect)
    for rang in range(FILES):
        plateforme = PLATEFORMES[backend][rang % len(PLATEFORMES[backend])]
        monde.post(people.pec(plateforme, f"D-{rang}"))
        monde.post(people.facture(f"D-{rang}", f"24013150{rang}"))
    yield monde
    monde.close()
    if url:
        postgres.drop_database(url)


def live(monde: Grappe) -> None:
    """Long enough for everything to be delivered, decided and told."""
    monde.run(LONG if len(monde.plateformes) > 1 else BRIEF)


def all_billed_once(monde: Grappe) -> None:
    assert faults(monde) == []
    assert [monde.entry(f"D-{rang}/FAC-1").resultat for rang in range(FILES)] == ["acceptee"] * FILES


def senders(monde: Grappe) -> set[str | None]:
    return {entry.noeud for entry in monde.entries()}


@pytest.mark.parametrize("backend", BACKENDS)
def test_both_work_and_each_invoice_is_billed_once(backend: str) -> None:
    with two_nodes(backend) as monde:
        live(monde)
        all_billed_once(monde)
        assert senders(monde) == {"n1", "n2"}, "both took their share"
        lost = sum(node.slow.overtaken for node in monde.nodes.values())
        assert lost > 0, "they never met at the same entry: this proves nothing"


@pytest.mark.parametrize("backend", BACKENDS)
def test_control_a_claim_that_checks_nothing_doubles(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest: Callable[..., list[Entry]] = records.begin

    def begin(tables: Any, vault: Any, leaving: Sequence[records.Leaving], *rest: Any) -> list[Entry]:
        return honest(Blind(tables, leaving[0].entry), vault, leaving, *rest)

    monkeypatch.setattr(records, "begin", begin)
    with two_nodes(backend) as monde:
        live(monde)
        assert any("times" in fault or "twice" in fault for fault in faults(monde))


def commits() -> int:
    with two_nodes("memory") as monde:
        live(monde)
        return monde.nodes["n1"].storage.commits


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_node_that_dies_at_any_commit_leaves_nothing_undone_or_doubled(side: str, seed: int) -> None:
    for n in range(1 + seed % STRIDE, commits() + 1, STRIDE):
        with two_nodes("memory", deaths=((n, side),)) as monde:
            live(monde)
            assert monde.deaths == 1, f"commit {n} was reached"
            all_billed_once(monde)


@pytest.mark.parametrize("n", [3, 8, 13])
def test_the_same_on_postgresql(n: int) -> None:
    with two_nodes("postgres", deaths=((n, "after"),)) as monde:
        live(monde)
        assert monde.deaths == 1
        all_billed_once(monde)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_node_that_slept_through_its_lease_settles_nothing(backend: str) -> None:
    with two_nodes(backend) as monde:
        sleeper = monde.nodes["n1"]
        while not [e for e in monde.entries(Etat.ENVOI) if e.noeud == "n1"]:
            monde.run(0.01)
        [taken, *_] = [e.id for e in monde.entries(Etat.ENVOI) if e.noeud == "n1"]
        sleeper.slow.frozen = True
        late = sleeper.slow.overtaken
        live(monde)
        found = monde.read(lambda tables: tables.entry(taken))
        assert found is not None
        assert found.noeud == "n2", "the other node took it over"
        sleeper.slow.thaw()
        live(monde)
        assert sleeper.slow.overtaken > late, "its late result was refused"
        all_billed_once(monde)


def test_control_a_lease_nobody_ends_leaves_the_dead_node_s_work_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "MARGE", leases.MARGE * 10_000)
    for n in range(1, commits() + 1):
        with two_nodes("memory", deaths=((n, "after"),)) as monde:
            live(monde)
            if any("still envoi" in fault for fault in faults(monde)):
                return
    pytest.fail("no death leaves work behind: the proofs above prove nothing")
