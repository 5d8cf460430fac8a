"""The same request keyed twice under two references: the second is held for a person, never sent by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.simulation import people
from tests.simulation.world import Fate, Monde, Reglages
from tierspayant.adapter import gestures
from tierspayant.adapter.demandes import PecCorps
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.adapter.intake import Nouvelle
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.sqlite import InlineSqlite

HOUR = 3600.0


@pytest.fixture(params=["memory", "sqlite"])
def monde(request: pytest.FixtureRequest, tmp_path: Path) -> Monde:
    storage = MemoryStorage if request.param == "memory" else partial(InlineSqlite, tmp_path / "a.db")
    return Monde(Reglages(plateformes=("viamedis",), doublons=True, storage=storage))


def granted(monde: Monde) -> list[str]:
    return [row["dossier"] for row in monde.ledger("viamedis")["pec"] if not row["dossier"].startswith("D-DEMO")]


def act(monde: Monde, reference: str, geste: Geste) -> None:
    done = monde.write(partial(gestures.act, entry=monde.entry(reference), geste=geste, now=monde.now()))
    assert isinstance(done, gestures.Done), done
    monde.delivery.wake(done.lanes)
    monde.run(HOUR)


@pytest.mark.parametrize("later", [0.0, 5 * HOUR], ids=["at once", "after the first was granted"])
def test_the_second_is_held_and_names_the_first(monde: Monde, later: float) -> None:
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(later)
    monde.post(people.pec("viamedis", "D-1", rang=2))
    monde.run(HOUR)
    held = monde.entry("D-1/PEC-2")
    assert held.action is not None
    assert (held.etat, held.action.raison) == (Etat.RETENUE, Raison.DOUBLON_PROBABLE)
    assert held.action.detail == "D-1/PEC-1"
    assert granted(monde) == ["D-1"]
    act(monde, "D-1/PEC-2", Geste.RELANCER)
    assert monde.entry("D-1/PEC-2").tentatives == 1, "a person looked and said it is another one: it leaves"


def test_control_nothing_is_held_when_likes_are_let_through() -> None:
    monde = Monde(Reglages(plateformes=("viamedis",)))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.pec("viamedis", "D-1", rang=2))
    monde.run(HOUR)
    assert monde.entry("D-1/PEC-2").tentatives == 1


def test_another_file_is_another_sale(monde: Monde) -> None:
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.pec("viamedis", "D-2"))
    monde.run(HOUR)
    assert sorted(granted(monde)) == ["D-1", "D-2"]


def other_day(nouvelle: Nouvelle) -> Nouvelle:
    assert isinstance(nouvelle.corps, PecCorps)
    return replace(nouvelle, corps=replace(nouvelle.corps, date_soins=nouvelle.corps.date_soins - dt.timedelta(days=1)))


def second_pair(nouvelle: Nouvelle) -> Nouvelle:
    assert isinstance(nouvelle.corps, PecCorps)
    return replace(nouvelle, corps=replace(nouvelle.corps, equipement=replace(nouvelle.corps.equipement, numero=2)))


@pytest.mark.parametrize(
    "other",
    [people.pec("viamedis", "D-1", rang=2, prix_monture=11900), other_day(people.pec("viamedis", "D-1", rang=2))],
    ids=["another price", "another day"],
)
def test_another_request_for_the_same_person_is_not_held(monde: Monde, other: Nouvelle) -> None:
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(other)
    monde.run(HOUR)
    assert monde.entry("D-1/PEC-2").etat is not Etat.RETENUE
    assert monde.entry("D-1/PEC-2").tentatives == 1


def test_a_second_pair_is_not_a_double(monde: Monde) -> None:
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(second_pair(people.pec("viamedis", "D-1", rang=2)))
    monde.run(HOUR)
    assert monde.entry("D-1/PEC-2").tentatives == 1


def test_what_was_refused_or_withdrawn_is_no_like(monde: Monde) -> None:
    monde.post(people.pec("viamedis", "D-1", prix_monture=9701))
    monde.run(HOUR)
    assert monde.entry("D-1/PEC-1").resultat == "refusee"
    monde.post(people.pec("viamedis", "D-1", rang=2, prix_monture=9701))
    monde.run(HOUR)
    assert monde.entry("D-1/PEC-2").tentatives == 1


def test_a_second_invoice_for_the_same_agreement_is_held(monde: Monde) -> None:
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.post(people.facture("D-1", "240131502", rang=2))
    monde.run(HOUR)
    assert monde.entry("D-1/FAC-1").tentatives == 1
    second = monde.entry("D-1/FAC-2")
    assert second.action is not None
    assert (second.action.raison, second.tentatives) == (Raison.DOUBLON_PROBABLE, 0)


def test_of_two_that_waited_for_a_reopening_one_leaves() -> None:
    shut = Reglages(plateformes=("viamedis",), doublons=True, fate=lambda _, now: Fate(refused=now < HOUR))
    monde = Monde(shut)
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.pec("viamedis", "D-1", rang=2))
    monde.run(3 * HOUR)
    assert granted(monde) == ["D-1"]
    assert monde.entry("D-1/PEC-2").etat is Etat.RETENUE
