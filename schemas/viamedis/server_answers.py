"""Answers of this dialect as lxml elements, fields in the order of the XSD."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

from tierspayant.schemas import lexique
from tierspayant.schemas.champs import ajoute, instant_z, oui_non
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Bordereau,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FactureReponse,
    FermetureReponse,
    Indisponible,
    LotReponse,
    Montants,
    Motif,
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
from tierspayant.schemas.money import Centimes, en_decimal
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.viamedis import CHEMINS, COMMUN, NOMS, PACKAGE, RACINE

_SERVICE_OF = {une: service for service, operations in CHEMINS.items() for une in operations}


def espace(service: str) -> str:
    """The namespace of a service's messages ('droits')."""
    return RACINE + service


class _Plume:
    """Writes fields of one namespace into one element; `bloc` opens a child and hands over a pen for what is in it."""

    __slots__ = ("dans", "element")

    def __init__(self, element: etree._Element, dans: str) -> None:
        self.element = element
        self.dans = dans

    def texte(self, nom: str, texte: str | None) -> None:
        ajoute(self.element, f"{{{self.dans}}}{nom}", texte)

    def jour(self, nom: str, jour: dt.date | None) -> None:
        self.texte(nom, jour.isoformat() if jour else None)

    def euros(self, nom: str, centimes: Centimes | None) -> None:
        self.texte(nom, None if centimes is None else en_decimal(centimes))

    def bloc(self, nom: str, dans: str | None = None) -> _Plume:
        """A child of this namespace whose own fields are in `dans` (this one if not given)."""
        return _Plume(etree.SubElement(self.element, f"{{{self.dans}}}{nom}"), dans or self.dans)


def ecrire(appel: Appel, reponse: Reponse) -> etree._Element:
    """The body element of an answer: idMessage, compteRendu, then what the operation gives."""
    service = _SERVICE_OF.get(appel.operation)
    dans = espace(service) if service else COMMUN
    prefixes = {"t": dans, "c": COMMUN} if service else {"c": COMMUN}
    root = etree.Element(f"{{{dans}}}{NOMS[appel.operation]}Response", nsmap=prefixes)
    plume = _Plume(root, dans)
    plume.texte("idMessage", appel.entete.id_message)
    compte_rendu = plume.bloc("compteRendu", COMMUN)
    if isinstance(reponse, Indisponible):
        compte_rendu.texte("statut", "INDISPONIBLE")
        _motifs(compte_rendu, (reponse.motif,))
        attente = reponse.reessayer_apres_s
        compte_rendu.texte("reessayerApres", None if attente is None else str(attente))
        return root
    compte_rendu.texte("statut", "TRAITE")
    _motifs(compte_rendu, _motifs_du_compte_rendu(reponse))
    _WRITERS[type(reponse)](plume, appel.operation, reponse)
    return root


def _motifs_du_compte_rendu(reponse: Reponse) -> tuple[Motif, ...]:
    """A PEC and an invoice carry their own reasons; the other answers have them in the compteRendu."""
    if isinstance(reponse, DroitsReponse | PanierReponse | AnnulationReponse | PiecesReponse | LotReponse):
        return reponse.motifs
    return ()


def _motifs(plume: _Plume, motifs: Iterable[Motif]) -> None:
    for motif in motifs:
        dedans = plume.bloc("motif", COMMUN)
        dedans.texte("code", lexique.code_plateforme(PACKAGE, motif))
        dedans.texte("libelle", motif.libelle)
        dedans.texte("champ", motif.champ)


def _droits(plume: _Plume, operation: Operation, reponse: DroitsReponse) -> None:
    plume.texte("statutDroits", reponse.resultat.value.upper())
    if reponse.droits is not None:
        droits = plume.bloc("droits")
        droits.jour("du", reponse.droits.du)
        droits.jour("au", reponse.droits.au)
        droits.texte("pecRequise", oui_non(reponse.droits.pec_requise))
        droits.texte("conventionne", oui_non(reponse.droits.conventionne))
        droits.jour("dernierEquipement", reponse.droits.dernier_equipement)
    plume.texte("organisme", reponse.organisme)
    plume.texte("libelleOrganisme", reponse.libelle_organisme)


def _panier(plume: _Plume, operation: Operation, reponse: PanierReponse) -> None:
    for une in reponse.offres:
        offre = plume.bloc("offre")
        offre.texte("reference", une.reference)
        offre.texte("libelle", une.libelle)
        offre.texte("lpp", une.lpp.clair)
        offre.texte("classe", une.classe.value)
        offre.euros("prix", une.prix_centimes)
        offre.jour("valideAu", une.valide_au)


def _organismes(plume: _Plume, operation: Operation, reponse: OrganismesReponse) -> None:
    for un in reponse.organismes:
        organisme = plume.bloc("organisme")
        organisme.texte("code", un.code)
        organisme.texte("libelle", un.libelle)
        organisme.texte("numeroAmc", un.numero_amc.clair)


def _montants(plume: _Plume, montants: Montants | None) -> None:
    if montants is None:
        return
    bloc = plume.bloc("montants", COMMUN)
    bloc.euros("total", montants.total_centimes)
    bloc.euros("partAmo", montants.amo_centimes)
    bloc.euros("partAmc", montants.amc_centimes)
    bloc.euros("resteACharge", montants.reste_a_charge_centimes)
    for ligne in montants.lignes:
        detail = bloc.bloc("detail")
        detail.texte("numero", str(ligne.numero))
        detail.euros("partAmo", ligne.amo_centimes)
        detail.euros("partAmc", ligne.amc_centimes)
        detail.euros("resteACharge", ligne.reste_a_charge_centimes)
        detail.euros("base", ligne.base_centimes)
        detail.texte("taux", None if ligne.taux_pour_cent is None else str(ligne.taux_pour_cent))
        detail.euros("plafond", ligne.plafond_centimes)


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


def _une_pec(plume: _Plume, nom: str, reponse: PecReponse) -> None:
    bloc = plume.bloc(nom)
    bloc.texte("etat", etat_pec(reponse))
    bloc.texte("numero", reponse.numero)
    bloc.texte("reference", reponse.reference)
    _montants(bloc, reponse.montants)
    _motifs(bloc, reponse.motifs)
    for piece in reponse.pieces_demandees:
        bloc.texte("pieceDemandee", piece.value.upper())
    bloc.jour("valideAu", reponse.valide_au)
    bloc.jour("facturableJusquAu", reponse.facturable_jusqu_au)
    bloc.texte("lettre", reponse.lettre)
    bloc.texte("organisme", reponse.organisme)


def _pec(plume: _Plume, operation: Operation, reponse: PecReponse) -> None:
    _une_pec(plume, "devis" if operation is Operation.DEVIS else "priseEnCharge", reponse)


def _etat_pec(plume: _Plume, operation: Operation, reponse: EtatPecReponse) -> None:
    for une in reponse.dossiers:
        _une_pec(plume, "priseEnCharge", une)


def _annulation(plume: _Plume, operation: Operation, reponse: AnnulationReponse) -> None:
    plume.texte("suite", reponse.resultat.value.upper())
    plume.texte("numero" if operation is Operation.ANNULATION_PEC else "numeroFacture", reponse.numero)


def _pieces(plume: _Plume, operation: Operation, reponse: PiecesReponse) -> None:
    plume.texte("suite", reponse.resultat.value.upper())
    if reponse.pec is not None:
        _une_pec(plume, "priseEnCharge", reponse.pec)


def _une_facture(plume: _Plume, reponse: FactureReponse) -> None:
    bloc = plume.bloc("facture")
    bloc.texte("etat", etat_facture(reponse))
    bloc.texte("numeroFacture", reponse.numero_facture)
    bloc.texte("reference", reponse.reference)
    bloc.texte("numeroPec", reponse.numero_pec)
    bloc.euros("montantAmc", reponse.montant_amc_centimes)
    bloc.euros("montantPaye", reponse.paye_centimes)
    _motifs(bloc, reponse.motifs)


def _accuse(plume: _Plume, operation: Operation, reponse: LotReponse) -> None:
    plume.texte("accuse", "POSITIF" if reponse.resultat is ResultatLot.ACQUITTE else "NEGATIF")
    for une in reponse.factures:
        _une_facture(plume, une)


def _etat_facture(plume: _Plume, operation: Operation, reponse: EtatFactureReponse) -> None:
    for une in reponse.factures:
        _une_facture(plume, une)


def _retours(plume: _Plume, operation: Operation, reponse: RetoursReponse) -> None:
    for un in reponse.bordereaux:
        _bordereau(plume.bloc("bordereau"), un)
    plume.texte("suivant", reponse.suivant)


def _bordereau(plume: _Plume, bordereau: Bordereau) -> None:
    plume.texte("numero", bordereau.numero)
    plume.jour("dateEmission", bordereau.emis_le)
    plume.euros("total", bordereau.total_centimes)
    for ligne in bordereau.lignes:
        _retour(plume.bloc("ligne"), ligne)
    plume.texte("referenceVirement", bordereau.reference_virement)
    plume.texte("organisme", bordereau.organisme)


def _retour(plume: _Plume, ligne: RetourLigne) -> None:
    plume.texte("type", ligne.type.value.upper())
    plume.texte("numeroFacture", ligne.numero_facture)
    plume.euros("montantDemande", ligne.demande_centimes)
    plume.euros("montantPaye", ligne.paye_centimes)
    plume.texte("reference", ligne.reference)
    plume.texte("numeroPec", ligne.numero_pec)
    _motifs(plume, ligne.motifs)


def _session(plume: _Plume, operation: Operation, reponse: SessionReponse) -> None:
    plume.texte("jetonSession", reponse.jeton)
    plume.texte("expireLe", instant_z(reponse.expire_le))


def _fermeture(plume: _Plume, operation: Operation, reponse: FermetureReponse) -> None:
    plume.texte("fermee", oui_non(reponse.fermee))


def _etat_service(plume: _Plume, operation: Operation, reponse: EtatServiceReponse) -> None:
    plume.texte("service", reponse.service.value.upper())
    plume.texte("ouvert", oui_non(reponse.ouvert))
    plume.texte("message", reponse.message)
    plume.texte("reprisePrevue", instant_z(reponse.reprise_prevue) if reponse.reprise_prevue else None)


_WRITERS: dict[type, Callable[[_Plume, Operation, Any], None]] = {
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
