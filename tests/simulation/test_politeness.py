"""What a file costs a platform in calls, and that asking less never means knowing less."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation import people
from tests.simulation.test_returns import PRICES
from tests.simulation.world import Fate, FateOf, Monde, Reglages
from tierspayant.schemas.wire import HttpRequest, header

DAY = 24 * 3600.0
MONTHS = 120 * DAY
PLATEFORMES = pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])


def counting(calls: Counter[str]) -> FateOf:
    """Counts what reaches the network by the wire name of its operation."""

    def fate(requete: HttpRequest, _: float) -> Fate:
        action = header(requete.headers, "soapaction") or header(requete.headers, "content-type") or ""
        calls[action.rstrip('"').rpartition("/")[2].rpartition(":")[2]] += 1
        return Fate()

    return fate


def billed(plateforme: str, prix: int = 12000, **reglages: object) -> Monde:
    monde = Monde(Reglages(**reglages))  # type: ignore[arg-type]
    monde.post(people.pec(plateforme, "D-1", prix_monture=prix))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(MONTHS)
    return monde


@PLATEFORMES
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_file_that_goes_well_is_asked_about_once_or_twice(plateforme: str, seed: int) -> None:
    calls: Counter[str] = Counter()
    monde = billed(plateforme, seed=seed, fate=counting(calls))
    assert (monde.entry("D-1/FAC-1").resultat, monde.entry("D-1/PEC-1").resultat) == ("payee", "soldee")
    assert calls["ConsulterFacture"] in {1, 2}
    assert calls["ConsulterPriseEnCharge"] == calls["ConsulterDossier"] == 0, "its invoice tells"


@PLATEFORMES
def test_an_acknowledged_invoice_has_billed_its_agreement(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(60.0)
    [row] = [row for row in monde.ledger(plateforme)["pec"] if row["dossier"] == "D-1"]
    assert monde.entry("D-1/FAC-1").resultat == "acquittee"
    assert monde.entry("D-1/PEC-1").resultat == row["etat"] == "facturee"


@PLATEFORMES
@pytest.mark.parametrize("way", sorted(nom for nom in PRICES if nom.startswith(("paiement", "indu", "controle"))))
def test_however_its_invoice_ends_the_agreement_is_what_the_platform_says(plateforme: str, way: str) -> None:
    monde = billed(plateforme, PRICES[way])
    [row] = [row for row in monde.ledger(plateforme)["pec"] if row["dossier"] == "D-1"]
    assert monde.entry("D-1/PEC-1").resultat == row["etat"]


def test_an_invoice_examined_for_days_is_asked_about_ever_less_often() -> None:
    calls: Counter[str] = Counter()
    monde = billed("viamedis", PRICES["controle_lent"], fate=counting(calls))
    assert monde.entry("D-1/FAC-1").resultat == "payee"
    assert 3 * 24 / 6 <= calls["ConsulterFacture"] <= 2 * 3 * 24 / 6 + 3, "three days, every six hours at most"
