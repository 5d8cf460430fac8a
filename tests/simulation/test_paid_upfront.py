"""A customer pays up front in the middle of a life: nothing of his file is ever billed as well."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, Fate, Monde, Reglages
from tierspayant.adapter import intake, paid_upfront
from tierspayant.adapter.entry import Etat

HOUR = 3600.0


def pays(monde: Monde, dossier: str = "D-1") -> Any:
    montants = paid_upfront.Montants()
    done: list[Any] = []
    work: Deferred[Any] = monde.storage.write(
        lambda t: paid_upfront.begin(t, monde.vault, monde.ids, DEMO_SHOP, dossier, montants, monde.now())
    )
    _ = work.addBoth(done.append)
    if isinstance(done[0], paid_upfront.Marked):
        monde.delivery.wake(done[0].lanes)
    return done[0]


def granted(monde: Monde, plateforme: str) -> list[str]:
    rows = monde.ledger(plateforme)["pec"]
    return [une["etat"] for une in rows if une["reference_magasin"] == "D-1/PEC-1"]


def test_a_granted_agreement_is_cancelled_at_the_platform() -> None:
    for plateforme in ("viamedis", "almerys"):
        monde = Monde(Reglages())
        monde.post(people.pec(plateforme, "D-1"))
        monde.run(HOUR)
        assert granted(monde, plateforme) == ["accordee"]
        assert isinstance(pays(monde), paid_upfront.Marked)
        monde.run(2 * HOUR)
        assert granted(monde, plateforme) == ["annulee"]
        assert monde.entry("D-1/PEC-1/AVANCE-1").resultat == "confirmee"
        refus = monde.post(people.facture("D-1", "240131501"))
        assert isinstance(refus, intake.AvanceFaite)
        assert monde.ecarts() == []


def test_an_agreement_in_doubt_that_never_arrived_is_not_sent_again() -> None:
    monde = Monde(Reglages(fate=lambda requete, now: Fate(never=now < 10)))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(5)
    assert monde.entry("D-1/PEC-1").etat is Etat.INCERTAINE
    pays(monde)
    monde.run(4 * HOUR)
    pec = monde.entry("D-1/PEC-1")
    assert pec.action is not None
    assert (pec.etat, pec.action.raison) == (Etat.RETENUE, "avance_client")
    assert granted(monde, "viamedis") == []


def test_an_agreement_in_doubt_that_had_arrived_is_found_and_cancelled() -> None:
    monde = Monde(Reglages(fate=lambda requete, now: Fate(lost=now < 10)))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(5)
    assert monde.entry("D-1/PEC-1").etat is Etat.INCERTAINE
    pays(monde)
    monde.run(4 * HOUR)
    assert granted(monde, "viamedis") == ["annulee"]


def test_an_invoice_in_doubt_keeps_the_customer_from_paying_twice() -> None:
    def lost(requete: Any, now: float) -> Fate:
        return Fate(lost=requete.path == "/facturation")

    monde = Monde(Reglages(fate=lost))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(120)
    assert monde.entry("D-1/FAC-1").etat is Etat.INCERTAINE
    assert pays(monde).code == "facture_en_cours"
