"""Blocks that several questions of this dialect share, as zeep's arguments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    Beneficiaire,
    Carte,
    Correction,
    DroitsDemande,
    Entete,
    Facture,
    Ligne,
    Montants,
    PecDemande,
)

Champs = dict[str, Any]


def euros(centimes: int | None) -> Decimal | None:
    return None if centimes is None else Decimal(centimes).scaleb(-2)


def instant(valeur: dt.datetime) -> dt.datetime:
    """UTC and milliseconds: what every reader keeps."""
    return valeur.astimezone(dt.UTC).replace(microsecond=valeur.microsecond // 1000 * 1000)


def say_entete(entete: Entete) -> Champs:
    return {
        "idMessage": entete.id_message,
        "magasin": entete.magasin.clair,
        "horodatage": instant(entete.emis_le),
        "jetonSession": entete.jeton_session,
    }


def say_carte(carte: Carte) -> Champs:
    return {
        "numeroAmc": carte.numero_amc.clair,
        "typeConvention": carte.type_convention,
        "csr": carte.csr,
        "numeroAdherent": carte.numero_adherent.clair,
        "valideDu": carte.valide_du,
        "valideAu": carte.valide_au,
    }


def _beneficiaire(beneficiaire: Beneficiaire) -> Champs:
    return {
        "dateNaissance": beneficiaire.date_naissance.jour,
        "rangNaissance": beneficiaire.rang_naissance,
        "nom": beneficiaire.nom.clair,
        "prenom": beneficiaire.prenom.clair,
        "qualite": beneficiaire.qualite.name,
    }


def say_personne(demande: DroitsDemande | PecDemande | Facture) -> Champs:
    """Insurer, card and people, as rights, PEC and invoice all carry them."""
    return {
        "organisme": say_organisme(demande.organisme),
        "carte": say_carte(demande.carte),
        "assure": {"nir": demande.assure.nir.clair},
        "beneficiaire": _beneficiaire(demande.beneficiaire),
    }


def say_organisme(code: str | None) -> str:
    """This platform wants the insurer picked from its list: a question without one cannot be said."""
    if code is None:
        raise unsayable("CHAMP_MANQUANT", "organisme", "est obligatoire sur cette plateforme", "is mandatory here")
    return code


def unsayable(regle: str, champ: str, francais: str, anglais: str) -> Faute:
    return Faute(Cote.CLIENT, "TEC05", regle, f"le champ « {champ} » {francais}", f"field '{champ}' {anglais}")


def say_ligne(ligne: Ligne) -> Champs:
    return {
        "numero": ligne.numero,
        "type": ligne.type.name,
        "oeil": ligne.oeil.value if ligne.oeil else None,
        "zone": ligne.zone.name if ligne.zone else None,
        "lpp": ligne.lpp.clair,
        "classe": ligne.classe.value,
        "prix": euros(ligne.prix_centimes),
        "remise": euros(ligne.remise_centimes),
        "quantite": ligne.quantite,
        "correction": _correction(ligne.correction) if ligne.correction else None,
    }


def _correction(correction: Correction) -> Champs:
    return {
        "sphere": euros(correction.sphere_centiemes),
        "cylindre": euros(correction.cylindre_centiemes),
        "axe": correction.axe,
        "addition": euros(correction.addition_centiemes),
    }


def say_montants(montants: Montants) -> Champs:
    return {
        "total": euros(montants.total_centimes),
        "partAmo": euros(montants.amo_centimes),
        "partAmc": euros(montants.amc_centimes),
        "resteACharge": euros(montants.reste_a_charge_centimes),
        "detail": [
            {
                "numero": ligne.numero,
                "partAmo": euros(ligne.amo_centimes),
                "partAmc": euros(ligne.amc_centimes),
                "resteACharge": euros(ligne.reste_a_charge_centimes),
                "base": euros(ligne.base_centimes),
                "taux": ligne.taux_pour_cent,
                "plafond": euros(ligne.plafond_centimes),
            }
            for ligne in montants.lignes
        ],
    }
