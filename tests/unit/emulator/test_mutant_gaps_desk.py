"""What an emulated platform refuses, where no other test would miss it: found by planting bugs."""

from __future__ import annotations

import dataclasses

from tests.unit.emulator.counter import Counter, book_of, found
from tierspayant.schemas.messages import FactureDemande


def test_a_tolerance_never_lets_an_invoice_take_more_than_its_grant() -> None:
    """The insurer of a tolerance of one centime takes one less, for rounding; one more it has not promised."""
    shop = Counter(book_of("viamedis"))
    tolerant = {amc.code for amc in shop.book.world.insurers.values() if amc.tolerance_centimes == 1}
    person = next(one for one in shop.book.world.people.values() if one.amc in tolerant)
    pec = shop.request(person)
    granted = shop.ask(pec)
    [invoice] = shop.billing(pec, granted).factures

    def answer(change: int, numero: str) -> set[str]:
        amounts = dataclasses.replace(
            invoice.montants,
            amc_centimes=invoice.montants.amc_centimes + change,
            reste_a_charge_centimes=invoice.montants.reste_a_charge_centimes - change,
        )
        one = dataclasses.replace(invoice, montants=amounts, numero_facture=numero)
        return found(shop.ask(FactureDemande(factures=(one,))))

    assert "FAC05" in answer(+1, "240131901")
    assert "FAC05" in answer(-2, "240131902")
    assert "acquittee" in answer(-1, "240131903")
