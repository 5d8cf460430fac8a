"""Money is conserved under any legal sequence, and six planted bugs are caught."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.emulator.counter import OTHER_SHOP, SHOP, START, Counter, book_of
from tierspayant.emulator import card_requests, conservation, desk, generate, ledger, payments, pec_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.people import Personne
from tierspayant.emulator.rows import Envoi, FactureRecue
from tierspayant.emulator.rules import tarif
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    Bordereau,
    Montants,
    MotifAnnulation,
    ResultatFacture,
    ResultatPec,
    RetoursDemande,
    TypeRetour,
)

DAY = dt.timedelta(days=1)
DEFAULT_FILES = 300


class Crowd:
    """A crowd of generated people whose shops do every legal thing in a random order."""

    def __init__(self, plateforme: str, seed: int) -> None:
        self.chance = random.Random(seed)
        book = book_of(plateforme)
        self.counter = Counter(book)
        self.people = [book.world.add_row(row) for row in generate.people(60, seed, plateforme)]
        self.asked: list[tuple[Any, str]] = []
        self.files = 0

    def one_file(self) -> None:
        """A new file: a PEC of some equipment for someone, in some shop."""
        self.files += 1
        person, shop = self.chance.choice(self.people), self.chance.choice((SHOP, OTHER_SHOP))
        kinds = list(card_requests.EQUIPEMENTS)
        pec = self.counter.request(person, f"D-{self.files}", self.chance.choice(kinds))
        self.counter.ask(pec, shop)
        self.asked.append((pec, shop))

    def some_step(self) -> None:
        """Bill, cancel, send documents or cancel an invoice of a file that is there, or let hours pass."""
        pec, shop = self.chance.choice(self.asked[-8:])
        for answer in [pec_desk.describe(self.counter.book, one) for one in self._rows(pec, shop)]:
            step = self.chance.choice((self._bill, self._bill, self._cancel, self._documents, self._cancel_invoice))
            step(pec, shop, answer)
        self.counter.now += dt.timedelta(hours=self.chance.randint(0, 12))
        desk.due(self.counter.book, self.counter.now)

    def _rows(self, pec: Any, shop: str) -> list[Any]:
        numbers = self.counter.book.index.pec_by_reference.get(f"{shop}|{pec.reference}", [])
        return [self.counter.book.pec[numero] for numero in numbers]

    def _bill(self, pec: Any, shop: str, answer: Any) -> None:
        self.counter.ask(self.counter.billing(pec, answer, f"N{self.counter.sent}"), shop)

    def _cancel(self, pec: Any, shop: str, answer: Any) -> None:
        if self.chance.random() < 0.3:
            self.counter.ask(card_requests.cancellation(answer.numero, pec.dossier), shop)

    def _documents(self, pec: Any, shop: str, answer: Any) -> None:
        self.counter.ask(card_requests.documents(answer.numero, pec.dossier), shop)

    def _cancel_invoice(self, pec: Any, shop: str, answer: Any) -> None:
        for cle in self.counter.book.index.factures_by_pec.get(answer.numero, [])[:1]:
            numero = self.counter.book.factures[cle].facture.numero_facture
            motif = MotifAnnulation.ERREUR_SAISIE
            question = AnnulationFactureDemande(numero_facture=numero, reference=f"A{self.counter.sent}", motif=motif)
            if self.chance.random() < 0.5:
                self.counter.ask(question, shop)

    def live(self, files: int) -> Book:
        """Go through that many files, then let everything that is due happen."""
        for _ in range(files):
            self.one_file()
            for _ in range(self.chance.randint(0, 3)):
                self.some_step()
        self.counter.now += 200 * DAY
        desk.due(self.counter.book, self.counter.now)
        return self.counter.book


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys", "oxantis"])
def test_a_random_crowd_leaves_a_clean_ledger(plateforme: str, seed: int) -> None:
    book = Crowd(plateforme, seed).live(DEFAULT_FILES)
    assert ledger.check(book) == []


@pytest.mark.parametrize("plateforme", ["viamedis", "almerys", "oxantis"])
def test_a_crowd_meets_every_end(plateforme: str) -> None:
    """One fixed crowd: a drawn one may happen to cancel nothing."""
    book = Crowd(plateforme, 1).live(DEFAULT_FILES)
    states = {row.etat for row in book.factures.values()}
    assert {ResultatFacture.PAYEE, ResultatFacture.ANNULEE} <= states
    assert {ResultatPec.SOLDEE, ResultatPec.ANNULEE} <= {one.etat for one in book.pec.values()}


def test_every_invoice_ends_where_its_money_says(seed: int) -> None:
    book = Crowd("viamedis", seed).live(DEFAULT_FILES)
    for row in book.factures.values():
        billed = row.facture.montants.amc_centimes
        paid, waiting, gap = (book.soldes[f"{name}:{row.cle}"] for name in ("paye", "attente", "ecart"))
        dead = book.soldes[f"rejete:{row.cle}"] + book.soldes[f"annule:{row.cle}"]
        assert billed == paid + waiting + gap + dead


# ------------------------------------------------------------------------------------------------ planted bugs

Patch = pytest.MonkeyPatch


def _amc_a_centime_high(patch: Patch) -> None:
    true = tarif.total

    def wrong(lignes: Any, equipement: Any) -> Montants:
        right = true(lignes, equipement)
        return dataclasses.replace(right, amc_centimes=right.amc_centimes + 1)

    patch.setattr(tarif, "total", wrong)


def _ceiling_shares_lose_a_centime(patch: Patch) -> None:
    patch.setattr(tarif, "_shares", _losing_a_centime(tarif._shares))


def _losing_a_centime(true: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(part: Any, rate: int) -> Any:
        right = true(part, rate)
        return dataclasses.replace(right, reste_a_charge_centimes=right.reste_a_charge_centimes - 1)

    return wrong


def _paid_twice(patch: Patch) -> None:
    true = ledger.paid

    def wrong(book: Book, now: Any, row: FactureRecue, numero: str, amount: int, due: int) -> None:
        true(book, now, row, numero, amount, due)
        ledger.moved(book, now, numero, amount)

    patch.setattr(ledger, "paid", wrong)


def _short_payment_forgotten(patch: Patch) -> None:
    def wrong(book: Book, now: Any, row: FactureRecue, numero: str, amount: int, due: int) -> None:
        ledger.post(book, now, "paiement", (f"attente:{row.cle}", -amount), (f"paye:{row.cle}", amount))
        ledger.moved(book, now, numero, amount)

    patch.setattr(ledger, "paid", wrong)


def _reject_keeps_waiting(patch: Patch) -> None:
    patch.setattr(ledger, "closed", lambda book, now, row, account: None)


def _claim_back_left_off_the_total(patch: Patch) -> None:
    true = Envoi

    def wrong(magasin: str, bordereau: Bordereau, copie: bool = False) -> Envoi:
        total = sum(line.paye_centimes for line in bordereau.lignes if line.type is not TypeRetour.INDU)
        return true(magasin=magasin, bordereau=dataclasses.replace(bordereau, total_centimes=total), copie=copie)

    patch.setattr(payments, "Envoi", wrong)


def _billed_above_the_grant(patch: Patch) -> None:
    from tierspayant.emulator.rules import facture

    patch.setattr(facture, "REGLES", tuple(one for one in facture.REGLES if one.fiche.code != "FAC05"))


def _pec_billed_twice(patch: Patch) -> None:
    from tierspayant.emulator.rules import facture

    patch.setattr(facture, "REGLES", tuple(one for one in facture.REGLES if one.fiche.code not in ("FAC10", "FAC02")))


PLANTED = [
    _amc_a_centime_high,
    _ceiling_shares_lose_a_centime,
    _paid_twice,
    _short_payment_forgotten,
    _reject_keeps_waiting,
    _claim_back_left_off_the_total,
    _billed_above_the_grant,
    _pec_billed_twice,
]


def _every_money_path() -> list[str]:
    """One file of every money card, then a bill that is too high and a second one; what the ledger finds."""
    try:
        counter = Counter(book_of("viamedis"))
        people = counter.book.world.people
        names = [name for name in people if name.startswith(("PAIEMENT_OK", "FACTURE_KO_ADULTE_CONTROLE"))]
        mine = [people[name] for name in names if counter.book.insurer(people[name].amc).plateforme == "viamedis"]
        for rank, person in enumerate(mine):
            _file(counter, person, rank)
        desk.due(counter.book, START + 120 * DAY)
    except conservation.ConservationRompue as broken:
        return [str(broken)]
    return [one.regle for one in ledger.check(counter.book)]


def _file(counter: Counter, person: Personne, rank: int) -> None:
    pec = counter.request(person, f"D-{rank}")
    granted = counter.ask(pec)
    right = counter.billing(pec, granted, f"N{rank}").factures[0]
    more = dataclasses.replace(right.montants, amc_centimes=right.montants.amc_centimes + 1)
    for numero, amounts in ((f"TROP{rank}", more), (f"N{rank}", right.montants), (f"DEUX{rank}", right.montants)):
        if numero.startswith("TROP") and rank:
            continue
        one = dataclasses.replace(right, numero_facture=numero, reference=f"D-{rank}/{numero}", montants=amounts)
        counter.ask(dataclasses.replace(counter.billing(pec, granted), factures=(one,)))


def test_without_a_bug_the_same_files_are_clean() -> None:
    assert _every_money_path() == []


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_money_bug_is_caught(plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    assert _every_money_path() != []


def test_an_unbalanced_entry_is_refused() -> None:
    book = book_of("viamedis")
    with pytest.raises(conservation.ConservationRompue, match="sum to zero"):
        ledger.post(book, START, "essai", ("facture:F1", -1), ("attente:F1", 2))


def test_a_changed_balance_or_entry_is_found() -> None:
    book = book_of("viamedis")
    book.soldes["paye:F000003"] += 1
    assert {"conservation", "soldes_faux", "paye_sans_bordereau"} <= {one.regle for one in ledger.check(book)}


# ----------------------------------------------------------------------------------------------- payment paths


def _paid(name: str, days: int = 75) -> tuple[Counter, list[Bordereau]]:
    counter = Counter(book_of("viamedis"))
    counter.standard(counter.book.world.people[name])
    known = len(counter.book.envois)
    counter.wait(days * DAY)
    mine = [
        one
        for one in counter.ask(RetoursDemande()).bordereaux[known:]
        if any(line.numero_facture == "240131900" for line in one.lignes)
    ]
    return counter, mine


def _lines(bordereaux: list[Bordereau]) -> list[tuple[str, int]]:
    return [
        (line.type.value, line.paye_centimes)
        for one in bordereaux
        for line in one.lignes
        if line.numero_facture == "240131900"
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("PAIEMENT_OK_ADULTE_NOMINAL", [("paiement", 17991)]),
        ("PAIEMENT_OK_ADULTE_UN_CENTIME_DE_MOINS", [("paiement", 17990)]),
        ("PAIEMENT_OK_ADULTE_UN_CENTIME_DE_PLUS", [("paiement", 17992)]),
        ("PAIEMENT_OK_ADULTE_COURT", [("paiement", 12991)]),
        ("PAIEMENT_OK_ADULTE_FRACTIONNE", [("paiement", 8996), ("paiement", 8995)]),
        ("PAIEMENT_OK_ADULTE_EN_RETARD", [("paiement", 17991)]),
        ("PAIEMENT_OK_ADULTE_REPETE", [("paiement", 17991), ("paiement", 17991)]),
        ("PAIEMENT_OK_ADULTE_EN_DESORDRE", [("paiement", 17991)]),
        ("PAIEMENT_OK_ADULTE_JAMAIS", []),
        ("PAIEMENT_OK_ADULTE_INDU", [("paiement", 17991), ("indu", -17991)]),
        ("PAIEMENT_OK_ADULTE_INDU_PARTIEL", [("paiement", 17991), ("indu", -1000)]),
        ("FACTURE_KO_ADULTE_CONTROLE", [("rejet", 0)]),
    ],
)
def test_a_card_is_paid_as_it_says(name: str, lines: list[tuple[str, int]]) -> None:
    counter, bordereaux = _paid(name)
    assert _lines(bordereaux) == lines
    assert ledger.check(counter.book) == []


def test_a_late_payment_is_late_and_a_repeated_remittance_is_the_same_one() -> None:
    _, on_time = _paid("PAIEMENT_OK_ADULTE_NOMINAL")
    _, late = _paid("PAIEMENT_OK_ADULTE_EN_RETARD")
    assert (late[0].emis_le - on_time[0].emis_le).days == 30
    _, twice = _paid("PAIEMENT_OK_ADULTE_REPETE")
    assert twice[0] == twice[1]


def test_a_remittance_out_of_order_is_dated_before_its_transfer() -> None:
    _, on_time = _paid("PAIEMENT_OK_ADULTE_NOMINAL")
    _, disorder = _paid("PAIEMENT_OK_ADULTE_EN_DESORDRE")
    assert disorder[0].emis_le < on_time[0].emis_le


def test_a_claim_back_is_offset_against_the_next_transfer_that_is_large_enough() -> None:
    counter = Counter(book_of("viamedis"))
    people = counter.book.world.people
    counter.standard(people["PAIEMENT_OK_ADULTE_INDU_PARTIEL"])
    counter.wait(20 * DAY)
    counter.standard(people["PAIEMENT_OK_ADULTE_NOMINAL"], "D-2", "240220901")
    counter.wait(10 * DAY)
    last = counter.ask(RetoursDemande()).bordereaux[-1]
    assert [(line.type.value, line.paye_centimes) for line in last.lignes] == [("paiement", 17991), ("indu", -1000)]
    assert last.total_centimes == 16991


def test_invoices_of_one_shop_and_insurer_travel_in_one_transfer() -> None:
    counter = Counter(book_of("viamedis"))
    people = counter.book.world.people
    counter.standard(people["PEC_OK_ADULTE_NOMINAL"])
    counter.standard(people["PAIEMENT_OK_ADULTE_NOMINAL"], "D-2", "240131901")
    counter.wait(20 * DAY)
    last = counter.ask(RetoursDemande()).bordereaux[-1]
    assert {"240131900", "240131901"} <= {line.numero_facture for line in last.lignes}
    assert last.total_centimes == sum(line.paye_centimes for line in last.lignes)


def test_pay_now_pays_what_is_accepted_and_leaves_nothing_to_pay() -> None:
    counter = Counter(book_of("viamedis"))
    counter.standard(counter.book.world.people["PEC_OK_ADULTE_NOMINAL"])
    assert desk.pay_now(counter.book, counter.now) == 1
    assert counter.invoice_state("240131900").paye_centimes == 17991
    assert desk.pay_now(counter.book, counter.now) == 0
    counter.wait(30 * DAY)
    assert ledger.check(counter.book) == []
