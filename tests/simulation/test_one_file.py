"""One file through both platforms, nothing failing: rights, agreement, invoice."""

from __future__ import annotations

import pytest

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, Monde, Reglages
from tierspayant.adapter.entry import Etat


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
def test_a_file_goes_from_rights_to_an_accepted_invoice(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.droits(plateforme, "DR-1"))
    monde.post(people.pec(plateforme, "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    assert monde.entry("D-1/FAC-1").du_le is None, "an invoice waits for its PEC"

    monde.run(3600)

    droits, pec, facture = (monde.entry(nom) for nom in ("DR-1", "D-1/PEC-1", "D-1/FAC-1"))
    assert (droits.etat, droits.resultat) == (Etat.TERMINEE, "ouverts")
    assert (pec.etat, pec.resultat, pec.amc_centimes) == (Etat.TERMINEE, "facturee", 17991)
    assert (facture.etat, facture.resultat, facture.amc_centimes) == (Etat.TERMINEE, "acceptee", 17991)
    [billed] = [f for f in monde.ledger(plateforme)["factures"] if f["dossier"] == "D-1"]
    assert (billed["magasin"], billed["montant_amc_centimes"]) == (DEMO_SHOP, 17991)
    assert monde.ecarts() == []
