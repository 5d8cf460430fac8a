"""The ledger holds after any sequence of what shops, insurers and time can do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.emulator.counter import OTHER_SHOP, SHOP, Counter, book_of
from tierspayant.emulator import card_requests, desk, incidents, ledger, levers, pec_desk
from tierspayant.emulator.people import Cas, Personne
from tierspayant.emulator.rows import Pec
from tierspayant.schemas.messages import AnnulationFactureDemande, MotifAnnulation, PecDemande

CARDS = ("PEC_OK_ADULTE_NOMINAL", "PEC_OK_ADULTE_FRAIS_REELS", "PEC_OK_ADULTE_DIFFEREE", "PEC_OK_ADULTE_PIECES")


class Life(RuleBasedStateMachine):
    """Each rule is something that may happen; the ledger is checked after each."""

    files = Bundle("files")

    @initialize(plateforme=st.sampled_from(["viamedis", "almerys"]))
    def start(self, plateforme: str) -> None:
        self.counter = Counter(book_of(plateforme))

    def _person(self, card: str) -> Personne:
        people = self.counter.book.world.people
        return people[card if not self.counter.book.reglages.lots else f"{card}_A"]

    def _rows(self, pec: PecDemande) -> list[Pec]:
        return [row for row in self.counter.book.pec.values() if row.demande.reference == pec.reference]

    @rule(
        target=files,
        card=st.sampled_from(CARDS),
        kind=st.sampled_from(sorted(card_requests.EQUIPEMENTS)),
        lever=st.none() | st.sampled_from(sorted(levers.load())),
        shop=st.sampled_from([SHOP, OTHER_SHOP]),
    )
    def ask(self, card: str, kind: str, lever: int | None, shop: str) -> Any:
        pec = self.counter.request(self._person(card), f"D-{self.counter.sent}", kind)
        if lever is not None:
            change = {"equipement.lignes.0.prix_centimes": lever}
            cas = Cas(operation="pec", attendu="", change=change)
            pec = card_requests.changed(pec, cas, self.counter.now.date())
        self.counter.ask(pec, shop)
        return pec, shop

    @rule(one=files, numero=st.integers(1, 12))
    def bill(self, one: Any, numero: int) -> None:
        pec, shop = one
        for row in self._rows(pec):
            answer = pec_desk.describe(self.counter.book, row)
            self.counter.ask(self.counter.billing(pec, answer, f"N{numero}"), shop)

    @rule(one=files)
    def cancel(self, one: Any) -> None:
        pec, shop = one
        for row in self._rows(pec):
            self.counter.ask(card_requests.cancellation(row.numero, pec.dossier), shop)

    @rule(one=files)
    def send_documents(self, one: Any) -> None:
        pec, shop = one
        for row in self._rows(pec):
            self.counter.ask(card_requests.documents(row.numero, pec.dossier), shop)

    @rule(numero=st.integers(1, 12), shop=st.sampled_from([SHOP, OTHER_SHOP]))
    def cancel_invoice(self, numero: int, shop: str) -> None:
        motif = MotifAnnulation.AUTRE
        self.counter.ask(AnnulationFactureDemande(numero_facture=f"N{numero}", reference="A", motif=motif), shop)

    @rule(one=files, etat=st.sampled_from(["accordee", "accordee_sous_reserve", "refusee"]))
    def decide(self, one: Any, etat: str) -> None:
        for row in self._rows(one[0]):
            try:
                desk.decide(self.counter.book, row.numero, etat, [], self.counter.now)
            except ValueError:
                continue

    @rule(hours=st.sampled_from([1, 30, 24 * 7, 24 * 40, 24 * 100]))
    def wait(self, hours: int) -> None:
        self.counter.now += dt.timedelta(hours=hours)
        desk.due(self.counter.book, self.counter.now)

    @rule()
    def pay_now(self) -> None:
        desk.pay_now(self.counter.book, self.counter.now)

    @rule()
    def prolong(self) -> None:
        desk.prolong(self.counter.book, 30, self.counter.now)

    @rule()
    def delete_quotes(self) -> None:
        incidents.delete_quotes(self.counter.book)

    @rule()
    def go_through_a_snapshot(self) -> None:
        self.counter.book.restore(self.counter.book.snapshot())

    @invariant()
    def the_ledger_holds(self) -> None:
        found = ledger.check(self.counter.book) if hasattr(self, "counter") else []
        assert found == [], found


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestTheLedgerHoldsAfterAnySequence = Life.TestCase
