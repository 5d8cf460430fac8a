"""From what the shop asked to what the platform is asked. Pure: the entry, its file and the bodies are arguments.

An invoice takes card, person and lines from its PEC's request and the amounts from its answer, unless the shop gave
its own. What no rule needs is not sent: dioptres are dropped (privacy, our default; optical-messages.md §8.9).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tierspayant.adapter.demandes import (
    CORPS,
    AnnulationCorps,
    Corps,
    DevisCorps,
    DroitsCorps,
    FactureCorps,
    PiecesCorps,
)
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.policy import Faits
from tierspayant.schemas import plain
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    AnnulationReponse,
    Demande,
    DevisDemande,
    DroitsDemande,
    DroitsReponse,
    EtatFactureDemande,
    EtatPecDemande,
    Facture,
    FactureDemande,
    LotReponse,
    PecDemande,
    PecReponse,
    Piece,
    PiecesDemande,
    PiecesReponse,
    Reponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Traits

REPONSES: Mapping[Operation, type[Reponse]] = {
    Operation.DROITS: DroitsReponse,
    Operation.DEVIS: PecReponse,
    Operation.PEC: PecReponse,
    Operation.PIECES: PiecesReponse,
    Operation.FACTURE: LotReponse,
    Operation.ANNULATION_PEC: AnnulationReponse,
    Operation.ANNULATION_FACTURE: AnnulationReponse,
}
"""The type of the answer kept with an entry of each operation (charge `reponse`)."""


class CompositionImpossible(Exception):
    """The request cannot be said to the platform; the text says what is missing, in French, without values."""


@dataclass(frozen=True, slots=True)
class Cible:
    """The entry another one acts on, with its body and last answer."""

    entry: Entry
    corps: Corps
    reponse: Reponse | None


def read_corps(operation: Operation, octets: bytes) -> Corps:
    return plain.from_json(CORPS[operation], octets)


def read_reponse(operation: Operation, octets: bytes | None) -> Reponse | None:
    return None if octets is None else plain.from_json(REPONSES[operation], octets)


def faits(corps: Corps) -> Faits:
    """What time may overtake in a body."""
    if not isinstance(corps, DevisCorps):
        return Faits()
    return Faits(carte_valide_au=corps.carte.valide_au, prescription_du=corps.prescription.date)


def demande(entry: Entry, corps: Corps, cible: Cible | None, dossier: Iterable[Entry]) -> Demande:
    """The question to send; that of an invoice may travel with others (parcels.py). Raises CompositionImpossible."""
    match corps:
        case DroitsCorps():
            return DroitsDemande(
                date_soins=corps.date_soins,
                carte=corps.carte,
                assure=corps.assure,
                beneficiaire=corps.beneficiaire,
                organisme=entry.organisme,
            )
        case DevisCorps():
            return _pec(entry, corps, list(dossier))
        case FactureCorps():
            return FactureDemande(factures=(_facture(entry, corps, _needed(cible), list(dossier)),))
        case PiecesCorps():
            pieces = tuple(Piece(type=p.type, nom=p.nom, mime=p.mime, contenu=_decoded(p.base64)) for p in corps.pieces)
            return PiecesDemande(numero_pec=_number(_needed(cible)), reference=corps.reference, pieces=pieces)
        case AnnulationCorps():
            return _annulation(entry, corps, _needed(cible))


def statut(entry: Entry, traits: Traits, cible: Entry | None) -> Demande:
    """The question about what became of an entry. Raises CompositionImpossible when it cannot be asked."""
    match entry.operation:
        case Operation.DEVIS | Operation.PEC if entry.numero is not None:
            return EtatPecDemande(numero_pec=entry.numero)
        case Operation.DEVIS | Operation.PEC:
            return EtatPecDemande(reference=entry.reference)
        case Operation.FACTURE if traits.recherche_par_reference and not entry.ailleurs:
            return EtatFactureDemande(reference=entry.reference)
        case Operation.FACTURE:
            return EtatFactureDemande(numero_facture=entry.numero)
        case Operation.ANNULATION_FACTURE if cible is not None:
            return EtatFactureDemande(numero_facture=cible.numero)
        case Operation.PIECES | Operation.ANNULATION_PEC if cible is not None and cible.numero is not None:
            return EtatPecDemande(numero_pec=cible.numero)
        case _:
            raise CompositionImpossible("l'état de cette demande ne peut pas être demandé")


def _pec(entry: Entry, corps: DevisCorps, dossier: list[Entry]) -> PecDemande:
    kind = DevisDemande if entry.operation is Operation.DEVIS else PecDemande
    lignes = tuple(replace(ligne, correction=None) for ligne in corps.equipement.lignes)
    return kind(
        dossier=corps.dossier,
        reference=corps.reference,
        date_soins=corps.date_soins,
        carte=corps.carte,
        assure=corps.assure,
        beneficiaire=corps.beneficiaire,
        prescription=corps.prescription,
        equipement=replace(corps.equipement, lignes=lignes),
        dernier_equipement=corps.dernier_equipement,
        consentement=None if entry.operation is Operation.DEVIS else corps.consentement,
        devis=_known_number(corps.devis, entry, dossier),
        remplace=_known_number(corps.remplace, entry, dossier),
        livraison_prevue=corps.livraison_prevue,
        organisme=entry.organisme,
    )


def _known_number(nom: str | None, entry: Entry, dossier: list[Entry]) -> str | None:
    """The platform's number of a request the shop named by reference, id or that number itself.

    After a move to another operator, that of the request made anew in its place; no platform is told another's number.
    """
    named = {une.id for une in dossier if nom is not None and nom in {une.id, une.reference, une.numero}}
    there = (une for une in dossier if une.plateforme == entry.plateforme and une.id != entry.id)
    return next((une.numero for une in there if une.id in named or une.remplace in named), None)


def _facture(entry: Entry, corps: FactureCorps, cible: Cible, dossier: list[Entry]) -> Facture:
    pec = cible.corps
    assert isinstance(pec, DevisCorps), "an invoice acts on a PEC"
    granted = cible.reponse.montants if isinstance(cible.reponse, PecReponse) else None
    montants = corps.montants or granted
    if montants is None:
        raise CompositionImpossible("les montants accordés ne sont pas connus : indiquez-les dans la facture")
    lignes = corps.lignes if corps.lignes is not None else pec.equipement.lignes
    return Facture(
        dossier=corps.dossier,
        reference=corps.reference,
        numero_pec=_number(cible),
        numero_facture=corps.numero_facture,
        date_facture=corps.date_facture,
        date_delivrance=corps.date_delivrance,
        carte=pec.carte,
        assure=pec.assure,
        beneficiaire=pec.beneficiaire,
        montants=montants,
        lignes=tuple(replace(ligne, correction=None) for ligne in lignes),
        remplace=_known_number(corps.remplace, entry, dossier),
        organisme=entry.organisme,
    )


def _annulation(entry: Entry, corps: AnnulationCorps, cible: Cible) -> Demande:
    numero = _number(cible)
    if entry.operation is Operation.ANNULATION_PEC:
        return AnnulationPecDemande(numero_pec=numero, reference=corps.reference, motif=corps.motif)
    return AnnulationFactureDemande(numero_facture=numero, reference=corps.reference, motif=corps.motif)


def _needed(cible: Cible | None) -> Cible:
    if cible is None:
        raise CompositionImpossible("la demande dont celle-ci dépend n'est plus lisible")
    return cible


def _number(cible: Cible) -> str:
    if cible.entry.numero is None:
        raise CompositionImpossible("la plateforme n'a pas donné de numéro à la demande dont celle-ci dépend")
    return cible.entry.numero


def _decoded(texte: str) -> bytes:
    try:
        return base64.b64decode(texte, validate=True)
    except binascii.Error:
        raise CompositionImpossible("une pièce n'est pas du base64 lisible") from None
