"""The client's writing: a question of messages.py to the keyword arguments that zeep takes for the body.

`None` is left out by zeep, which raises when the contract calls the field mandatory. The insurer (`organisme`) has no
element here and is dropped (see the package).
"""

from __future__ import annotations

from typing import Any

from tierspayant.schemas.almerys.client_question_blocks import (
    article,
    carte,
    consentement,
    equipement,
    jour,
    montants,
    mot,
    ordonnance,
    personne,
    precedent,
)
from tierspayant.schemas.almerys.words import to_wire
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    DroitsDemande,
    EtatFactureDemande,
    EtatLotDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    PiecesDemande,
    RetoursDemande,
)
from tierspayant.schemas.operations import Operation

Champs = dict[str, Any]


def droits(demande: DroitsDemande) -> Champs:
    return {"dateSoins": jour(demande.date_soins), **personne(demande)}


def panier(demande: PanierDemande) -> Champs:
    return {
        "dateSoins": jour(demande.date_soins),
        "attestation": carte(demande.carte),
        "typeVision": to_wire("types_vision", demande.type),
        "zoneOptique": mot("zones", demande.zone),
        "classe": demande.classe and demande.classe.value,
    }


def valorisation(demande: PecDemande) -> Champs:
    return {
        "typeDemande": "DEVIS" if demande.operation is Operation.DEVIS else "PEC",
        "referenceDossier": demande.dossier,
        "referenceDemande": demande.reference,
        "numeroDevis": demande.devis,
        "demandeRemplacee": demande.remplace,
        "dateSoins": jour(demande.date_soins),
        "dateLivraisonPrevue": jour(demande.livraison_prevue),
        **personne(demande),
        "ordonnance": ordonnance(demande.prescription),
        "equipementPrecedent": precedent(demande.dernier_equipement),
        "equipement": equipement(demande.equipement),
        "consentement": consentement(demande.consentement),
    }


def _un_des_deux(un: str | None, autre: str | None, champ: str) -> None:
    """Raises the Faute that the platform would answer: exactly one of the two is said."""
    if (un is None) == (autre is None):
        raise Faute(
            Cote.CLIENT,
            "TEC05",
            "UN_SEUL_CRITERE",
            f"le champ « {champ} » ou la référence : donnez exactement l'un des deux",
            f"field '{champ}' or the reference: give exactly one",
            xpath=champ,
        )


def etat_dossier(demande: EtatPecDemande) -> Champs:
    _un_des_deux(demande.numero_pec, demande.reference, "numero_pec")
    return {"numeroDossier": demande.numero_pec, "referenceDemande": demande.reference}


def annulation_dossier(demande: AnnulationPecDemande) -> Champs:
    return {
        "numeroDossier": demande.numero_pec,
        "referenceAnnulation": demande.reference,
        "motifAnnulation": to_wire("motifs_annulation", demande.motif),
    }


def pieces(demande: PiecesDemande) -> Champs:
    return {
        "numeroDossier": demande.numero_pec,
        "referenceDepot": demande.reference,
        "piece": [
            {
                "nature": to_wire("natures_piece", piece.type),
                "nomFichier": piece.nom,
                "typeMime": piece.mime,
                "contenu": piece.contenu,
            }
            for piece in demande.pieces
        ],
    }


def _facture(facture: Facture) -> Champs:
    return {
        "referenceDossier": facture.dossier,
        "referenceFacture": facture.reference,
        "numeroDossier": facture.numero_pec,
        "numeroFacture": facture.numero_facture,
        "factureRemplacee": facture.remplace,
        "dateFacture": jour(facture.date_facture),
        "dateDelivrance": jour(facture.date_delivrance),
        **personne(facture),
        "valorisation": montants(facture.montants),
        "article": [article(ligne) for ligne in facture.lignes],
    }


def lot(demande: FactureDemande) -> Champs:
    return {"numeroLot": demande.numero_lot, "facture": [_facture(facture) for facture in demande.factures]}


def etat_lot(demande: EtatLotDemande) -> Champs:
    return {"numeroLot": demande.numero_lot}


def etat_facture(demande: EtatFactureDemande) -> Champs:
    _un_des_deux(demande.numero_facture, demande.reference, "numero_facture")
    return {"numeroFacture": demande.numero_facture, "referenceFacture": demande.reference}


def annulation_facture(demande: AnnulationFactureDemande) -> Champs:
    return {
        "numeroFacture": demande.numero_facture,
        "referenceAnnulation": demande.reference,
        "motifAnnulation": to_wire("motifs_annulation", demande.motif),
    }


def bordereaux(demande: RetoursDemande) -> Champs:
    return {"curseur": demande.depuis, "nombreMaximum": demande.limite}


def ouvrir_session(demande: OuvrirSessionDemande) -> Champs:
    return {"identifiant": demande.identifiant, "codeRecu": demande.code}


def fermer_session(demande: FermerSessionDemande) -> Champs:
    return {"jetonSession": demande.jeton}


def etat_service(demande: EtatServiceDemande) -> Champs:
    return {"serviceLogique": demande.service.value}
