"""The server's writing (lxml): a Reponse to the body element of the answer.

Each answer starts with idMessage and retour; an `Indisponible` is a retour alone. A refusal's first reason is its
return code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from lxml import etree

from tierspayant.schemas.almerys.words import (
    INDISPONIBLE,
    NS,
    PACKAGE,
    RIEN_TROUVE,
    SANS_MOTIF,
    TRAITE,
    libelle_retour,
    to_wire,
)
from tierspayant.schemas.champs import ajoute, instant_z, oui_non
from tierspayant.schemas.lexique import code_plateforme, mots
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
    PanierReponse,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
    RetoursReponse,
    SessionReponse,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel

R = TypeVar("R")
Write = Callable[[Appel, Reponse], etree._Element]
_G = f"{{{NS}}}"
_DEVIS_SEULEMENT = frozenset({ResultatPec.CHIFFRE, ResultatPec.REFUSE})
_REFUS = frozenset({ResultatPec.REFUSE, ResultatPec.REFUSEE})


def _sous(parent: etree._Element, nom: str) -> etree._Element:
    return etree.SubElement(parent, _G + nom)


def _champ(parent: etree._Element, nom: str, valeur: str | None) -> None:
    ajoute(parent, _G + nom, valeur)


def _nombre(parent: etree._Element, nom: str, valeur: int | None) -> None:
    if valeur is not None:
        ajoute(parent, _G + nom, str(valeur))


def _jour(parent: etree._Element, nom: str, jour: dt.date | None) -> None:
    if jour is not None:
        ajoute(parent, _G + nom, jour.isoformat().replace("-", ""))


# -------------------------------------------------------------------------------------------------------- retour


def _anomalies(parent: etree._Element, motifs: tuple[Motif, ...]) -> None:
    for motif in motifs:
        bloc = _sous(parent, "anomalie")
        _champ(bloc, "codeAnomalie", code_plateforme(PACKAGE, motif))
        _champ(bloc, "libelleAnomalie", motif.libelle)
        _champ(bloc, "champ", motif.champ)


def _retour(
    corps: etree._Element,
    motifs: tuple[Motif, ...] = (),
    *,
    refus: bool = False,
    raisons: tuple[Motif, ...] = (),
    vide: bool = False,
) -> None:
    """`motifs` are those of the call itself; `raisons` those of a file: listed there, and named here on a refusal."""
    bloc = _sous(corps, "retour")
    dits = motifs or raisons
    if refus and dits:
        _champ(bloc, "codeRetour", code_plateforme(PACKAGE, dits[0]))
        _champ(bloc, "libelleRetour", dits[0].libelle)
    else:
        code = SANS_MOTIF if refus else RIEN_TROUVE if vide else TRAITE
        _champ(bloc, "codeRetour", code)
        _champ(bloc, "libelleRetour", libelle_retour(code))
    _anomalies(bloc, motifs)


def _indisponible(corps: etree._Element, reponse: Indisponible) -> None:
    bloc = _sous(corps, "retour")
    _champ(bloc, "codeRetour", INDISPONIBLE)
    _champ(bloc, "libelleRetour", libelle_retour(INDISPONIBLE))
    _anomalies(bloc, (reponse.motif,))
    _nombre(bloc, "delaiConseille", reponse.reessayer_apres_s)


def answer(nom: str, kind: type[R], write: Callable[[etree._Element, Appel, R], None]) -> Write:
    """The writer of <nom>Response: idMessage, then what `write` adds, retour first; or `Indisponible`."""

    def ecrit(appel: Appel, reponse: Reponse) -> etree._Element:
        corps = etree.Element(f"{_G}{nom}Response", nsmap={None: NS})
        _champ(corps, "idMessage", appel.entete.id_message)
        if isinstance(reponse, Indisponible):
            _indisponible(corps, reponse)
            return corps
        assert isinstance(reponse, kind), f"{nom} is not answered by {type(reponse).__name__}"
        write(corps, appel, reponse)
        return corps

    return ecrit


# -------------------------------------------------------------------------------------------------------- blocks


def _valorisation(parent: etree._Element, montants: Montants | None) -> None:
    if montants is None:
        return
    bloc = _sous(parent, "valorisation")
    _nombre(bloc, "total", montants.total_centimes)
    _parts(bloc, montants)
    for ligne in montants.lignes:
        part = _sous(bloc, "partArticle")
        _nombre(part, "numeroArticle", ligne.numero)
        _parts(part, ligne)
        _nombre(part, "base", ligne.base_centimes)
        _nombre(part, "taux", ligne.taux_pour_cent)
        _nombre(part, "plafond", ligne.plafond_centimes)


def _parts(bloc: etree._Element, montants: Any) -> None:
    _nombre(bloc, "partAMO", montants.amo_centimes)
    _nombre(bloc, "partAMC", montants.amc_centimes)
    _nombre(bloc, "resteACharge", montants.reste_a_charge_centimes)


def _etat(bloc: etree._Element, operation: Operation, pec: PecReponse) -> None:
    """typeDemande, etat and precisionEtat. A canonical state has its word; an unknown one goes out as labelled."""
    devis = mots(PACKAGE, "etats_devis").plateforme
    est_devis = pec.resultat in _DEVIS_SEULEMENT or (operation is Operation.DEVIS and pec.resultat.value in devis)
    _champ(bloc, "typeDemande", "DEVIS" if est_devis else "PEC")
    if pec.resultat is ResultatPec.INCONNU:
        label = pec.etat_plateforme
    else:
        label = to_wire("etats_devis" if est_devis else "etats_pec", pec.resultat)
    etat, _, precision = label.partition("/")
    if not etat or not precision:
        etat, precision = label, ""
    _champ(bloc, "etat", etat)
    _champ(bloc, "precisionEtat", precision or None)


def _dossier(corps: etree._Element, operation: Operation, pec: PecReponse) -> None:
    bloc = _sous(corps, "dossier")
    _champ(bloc, "numeroDossier", pec.numero)
    _champ(bloc, "referenceDemande", pec.reference)
    _etat(bloc, operation, pec)
    _champ(bloc, "codeOrganisme", pec.organisme)
    _valorisation(bloc, pec.montants)
    for piece in pec.pieces_demandees:
        _champ(bloc, "pieceAttendue", to_wire("natures_piece", piece))
    _jour(bloc, "finValidite", pec.valide_au)
    _jour(bloc, "finFacturation", pec.facturable_jusqu_au)
    _champ(bloc, "courrier", pec.lettre)
    _anomalies(bloc, pec.motifs)


def _facture(parent: etree._Element, facture: FactureReponse) -> None:
    inconnu = facture.resultat is ResultatFacture.INCONNU
    bloc = _sous(parent, "facture")
    _champ(bloc, "numeroFacture", facture.numero_facture)
    _champ(bloc, "referenceFacture", facture.reference)
    _champ(bloc, "numeroDossier", facture.numero_pec)
    _champ(bloc, "etat", facture.etat_plateforme if inconnu else to_wire("etats_facture", facture.resultat))
    _nombre(bloc, "montantDemande", facture.montant_amc_centimes)
    _nombre(bloc, "montantRegle", facture.paye_centimes)
    _anomalies(bloc, facture.motifs)


def _bordereau(corps: etree._Element, bordereau: Bordereau) -> None:
    bloc = _sous(corps, "bordereau")
    _champ(bloc, "numeroBordereau", bordereau.numero)
    _jour(bloc, "dateEmission", bordereau.emis_le)
    _nombre(bloc, "montantVirement", bordereau.total_centimes)
    _champ(bloc, "referenceVirement", bordereau.reference_virement)
    _champ(bloc, "codeOrganisme", bordereau.organisme)
    for retour in bordereau.lignes:
        ligne = _sous(bloc, "ligne")
        _champ(ligne, "nature", to_wire("lignes_bordereau", retour.type))
        _champ(ligne, "numeroFacture", retour.numero_facture)
        _champ(ligne, "referenceFacture", retour.reference)
        _champ(ligne, "numeroDossier", retour.numero_pec)
        _nombre(ligne, "montantDemande", retour.demande_centimes)
        _nombre(ligne, "montantRegle", retour.paye_centimes)
        _anomalies(ligne, retour.motifs)


# ------------------------------------------------------------------------------------------------------- answers


def droits(corps: etree._Element, appel: Appel, reponse: DroitsReponse) -> None:
    _retour(corps, reponse.motifs, refus=reponse.resultat is not ResultatDroits.OUVERTS)
    _champ(corps, "situation", to_wire("droits", reponse.resultat))
    _champ(corps, "codeOrganisme", reponse.organisme)
    _champ(corps, "libelleOrganisme", reponse.libelle_organisme)
    if reponse.droits is not None:
        bloc = _sous(corps, "droitsOuverts")
        _jour(bloc, "debutDroits", reponse.droits.du)
        _jour(bloc, "finDroits", reponse.droits.au)
        _champ(bloc, "accordPrealable", oui_non(reponse.droits.pec_requise))
        _champ(bloc, "conventionne", oui_non(reponse.droits.conventionne))
        _jour(bloc, "dernierEquipement", reponse.droits.dernier_equipement)


def panier(corps: etree._Element, appel: Appel, reponse: PanierReponse) -> None:
    _retour(corps, reponse.motifs, vide=not reponse.offres)
    for offre in reponse.offres:
        bloc = _sous(corps, "offre")
        _champ(bloc, "referenceOffre", offre.reference)
        _champ(bloc, "libelleOffre", offre.libelle)
        _champ(bloc, "codeLPP", offre.lpp.clair)
        _champ(bloc, "classe", offre.classe.value)
        _nombre(bloc, "prixNegocie", offre.prix_centimes)
        _jour(bloc, "finValidite", offre.valide_au)


def valorisation(corps: etree._Element, appel: Appel, reponse: PecReponse) -> None:
    _retour(corps, refus=reponse.resultat in _REFUS, raisons=reponse.motifs)
    _dossier(corps, appel.operation, reponse)


def etat_dossier(corps: etree._Element, appel: Appel, reponse: EtatPecReponse) -> None:
    _retour(corps, vide=not reponse.dossiers)
    for pec in reponse.dossiers:
        _dossier(corps, appel.operation, pec)


def annulation(champ: str) -> Callable[[etree._Element, Appel, AnnulationReponse], None]:
    """The writer of a cancellation of a file or of an invoice: `champ` is the element that repeats its number."""

    def ecrit(corps: etree._Element, appel: Appel, reponse: AnnulationReponse) -> None:
        _retour(corps, reponse.motifs, refus=reponse.resultat is ResultatAnnulation.REFUSEE)
        _champ(corps, champ, reponse.numero)
        _champ(corps, "suite", to_wire("suites_annulation", reponse.resultat))

    return ecrit


def pieces(corps: etree._Element, appel: Appel, reponse: PiecesReponse) -> None:
    _retour(corps, reponse.motifs, refus=reponse.resultat is ResultatPieces.REFUSEES)
    _champ(corps, "suite", to_wire("suites_pieces", reponse.resultat))
    if reponse.pec is not None:
        _dossier(corps, appel.operation, reponse.pec)


def lot(corps: etree._Element, appel: Appel, reponse: LotReponse) -> None:
    _retour(corps, reponse.motifs, refus=reponse.resultat is ResultatLot.REJETE)
    arl = _sous(corps, "arl")
    _champ(arl, "numeroLot", reponse.numero_lot)
    _champ(arl, "statut", to_wire("lots", reponse.resultat))
    for facture in reponse.factures:
        _facture(arl, facture)


def etat_facture(corps: etree._Element, appel: Appel, reponse: EtatFactureReponse) -> None:
    _retour(corps, vide=not reponse.factures)
    for facture in reponse.factures:
        _facture(corps, facture)


def bordereaux(corps: etree._Element, appel: Appel, reponse: RetoursReponse) -> None:
    _retour(corps, vide=not reponse.bordereaux)
    for bordereau in reponse.bordereaux:
        _bordereau(corps, bordereau)
    _champ(corps, "curseurSuivant", reponse.suivant)


def session(corps: etree._Element, appel: Appel, reponse: SessionReponse) -> None:
    _retour(corps)
    _champ(corps, "jetonSession", reponse.jeton)
    _champ(corps, "finSession", instant_z(reponse.expire_le))


def fermeture(corps: etree._Element, appel: Appel, reponse: FermetureReponse) -> None:
    _retour(corps)
    _champ(corps, "fermee", oui_non(reponse.fermee))


def etat_service(corps: etree._Element, appel: Appel, reponse: EtatServiceReponse) -> None:
    _retour(corps)
    _champ(corps, "serviceLogique", reponse.service.value)
    _champ(corps, "disponible", oui_non(reponse.ouvert))
    _champ(corps, "message", reponse.message)
    if reponse.reprise_prevue is not None:
        _champ(corps, "reprisePrevue", instant_z(reponse.reprise_prevue))
