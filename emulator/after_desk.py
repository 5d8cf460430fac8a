"""What happens to a PEC after it was asked for: decisions, documents, cancellation, expiry."""

from __future__ import annotations

import datetime as dt

from tierspayant.emulator import ledger, pec_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day, midnight
from tierspayant.emulator.rows import Pec
from tierspayant.emulator.rules import annulation, pieces
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.schemas.messages import (
    AnnulationPecDemande,
    AnnulationReponse,
    Entete,
    Motif,
    PiecesDemande,
    PiecesReponse,
    ResultatAnnulation,
    ResultatPec,
    ResultatPieces,
)

# ------------------------------------------------------------------------------------------------------ events


def instruct(book: Book, numero: str) -> None:
    """A created request starts to be analysed."""
    row = book.pec[numero]
    if book.vie_pec.allows(row.etat, "instruire"):
        pec_desk.move(book, row, "instruire")


def decide(book: Book, numero: str, now: dt.datetime) -> None:
    """A delayed decision falls: what the scenario says, if the request is still pending."""
    row = book.pec[numero]
    if row.etat not in pec_desk.PENDING or row.pieces_demandees:
        return
    if row.scenario.refus_differe is not None:
        refuse(book, row, (motif(row.scenario.refus_differe, Manque()),))
    else:
        pec_desk.grant(book, row, now)
    ledger.settle_check(book, row, None)


def refuse(book: Book, row: Pec, motifs: tuple[Motif, ...]) -> None:
    """Refuse what is pending or waits for documents."""
    pec_desk.move(book, row, "refuser")
    row.motifs, row.pieces_demandees, row.montants = motifs, (), None


def expire(book: Book, numero: str, now: dt.datetime) -> None:
    """The billing window of a PEC is over."""
    row = book.pec[numero]
    late = row.facturable_jusqu_au is None or row.facturable_jusqu_au < business_day(now)
    if not late or not book.vie_pec.allows(row.etat, "expirer"):
        return
    pec_desk.move(book, row, "expirer")
    row.pieces_demandees = ()
    pec_desk.release(book, row, now)


def confirm_cancellation(book: Book, numero: str, now: dt.datetime) -> None:
    """The cancellation that was acknowledged takes effect, or is refused by the insurer."""
    row = book.pec[numero]
    if row.etat is not ResultatPec.ANNULATION_DEMANDEE:
        return
    if row.scenario.annulation_refusee and row.avant_annulation is not None:
        pec_desk.move(book, row, f"rendre_{row.avant_annulation.value}")
        book.plan(now, "decider", numero)  # a decision that fell meanwhile was not taken
        return
    pec_desk.move(book, row, "annuler")
    pec_desk.release(book, row, now)


# --------------------------------------------------------------------------------------------------- questions


def _mine(book: Book, entete: Entete, numero: str) -> Pec | None:
    row = book.pec.get(numero)
    return row if row is not None and row.magasin == entete.magasin.clair and not row.devis else None


def cancel(book: Book, entete: Entete, demande: AnnulationPecDemande, now: dt.datetime) -> AnnulationReponse:
    """Cancel a PEC before billing. Where the platform confirms later, this only acknowledges. Idempotent."""
    row = _mine(book, entete, demande.numero_pec)
    motifs = annulation.check(annulation.Demande(etat=row.etat if row else None))
    if motifs or row is None:
        return AnnulationReponse(resultat=ResultatAnnulation.REFUSEE, numero=demande.numero_pec, motifs=motifs)
    if book.vie_pec.allows(row.etat, "demander_annulation"):
        row.avant_annulation = row.etat
        pec_desk.move(book, row, "demander_annulation")
        row.annulation = demande.motif.value
        if row.etat is ResultatPec.ANNULATION_DEMANDEE:
            book.plan(now + book.plateforme.delai_annulation, "annuler", row.numero)
        else:
            pec_desk.release(book, row, now)
    confirmed = row.etat is ResultatPec.ANNULEE
    resultat = ResultatAnnulation.CONFIRMEE if confirmed else ResultatAnnulation.DEMANDEE
    return AnnulationReponse(resultat=resultat, numero=row.numero)


def receive_documents(book: Book, entete: Entete, demande: PiecesDemande, now: dt.datetime) -> PiecesReponse:
    """Documents for a PEC: the last one asked for turns it into a grant."""
    row = _mine(book, entete, demande.numero_pec)
    facts = pieces.Depot(
        pieces=demande.pieces,
        etat=row.etat if row else None,
        demandees=row.pieces_demandees if row else (),
    )
    motifs = pieces.check(facts)
    if motifs or row is None:
        shown = pec_desk.describe(book, row) if row else None
        return PiecesReponse(resultat=ResultatPieces.REFUSEES, pec=shown, motifs=motifs)
    received = {one.type for one in demande.pieces}
    waiting = bool(row.pieces_demandees)
    row.pieces_demandees = tuple(one for one in row.pieces_demandees if one not in received)
    if waiting and not row.pieces_demandees:
        pec_desk.grant(book, row, now, with_pieces=True)
        ledger.settle_check(book, row, None)
    return PiecesReponse(resultat=ResultatPieces.RECUES, pec=pec_desk.describe(book, row))


def prolong(book: Book, days: int, now: dt.datetime) -> int:
    """The platform prolongs the validity of every PEC that is granted and unbilled. Returns how many."""
    open_states = (ResultatPec.ACCORDEE, ResultatPec.ACCORDEE_SOUS_RESERVE)
    rows = [row for row in book.pec.values() if row.etat in open_states and row.facturable_jusqu_au is not None]
    for row in rows:
        assert row.valide_au is not None
        assert row.facturable_jusqu_au is not None
        row.valide_au += dt.timedelta(days=days)
        row.facturable_jusqu_au += dt.timedelta(days=days)
        book.plan(midnight(row.facturable_jusqu_au + dt.timedelta(days=1)), "expirer", row.numero)
    return len(rows)
