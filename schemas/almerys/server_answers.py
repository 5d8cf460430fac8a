"""The server's writing (lxml): a Reponse to the body element of the answer, after its idMessage."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from tierspayant.schemas.almerys.server_answer_blocks import (
    child,
    put,
    put_bordereau,
    put_day,
    put_dossier,
    put_facture,
    put_number,
    put_retour,
)
from tierspayant.schemas.almerys.words import to_wire
from tierspayant.schemas.champs import instant_z, oui_non
from tierspayant.schemas.messages import (
    AnnulationReponse,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FermetureReponse,
    LotReponse,
    PanierReponse,
    PecReponse,
    PiecesReponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
    RetoursReponse,
    SessionReponse,
)
from tierspayant.schemas.platforms import Appel

_REFUS = frozenset({ResultatPec.REFUSE, ResultatPec.REFUSEE})


def droits(corps: etree._Element, appel: Appel, reponse: DroitsReponse) -> None:
    put_retour(corps, reponse.motifs, refus=reponse.resultat is not ResultatDroits.OUVERTS)
    put(corps, "situation", to_wire("droits", reponse.resultat))
    put(corps, "codeOrganisme", reponse.organisme)
    put(corps, "libelleOrganisme", reponse.libelle_organisme)
    if reponse.droits is not None:
        bloc = child(corps, "droitsOuverts")
        put_day(bloc, "debutDroits", reponse.droits.du)
        put_day(bloc, "finDroits", reponse.droits.au)
        put(bloc, "accordPrealable", oui_non(reponse.droits.pec_requise))
        put(bloc, "conventionne", oui_non(reponse.droits.conventionne))
        put_day(bloc, "dernierEquipement", reponse.droits.dernier_equipement)


def panier(corps: etree._Element, appel: Appel, reponse: PanierReponse) -> None:
    put_retour(corps, reponse.motifs, vide=not reponse.offres)
    for offre in reponse.offres:
        bloc = child(corps, "offre")
        put(bloc, "referenceOffre", offre.reference)
        put(bloc, "libelleOffre", offre.libelle)
        put(bloc, "codeLPP", offre.lpp.clair)
        put(bloc, "classe", offre.classe.value)
        put_number(bloc, "prixNegocie", offre.prix_centimes)
        put_day(bloc, "finValidite", offre.valide_au)


def valorisation(corps: etree._Element, appel: Appel, reponse: PecReponse) -> None:
    put_retour(corps, refus=reponse.resultat in _REFUS, raisons=reponse.motifs)
    put_dossier(corps, appel.operation, reponse)


def etat_dossier(corps: etree._Element, appel: Appel, reponse: EtatPecReponse) -> None:
    put_retour(corps, vide=not reponse.dossiers)
    for pec in reponse.dossiers:
        put_dossier(corps, appel.operation, pec)


def annulation(champ: str) -> Callable[[etree._Element, Appel, AnnulationReponse], None]:
    """The writer of a cancellation of a file or of an invoice: `champ` is the element that repeats its number."""

    def ecrit(corps: etree._Element, appel: Appel, reponse: AnnulationReponse) -> None:
        put_retour(corps, reponse.motifs, refus=reponse.resultat is ResultatAnnulation.REFUSEE)
        put(corps, champ, reponse.numero)
        put(corps, "suite", to_wire("suites_annulation", reponse.resultat))

    return ecrit


def pieces(corps: etree._Element, appel: Appel, reponse: PiecesReponse) -> None:
    put_retour(corps, reponse.motifs, refus=reponse.resultat is ResultatPieces.REFUSEES)
    put(corps, "suite", to_wire("suites_pieces", reponse.resultat))
    if reponse.pec is not None:
        put_dossier(corps, appel.operation, reponse.pec)


def lot(corps: etree._Element, appel: Appel, reponse: LotReponse) -> None:
    put_retour(corps, reponse.motifs, refus=reponse.resultat is ResultatLot.REJETE)
    arl = child(corps, "arl")
    put(arl, "numeroLot", reponse.numero_lot)
    put(arl, "statut", to_wire("lots", reponse.resultat))
    for facture in reponse.factures:
        put_facture(arl, facture)


def etat_facture(corps: etree._Element, appel: Appel, reponse: EtatFactureReponse) -> None:
    put_retour(corps, vide=not reponse.factures)
    for facture in reponse.factures:
        put_facture(corps, facture)


def bordereaux(corps: etree._Element, appel: Appel, reponse: RetoursReponse) -> None:
    put_retour(corps, vide=not reponse.bordereaux)
    for bordereau in reponse.bordereaux:
        put_bordereau(corps, bordereau)
    put(corps, "curseurSuivant", reponse.suivant)


def session(corps: etree._Element, appel: Appel, reponse: SessionReponse) -> None:
    put_retour(corps)
    put(corps, "jetonSession", reponse.jeton)
    put(corps, "finSession", instant_z(reponse.expire_le))


def fermeture(corps: etree._Element, appel: Appel, reponse: FermetureReponse) -> None:
    put_retour(corps)
    put(corps, "fermee", oui_non(reponse.fermee))


def etat_service(corps: etree._Element, appel: Appel, reponse: EtatServiceReponse) -> None:
    put_retour(corps)
    put(corps, "serviceLogique", reponse.service.value)
    put(corps, "disponible", oui_non(reponse.ouvert))
    put(corps, "message", reponse.message)
    if reponse.reprise_prevue is not None:
        put(corps, "reprisePrevue", instant_z(reponse.reprise_prevue))
