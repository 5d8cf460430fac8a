"""Questions of this dialect as the arguments zeep takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    DroitsDemande,
    EtatFactureDemande,
    EtatPecDemande,
    EtatServiceDemande,
    FactureDemande,
    FermerSessionDemande,
    OrganismesDemande,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    PiecesDemande,
    RetoursDemande,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.viamedis.client_question_blocks import (
    Champs,
    say_carte,
    say_ligne,
    say_montants,
    say_organisme,
    say_personne,
    unsayable,
)


def _droits(demande: DroitsDemande) -> Champs:
    return {"dateSoins": demande.date_soins, **say_personne(demande)}


def _panier(demande: PanierDemande) -> Champs:
    return {
        "dateSoins": demande.date_soins,
        "organisme": say_organisme(demande.organisme),
        "carte": say_carte(demande.carte),
        "typeEquipement": demande.type.name,
        "zone": demande.zone.name if demande.zone else None,
        "classe": demande.classe.value if demande.classe else None,
    }


def _organismes(demande: OrganismesDemande) -> Champs:
    return {"filtre": demande.filtre}


def _pec(demande: PecDemande) -> Champs:
    prescription, precedent, consentement = demande.prescription, demande.dernier_equipement, demande.consentement
    motif = precedent.motif_renouvellement if precedent else None
    return {
        "demande": {
            "dossier": demande.dossier,
            "reference": demande.reference,
            "dateSoins": demande.date_soins,
            **say_personne(demande),
            "prescription": {
                "datePrescription": prescription.date,
                "type": prescription.type.name,
                "prescripteur": prescription.prescripteur.clair if prescription.prescripteur else None,
            },
            "equipementPrecedent": precedent
            and {"dateFacturation": precedent.date, "motifRenouvellement": motif.name if motif else None},
            "equipement": {
                "numero": demande.equipement.numero,
                "type": demande.equipement.type.name,
                "ligne": [say_ligne(ligne) for ligne in demande.equipement.lignes],
            },
            "consentement": consentement and {"donne": consentement.donne, "dateConsentement": consentement.date},
            "numeroDevis": demande.devis,
            "remplace": demande.remplace,
            "livraisonPrevue": demande.livraison_prevue,
        }
    }


def _etat_pec(demande: EtatPecDemande) -> Champs:
    _un_critere(demande.numero_pec, demande.reference)
    return {"numero": demande.numero_pec, "reference": demande.reference}


def _un_critere(numero: str | None, reference: str | None) -> None:
    if (numero is None) == (reference is None):
        raise unsayable("UN_SEUL_CRITERE", "reference", "ou le numéro : l'un des deux", "or the number: exactly one")


def _annulation_pec(demande: AnnulationPecDemande) -> Champs:
    return {"numero": demande.numero_pec, "reference": demande.reference, "motifAnnulation": demande.motif.name}


def _pieces(demande: PiecesDemande) -> Champs:
    return {
        "numero": demande.numero_pec,
        "reference": demande.reference,
        "piece": [
            {"type": piece.type.name, "nom": piece.nom, "mime": piece.mime, "contenu": piece.contenu}
            for piece in demande.pieces
        ],
    }


def _facture(demande: FactureDemande) -> Champs:
    """One invoice: this platform has no lots."""
    if demande.numero_lot is not None:
        raise unsayable("CHAMP_INCONNU", "numero_lot", "n'existe pas sur cette plateforme", "does not exist here")
    if len(demande.factures) != 1:
        raise unsayable("CHAMP_REPETE", "factures", "en contient exactement une ici", "holds exactly one here")
    une = demande.factures[0]
    return {
        "facture": {
            "dossier": une.dossier,
            "reference": une.reference,
            "numeroPec": une.numero_pec,
            "numeroFacture": une.numero_facture,
            "dateFacture": une.date_facture,
            "dateDelivrance": une.date_delivrance,
            **say_personne(une),
            "montants": say_montants(une.montants),
            "ligne": [say_ligne(ligne) for ligne in une.lignes],
            "remplace": une.remplace,
        }
    }


def _etat_facture(demande: EtatFactureDemande) -> Champs:
    _un_critere(demande.numero_facture, demande.reference)
    return {"numeroFacture": demande.numero_facture, "reference": demande.reference}


def _annulation_facture(demande: AnnulationFactureDemande) -> Champs:
    return {
        "numeroFacture": demande.numero_facture,
        "reference": demande.reference,
        "motifAnnulation": demande.motif.name,
    }


def _retours(demande: RetoursDemande) -> Champs:
    return {"depuis": demande.depuis, "limite": demande.limite}


def _ouvrir_session(demande: OuvrirSessionDemande) -> Champs:
    return {"identifiant": demande.identifiant, "code": demande.code}


def _fermer_session(demande: FermerSessionDemande) -> Champs:
    return {"jetonSession": demande.jeton}


def _etat_service(demande: EtatServiceDemande) -> Champs:
    return {"service": demande.service.name}


QUESTIONS: dict[Operation, Callable[[Any], Champs]] = {
    Operation.DROITS: _droits,
    Operation.PANIER: _panier,
    Operation.ORGANISMES: _organismes,
    Operation.DEVIS: _pec,
    Operation.PEC: _pec,
    Operation.ETAT_PEC: _etat_pec,
    Operation.ANNULATION_PEC: _annulation_pec,
    Operation.PIECES: _pieces,
    Operation.FACTURE: _facture,
    Operation.ETAT_FACTURE: _etat_facture,
    Operation.ANNULATION_FACTURE: _annulation_facture,
    Operation.RETOURS: _retours,
    Operation.OUVRIR_SESSION: _ouvrir_session,
    Operation.FERMER_SESSION: _fermer_session,
    Operation.ETAT_SERVICE: _etat_service,
}
