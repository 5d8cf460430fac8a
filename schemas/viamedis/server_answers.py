"""Answers of this dialect as text, fields in the order of the XSD.

Prefix `t` is the namespace of the service's own messages, `c` the one all services share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tierspayant.schemas import lexique
from tierspayant.schemas.ecriture import bloc, champ, euros, instant, jour, nombre, oui_non, racine
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Bordereau,
    Droits,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FactureReponse,
    FermetureReponse,
    Indisponible,
    LotReponse,
    Montants,
    MontantsLigne,
    Motif,
    Offre,
    Organisme,
    OrganismesReponse,
    PanierReponse,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
    RetourLigne,
    RetoursReponse,
    SessionReponse,
)
from tierspayant.schemas.money import en_decimal
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.viamedis import CHEMINS, COMMUN, NOMS, PACKAGE, RACINE

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
            _motifs("c:motif", (reponse.motif,)),
            nombre("c:reessayerApres", reponse.reessayer_apres_s),
        )
        suite = ""
    else:
        compte_rendu = (champ("c:statut", "TRAITE"), _motifs("c:motif", _motifs_du_compte_rendu(reponse)), "")
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


def _motifs(nom: str, motifs: tuple[Motif, ...]) -> str:
    return "".join([_motif(nom, motif) for motif in motifs])


def _motif(nom: str, motif: Motif) -> str:
    return bloc(
        nom,
        champ("c:code", lexique.code_plateforme(PACKAGE, motif)),
        champ("c:libelle", motif.libelle),
        champ("c:champ", motif.champ),
    )


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


def _montants(montants: Montants | None) -> str:
    if montants is None:
        return ""
    total = euros("c:total", montants.total_centimes)
    return bloc("t:montants", total, _parts(montants), *map(_detail, montants.lignes))


def _parts(montants: Montants | MontantsLigne) -> str:
    return (
        f"<c:partAmo>{en_decimal(montants.amo_centimes)}</c:partAmo>"
        f"<c:partAmc>{en_decimal(montants.amc_centimes)}</c:partAmc>"
        f"<c:resteACharge>{en_decimal(montants.reste_a_charge_centimes)}</c:resteACharge>"
    )


def _detail(ligne: MontantsLigne) -> str:
    return bloc(
        "c:detail",
        nombre("c:numero", ligne.numero),
        _parts(ligne),
        euros("c:base", ligne.base_centimes),
        nombre("c:taux", ligne.taux_pour_cent),
        euros("c:plafond", ligne.plafond_centimes),
    )


def etat_pec(reponse: PecReponse) -> str:
    """The dialect's label of a state; a state that is not canonical goes out as the platform words it."""
    if reponse.resultat is ResultatPec.INCONNU:
        return reponse.etat_plateforme
    return lexique.mots(PACKAGE, "etats_pec").plateforme[reponse.resultat.value]


def etat_facture(reponse: FactureReponse) -> str:
    """As etat_pec, for an invoice."""
    if reponse.resultat is ResultatFacture.INCONNU:
        return reponse.etat_plateforme
    return lexique.mots(PACKAGE, "etats_facture").plateforme[reponse.resultat.value]


def _une_pec(nom: str, reponse: PecReponse) -> str:
    return bloc(
        nom,
        champ("t:etat", etat_pec(reponse)),
        champ("t:numero", reponse.numero),
        champ("t:reference", reponse.reference),
        _montants(reponse.montants),
        _motifs("t:motif", reponse.motifs),
        *[champ("t:pieceDemandee", piece.value.upper()) for piece in reponse.pieces_demandees],
        jour("t:valideAu", reponse.valide_au),
        jour("t:facturableJusquAu", reponse.facturable_jusqu_au),
        champ("t:lettre", reponse.lettre),
        champ("t:organisme", reponse.organisme),
    )


def _pec(operation: Operation, reponse: PecReponse) -> str:
    return _une_pec("t:devis" if operation is Operation.DEVIS else "t:priseEnCharge", reponse)


def _etat_pec(operation: Operation, reponse: EtatPecReponse) -> str:
    return "".join(_une_pec("t:priseEnCharge", une) for une in reponse.dossiers)


def _annulation(operation: Operation, reponse: AnnulationReponse) -> str:
    numero = "t:numero" if operation is Operation.ANNULATION_PEC else "t:numeroFacture"
    return champ("t:suite", reponse.resultat.value.upper()) + champ(numero, reponse.numero)


def _pieces(operation: Operation, reponse: PiecesReponse) -> str:
    suite = champ("t:suite", reponse.resultat.value.upper())
    return suite if reponse.pec is None else suite + _une_pec("t:priseEnCharge", reponse.pec)


def _une_facture(une: FactureReponse) -> str:
    return bloc(
        "t:facture",
        champ("t:etat", etat_facture(une)),
        champ("t:numeroFacture", une.numero_facture),
        champ("t:reference", une.reference),
        champ("t:numeroPec", une.numero_pec),
        euros("t:montantAmc", une.montant_amc_centimes),
        euros("t:montantPaye", une.paye_centimes),
        _motifs("t:motif", une.motifs),
    )


def _accuse(operation: Operation, reponse: LotReponse) -> str:
    accuse = champ("t:accuse", "POSITIF" if reponse.resultat is ResultatLot.ACQUITTE else "NEGATIF")
    return accuse + "".join(map(_une_facture, reponse.factures))


def _etat_facture(operation: Operation, reponse: EtatFactureReponse) -> str:
    return "".join(map(_une_facture, reponse.factures))


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
        _motifs("t:motif", ligne.motifs),
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
