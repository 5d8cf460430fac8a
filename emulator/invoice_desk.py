"""How a platform answers about invoices: reception, lots, state, cancellation, and the insurer's own control."""

from __future__ import annotations

import dataclasses
import datetime as dt

from tierspayant.emulator import ledger, payments, pec_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.rows import FactureRecue, Lot, Pec
from tierspayant.emulator.rules import facture
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationReponse,
    Entete,
    EtatFactureDemande,
    EtatFactureReponse,
    EtatLotDemande,
    Facture,
    FactureDemande,
    FactureReponse,
    LotReponse,
    Motif,
    ResultatAnnulation,
    ResultatFacture,
    ResultatLot,
)


def bill(book: Book, entete: Entete, demande: FactureDemande, now: dt.datetime) -> LotReponse:
    """Take invoices: each is judged alone; the batch is rejected only when nothing in it was taken."""
    magasin = entete.magasin.clair
    lot_key = f"{magasin}|{demande.numero_lot}"
    known = book.lots.get(lot_key)
    if known is not None and known.factures and book.reglages.dedoublonnage:
        again = (motif("FAC07", Manque("numero_lot")),)
        return LotReponse(resultat=ResultatLot.REJETE, numero_lot=demande.numero_lot, motifs=again)
    taken: list[str] = []
    answers = tuple(_receive(book, magasin, one, demande.numero_lot, now, taken) for one in demande.factures)
    motifs = tuple(dict.fromkeys(reason for answer in answers for reason in answer.motifs))
    reponse = LotReponse(
        resultat=ResultatLot.ACQUITTE if taken else ResultatLot.REJETE,
        numero_lot=demande.numero_lot,
        factures=answers,
        motifs=() if taken else motifs,
    )
    if demande.numero_lot is not None:
        book.lots[lot_key] = Lot(magasin=magasin, numero=demande.numero_lot, reponse=reponse, factures=tuple(taken))
    return reponse


def _receive(
    book: Book, magasin: str, one: Facture, lot: str | None, now: dt.datetime, taken: list[str]
) -> FactureReponse:
    """Judge one invoice; record it when it is taken (its key goes to `taken`). A negative answer records nothing."""
    pec = book.pec.get(one.numero_pec)
    motifs = facture.check(_facts(book, magasin, one, pec, now))
    if motifs or pec is None:
        return FactureReponse(
            resultat=ResultatFacture.REJETEE,
            etat_plateforme=book.vie_facture.libelles[ResultatFacture.REJETEE],
            numero_facture=one.numero_facture,
            reference=one.reference,
            numero_pec=one.numero_pec,
            motifs=motifs,
        )
    row = FactureRecue(
        cle=book.next_facture_key(),
        magasin=magasin,
        facture=_kept(one, book.insurer(pec.amc)),
        recue_le=now,
        etat=ResultatFacture.ACQUITTEE,
        amc=pec.amc,
        lot=lot,
        scenario=pec.scenario,
    )
    book.add_facture(row)
    ledger.billed(book, now, row)
    if book.vie_pec.allows(pec.etat, "facturer"):  # a double recorded with `dedoublonnage` off finds it billed already
        pec_desk.move(book, pec, "facturer")
    book.plan(now + (row.scenario.controle_delai or book.plateforme.delai_controle), "controler", row.cle)
    ledger.settle_check(book, pec, row)
    taken.append(row.cle)
    return describe(book, row)


def _kept(one: Facture, amc: Amc) -> Facture:
    lignes = pec_desk.minimised(one.lignes, amc)
    return one if lignes is one.lignes else dataclasses.replace(one, lignes=lignes)


def _facts(book: Book, magasin: str, one: Facture, pec: Pec | None, now: dt.datetime) -> facture.Controle:
    dedupe = book.reglages.dedoublonnage
    return facture.Controle(
        facture=one,
        magasin=magasin,
        jour=business_day(now),
        pec=None if pec is None else _known(pec),
        amc=None if pec is None else book.insurer(pec.amc),
        delai_min=book.reglages.delai_min_facturation,
        numero_deja=dedupe and _alive(book, book.index.factures_by_number.get(f"{magasin}|{one.numero_facture}", ())),
        pec_deja=dedupe and _alive(book, book.index.factures_by_pec.get(one.numero_pec, ())),
    )


def _alive(book: Book, keys: list[str] | tuple[()]) -> bool:
    return any(book.factures[cle].etat not in ledger.DEAD for cle in keys)


def _known(pec: Pec) -> facture.PecConnue:
    return facture.PecConnue(
        magasin=pec.magasin,
        etat=pec.etat,
        demande=pec.demande,
        montants=pec.montants,
        accordee_le=pec.accordee_le,
        valide_au=pec.valide_au,
        facturable_jusqu_au=pec.facturable_jusqu_au,
    )


def describe(book: Book, row: FactureRecue) -> FactureReponse:
    """An invoice as the platform tells it now."""
    return FactureReponse(
        resultat=row.etat,
        etat_plateforme=book.vie_facture.libelles[row.etat],
        numero_facture=row.facture.numero_facture,
        reference=row.facture.reference,
        numero_pec=row.facture.numero_pec,
        montant_amc_centimes=row.facture.montants.amc_centimes,
        paye_centimes=ledger.net_paid(book, row.cle) if row.etat in payments.MONEY_MOVED else None,
        motifs=row.motifs,
    )


def batch(book: Book, entete: Entete, demande: EtatLotDemande, now: dt.datetime) -> LotReponse:
    """The acknowledgement of a lot with its invoices as they stand; an unknown lot is answered as rejected."""
    lot = book.lots.get(f"{entete.magasin.clair}|{demande.numero_lot}")
    if lot is None:
        unknown = (motif("ANN02", Manque("numero_lot", "lot inconnu")),)
        return LotReponse(resultat=ResultatLot.REJETE, numero_lot=demande.numero_lot, motifs=unknown)
    current = {book.factures[cle].facture.numero_facture: book.factures[cle] for cle in lot.factures}
    return LotReponse(
        resultat=lot.reponse.resultat,
        numero_lot=lot.numero,
        factures=tuple(
            describe(book, current[one.numero_facture]) if one.numero_facture in current else one
            for one in lot.reponse.factures
        ),
        motifs=lot.reponse.motifs,
    )


def state(book: Book, entete: Entete, demande: EtatFactureDemande, now: dt.datetime) -> EtatFactureReponse:
    """Every recorded invoice of this shop with that number or reference; a rejected reception was never recorded."""
    magasin = entete.magasin.clair
    if demande.numero_facture is not None:
        keys = book.index.factures_by_number.get(f"{magasin}|{demande.numero_facture}", [])
    elif book.reglages.recherche_par_reference:
        keys = book.index.factures_by_reference.get(f"{magasin}|{demande.reference}", [])
    else:
        keys = []
    return EtatFactureReponse(factures=tuple(describe(book, book.factures[cle]) for cle in keys))


def move(book: Book, row: FactureRecue, event: str) -> None:
    """One step of an invoice's life. Raises lifecycle.CoupIllegal."""
    row.etat = ResultatFacture(book.vie_facture.advance(row.etat, event))


def cancel(book: Book, entete: Entete, demande: AnnulationFactureDemande, now: dt.datetime) -> AnnulationReponse:
    """Cancel an invoice that is not paid yet: confirmed at once, its PEC can be billed again (or is lapsed)."""
    keys = book.index.factures_by_number.get(f"{entete.magasin.clair}|{demande.numero_facture}", [])
    living = [book.factures[cle] for cle in keys if book.factures[cle].etat not in ledger.DEAD]
    if not keys:
        return _refused(demande.numero_facture, motif("ANN02", Manque("numero_facture")))
    if not living:
        return AnnulationReponse(resultat=ResultatAnnulation.CONFIRMEE, numero=demande.numero_facture)
    row = living[0]
    if not book.vie_facture.allows(row.etat, "annuler"):
        return _refused(demande.numero_facture, motif("ANN03", Manque("numero_facture")))
    move(book, row, "annuler")
    ledger.closed(book, now, row, "annule")
    pec = book.pec[row.facture.numero_pec]
    if not _alive(book, book.index.factures_by_pec[pec.numero]):
        pec_desk.move(book, pec, "annuler_facture")
        book.plan(now, "expirer", pec.numero)  # its window may have passed while it was billed
    ledger.settle_check(book, pec, row)
    return AnnulationReponse(resultat=ResultatAnnulation.CONFIRMEE, numero=demande.numero_facture)


def _refused(numero: str, reason: Motif) -> AnnulationReponse:
    return AnnulationReponse(resultat=ResultatAnnulation.REFUSEE, numero=numero, motifs=(reason,))


def control(book: Book, cle: str, now: dt.datetime) -> None:
    """The insurer's own control of an acknowledged invoice: accepted and due for payment, or rejected."""
    row = book.factures[cle]
    if row.etat is not ResultatFacture.ACQUITTEE:
        return
    if row.scenario.controle_rejet is None:
        move(book, row, "accepter")
        payments.schedule(book, row, now)
        return
    move(book, row, "rejeter")
    row.motifs = (motif(row.scenario.controle_rejet, Manque()),)
    ledger.closed(book, now, row, "rejete")
    pec = book.pec[row.facture.numero_pec]
    if not _alive(book, book.index.factures_by_pec[pec.numero]):
        pec_desk.move(book, pec, "rejeter_paiement")
        book.plan(now, "expirer", pec.numero)
    payments.report_reject(book, row, now)
    ledger.settle_check(book, pec, row)
