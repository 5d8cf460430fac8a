"""Payment returns: whole, split, repeated, out of order, one cent off, claimed back: each invoice's money is right."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, Fate, Monde, Reglages
from tierspayant.emulator.ledger import net_paid
from tierspayant.emulator.levers import load as levers
from tierspayant.schemas.wire import HttpRequest

DAY = 24 * 3600.0
MONTHS = 90 * DAY
PRICES = {lever.nom: prix for prix, lever in levers().items()}


def billed(plateforme: str, prix: int = 12000, **reglages: object) -> Monde:
    monde = Monde(Reglages(**reglages))  # type: ignore[arg-type]
    monde.post(people.pec(plateforme, "D-1", prix_monture=prix))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(MONTHS)
    return monde


def truth(monde: Monde, plateforme: str) -> int:
    """What the emulator's ledger says was paid for it, net of what was claimed back."""
    book = monde.session.book(plateforme)
    [row] = [row for row in book.factures.values() if row.facture.dossier == "D-1"]
    return net_paid(book, row.cle)


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
def test_an_accepted_invoice_becomes_paid_by_its_returns(plateforme: str) -> None:
    monde = billed(plateforme)
    facture = monde.entry("D-1/FAC-1")
    assert (facture.etat, facture.resultat, facture.paye_centimes) == ("terminee", "payee", 17991)
    assert truth(monde, plateforme) == 17991
    [line] = monde.read(lambda t: t.retours_of(facture.id))
    assert (line.paye_centimes, line.numero_facture) == (17991, "240131501")


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
def test_the_agreement_follows_its_invoice(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(2 * 3600)
    assert monde.entry("D-1/PEC-1").resultat == "facturee"
    monde.run(MONTHS)
    assert monde.entry("D-1/PEC-1").resultat == "soldee"


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
def test_every_way_of_paying_ends_with_the_ledgers_own_sum(plateforme: str) -> None:
    ways = [nom for nom in PRICES if nom.startswith(("paiement", "indu"))]
    assert len(ways) >= 5
    for nom in ways:
        monde = billed(plateforme, PRICES[nom])
        facture = monde.entry("D-1/FAC-1")
        assert (facture.paye_centimes or 0) == truth(monde, plateforme), nom


def test_a_remittance_listed_twice_counts_once_and_foreign_lines_stay_visible() -> None:
    monde = billed("viamedis", PRICES["paiement_repete"])
    lines = monde.read(lambda t: t.retours(DEMO_SHOP, dt.date(2024, 1, 1), 1000))
    assert len({(un.bordereau, un.rang) for un in lines}) == len(lines)
    foreign = [un for un in lines if un.entree is None]
    assert foreign, "the ready-made files of the demo shop are paid too, and are no entries of ours"
    events = [un for un in monde.read(lambda t: t.evenements(DEMO_SHOP, 0, 1000)) if un.type == "retour_sans_facture"]
    assert len(events) == len(foreign)


def test_returns_are_asked_for_politely_and_wait_while_their_service_is_shut() -> None:
    asked: list[float] = []

    def returns_shut(requete: HttpRequest, now: float) -> Fate:
        if requete.path != "/retours":
            return Fate()
        asked.append(now)
        return Fate(refused=now < 10 * DAY)

    monde = billed("viamedis", plateformes=("viamedis",), fate=returns_shut)
    assert monde.entry("D-1/FAC-1").resultat == "payee"
    assert len([now for now in asked if now >= 12 * DAY]) <= 4 * 80, "some times a day at most"


def test_no_invoice_no_question() -> None:
    asked: list[str] = []

    def count(requete: HttpRequest, _: float) -> Fate:
        asked.append(requete.path)
        return Fate()

    monde = Monde(Reglages(plateformes=("viamedis",), fate=count))
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(MONTHS)
    assert set(asked) == {"/prises-en-charge"}
