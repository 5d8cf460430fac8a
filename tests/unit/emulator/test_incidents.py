"""What changes at a platform while a shop is cut off."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.unit.emulator.counter import SHOP, Counter, book_of, found
from tierspayant.emulator import card_requests, incidents, ledger
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.people import Personne
from tierspayant.schemas.messages import EtatPecDemande, ResultatPec


@pytest.fixture
def shop() -> Counter:
    return Counter(book_of("viamedis"))


@pytest.fixture
def alice(shop: Counter) -> Personne:
    return shop.book.world.people["PEC_OK_ADULTE_NOMINAL"]


def rights(shop: Counter, person: Personne) -> set[str]:
    amc = shop.book.insurer(person.amc)
    return found(shop.ask(card_requests.rights_request(person, amc, business_day(shop.now), shop.choose)))


def test_an_insurer_that_moved_is_refused_with_the_name_of_its_new_platform(shop: Counter, alice: Personne) -> None:
    assert rights(shop, alice) == {"ouverts"}
    incidents.move_insurer(shop.book.world, alice.amc, "oxantis")
    assert rights(shop, alice) == {"inconnu", "DRO04"}
    [reason] = shop.log[-1].motifs
    assert "oxantis" in reason.libelle
    assert rights(Counter(book_of("oxantis", world=shop.book.world)), alice) == {"ouverts"}


def test_closed_rights_refuse_what_comes_later(shop: Counter, alice: Personne) -> None:
    incidents.close_rights(shop.book.world, alice.carte, dt.date(2024, 1, 30))
    assert rights(shop, alice) == {"fermes", "DRO01"}


def test_deleted_quotes_are_unknown(shop: Counter, alice: Personne) -> None:
    quote = shop.request(alice, devis=True)
    numero = shop.ask(quote).numero
    assert incidents.delete_quotes(shop.book, "M012") == 0
    assert incidents.delete_quotes(shop.book) == 1
    for question in (EtatPecDemande(numero_pec=numero), EtatPecDemande(reference=quote.reference)):
        assert shop.ask(question).dossiers == ()


def test_a_forced_tariff_changes_the_limits(shop: Counter, alice: Personne) -> None:
    pec = shop.request(alice, equipement="classe_a")
    assert found(shop.ask(pec)) == {"accordee"}
    incidents.force_tariff(shop.book, "2027")
    assert found(shop.ask(dataclasses.replace(pec, dossier="D-2", reference="D-2/PEC-1"))) == {"refusee", "PEC04"}
    incidents.force_tariff(shop.book, None)
    assert found(shop.ask(dataclasses.replace(pec, dossier="D-3", reference="D-3/PEC-1"))) == {"accordee"}
    with pytest.raises(ValueError, match="tarif: 1999 is unknown"):
        incidents.force_tariff(shop.book, "1999")


def test_a_pec_keyed_on_the_portal_makes_the_shops_own_request_a_duplicate(shop: Counter, alice: Personne) -> None:
    pec = shop.request(alice)
    typed = incidents.key_on_portal(shop.book, SHOP, pec, shop.now)
    assert typed.resultat is ResultatPec.ACCORDEE
    assert shop.ask(EtatPecDemande(reference=pec.reference)).dossiers == ()
    answer = shop.ask(pec)
    assert (answer.numero, answer.motifs[0].code) == (typed.numero, "PEC08")
    assert ledger.check(shop.book) == []
