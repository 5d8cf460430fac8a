"""A shop's counter at one emulated platform, for tests: asks through the desk alone or through both SOAP roads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tierspayant.emulator import card_requests, desk, ledger, platforms_data
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import PARIS, business_day
from tierspayant.emulator.people import Cas, Personne
from tierspayant.emulator.world import World
from tierspayant.schemas import platforms
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Demande,
    Entete,
    EtatFactureDemande,
    EtatFactureReponse,
    EtatPecDemande,
    EtatPecReponse,
    FactureDemande,
    LotReponse,
    Montants,
    Motif,
    PecDemande,
    PecReponse,
)
from tierspayant.schemas.outcomes import Answer, Refus

START = dt.datetime(2024, 1, 31, 10, tzinfo=PARIS)
SHOP, OTHER_SHOP = "759999014", "759999022"
NO_AMOUNTS = Montants(total_centimes=30000, amo_centimes=9, amc_centimes=17991, reste_a_charge_centimes=12000)


def book_of(plateforme: str, start: dt.datetime = START, world: World | None = None) -> Book:
    """A fresh book of a platform."""
    return Book(platforms_data.load()[plateforme], world or World(business_day(start)), start, seed=1)


@dataclass
class Counter:
    """Asks one book, as one shop, at a time that only `wait` moves."""

    book: Book
    now: dt.datetime = START
    soap: bool = False
    sent: int = 0
    log: list[Any] = field(default_factory=list)

    def ask(self, demande: Demande, magasin: str = SHOP, id_message: str | None = None) -> Any:
        """The platform's answer, whether it is yes or no."""
        self.sent += 1
        entete = Entete(
            id_message=id_message or f"00000000-0000-4000-8000-{self.sent:012d}",
            magasin=Finess(magasin),
            emis_le=self.now,
        )
        answer = self._by_soap(entete, demande) if self.soap else desk.answer(self.book, entete, demande, self.now)
        self.log.append(answer)
        return answer

    def _by_soap(self, entete: Entete, demande: Demande) -> Any:
        dialecte = self.book.plateforme.dialecte
        client, server = platforms.client(dialecte), platforms.server(dialecte)
        request = client.encode(entete, demande)
        call = server.read(request)
        try:
            response = server.write(call, desk.answer(self.book, call.entete, call.demande, self.now))
        except Faute as fault:
            response = server.fault(call.version, fault, call.message_id)
        outcome = client.decode(demande.operation, entete.id_message, response)
        if isinstance(outcome, Answer):
            return outcome.reponse
        assert isinstance(outcome, Refus), outcome
        return outcome.reponse if outcome.reponse is not None else outcome

    def wait(self, length: dt.timedelta | None) -> None:
        """Let virtual time pass."""
        if length is not None:
            self.now += length
            desk.due(self.book, self.now)
            found = ledger.check(self.book)
            assert found == [], found

    # ------------------------------------------------------------------------------------------- whole steps

    @property
    def choose(self) -> bool:
        """Whether the insurer is named in the question."""
        return self.book.reglages.organisme_choisi

    def request(self, person: Personne, dossier: str = "D-1", equipement: str = "standard", devis: bool = False) -> Any:
        """The standard PEC request of a person."""
        amc = self.book.insurer(person.amc)
        day = business_day(self.now)
        return card_requests.pec_request(person, amc, day, self.choose, dossier, equipement, devis)

    def billing(self, pec: PecDemande, answer: PecReponse, numero: str = "240131900") -> FactureDemande:
        """The invoice of a PEC answer, in a lot where the platform has lots."""
        one = card_requests.invoice(
            pec, answer.numero or "", answer.montants or NO_AMOUNTS, numero, business_day(self.now)
        )
        return FactureDemande(factures=(one,), numero_lot=f"L{numero}" if self.book.reglages.lots else None)

    def pec_state(self, reference: str, magasin: str = SHOP) -> PecReponse:
        """The one PEC of that reference."""
        state: EtatPecReponse = self.ask(EtatPecDemande(reference=reference), magasin)
        [one] = state.dossiers
        return one

    def invoice_state(self, numero: str) -> Any:
        """The one invoice of that number."""
        state: EtatFactureReponse = self.ask(EtatFactureDemande(numero_facture=numero))
        [one] = state.factures
        return one

    def standard(self, person: Personne, dossier: str = "D-1", numero: str = "240131900") -> tuple[Any, Any]:
        """PEC asked and invoiced at once: both answers."""
        pec = self.request(person, dossier)
        granted = self.ask(pec)
        return granted, self.ask(self.billing(pec, granted, numero))


def found(answer: Any) -> set[str]:
    """What an answer says: its result and the codes of its reasons, those of its invoices included."""
    parts = [answer, *getattr(answer, "factures", ())]
    motifs: list[Motif] = [one for part in parts for one in part.motifs]
    return {str(part.resultat) for part in parts if hasattr(part, "resultat")} | {one.code for one in motifs}


def walk(counter: Counter, person: Personne, cas: Cas) -> set[str]:
    """Make a card show its outcome; what the last answer says."""
    book, start = counter.book, business_day(counter.now)
    if cas.operation == "droits":
        amc = book.insurer(person.amc)
        question = card_requests.rights_request(person, amc, start, counter.choose)
        return found(counter.ask(card_requests.changed(question, cas, start)))
    pec = counter.request(person, equipement=cas.equipement, devis=cas.operation == "devis")
    if cas.operation in ("devis", "pec"):
        pec = card_requests.changed(pec, cas, start)
    magasin = OTHER_SHOP if cas.avant == "pec_autre_magasin" else SHOP
    first = counter.ask(pec, magasin)
    if cas.operation in ("devis", "pec"):
        return _pec_case(counter, person, cas, pec, first)
    counter.wait(cas.attendre)
    if cas.avant in ("facture_deja", "meme_numero"):
        counter.ask(counter.billing(pec, first, "240131800"))
    if cas.operation == "facture":
        return _invoice_case(counter, cas, pec, first, start)
    make = card_requests.cancellation if cas.operation == "annulation" else card_requests.documents
    answer = counter.ask(card_requests.changed(make(first.numero, pec.dossier), cas, start))
    if cas.ensuite is None:
        return found(answer)
    assert isinstance(answer, AnnulationReponse)
    counter.wait(cas.ensuite)
    return found(counter.pec_state(pec.reference))


def _pec_case(counter: Counter, person: Personne, cas: Cas, pec: PecDemande, first: Any) -> set[str]:
    if cas.avant == "pec_deja":
        return found(counter.ask(pec))
    if cas.avant == "facture_deja":
        counter.ask(counter.billing(pec, first))
    if cas.avant in ("facture_deja", "pec_autre_magasin"):
        return found(counter.ask(counter.request(person, "D-2")))
    if cas.ensuite is None:
        return found(first)
    counter.wait(cas.ensuite)
    return found(counter.pec_state(pec.reference))


def _invoice_case(counter: Counter, cas: Cas, pec: PecDemande, first: Any, start: dt.date) -> set[str]:
    numero = "240131800" if cas.avant == "meme_numero" else "240131900"
    question = counter.billing(pec, first, numero)
    [one] = question.factures
    changed = FactureDemande(factures=(card_requests.changed(one, cas, start),), numero_lot=question.numero_lot)
    if cas.attendre and "date_delivrance" not in cas.change:
        changed = FactureDemande(
            factures=(card_requests.changed(changed.factures[0], Cas(**_DELIVERED), start),),
            numero_lot=question.numero_lot,
        )
    if cas.avant == "meme_numero" and question.numero_lot:
        changed = FactureDemande(factures=changed.factures, numero_lot="L-AUTRE")
    answer: LotReponse = counter.ask(changed)
    if cas.ensuite is None:
        return found(answer)
    counter.wait(cas.ensuite)
    return found(counter.invoice_state(numero))


_DELIVERED: dict[str, Any] = {"operation": "facture", "attendu": "", "change": {"date_delivrance": "+P1D"}}
