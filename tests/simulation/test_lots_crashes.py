"""Whatever dies, is lost or comes late, an invoice is billed once and in one lot; by one node or by two."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from tests import postgres
from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.lot_world import (
    ALMERYS,
    HOUR,
    Wire,
    all_accepted,
    dossier,
    fill,
    in_one_lot_each,
    invoice,
    lived,
    places,
    queued,
)
from tests.simulation.nodes import Grappe
from tests.simulation.world import Fate, Monde
from tests.simulation.worse import resend_without_asking
from tierspayant.adapter import lots, policy
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.postgres import InlinePostgres
from tierspayant.adapter.storage.protocol import Membre, Storage, Tables
from tierspayant.schemas.wire import HttpRequest


def died(at: tuple[int, str] | None, next_step: policy.NextStep = policy.next_step) -> Monde:
    """Three invoices, one of them alone, whose daemon dies at a commit."""
    deaths = () if at is None else (at,)
    reglages = replace(ALMERYS, deaths=deaths, next_step=next_step)
    monde = queued(Wire(opens=0.5 * HOUR), nombre=3, reglages=reglages)
    monde.run(8 * HOUR)
    return monde


def commits() -> int:
    monde = died(None)
    assert sorted(map(len, in_one_lot_each(monde).values())) == [1, 2]
    return monde.storage.commits


@pytest.mark.parametrize("side", ["before", "after"])
def test_dying_at_any_commit_leaves_each_invoice_in_one_lot(side: str) -> None:
    total = commits()
    assert total > 20, "the story has enough steps to die at"
    for n in range(1, total + 1):
        monde = died((n, side))
        assert monde.deaths == 1, f"commit {n} was reached"
        all_accepted(monde, 3)
        found = in_one_lot_each(monde)
        assert {row.numero for row in places(monde).values()} == set(found), f"death {side} commit {n}"


def test_control_a_lot_sent_again_without_asking_doubles() -> None:
    doubled = [
        n
        for n in range(1, commits() + 1)
        if any("times" in fault for fault in faults(died((n, "before"), next_step=resend_without_asking)))
    ]
    assert doubled, "no crash point doubles: the proof above proves nothing"


def test_control_without_the_rows_an_invoice_is_in_two_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget who travels with whom: after a doubt each invoice is asked about alone, and lots differ from the bytes."""

    def forget(tables: Tables, membre: Membre) -> None:
        pass

    monkeypatch.setattr(lots, "join", forget)
    wire = Wire({("DeposerLot", 2): Fate(never=True)})
    monde = lived(wire)
    assert faults(monde) != [] or wire.calls["ConsulterLot"] == 0


KINDS = (Fate(refused=True), Fate(statut=503), Fate(never=True), Fate(lost=True), Fate(lost=True, retard=90.0))
STORMS = 12


def storm(seed: int, next_step: policy.NextStep = policy.next_step) -> Monde:
    """Invoices of two shops come while the platform takes none; then a third of all calls goes wrong, and the daemon
    dies now and then."""
    chance = random.Random(seed)
    deaths = tuple((chance.randint(5, 60), chance.choice(("before", "after"))) for _ in range(chance.randint(0, 3)))
    wire = Wire(opens=HOUR)

    def fate(requete: HttpRequest, now: float) -> Fate:
        given = wire(requete, now)
        wrong = HOUR <= now < 5 * HOUR and given == Fate() and chance.random() < 0.33
        return replace(chance.choice(KINDS)) if wrong else given

    monde = Monde(replace(ALMERYS, seed=seed, fate=fate, deaths=deaths, taille_lot=4, next_step=next_step))
    for rang in range(12):
        magasin = chance.choice(("759999014", "759999022"))
        monde.insist(replace(people.pec("almerys", dossier(rang)), magasin=magasin))
        later = replace(invoice(rang), magasin=magasin)
        monde.clock.callLater(600 if rang == 0 else chance.uniform(900, HOUR), monde.insist, later)
    monde.run(30 * HOUR)
    return monde


def test_lots_in_a_storm(seed: int) -> None:
    sizes: Counter[int] = Counter()
    for one in range(seed, seed + STORMS):
        monde = storm(one)
        assert faults(monde) == [], f"storm {one}"
        found = in_one_lot_each(monde)
        assert {row.numero for row in places(monde).values()} == set(found), f"storm {one}"
        sizes.update(map(len, found.values()))
    assert max(sizes) > 1, "no lot of several: this proves nothing"


def test_control_storms_double_without_the_question() -> None:
    assert any("times" in fault for seed in range(STORMS) for fault in faults(storm(seed, resend_without_asking)))


@contextmanager
def two_nodes(backend: str, wire: Wire, deaths: tuple[tuple[int, str], ...] = ()) -> Iterator[Grappe]:
    """A backlog in lots of two that two nodes share; the deaths are those of the first."""
    url = "" if backend == "memory" else postgres.fresh_database()
    connect: Callable[[], Storage] = MemoryStorage if backend == "memory" else partial(InlinePostgres, url)
    reglages = replace(ALMERYS, fate=wire, storage=connect, taille_lot=2, deaths=deaths)
    monde = Grappe(reglages, None if backend == "memory" else connect)
    fill(monde)
    monde.run(8 * HOUR)
    yield monde
    monde.close()
    if url:
        postgres.drop_database(url)


@pytest.mark.parametrize("backend", ["memory", "postgres"])
def test_two_nodes_share_a_backlog_in_lots(backend: str) -> None:
    wire = Wire(opens=HOUR)
    with two_nodes(backend, wire) as monde:
        all_accepted(monde)
        assert sorted(map(len, in_one_lot_each(monde).values())) == [1, 2, 2, 2]


def test_a_node_that_dies_leaves_its_lots_to_the_other(seed: int) -> None:
    with two_nodes("memory", Wire(opens=HOUR)) as whole:
        total = whole.nodes["n1"].storage.commits
    for n in range(1 + seed % 5, total + 1, 5):
        for side in ("before", "after"):
            with two_nodes("memory", Wire(opens=HOUR), deaths=((n, side),)) as monde:
                all_accepted(monde)
                in_one_lot_each(monde)
