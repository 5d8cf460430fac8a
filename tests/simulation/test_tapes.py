"""The emulator's tapes lived in simulation: February 2024, six weeks of closures and half-open services."""

from __future__ import annotations

import random

import pytest

from tests.simulation.story import Dossier, Histoire, broken, command, live
from tierspayant.adapter.entry import Etat
from tierspayant.schemas.operations import Operation

DAY = 24 * 60
FILES = 12


def lived(bande: str, seed: int, jours: int) -> Histoire:
    chance = random.Random(seed)
    dossiers = tuple(
        Dossier(
            plateforme=chance.choice(("viamedis", "almerys")),
            magasin=chance.randrange(3),
            arrivee=chance.randrange((jours - 2) * DAY),
            apres=chance.randrange(60, DAY),
        )
        for _ in range(FILES)
    )
    morts = tuple((chance.randint(1, 60), chance.choice(("before", "after"))) for _ in range(3))
    return Histoire(graine=seed, dossiers=dossiers, morts=morts, bande=bande, fin=(jours + 1) * DAY)


@pytest.mark.parametrize(("bande", "jours"), [("fevrier-2024", 46), ("journee-hachee", 3)])
def test_every_file_of_a_tape_is_granted_and_billed_once(bande: str, jours: int, seed: int) -> None:
    histoire = lived(bande, seed, jours)
    monde = live(histoire)
    assert broken(monde) == [], command(histoire)
    ends = {(entry.operation, entry.etat, entry.resultat) for entry in monde.entries()}
    assert {etat for _, etat, _ in ends} == {Etat.TERMINEE}, command(histoire)
    billed = {resultat for operation, _, resultat in ends if operation is Operation.FACTURE}
    assert billed <= {"acceptee", "payee"}, command(histoire)
