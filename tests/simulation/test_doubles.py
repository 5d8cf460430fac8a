"""An answer that never comes: was it processed, never received, or is it still under way? All three look the same.

Each proof has its negative control here: with a worse rule in the same place, the same platform bills twice.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tests.simulation.worse import resend_without_asking
from tierspayant.adapter.entry import Etat, Raison
from tierspayant.schemas.wire import HttpRequest, header

PLATEFORMES = ("viamedis", "almerys")
WRITING = ("DemanderPriseEnCharge", "DeposerFacture", "Valoriser", "DeposerLot")

PROCESSED = Fate(lost=True)
NEVER_RECEIVED = Fate(never=True)
STILL_UNDER_WAY = Fate(lost=True, retard=100.0)


def first_writes(fate: Fate, times: int = 2) -> FateOf:
    """The first two writes (a PEC and an invoice) meet `fate`; everything else goes well."""
    left = dict.fromkeys(WRITING, 1)

    def of(requete: HttpRequest, _: float) -> Fate:
        action = (header(requete.headers, "soapaction") or "") + (header(requete.headers, "content-type") or "")
        name = next((one for one in WRITING if one in action), None)
        if name is None or left[name] == 0:
            return Fate()
        left[name] -= 1
        return fate

    return of


def live(plateforme: str, fate: Fate, **reglages: object) -> Monde:
    monde = Monde(Reglages(fate=first_writes(fate), dedoublonnage=False, **reglages))  # type: ignore[arg-type]
    monde.insist(people.pec(plateforme, "D-1"))
    monde.insist(people.facture("D-1", "240131501"))
    monde.run(6 * 3600)
    return monde


@pytest.mark.parametrize("fate", [PROCESSED, NEVER_RECEIVED, STILL_UNDER_WAY], ids=["processed", "never", "under-way"])
@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_what_was_lost_on_the_way_is_done_exactly_once(plateforme: str, fate: Fate) -> None:
    monde = live(plateforme, fate)
    assert faults(monde) == []
    assert monde.entry("D-1/FAC-1").resultat == "acceptee"
    assert monde.entry("D-1/FAC-1").tentatives == (2 if fate.never else 1)


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_control_resending_without_asking_doubles(plateforme: str) -> None:
    assert any(
        "twice" in fault or "2 times" in fault
        for fault in faults(live(plateforme, PROCESSED, next_step=resend_without_asking))
    )


@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_control_asking_at_once_doubles(plateforme: str) -> None:
    monde = live(plateforme, STILL_UNDER_WAY, delai_traitement=dt.timedelta(0))
    assert any("twice" in fault or "2 times" in fault for fault in faults(monde))


@pytest.mark.parametrize("fate", [PROCESSED, NEVER_RECEIVED, STILL_UNDER_WAY], ids=["processed", "never", "under-way"])
@pytest.mark.parametrize("plateforme", PLATEFORMES)
def test_without_a_search_by_reference_a_person_settles_the_doubt(plateforme: str, fate: Fate) -> None:
    monde = live(plateforme, fate, recherche_par_reference=False)
    pec = monde.entry("D-1/PEC-1")
    assert pec.etat is Etat.RETENUE
    assert pec.action is not None
    assert pec.action.raison is Raison.DOUTE_SANS_RECHERCHE
    assert monde.entry("D-1/FAC-1").etat is Etat.EN_FILE, "it waits for its PEC"
    doubled = [fault for fault in faults(monde) if "twice" in fault or "times" in fault]
    assert doubled == []
