"""The almerys-style samples carry what their names promise and the values of the ready-made world."""

from __future__ import annotations

import pytest

from tests.contracts.dialecte import lire, noms
from tierspayant.schemas.almerys import DIALECTE
from tierspayant.schemas.almerys.words import CHEMIN, PACKAGE
from tierspayant.schemas.messages import DevisDemande, FactureDemande, PecDemande
from tierspayant.schemas.outcomes import NotNow, Outcome, Refus
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

TYPE_12 = (("Content-Type", SoapVersion.V12.content_type),)
QUESTIONS = [nom for nom in noms(PACKAGE) if nom.partition(".")[0] in DIALECTE.names.values()]


def _lu(nom: str) -> Appel:
    return DIALECTE.load_server().read(HttpRequest("POST", CHEMIN, TYPE_12, lire(PACKAGE, nom)))


@pytest.mark.parametrize("nom", QUESTIONS)
def test_a_sample_is_read_as_the_operation_of_its_name(nom: str) -> None:
    appel = _lu(nom)
    assert DIALECTE.names[appel.operation] == nom.partition(".")[0]
    assert (appel.entete.magasin.clair, appel.version) == ("759999014", SoapVersion.V12)


def test_the_agreement_sample_is_the_worked_example() -> None:
    pec = _lu("Valoriser.ok.xml").demande
    assert isinstance(pec, PecDemande)
    assert not isinstance(pec, DevisDemande)
    assert [ligne.net_centimes for ligne in pec.equipement.lignes] == [12000, 9000, 9000]
    assert (pec.carte.numero_amc.clair, pec.beneficiaire.prenom.clair) == ("990020020", "HUGO")


def test_the_quote_sample_differs_by_its_kind() -> None:
    assert isinstance(_lu("Valoriser.devis.xml").demande, DevisDemande)


def test_the_lot_sample_bills_the_ready_made_agreement_to_the_centime() -> None:
    lot = _lu("DeposerLot.ok.xml").demande
    assert isinstance(lot, FactureDemande)
    [facture] = lot.factures
    montants = facture.montants
    assert (montants.amo_centimes, montants.amc_centimes, montants.reste_a_charge_centimes) == (9, 17991, 12000)
    assert (facture.numero_pec, facture.numero_facture) == ("20240124000001", "240131001")


@pytest.mark.parametrize(
    ("nom", "attendu"), [("refus", Refus), ("indisponible", NotNow)], ids=["a refusal", "unavailable"]
)
def test_an_answer_sample_comes_to_what_its_name_says(nom: str, attendu: type[Outcome]) -> None:
    octets = lire(PACKAGE, f"ValoriserResponse.{nom}.xml")
    [operation] = [op for op, mot in DIALECTE.names.items() if mot == "Valoriser" and op.value == "pec"]
    outcome = DIALECTE.load_client().decode(operation, "exemple-0200", HttpResponse(200, TYPE_12, octets))
    assert isinstance(outcome, attendu)
