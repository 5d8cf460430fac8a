"""Answers of this dialect as text, fields in the order of the XSD.

Prefix `t` is the namespace of the service's own messages, `c` the one all services share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tierspayant.schemas.ecriture import bloc, champ, euros, instant, jour, nombre, oui_non, racine
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Bordereau,
    Droits,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FermetureReponse,
    Indisponible,
    LotReponse,
    Motif,
    Offre,
    Organisme,
    OrganismesReponse,
    PanierReponse,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatLot,
    RetourLigne,
    RetoursReponse,
    SessionReponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.viamedis import CHEMINS, COMMUN, NOMS, RACINE
from tierspayant.schemas.viamedis.server_answer_blocks import raisons, une_facture, une_pec

_SERVICE_OF = {une: service for service, operations in CHEMINS.items() for une in operations}


def espace(service: str) -> str:
    """The namespace of a service's messages ('droits')."""
    return RACINE + service


def ecrire(appel: Appel, reponse: Reponse) -> str:
    """The body element of an answer: idMessage, compteRendu, then what the operation gives."""
    service = _SERVICE_OF.get(appel.operation)
    prefixe = "t" if service else "c"
    prefixes = {"t": espace(service), "c": COMMUN} if service else {"c": COMMUN}
    if isinstance(reponse, Indisponible):
        compte_rendu = (
            champ("c:statut", "INDISPONIBLE"),
            raisons("c:motif", (reponse.motif,)),
            nombre("c:reessayerApres", reponse.reessayer_apres_s),
        )
        suite = ""
    else:
        compte_rendu = (champ("c:statut", "TRAITE"), raisons("c:motif", _motifs_du_compte_rendu(reponse)), "")
        suite = _WRITERS[type(reponse)](appel.operation, reponse)
    return racine(
        f"{prefixe}:{NOMS[appel.operation]}Response",
        prefixes,
        champ(f"{prefixe}:idMessage", appel.entete.id_message),
        bloc(f"{prefixe}:compteRendu", *compte_rendu),
        suite,
    )


def _motifs_du_compte_rendu(reponse: Reponse) -> tuple[Motif, ...]:
    """A PEC and an invoice carry their own reasons; the other answers have them in the compteRendu."""
    if isinstance(reponse, DroitsReponse | PanierReponse | AnnulationReponse | PiecesReponse | LotReponse):
        return reponse.motifs
    return ()


def _droits(operation: Operation, reponse: DroitsReponse) -> str:
    return "".join(
        (
            champ("t:statutDroits", reponse.resultat.value.upper()),
            _ouverts(reponse.droits),
            champ("t:organisme", reponse.organisme),
            champ("t:libelleOrganisme", reponse.libelle_organisme),
        )
    )


def _ouverts(droits: Droits | None) -> str:
    if droits is None:
        return ""
    return bloc(
        "t:droits",
        jour("t:du", droits.du),
        jour("t:au", droits.au),
        oui_non("t:pecRequise", droits.pec_requise),
        oui_non("t:conventionne", droits.conventionne),
        jour("t:dernierEquipement", droits.dernier_equipement),
    )


def _panier(operation: Operation, reponse: PanierReponse) -> str:
    return "".join(map(_offre, reponse.offres))


def _offre(une: Offre) -> str:
    return bloc(
        "t:offre",
        champ("t:reference", une.reference),
        champ("t:libelle", une.libelle),
        champ("t:lpp", une.lpp.clair),
        champ("t:classe", une.classe.value),
        euros("t:prix", une.prix_centimes),
        jour("t:valideAu", une.valide_au),
    )


def _organismes(operation: Operation, reponse: OrganismesReponse) -> str:
    return "".join(map(_organisme, reponse.organismes))


def _organisme(un: Organisme) -> str:
    return bloc(
        "t:organisme",
        champ("t:code", un.code),
        champ("t:libelle", un.libelle),
        champ("t:numeroAmc", un.numero_amc.clair),
    )


def _pec(operation: Operation, reponse: PecReponse) -> str:
    return une_pec("t:devis" if operation is Operation.DEVIS else "t:priseEnCharge", reponse)


def _etat_pec(operation: Operation, reponse: EtatPecReponse) -> str:
    return "".join(une_pec("t:priseEnCharge", une) for une in reponse.dossiers)


def _annulation(operation: Operation, reponse: AnnulationReponse) -> str:
    numero = "t:numero" if operation is Operation.ANNULATION_PEC else "t:numeroFacture"
    return champ("t:suite", reponse.resultat.value.upper()) + champ(numero, reponse.numero)


def _pieces(operation: Operation, reponse: PiecesReponse) -> str:
    suite = champ("t:suite", reponse.resultat.value.upper())
    return suite if reponse.pec is None else suite + une_pec("t:priseEnCharge", reponse.pec)


def _accuse(operation: Operation, reponse: LotReponse) -> str:
    accuse = champ("t:accuse", "POSITIF" if reponse.resultat is ResultatLot.ACQUITTE else "NEGATIF")
    return accuse + "".join(map(une_facture, reponse.factures))


def _etat_facture(operation: Operation, reponse: EtatFactureReponse) -> str:
    return "".join(map(une_facture, reponse.factures))


def _retours(operation: Operation, reponse: RetoursReponse) -> str:
    return "".join(map(_bordereau, reponse.bordereaux)) + champ("t:suivant", reponse.suivant)


def _bordereau(un: Bordereau) -> str:
    return bloc(
        "t:bordereau",
        champ("t:numero", un.numero),
        jour("t:dateEmission", un.emis_le),
        euros("t:total", un.total_centimes),
        *map(_retour, un.lignes),
        champ("t:referenceVirement", un.reference_virement),
        champ("t:organisme", un.organisme),
    )


def _retour(ligne: RetourLigne) -> str:
    return bloc(
        "t:ligne",
        champ("t:type", ligne.type.value.upper()),
        champ("t:numeroFacture", ligne.numero_facture),
        euros("t:montantDemande", ligne.demande_centimes),
        euros("t:montantPaye", ligne.paye_centimes),
        champ("t:reference", ligne.reference),
        champ("t:numeroPec", ligne.numero_pec),
        raisons("t:motif", ligne.motifs),
    )


def _session(operation: Operation, reponse: SessionReponse) -> str:
    return champ("t:jetonSession", reponse.jeton) + instant("t:expireLe", reponse.expire_le)


def _fermeture(operation: Operation, reponse: FermetureReponse) -> str:
    return oui_non("t:fermee", reponse.fermee)


def _etat_service(operation: Operation, reponse: EtatServiceReponse) -> str:
    return (
        champ("c:service", reponse.service.value.upper())
        + oui_non("c:ouvert", reponse.ouvert)
        + champ("c:message", reponse.message)
        + instant("c:reprisePrevue", reponse.reprise_prevue)
    )


_WRITERS: dict[type, Callable[[Operation, Any], str]] = {
    DroitsReponse: _droits,
    PanierReponse: _panier,
    OrganismesReponse: _organismes,
    PecReponse: _pec,
    EtatPecReponse: _etat_pec,
    AnnulationReponse: _annulation,
    PiecesReponse: _pieces,
    LotReponse: _accuse,
    EtatFactureReponse: _etat_facture,
    RetoursReponse: _retours,
    SessionReponse: _session,
    FermetureReponse: _fermeture,
    EtatServiceReponse: _etat_service,
}
