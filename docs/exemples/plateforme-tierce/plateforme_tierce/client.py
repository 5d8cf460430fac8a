"""The adapter's road: a question to the arguments zeep takes, zeep's parsed answer to a value."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lxml import etree

from plateforme_tierce import CHEMIN, NOMS, NS, PACKAGE, WSDL, XSD
from tierspayant.schemas import lexique
from tierspayant.schemas.client_road import ClientRoad, Detail, Grammaire, Tour
from tierspayant.schemas.messages import (
    Droits,
    DroitsDemande,
    DroitsReponse,
    Entete,
    EtatServiceDemande,
    EtatServiceReponse,
    Indisponible,
    Reponse,
    ResultatDroits,
)
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.xml import local_name


def client() -> ClientRoad:
    """platforms.DialectClient of this dialect."""
    return ClientRoad(
        Grammaire(
            package=PACKAGE,
            version=SoapVersion.V11,
            tours={
                Operation.DROITS: Tour(NOMS[Operation.DROITS], CHEMIN, WSDL, XSD, _ask_rights, _read_rights),
                Operation.ETAT_SERVICE: Tour(NOMS[Operation.ETAT_SERVICE], CHEMIN, WSDL, XSD, _ask_state, _read_state),
            },
            entete="appelant",
            entete_xsd=XSD,
            build_entete=_entete,
            detail=_detail,
            id_message=lambda body: body[0].text,
        )
    )


def _instant(valeur: dt.datetime) -> dt.datetime:
    return valeur.astimezone(dt.UTC).replace(microsecond=valeur.microsecond // 1000 * 1000)


def _entete(entete: Entete) -> dict[str, Any]:
    return {
        "idMessage": entete.id_message,
        "finess": entete.magasin.clair,
        "emisLe": _instant(entete.emis_le),
        "jeton": entete.jeton_session,
    }


def _ask_rights(demande: DroitsDemande) -> dict[str, Any]:
    carte, qui = demande.carte, demande.beneficiaire
    return {
        "jour": demande.date_soins,
        "amc": carte.numero_amc.clair,
        "convention": carte.type_convention,
        "csr": carte.csr,
        "adherent": carte.numero_adherent.clair,
        "carteDu": carte.valide_du,
        "carteAu": carte.valide_au,
        "nir": demande.assure.nir.clair,
        "neLe": qui.date_naissance.jour,
        "rang": qui.rang_naissance,
        "nom": qui.nom.clair,
        "prenom": qui.prenom.clair,
        "qualite": qui.qualite.value,
    }


def _ask_state(demande: EtatServiceDemande) -> dict[str, Any]:
    return {"service": demande.service.value}


def _unavailable(lu: Any) -> Indisponible | None:
    if lu.indisponible is None:
        return None
    un = lu.indisponible
    return Indisponible(
        motif=lexique.motif(PACKAGE, un.code, un.libelle, un.champ), reessayer_apres_s=lu.reessayerApres
    )


def _read_rights(lu: Any) -> Reponse:
    ouverts = lu.droits
    return _unavailable(lu) or DroitsReponse(
        resultat=ResultatDroits(lu.reponse),
        droits=ouverts
        and Droits(
            du=ouverts.du,
            au=ouverts.au,
            pec_requise=ouverts.pecRequise,
            conventionne=ouverts.conventionne,
            dernier_equipement=ouverts.dernierEquipement,
        ),
        organisme=lu.organisme,
        libelle_organisme=lu.libelleOrganisme,
        motifs=tuple(lexique.motif(PACKAGE, un.code, un.libelle, un.champ) for un in lu.motif),
    )


def _read_state(lu: Any) -> Reponse:
    return _unavailable(lu) or EtatServiceReponse(
        service=Service(lu.service),
        ouvert=lu.ouvert,
        message=lu.message,
        reprise_prevue=lu.repriseLe and lu.repriseLe.astimezone(dt.UTC),
    )


def _detail(element: etree._Element) -> Detail | None:
    if element.tag != f"{{{NS}}}rejet":
        return None
    champs = {local_name(enfant): enfant.text or "" for enfant in element}
    motif = lexique.motif(PACKAGE, champs["code"], champs["francais"], champs.get("ou"))
    return Detail(motif.code, champs["regle"], motif)
