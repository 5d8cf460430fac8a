"""The client's writing, blocks that several questions share: header, card, people, articles, amounts."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from tierspayant.schemas.almerys.words import to_wire
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Carte,
    Consentement,
    Correction,
    DernierEquipement,
    DroitsDemande,
    Entete,
    Equipement,
    Facture,
    Ligne,
    Montants,
    MontantsLigne,
    PecDemande,
    Prescription,
)

Champs = dict[str, Any]


def jour(jour: dt.date | None) -> str | None:
    return None if jour is None else f"{jour.year:04d}{jour.month:02d}{jour.day:02d}"


def mot(table: str, valeur: StrEnum | None) -> str | None:
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


def carte(carte: Carte) -> Champs:
    return {
        "numeroAMC": carte.numero_amc.clair,
        "typeConvention": carte.type_convention,
        "csr": carte.csr,
        "numeroAdherent": carte.numero_adherent.clair,
        "debutValidite": jour(carte.valide_du),
        "finValidite": jour(carte.valide_au),
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


def personne(demande: DroitsDemande | PecDemande | Facture) -> Champs:
    return {
        "attestation": carte(demande.carte),
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


def article(ligne: Ligne) -> Champs:
    return {
        "numeroArticle": ligne.numero,
        "nature": to_wire("natures_article", ligne.type),
        "cote": mot("cotes", ligne.oeil),
        "zoneOptique": mot("zones", ligne.zone),
        "codeLPP": ligne.lpp.clair,
        "classe": ligne.classe.value,
        "prixUnitaire": ligne.prix_centimes,
        "remise": ligne.remise_centimes,
        "quantite": ligne.quantite,
        "correction": _correction(ligne.correction),
    }


def equipement(equipement: Equipement) -> Champs:
    return {
        "rang": equipement.numero,
        "typeVision": to_wire("types_vision", equipement.type),
        "article": [article(ligne) for ligne in equipement.lignes],
    }


def ordonnance(prescription: Prescription) -> Champs:
    return {
        "dateOrdonnance": jour(prescription.date),
        "nature": to_wire("ordonnances", prescription.type),
        "numeroPrescripteur": prescription.prescripteur and prescription.prescripteur.clair,
    }


def precedent(dernier: DernierEquipement | None) -> Champs | None:
    if dernier is None:
        return None
    return {
        "dateDelivrance": jour(dernier.date),
        "motifRenouvellement": mot("motifs_renouvellement", dernier.motif_renouvellement),
    }


def consentement(consentement: Consentement | None) -> Champs | None:
    if consentement is None:
        return None
    return {"recueilli": consentement.donne, "dateRecueil": jour(consentement.date)}


def _parts(montants: Montants | MontantsLigne) -> Champs:
    return {
        "partAMO": montants.amo_centimes,
        "partAMC": montants.amc_centimes,
        "resteACharge": montants.reste_a_charge_centimes,
    }


def montants(montants: Montants) -> Champs:
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
