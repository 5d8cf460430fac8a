"""What a platform's answer says about an entry: result, number, amounts, finished or not. Pure.

Answers to a question about a state may name none, one or several files (a pending PEC sent twice makes two on some
platforms): the oldest is ours, the others are shown to a person, and nothing is ever sent again on their account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.schemas.messages import (
    AnnulationReponse,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    FactureReponse,
    LotReponse,
    Motif,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
)
from tierspayant.schemas.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Lu:
    """resultat: canonical word. fini: nothing more comes by itself. doublons: numbers of further files found there.

    reponse: the part of the answer worth keeping. cible: the same about the entry it acts on.
    """

    resultat: str
    fini: bool
    numero: str | None = None
    motifs: tuple[Motif, ...] = ()
    amc_centimes: int | None = None
    paye_centimes: int | None = None
    valide_au: dt.date | None = None
    facturable_jusqu_au: dt.date | None = None
    organisme: str | None = None
    doublons: tuple[str, ...] = ()
    reponse: Reponse | None = None
    cible: Lu | None = None


class ReponseInattendue(AssertionError):
    """The dialect gave an answer of another operation: a fault of the program."""


_PEC_EN_COURS = frozenset({ResultatPec.CREEE, ResultatPec.EN_INSTANCE, ResultatPec.INCONNU})
_FACTURE_EN_COURS = frozenset({ResultatFacture.ACQUITTEE, ResultatFacture.INCONNU})
_ANNULATION = {
    ResultatPec.ANNULATION_DEMANDEE: ResultatAnnulation.DEMANDEE,
    ResultatPec.ANNULEE: ResultatAnnulation.CONFIRMEE,
}


def read_answer(entry: Entry, reponse: Reponse) -> Lu:
    """The answer to the request itself."""
    match reponse:
        case DroitsReponse():
            return Lu(resultat=reponse.resultat, fini=True, motifs=reponse.motifs, reponse=reponse)
        case PecReponse():
            return _pec(reponse)
        case LotReponse():
            return _lot(entry, reponse)
        case AnnulationReponse():
            return _annulation(entry, reponse.resultat, reponse.motifs)
        case PiecesReponse():
            cible = None if reponse.pec is None else _pec(reponse.pec)
            return Lu(resultat=reponse.resultat, fini=True, motifs=reponse.motifs, reponse=reponse, cible=cible)
        case _:
            raise ReponseInattendue(f"{entry.operation}: {type(reponse).__name__}")


def read_status(entry: Entry, reponse: Reponse) -> Lu | None:
    """The answer to a question about its state. None: the platform does not know it, or it changed nothing there."""
    match reponse:
        case EtatPecReponse(dossiers=dossiers):
            return _pec_status(entry, dossiers)
        case EtatFactureReponse(factures=factures):
            return _facture_status(entry, factures)
        case _:
            raise ReponseInattendue(f"{entry.operation}: {type(reponse).__name__}")


def _pec(pec: PecReponse) -> Lu:
    return Lu(
        resultat=pec.resultat,
        fini=pec.resultat not in _PEC_EN_COURS,
        numero=pec.numero,
        motifs=pec.motifs,
        amc_centimes=None if pec.montants is None else pec.montants.amc_centimes,
        valide_au=pec.valide_au,
        facturable_jusqu_au=pec.facturable_jusqu_au,
        organisme=pec.organisme,
        reponse=pec,
    )


def _pec_status(entry: Entry, dossiers: Sequence[PecReponse]) -> Lu | None:
    if entry.operation in {Operation.PIECES, Operation.ANNULATION_PEC}:
        return _target_status(entry, dossiers)
    ours = [une for une in dossiers if entry.numero is not None or une.reference in {None, entry.reference}]
    if entry.numero is not None:
        ours = [une for une in ours if une.numero == entry.numero]
    ours.sort(key=lambda une: une.numero or "")
    if not ours:
        return None
    first, *others = ours
    lu = _pec(first)
    doublons = tuple(une.numero for une in others if une.numero and une.resultat is not ResultatPec.ANNULEE)
    return lu if not doublons else _with_doubles(lu, doublons)


def _with_doubles(lu: Lu, doublons: tuple[str, ...]) -> Lu:
    champs = {nom: getattr(lu, nom) for nom in Lu.__dataclass_fields__}
    return Lu(**{**champs, "doublons": doublons})


def _target_status(entry: Entry, dossiers: Sequence[PecReponse]) -> Lu | None:
    """Documents and cancellations have no state of their own: it shows in the PEC they act on."""
    if not dossiers:
        return None
    pec = dossiers[0]
    cible = _pec(pec)
    if entry.operation is Operation.PIECES:
        waiting = pec.resultat in _PEC_EN_COURS or pec.resultat is ResultatPec.ACCORDEE_SOUS_RESERVE
        return None if waiting else Lu(resultat=ResultatPieces.RECUES, fini=True, cible=cible)
    resultat = _ANNULATION.get(pec.resultat)
    if resultat is None:
        asked = entry.etat is Etat.EN_INSTANCE
        return Lu(resultat=ResultatAnnulation.REFUSEE, fini=True, cible=cible) if asked else None
    return Lu(resultat=resultat, fini=resultat is ResultatAnnulation.CONFIRMEE, cible=cible)


def _facture(facture: FactureReponse) -> Lu:
    return Lu(
        resultat=facture.resultat,
        fini=facture.resultat not in _FACTURE_EN_COURS,
        numero=facture.numero_facture,
        motifs=facture.motifs,
        amc_centimes=facture.montant_amc_centimes,
        paye_centimes=facture.paye_centimes,
        reponse=LotReponse(resultat=ResultatLot.ACQUITTE, factures=(facture,)),
    )


def _facture_status(entry: Entry, factures: Sequence[FactureReponse]) -> Lu | None:
    if entry.operation is Operation.ANNULATION_FACTURE:
        annulee = any(une.resultat is ResultatFacture.ANNULEE for une in factures)
        return _annulation(entry, ResultatAnnulation.CONFIRMEE, ()) if annulee else None
    unnamed = None if entry.remplace is None else entry.reference  # an old number may be the replaced invoice's
    ours = [une for une in factures if entry.ailleurs or une.reference in {unnamed, entry.reference}]
    if not ours:
        return None
    first, *others = ours
    lu = _facture(first)
    return lu if not others else _with_doubles(lu, tuple(une.numero_facture for une in others))


def _lot(entry: Entry, lot: LotReponse) -> Lu:
    """The acknowledgement of what was sent; our invoice may be named in it, or only the lot."""
    ours = next((une for une in lot.factures if une.reference == entry.reference), None)
    if ours is None:
        ours = next((une for une in lot.factures if une.numero_facture == entry.numero), None)
    if lot.resultat is ResultatLot.REJETE and ours is None:
        return Lu(resultat=ResultatFacture.REJETEE_FORMAT, fini=True, motifs=lot.motifs, reponse=lot)
    if ours is None:
        return Lu(resultat=ResultatFacture.ACQUITTEE, fini=False, reponse=lot)
    return _facture(ours)


def _annulation(entry: Entry, resultat: ResultatAnnulation, motifs: tuple[Motif, ...]) -> Lu:
    """A cancellation changes what it acts on, once it is asked and once it is confirmed."""
    fini = resultat is not ResultatAnnulation.DEMANDEE
    cible = None
    if entry.operation is Operation.ANNULATION_FACTURE and resultat is ResultatAnnulation.CONFIRMEE:
        cible = Lu(resultat=ResultatFacture.ANNULEE, fini=True)
    elif entry.operation is Operation.ANNULATION_PEC and resultat is not ResultatAnnulation.REFUSEE:
        word = ResultatPec.ANNULEE if fini else ResultatPec.ANNULATION_DEMANDEE
        cible = Lu(resultat=word, fini=True)
    return Lu(resultat=resultat, fini=fini, motifs=motifs, cible=cible)


_DIT: dict[tuple[str | None, str | None], str] = {
    (ResultatPec.ACCORDEE, ResultatFacture.ACQUITTEE): ResultatPec.FACTUREE,
    (ResultatPec.ACCORDEE, ResultatFacture.ACCEPTEE): ResultatPec.FACTUREE,
    (ResultatPec.ACCORDEE, ResultatFacture.PAYEE): ResultatPec.SOLDEE,
    (ResultatPec.FACTUREE, ResultatFacture.ACQUITTEE): ResultatPec.FACTUREE,
    (ResultatPec.FACTUREE, ResultatFacture.ACCEPTEE): ResultatPec.FACTUREE,
    (ResultatPec.FACTUREE, ResultatFacture.PAYEE): ResultatPec.SOLDEE,
    (ResultatPec.SOLDEE, ResultatFacture.PAYEE): ResultatPec.SOLDEE,
}
"""A PEC and its invoice -> the PEC. Only the straight road: what is rejected, claimed back, cancelled, paid short or
strange is asked about."""


def told(pec: Entry, facture: Entry) -> str | None:
    """What has become of a PEC, going by what its invoice has come to; None: that does not tell, the platform must."""
    return _DIT.get((pec.resultat, facture.resultat)) if pec.etat is Etat.TERMINEE else None


REFUS: dict[Operation, str] = {
    Operation.DROITS: ResultatDroits.INCONNU,
    Operation.DEVIS: ResultatPec.REFUSE,
    Operation.PEC: ResultatPec.REFUSEE,
    Operation.PIECES: ResultatPieces.REFUSEES,
    Operation.FACTURE: ResultatFacture.REJETEE,
    Operation.ANNULATION_PEC: ResultatAnnulation.REFUSEE,
    Operation.ANNULATION_FACTURE: ResultatAnnulation.REFUSEE,
}
"""The word of a final *no*; a fault about our own message makes an invoice `rejetee_format`."""


def refused(entry: Entry, motifs: tuple[Motif, ...], reponse: Reponse | None) -> Lu:
    """A business *no*: the answer's own words when there is an answer, with the reasons given."""
    if reponse is None:
        word = ResultatFacture.REJETEE_FORMAT if entry.operation is Operation.FACTURE else REFUS[entry.operation]
        return Lu(resultat=word, fini=True, motifs=motifs)
    lu = read_answer(entry, reponse)
    champs = {nom: getattr(lu, nom) for nom in Lu.__dataclass_fields__}
    return Lu(**{**champs, "fini": True, "motifs": motifs or lu.motifs})
