"""The stock blocking zeep client, given only `?wsdl`, walks a file to its invoice's state on both platforms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.live.stock_zeep import FiveServices, OneCounter
from tierspayant.emulator.live import Live, Session

NOW = "2024-01-31T10:00:00+01:00"
ALICE = ("00990011", "003", "A1234567", "285057599900197", dt.date(1985, 5, 12), "DUPRE", "ALICE")
HUGO = ("990020020", "C2345678", "190097599900361", dt.date(1990, 9, 23), "LEROUX", "HUGO")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Live]:
    live = Live.start("--auth", "none")
    yield live
    live.stop()


@pytest.fixture
def session(emulator: Live) -> Iterator[Session]:
    one = emulator.session(now=NOW)
    yield one
    one.ledger_adds_up()
    one.delete()


@pytest.mark.parametrize("suffixe", ["?wsdl", "?wsdl=soap12"])
def test_five_services_from_rights_to_the_state_of_the_invoice(session: Session, suffixe: str) -> None:
    with FiveServices(session.plateformes["viamedis"], suffixe) as caisse:
        alice = caisse.personne(*ALICE)
        assert caisse.droits(alice).statutDroits == "OUVERTS"

        pec = caisse.pec("D-CAISSE-1", alice)
        assert (pec.etat, pec.valideAu, pec.facturableJusquAu) == (
            "Accordee",
            dt.date(2024, 3, 31),
            dt.date(2024, 4, 30),
        )
        vus = pec.montants
        assert (vus.total, vus.partAmo, vus.partAmc, vus.resteACharge) == tuple(
            Decimal(montant) for montant in ("300.00", "0.09", "179.91", "120.00")
        )
        assert [(un.partAmo, un.partAmc, un.resteACharge) for un in vus.detail] == [
            (Decimal("0.03"), Decimal("49.97"), Decimal("70.00")),
            (Decimal("0.03"), Decimal("64.97"), Decimal("25.00")),
            (Decimal("0.03"), Decimal("64.97"), Decimal("25.00")),
        ]

        accuse = caisse.facture("D-CAISSE-1", alice, pec, "240131901")
        assert (accuse.accuse, accuse.facture.numeroFacture) == ("POSITIF", "240131901")
        assert caisse.etat_facture("240131901").etat == "Recue"
        session.clock.advance("PT1H")
        connue = caisse.etat_facture("240131901")
        assert (connue.etat, connue.montantAmc, connue.numeroPec) == ("Acceptee", Decimal("179.91"), pec.numero)
    assert _ledger(session, "D-CAISSE-1") == [("240131901", 17991, "acceptee")]


@pytest.mark.parametrize("suffixe", ["?wsdl", "?wsdl=soap12"])
def test_one_counter_from_rights_to_the_state_of_the_invoice(session: Session, suffixe: str) -> None:
    with OneCounter(session.plateformes["almerys"], suffixe) as caisse:
        hugo = caisse.personne(*HUGO)
        ouverts = caisse.droits(hugo)
        assert (ouverts.situation, ouverts.codeOrganisme) == ("OUVERTS", "A020")

        pec = caisse.pec("D-CAISSE-2", hugo)
        assert (pec.etat, pec.finValidite, pec.finFacturation) == ("VALIDEE", "20240331", "20240430")
        vus = pec.valorisation
        assert (vus.total, vus.partAMO, vus.partAMC, vus.resteACharge) == (30000, 9, 17991, 12000)
        verre = (3, 6497, 2500)
        assert [(un.partAMO, un.partAMC, un.resteACharge) for un in vus.partArticle] == [(3, 4997, 7000), verre, verre]

        arl = caisse.facture("D-CAISSE-2", hugo, pec, "240131902", "L-CAISSE-1")
        assert (arl.statut, [une.numeroFacture for une in arl.facture]) == ("POSITIF", ["240131902"])
        session.clock.advance("PT1H")
        connue = caisse.etat_facture("240131902")
        assert (connue.etat, connue.montantDemande, connue.numeroDossier) == ("LIQUIDEE", 17991, pec.numeroDossier)
    assert _ledger(session, "D-CAISSE-2") == [("240131902", 17991, "acceptee")]


def _ledger(session: Session, dossier: str) -> list[tuple[str, int, str]]:
    """(number, AMC share in centimes, state) of the invoices of a file, as the platform's books have them."""
    rows = session.ledger()["factures"]
    return [(row["numero"], row["montant_amc_centimes"], row["etat"]) for row in rows if row["dossier"] == dossier]
