"""The adapter's road for this dialect: questions as zeep's arguments, zeep's replies as answers (see reponses.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lxml import etree

from tierspayant.schemas import lexique
from tierspayant.schemas.client_road import ClientRoad, Detail, Grammaire, Tour
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    AnnulationPecDemande,
    Beneficiaire,
    Carte,
    Correction,
    DroitsDemande,
    Entete,
    EtatFactureDemande,
    EtatPecDemande,
    EtatServiceDemande,
    Facture,
    FactureDemande,
    FermerSessionDemande,
    Ligne,
    Montants,
    OrganismesDemande,
    OuvrirSessionDemande,
    PanierDemande,
    PecDemande,
    PiecesDemande,
    RetoursDemande,
)
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.viamedis import CHEMINS, NOMS, PACKAGE
from tierspayant.schemas.viamedis.reponses import REPONSES
from tierspayant.schemas.xml import local_name

Champs = dict[str, Any]


def client() -> ClientRoad:
    """platforms.DialectClient of this dialect."""
    tours = {une: _tour(service, une) for service, operations in CHEMINS.items() for une in operations}
    tours[Operation.ETAT_SERVICE] = _ETATS[Service.DROITS]
    return ClientRoad(
        Grammaire(
            package=PACKAGE,
            version=SoapVersion.V11,
            tours=tours,
            tour_of=_tour_of,
            entete="entete",
            entete_xsd="commun.xsd",
            build_entete=_entete,
            detail=_detail,
            id_message=_id_message,
        )
    )


def _tour(service: str, operation: Operation, xsd: str | None = None) -> Tour:
    return Tour(
        nom=NOMS[operation],
        chemin=f"/{service}",
        wsdl=f"{service}.wsdl",
        xsd=xsd or f"{service}.xsd",
        build=_BUILDERS[operation],
        read=REPONSES[operation],
    )


def _tour_of(demande: object) -> Tour | None:
    """EtatService is asked on the path that serves the logical service; every other operation has one path."""
    return _ETATS[demande.service] if isinstance(demande, EtatServiceDemande) else None


def _id_message(body: etree._Element) -> str | None:
    return body[0].text


def _detail(element: etree._Element) -> Detail | None:
    if local_name(element) != "fauteTechnique":
        return None
    champs = {local_name(enfant): enfant.text or "" for enfant in element}
    motif = lexique.motif(PACKAGE, champs.get("code", ""), champs.get("texteFrancais", ""), champs.get("chemin"))
    return Detail(motif.code, champs.get("regle", ""), motif)


# ---------------------------------------------------------------------------------------------------- shared blocks


def euros(centimes: int | None) -> Decimal | None:
    return None if centimes is None else Decimal(centimes).scaleb(-2)


def instant(valeur: dt.datetime) -> dt.datetime:
    """UTC and milliseconds: what every reader keeps."""
    return valeur.astimezone(dt.UTC).replace(microsecond=valeur.microsecond // 1000 * 1000)


def _entete(entete: Entete) -> Champs:
    return {
        "idMessage": entete.id_message,
        "magasin": entete.magasin.clair,
        "horodatage": instant(entete.emis_le),
        "jetonSession": entete.jeton_session,
    }


def _carte(carte: Carte) -> Champs:
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


def _personne(demande: DroitsDemande | PecDemande | Facture) -> Champs:
    """Insurer, card and people, as rights, PEC and invoice all carry them."""
    return {
        "organisme": _organisme(demande.organisme),
        "carte": _carte(demande.carte),
        "assure": {"nir": demande.assure.nir.clair},
        "beneficiaire": _beneficiaire(demande.beneficiaire),
    }


def _organisme(code: str | None) -> str:
    """This platform wants the insurer picked from its list: a question without one cannot be said."""
    if code is None:
        raise _refuse("CHAMP_MANQUANT", "organisme", "est obligatoire sur cette plateforme", "is mandatory here")
    return code


def _refuse(regle: str, champ: str, francais: str, anglais: str) -> Faute:
    return Faute(Cote.CLIENT, "TEC05", regle, f"le champ « {champ} » {francais}", f"field '{champ}' {anglais}")


def _ligne(ligne: Ligne) -> Champs:
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


def _montants(montants: Montants) -> Champs:
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


# -------------------------------------------------------------------------------------------------------- questions


def _droits(demande: DroitsDemande) -> Champs:
    return {"dateSoins": demande.date_soins, **_personne(demande)}


def _panier(demande: PanierDemande) -> Champs:
    return {
        "dateSoins": demande.date_soins,
        "organisme": _organisme(demande.organisme),
        "carte": _carte(demande.carte),
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
            **_personne(demande),
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
                "ligne": [_ligne(ligne) for ligne in demande.equipement.lignes],
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
        raise _refuse("UN_SEUL_CRITERE", "reference", "ou le numéro : l'un des deux", "or the number: exactly one")


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
        raise _refuse("CHAMP_INCONNU", "numero_lot", "n'existe pas sur cette plateforme", "does not exist here")
    if len(demande.factures) != 1:
        raise _refuse("CHAMP_REPETE", "factures", "en contient exactement une ici", "holds exactly one here")
    une = demande.factures[0]
    return {
        "facture": {
            "dossier": une.dossier,
            "reference": une.reference,
            "numeroPec": une.numero_pec,
            "numeroFacture": une.numero_facture,
            "dateFacture": une.date_facture,
            "dateDelivrance": une.date_delivrance,
            **_personne(une),
            "montants": _montants(une.montants),
            "ligne": [_ligne(ligne) for ligne in une.lignes],
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


_BUILDERS: dict[Operation, Callable[[Any], Champs]] = {
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
_CHEMIN_OF = {
    Service.AUTHENTIFICATION: "authentification",
    **{SERVICE_OF[une]: chemin for chemin, operations in CHEMINS.items() for une in operations},
    Service.ANNULATION: "prises-en-charge",
}
_ETATS = {service: _tour(chemin, Operation.ETAT_SERVICE, "commun.xsd") for service, chemin in _CHEMIN_OF.items()}
