"""The client's writing: a question of messages.py to the keyword arguments that zeep takes for the body.

`None` is left out by zeep, which raises when the contract calls the field mandatory. The insurer (`organisme`) has no
element here and is dropped (see the package).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from tierspayant.schemas.almerys.words import to_wire
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    Assure,
    Beneficiaire,
    Carte,
    Consentement,
    Correction,
    DernierEquipement,
    DroitsDemande,
    Entete,
    Equipement,
    EtatFactureDemande,
    EtatLotDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    Ligne,
    Montants,
    MontantsLigne,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    PiecesDemande,
    Prescription,
    RetoursDemande,
)
from tierspayant.schemas.operations import Operation

Champs = dict[str, Any]


def _jour(jour: dt.date | None) -> str | None:
    return None if jour is None else f"{jour.year:04d}{jour.month:02d}{jour.day:02d}"


def _mot(table: str, valeur: StrEnum | None) -> str | None:
    return None if valeur is None else to_wire(table, valeur)


def entete(entete: Entete) -> Champs:
    """`horodatage` as UTC text, so that the same instant gives the same bytes."""
    utc = entete.emis_le.astimezone(dt.UTC).replace(tzinfo=None)
    return {
        "idMessage": entete.id_message,
        "magasin": entete.magasin.clair,
        "horodatage": utc.isoformat(timespec="milliseconds") + "Z",
        "jetonSession": entete.jeton_session,
    }


def _carte(carte: Carte) -> Champs:
    return {
        "numeroAMC": carte.numero_amc.clair,
        "typeConvention": carte.type_convention,
        "csr": carte.csr,
        "numeroAdherent": carte.numero_adherent.clair,
        "debutValidite": _jour(carte.valide_du),
        "finValidite": _jour(carte.valide_au),
    }


def _assure(assure: Assure) -> Champs:
    return {"nir": assure.nir.clair[:13], "cleNir": assure.nir.clair[13:]}


def _beneficiaire(beneficiaire: Beneficiaire) -> Champs:
    return {
        "dateNaissance": beneficiaire.date_naissance.clair.replace("-", ""),
        "rangNaissance": beneficiaire.rang_naissance,
        "nom": beneficiaire.nom.clair,
        "prenom": beneficiaire.prenom.clair,
        "lien": to_wire("liens", beneficiaire.qualite),
    }


def _personne(demande: DroitsDemande | PecDemande | Facture) -> Champs:
    return {
        "attestation": _carte(demande.carte),
        "ouvrantDroit": _assure(demande.assure),
        "individu": _beneficiaire(demande.beneficiaire),
    }


def _correction(correction: Correction | None) -> Champs | None:
    if correction is None:
        return None
    return {
        "sphere": correction.sphere_centiemes,
        "cylindre": correction.cylindre_centiemes,
        "axe": correction.axe,
        "addition": correction.addition_centiemes,
    }


def _article(ligne: Ligne) -> Champs:
    return {
        "numeroArticle": ligne.numero,
        "nature": to_wire("natures_article", ligne.type),
        "cote": _mot("cotes", ligne.oeil),
        "zoneOptique": _mot("zones", ligne.zone),
        "codeLPP": ligne.lpp.clair,
        "classe": ligne.classe.value,
        "prixUnitaire": ligne.prix_centimes,
        "remise": ligne.remise_centimes,
        "quantite": ligne.quantite,
        "correction": _correction(ligne.correction),
    }


def _equipement(equipement: Equipement) -> Champs:
    return {
        "rang": equipement.numero,
        "typeVision": to_wire("types_vision", equipement.type),
        "article": [_article(ligne) for ligne in equipement.lignes],
    }


def _ordonnance(prescription: Prescription) -> Champs:
    return {
        "dateOrdonnance": _jour(prescription.date),
        "nature": to_wire("ordonnances", prescription.type),
        "numeroPrescripteur": prescription.prescripteur and prescription.prescripteur.clair,
    }


def _precedent(dernier: DernierEquipement | None) -> Champs | None:
    if dernier is None:
        return None
    return {
        "dateDelivrance": _jour(dernier.date),
        "motifRenouvellement": _mot("motifs_renouvellement", dernier.motif_renouvellement),
    }


def _consentement(consentement: Consentement | None) -> Champs | None:
    if consentement is None:
        return None
    return {"recueilli": consentement.donne, "dateRecueil": _jour(consentement.date)}


def _parts(montants: Montants | MontantsLigne) -> Champs:
    return {
        "partAMO": montants.amo_centimes,
        "partAMC": montants.amc_centimes,
        "resteACharge": montants.reste_a_charge_centimes,
    }


def _valorisation(montants: Montants) -> Champs:
    parts = [
        {
            "numeroArticle": ligne.numero,
            **_parts(ligne),
            "base": ligne.base_centimes,
            "taux": ligne.taux_pour_cent,
            "plafond": ligne.plafond_centimes,
        }
        for ligne in montants.lignes
    ]
    return {"total": montants.total_centimes, **_parts(montants), "partArticle": parts}


def droits(demande: DroitsDemande) -> Champs:
    return {"dateSoins": _jour(demande.date_soins), **_personne(demande)}


def panier(demande: PanierDemande) -> Champs:
    return {
        "dateSoins": _jour(demande.date_soins),
        "attestation": _carte(demande.carte),
        "typeVision": to_wire("types_vision", demande.type),
        "zoneOptique": _mot("zones", demande.zone),
        "classe": demande.classe and demande.classe.value,
    }


def valorisation(demande: PecDemande) -> Champs:
    return {
        "typeDemande": "DEVIS" if demande.operation is Operation.DEVIS else "PEC",
        "referenceDossier": demande.dossier,
        "referenceDemande": demande.reference,
        "numeroDevis": demande.devis,
        "demandeRemplacee": demande.remplace,
        "dateSoins": _jour(demande.date_soins),
        "dateLivraisonPrevue": _jour(demande.livraison_prevue),
        **_personne(demande),
        "ordonnance": _ordonnance(demande.prescription),
        "equipementPrecedent": _precedent(demande.dernier_equipement),
        "equipement": _equipement(demande.equipement),
        "consentement": _consentement(demande.consentement),
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
        "dateFacture": _jour(facture.date_facture),
        "dateDelivrance": _jour(facture.date_delivrance),
        **_personne(facture),
        "valorisation": _valorisation(facture.montants),
        "article": [_article(ligne) for ligne in facture.lignes],
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
