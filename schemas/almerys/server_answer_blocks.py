"""The server's writing (lxml), blocks that several answers share: the return block, a file, an invoice, a remittance.

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
from tierspayant.schemas.champs import ajoute
from tierspayant.schemas.lexique import code_plateforme, mots
from tierspayant.schemas.messages import (
    Bordereau,
    FactureReponse,
    Indisponible,
    Montants,
    Motif,
    PecReponse,
    Reponse,
    ResultatFacture,
    ResultatPec,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel

R = TypeVar("R")
Write = Callable[[Appel, Reponse], etree._Element]
_G = f"{{{NS}}}"
_DEVIS_SEULEMENT = frozenset({ResultatPec.CHIFFRE, ResultatPec.REFUSE})


def child(parent: etree._Element, nom: str) -> etree._Element:
    return etree.SubElement(parent, _G + nom)


def put(parent: etree._Element, nom: str, valeur: str | None) -> None:
    ajoute(parent, _G + nom, valeur)


def put_number(parent: etree._Element, nom: str, valeur: int | None) -> None:
    if valeur is not None:
        ajoute(parent, _G + nom, str(valeur))


def put_day(parent: etree._Element, nom: str, jour: dt.date | None) -> None:
    if jour is not None:
        ajoute(parent, _G + nom, jour.isoformat().replace("-", ""))


# -------------------------------------------------------------------------------------------------------- retour


def put_anomalies(parent: etree._Element, motifs: tuple[Motif, ...]) -> None:
    for motif in motifs:
        bloc = child(parent, "anomalie")
        put(bloc, "codeAnomalie", code_plateforme(PACKAGE, motif))
        put(bloc, "libelleAnomalie", motif.libelle)
        put(bloc, "champ", motif.champ)


def put_retour(
    corps: etree._Element,
    motifs: tuple[Motif, ...] = (),
    *,
    refus: bool = False,
    raisons: tuple[Motif, ...] = (),
    vide: bool = False,
) -> None:
    """`motifs` are those of the call itself; `raisons` those of a file: listed there, and named here on a refusal."""
    bloc = child(corps, "retour")
    dits = motifs or raisons
    if refus and dits:
        put(bloc, "codeRetour", code_plateforme(PACKAGE, dits[0]))
        put(bloc, "libelleRetour", dits[0].libelle)
    else:
        code = SANS_MOTIF if refus else RIEN_TROUVE if vide else TRAITE
        put(bloc, "codeRetour", code)
        put(bloc, "libelleRetour", libelle_retour(code))
    put_anomalies(bloc, motifs)


def _indisponible(corps: etree._Element, reponse: Indisponible) -> None:
    bloc = child(corps, "retour")
    put(bloc, "codeRetour", INDISPONIBLE)
    put(bloc, "libelleRetour", libelle_retour(INDISPONIBLE))
    put_anomalies(bloc, (reponse.motif,))
    put_number(bloc, "delaiConseille", reponse.reessayer_apres_s)


def answer(nom: str, kind: type[R], write: Callable[[etree._Element, Appel, R], None]) -> Write:
    """The writer of <nom>Response: idMessage, then what `write` adds, retour first; or `Indisponible`."""

    def ecrit(appel: Appel, reponse: Reponse) -> etree._Element:
        corps = etree.Element(f"{_G}{nom}Response", nsmap={None: NS})
        put(corps, "idMessage", appel.entete.id_message)
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
    bloc = child(parent, "valorisation")
    put_number(bloc, "total", montants.total_centimes)
    _parts(bloc, montants)
    for ligne in montants.lignes:
        part = child(bloc, "partArticle")
        put_number(part, "numeroArticle", ligne.numero)
        _parts(part, ligne)
        put_number(part, "base", ligne.base_centimes)
        put_number(part, "taux", ligne.taux_pour_cent)
        put_number(part, "plafond", ligne.plafond_centimes)


def _parts(bloc: etree._Element, montants: Any) -> None:
    put_number(bloc, "partAMO", montants.amo_centimes)
    put_number(bloc, "partAMC", montants.amc_centimes)
    put_number(bloc, "resteACharge", montants.reste_a_charge_centimes)


def _etat(bloc: etree._Element, operation: Operation, pec: PecReponse) -> None:
    """typeDemande, etat and precisionEtat. A canonical state has its word; an unknown one goes out as labelled."""
    devis = mots(PACKAGE, "etats_devis").plateforme
    est_devis = pec.resultat in _DEVIS_SEULEMENT or (operation is Operation.DEVIS and pec.resultat.value in devis)
    put(bloc, "typeDemande", "DEVIS" if est_devis else "PEC")
    if pec.resultat is ResultatPec.INCONNU:
        label = pec.etat_plateforme
    else:
        label = to_wire("etats_devis" if est_devis else "etats_pec", pec.resultat)
    etat, _, precision = label.partition("/")
    if not etat or not precision:
        etat, precision = label, ""
    put(bloc, "etat", etat)
    put(bloc, "precisionEtat", precision or None)


def put_dossier(corps: etree._Element, operation: Operation, pec: PecReponse) -> None:
    bloc = child(corps, "dossier")
    put(bloc, "numeroDossier", pec.numero)
    put(bloc, "referenceDemande", pec.reference)
    _etat(bloc, operation, pec)
    put(bloc, "codeOrganisme", pec.organisme)
    _valorisation(bloc, pec.montants)
    for piece in pec.pieces_demandees:
        put(bloc, "pieceAttendue", to_wire("natures_piece", piece))
    put_day(bloc, "finValidite", pec.valide_au)
    put_day(bloc, "finFacturation", pec.facturable_jusqu_au)
    put(bloc, "courrier", pec.lettre)
    put_anomalies(bloc, pec.motifs)


def put_facture(parent: etree._Element, facture: FactureReponse) -> None:
    inconnu = facture.resultat is ResultatFacture.INCONNU
    bloc = child(parent, "facture")
    put(bloc, "numeroFacture", facture.numero_facture)
    put(bloc, "referenceFacture", facture.reference)
    put(bloc, "numeroDossier", facture.numero_pec)
    put(bloc, "etat", facture.etat_plateforme if inconnu else to_wire("etats_facture", facture.resultat))
    put_number(bloc, "montantDemande", facture.montant_amc_centimes)
    put_number(bloc, "montantRegle", facture.paye_centimes)
    put_anomalies(bloc, facture.motifs)


def put_bordereau(corps: etree._Element, bordereau: Bordereau) -> None:
    bloc = child(corps, "bordereau")
    put(bloc, "numeroBordereau", bordereau.numero)
    put_day(bloc, "dateEmission", bordereau.emis_le)
    put_number(bloc, "montantVirement", bordereau.total_centimes)
    put(bloc, "referenceVirement", bordereau.reference_virement)
    put(bloc, "codeOrganisme", bordereau.organisme)
    for retour in bordereau.lignes:
        ligne = child(bloc, "ligne")
        put(ligne, "nature", to_wire("lignes_bordereau", retour.type))
        put(ligne, "numeroFacture", retour.numero_facture)
        put(ligne, "referenceFacture", retour.reference)
        put(ligne, "numeroDossier", retour.numero_pec)
        put_number(ligne, "montantDemande", retour.demande_centimes)
        put_number(ligne, "montantRegle", retour.paye_centimes)
        put_anomalies(ligne, retour.motifs)
