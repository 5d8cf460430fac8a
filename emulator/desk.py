"""The counter of a platform: every question comes here, and everything that falls due.

`answer` recognises what was already said, hands the question to the desk of its kind, and remembers the answer of a
write. `due` lets virtual time do its work. Both are pure but for the book they change: no socket, no clock, no chance.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
from collections.abc import Callable
from typing import Any

from tierspayant.emulator import after_desk, directory_desk, invoice_desk, ledger, payments, pec_desk, rights_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.lifecycle import CoupIllegal
from tierspayant.emulator.rows import Vu
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.schemas.codes import table
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    Demande,
    Entete,
    EtatServiceDemande,
    EtatServiceReponse,
    FermerSessionDemande,
    FermetureReponse,
    Motif,
    OuvrirSessionDemande,
    Reponse,
    ResultatFacture,
    ResultatPec,
    SessionReponse,
)
from tierspayant.schemas.operations import WRITES, Operation

SESSION_LENGTH = dt.timedelta(hours=8)
"""How long an opened session lasts (ours: a working day)."""


def answer(book: Book, entete: Entete, demande: Demande, now: dt.datetime) -> Reponse:
    """The platform's answer to one question. Business refusals are answers; raises Faute for what is technical."""
    due(book, now)
    magasin = entete.magasin.clair
    if magasin not in book.world.magasins:
        raise Faute(
            Cote.AUTH,
            "TEC04",
            "MAGASIN_INCONNU",
            "ce magasin n'a pas de compte sur cette plateforme",
            "this shop has no account on this platform",
        )
    operation = demande.operation
    if operation not in WRITES or not book.reglages.dedoublonnage:
        return _DESKS[operation](book, entete, demande, now)
    key = f"{magasin}|{entete.id_message}"
    seen = book.vus.get(key)
    if seen is not None:
        if seen.demande != demande:
            raise _used_for_another()
        if not _doubles(book, seen):
            known: Reponse = seen.reponse
            return known
    reponse = _DESKS[operation](book, entete, demande, now)
    book.vus[key] = Vu(operation=operation, demande=demande, reponse=reponse)
    return reponse


def _doubles(book: Book, seen: Vu) -> bool:
    """Trait `doublon_pec`: a PEC request sent again while the first is pending makes a second one."""
    if seen.operation is not Operation.PEC or not book.reglages.doublon_pec:
        return False
    pec = book.pec.get(seen.reponse.numero or "")
    return pec is not None and pec.etat in pec_desk.PENDING


def _used_for_another() -> Faute:
    code = table()["TEC08"]
    return Faute(Cote.CLIENT, "TEC08", "ID_MESSAGE_REUTILISE", code.libelle, code.anglais)


# ---------------------------------------------------------------------------------------------------- sessions


def _open_session(book: Book, entete: Entete, demande: OuvrirSessionDemande, now: dt.datetime) -> SessionReponse:
    """A token for a working day. Whether the account may open one is judged before, at the edge."""
    book.counters.session += 1
    made = hashlib.sha256(f"{book.seed}|{book.plateforme.nom}|{book.counters.session}".encode())
    jeton, end = made.hexdigest()[:32], now + SESSION_LENGTH
    book.jetons[f"{entete.magasin.clair}|{jeton}"] = end
    return SessionReponse(jeton=jeton, expire_le=end)


def _close_session(book: Book, entete: Entete, demande: FermerSessionDemande, now: dt.datetime) -> FermetureReponse:
    return FermetureReponse(fermee=book.jetons.pop(f"{entete.magasin.clair}|{demande.jeton}", None) is not None)


def _service_state(book: Book, entete: Entete, demande: EtatServiceDemande, now: dt.datetime) -> EtatServiceReponse:
    """Open: a shut service is an effect of the edge."""
    return EtatServiceReponse(service=demande.service, ouvert=True)


_DESKS: dict[Operation, Callable[[Book, Entete, Any, dt.datetime], Reponse]] = {
    Operation.DROITS: rights_desk.rights,
    Operation.PANIER: directory_desk.offers,
    Operation.ORGANISMES: directory_desk.insurers,
    Operation.DEVIS: pec_desk.ask,
    Operation.PEC: pec_desk.ask,
    Operation.ETAT_PEC: pec_desk.state,
    Operation.ANNULATION_PEC: after_desk.cancel,
    Operation.PIECES: after_desk.receive_documents,
    Operation.FACTURE: invoice_desk.bill,
    Operation.ETAT_LOT: invoice_desk.batch,
    Operation.ETAT_FACTURE: invoice_desk.state,
    Operation.ANNULATION_FACTURE: invoice_desk.cancel,
    Operation.RETOURS: payments.returns,
    Operation.OUVRIR_SESSION: _open_session,
    Operation.FERMER_SESSION: _close_session,
    Operation.ETAT_SERVICE: _service_state,
}

# -------------------------------------------------------------------------------------------------- due events

_EVENTS: dict[str, Callable[[Book, str, dt.datetime], None]] = {
    "instruire": lambda book, target, now: after_desk.instruct(book, target),
    "decider": after_desk.decide,
    "annuler": after_desk.confirm_cancellation,
    "expirer": after_desk.expire,
    "controler": invoice_desk.control,
    "virer": payments.transfer,
    "compenser": lambda book, target, now: payments.transfer(book, target, now, force=True),
    "indu": payments.claim_back,
    "repeter": lambda book, target, now: payments.repeat(book, target),
}


def due(book: Book, now: dt.datetime) -> None:
    """Let everything due up to `now` happen, in order, each at its own instant."""
    while book.echeances and book.echeances[0][0] <= now:
        when, _, kind, target = heapq.heappop(book.echeances)
        _EVENTS[kind](book, target, when)


def pay_now(book: Book, now: dt.datetime) -> int:
    """Control what is acknowledged and pay all that is accepted, at once. Returns how many remittances left."""
    before = len(book.envois)
    for cle in [row.cle for row in book.factures.values() if row.etat is ResultatFacture.ACQUITTEE]:
        invoice_desk.control(book, cle, now)
    groups: dict[str, None] = {}
    for row in book.factures.values():
        if row.etat in payments.UNPAID and row.a_payer_le is not None:
            row.a_payer_le = min(row.a_payer_le, now)
            groups[payments.group_of(row)] = None
    for group in [*groups, *(one for one in book.reports if one not in groups)]:
        payments.transfer(book, group, now)
    return len(book.envois) - before


def decide(book: Book, numero: str, etat: str, codes: list[str], now: dt.datetime) -> None:
    """Decide a PEC by hand (control API): accordee, accordee_sous_reserve or refusee.

    Raises KeyError for an unknown number or code, ValueError for a state that cannot be decided so.
    """
    due(book, now)
    row = book.pec[numero]
    motifs: tuple[Motif, ...] = tuple(motif(code, Manque()) for code in codes)
    try:
        if etat == ResultatPec.ACCORDEE:
            pec_desk.grant(book, row, now, with_pieces=True)
        elif etat == ResultatPec.ACCORDEE_SOUS_RESERVE:
            pec_desk.grant_subject_to_documents(book, row, now)
        elif etat == ResultatPec.REFUSEE:
            after_desk.refuse(book, row, motifs or (motif("PEC12", Manque()),))
        else:
            raise ValueError(f"etat: {etat} cannot be decided; say accordee, accordee_sous_reserve or refusee")
    except CoupIllegal:
        raise ValueError(f"etat: a PEC that is {row.etat.value} cannot become {etat}") from None
    if motifs and etat != ResultatPec.REFUSEE:
        row.motifs = motifs
    ledger.settle_check(book, row, None)


def prolong(book: Book, days: int, now: dt.datetime) -> int:
    """Prolong every living PEC (effect `prorogation_pec`). Returns how many."""
    return after_desk.prolong(book, days, now)
