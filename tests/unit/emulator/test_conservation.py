"""Each check of the ledger can fire: a book tampered with in one place says which rule, and where."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.emulator.counter import Counter, book_of
from tierspayant.emulator import ledger
from tierspayant.emulator.book import Book
from tierspayant.emulator.rows import Mouvement
from tierspayant.schemas.messages import Montants, ResultatFacture, ResultatPec

PEC, BILLED, PAID = "V240124000001", "V240124000004", "V240124000006"
ACCEPTED_KEY, PAID_KEY = "F000001", "F000003"


def shares(book: Book, **changes: Any) -> None:
    """Change the totals of a granted PEC."""
    row = book.pec[PEC]
    assert row.montants is not None
    row.montants = dataclasses.replace(row.montants, **changes)


def first_line(book: Book, **changes: int) -> None:
    """Change the first line of a granted PEC's amounts."""
    row = book.pec[PEC]
    assert row.montants is not None
    first, *rest = row.montants.lignes
    row.montants = dataclasses.replace(row.montants, lignes=(dataclasses.replace(first, **changes), *rest))


def invoice_amounts(book: Book, **changes: Any) -> None:
    """Change what the accepted invoice asks for."""
    row = book.factures[ACCEPTED_KEY]
    amounts: Montants = dataclasses.replace(row.facture.montants, **changes)
    row.facture = dataclasses.replace(row.facture, montants=amounts)


def balance(book: Book, account: str, change: int) -> None:
    """Change one balance behind the entries' back."""
    book.soldes[account] += change


def second_invoice(book: Book) -> None:
    """Record a living invoice of the same number and PEC once more."""
    row = book.factures[ACCEPTED_KEY]
    copy = dataclasses.replace(row, cle="F999999")
    book.add_facture(copy)
    ledger.billed(book, row.recue_le, copy)


def remittance_total(book: Book) -> None:
    """Change the total a remittance says."""
    envoi = book.envois[0]
    envoi.bordereau = dataclasses.replace(envoi.bordereau, total_centimes=1)


def unbalanced_entry(book: Book) -> None:
    """Record an entry that does not sum to zero."""
    book.record(Mouvement(le=book.debut, quoi="faux", postes=(("banque:X", 1),)))


def state_of_pec(book: Book, numero: str, etat: ResultatPec) -> None:
    book.pec[numero].etat = etat


def state_of_invoice(book: Book, cle: str, etat: ResultatFacture) -> None:
    book.factures[cle].etat = etat


TAMPERINGS: list[tuple[str, str, Callable[[Book], None]]] = [
    ("parts_total", PEC, lambda book: shares(book, amc_centimes=17992)),
    ("parts_total", PEC, lambda book: shares(book, total_centimes=30001)),
    ("parts_ligne", PEC, lambda book: first_line(book, reste_a_charge_centimes=6999)),
    ("part_negative", PEC, lambda book: first_line(book, amo_centimes=-3, reste_a_charge_centimes=7006)),
    ("accord_faux", PEC, lambda book: balance(book, f"accorde:{PEC}", 1)),
    ("engagement_faux", PEC, lambda book: balance(book, f"engage:{PEC}", -1)),
    ("engagement_faux", PEC, lambda book: state_of_pec(book, PEC, ResultatPec.ANNULEE)),
    ("facture_fausse", "759999014/240120001", lambda book: invoice_amounts(book, amc_centimes=17992)),
    ("facture_au_dela_de_l_accord", BILLED, lambda book: invoice_amounts(book, amc_centimes=17992)),
    ("conservation", "759999014/240120001", lambda book: balance(book, f"attente:{ACCEPTED_KEY}", -1)),
    ("recupere_au_dela_du_paye", "759999014/240110003", lambda book: balance(book, f"recupere:{PAID_KEY}", 17992)),
    ("etat_faux", "759999014/240110003", lambda book: state_of_invoice(book, PAID_KEY, ResultatFacture.ACCEPTEE)),
    ("etat_faux", "759999014/240110003", lambda book: state_of_invoice(book, PAID_KEY, ResultatFacture.REJETEE)),
    ("etat_faux", "759999014/240110003", lambda book: state_of_invoice(book, PAID_KEY, ResultatFacture.ANNULEE)),
    ("etat_faux", "759999014/240110003", lambda book: state_of_invoice(book, PAID_KEY, ResultatFacture.REGULARISEE)),
    ("etat_faux", "759999014/240120001", lambda book: state_of_invoice(book, ACCEPTED_KEY, ResultatFacture.PAYEE)),
    ("facture_en_double", BILLED, second_invoice),
    ("facture_en_double", "759999014|240120001", second_invoice),
    ("bordereau_faux", "B2401170001", remittance_total),
    ("virement_faux", "B2401170001", lambda book: balance(book, "boutique:B2401170001", 1)),
    ("paye_sans_bordereau", "759999014|240110003", lambda book: book.envois.clear()),
    ("mouvement_desequilibre", "13", unbalanced_entry),
    ("soldes_faux", "soldes", lambda book: balance(book, "banque:B2401170001", 1)),
    ("allocation", "X|2024", lambda book: book.lentilles.update({"X|2024": 1})),
]


@pytest.mark.parametrize(
    ("regle", "ou", "tamper"), TAMPERINGS, ids=[f"{one[0]}-{rank}" for rank, one in enumerate(TAMPERINGS)]
)
def test_a_tampered_book_says_what_and_where(regle: str, ou: str, tamper: Callable[[Book], None]) -> None:
    book = book_of("viamedis")
    assert ledger.check(book) == []
    tamper(book)
    assert (regle, ou) in {(one.regle, one.ou) for one in ledger.check(book)}


def test_a_finding_reads_as_json() -> None:
    book = book_of("viamedis")
    remittance_total(book)
    [finding, *_] = ledger.check(book)
    assert set(finding.as_json()) == {"regle", "ou", "detail"}


def test_the_view_lists_pec_invoices_and_payments_as_plain_json() -> None:
    counter = Counter(book_of("viamedis"))
    counter.standard(counter.book.world.people["PEC_OK_ADULTE_NOMINAL"])
    view = json.loads(json.dumps(ledger.view(counter.book)))
    assert view["factures"][-1] == {
        "numero": "240131900",
        "reference_magasin": "D-1/FAC-1",
        "magasin": "759999014",
        "dossier": "D-1",
        "pec": "V240131000007",
        "montant_amc_centimes": 17991,
        "etat": "acquittee",
        "recue_le": "2024-01-31T10:00:00+01:00",
    }
    assert view["pec"][-1]["etat"] == "facturee"
    assert view["paiements"][0]["lignes"] == [{"type": "paiement", "facture": "240110003", "paye_centimes": 17991}]
