"""The server's writing (text), blocks that several answers share: the return block, a file, an invoice, a remittance.

Each answer starts with idMessage and retour; an `Indisponible` is a retour alone. A refusal's first reason is its
return code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
from tierspayant.schemas.ecriture import bloc, champ, jour_compact, nombre, racine
from tierspayant.schemas.lexique import code_plateforme, mots
from tierspayant.schemas.messages import (
    Bordereau,
    FactureReponse,
    Indisponible,
    Montants,
    MontantsLigne,
    Motif,
    PecReponse,
    Reponse,
    ResultatFacture,
    ResultatPec,
    RetourLigne,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Appel

R = TypeVar("R")
Write = Callable[[Appel, Reponse], str]
_DEVIS_SEULEMENT = frozenset({ResultatPec.CHIFFRE, ResultatPec.REFUSE})


# -------------------------------------------------------------------------------------------------------- retour


def anomalies(motifs: tuple[Motif, ...]) -> str:
    return "".join([_anomalie(motif) for motif in motifs])


def _anomalie(motif: Motif) -> str:
    return bloc(
        "anomalie",
        champ("codeAnomalie", code_plateforme(PACKAGE, motif)),
        champ("libelleAnomalie", motif.libelle),
        champ("champ", motif.champ),
    )


def retour(
    motifs: tuple[Motif, ...] = (),
    *,
    refus: bool = False,
    raisons: tuple[Motif, ...] = (),
    vide: bool = False,
) -> str:
    """`motifs` are those of the call itself; `raisons` those of a file: listed there, and named here on a refusal."""
    dits = motifs or raisons
    if refus and dits:
        code, libelle = code_plateforme(PACKAGE, dits[0]), dits[0].libelle
    else:
        code = SANS_MOTIF if refus else RIEN_TROUVE if vide else TRAITE
        libelle = libelle_retour(code)
    return bloc("retour", champ("codeRetour", code), champ("libelleRetour", libelle), anomalies(motifs))


def _indisponible(reponse: Indisponible) -> str:
    return bloc(
        "retour",
        champ("codeRetour", INDISPONIBLE),
        champ("libelleRetour", libelle_retour(INDISPONIBLE)),
        anomalies((reponse.motif,)),
        nombre("delaiConseille", reponse.reessayer_apres_s),
    )


def answer(nom: str, kind: type[R], write: Callable[[Appel, R], str]) -> Write:
    """The writer of <nom>Response: idMessage, then what `write` gives, retour first; or `Indisponible`."""

    def ecrit(appel: Appel, reponse: Reponse) -> str:
        if isinstance(reponse, Indisponible):
            suite = _indisponible(reponse)
        else:
            assert isinstance(reponse, kind), f"{nom} is not answered by {type(reponse).__name__}"
            suite = write(appel, reponse)
        return racine(f"{nom}Response", {"": NS}, champ("idMessage", appel.entete.id_message), suite)

    return ecrit


# -------------------------------------------------------------------------------------------------------- blocks


def _valorisation(montants: Montants | None) -> str:
    if montants is None:
        return ""
    return bloc(
        "valorisation",
        nombre("total", montants.total_centimes),
        _parts(montants),
        *map(_part_article, montants.lignes),
    )


def _part_article(ligne: MontantsLigne) -> str:
    return bloc(
        "partArticle",
        nombre("numeroArticle", ligne.numero),
        _parts(ligne),
        nombre("base", ligne.base_centimes),
        nombre("taux", ligne.taux_pour_cent),
        nombre("plafond", ligne.plafond_centimes),
    )


def _parts(montants: Montants | MontantsLigne) -> str:
    return (
        f"<partAMO>{montants.amo_centimes}</partAMO><partAMC>{montants.amc_centimes}</partAMC>"
        f"<resteACharge>{montants.reste_a_charge_centimes}</resteACharge>"
    )


def _etat(operation: Operation, pec: PecReponse) -> str:
    """typeDemande, etat and precisionEtat. A canonical state has its word; an unknown one goes out as labelled."""
    devis = mots(PACKAGE, "etats_devis").plateforme
    est_devis = pec.resultat in _DEVIS_SEULEMENT or (operation is Operation.DEVIS and pec.resultat.value in devis)
    if pec.resultat is ResultatPec.INCONNU:
        label = pec.etat_plateforme
    else:
        label = to_wire("etats_devis" if est_devis else "etats_pec", pec.resultat)
    etat, _, precision = label.partition("/")
    if not etat or not precision:
        etat, precision = label, ""
    return (
        champ("typeDemande", "DEVIS" if est_devis else "PEC")
        + champ("etat", etat)
        + champ("precisionEtat", precision or None)
    )


def dossier(operation: Operation, pec: PecReponse) -> str:
    return bloc(
        "dossier",
        champ("numeroDossier", pec.numero),
        champ("referenceDemande", pec.reference),
        _etat(operation, pec),
        champ("codeOrganisme", pec.organisme),
        _valorisation(pec.montants),
        *[champ("pieceAttendue", to_wire("natures_piece", piece)) for piece in pec.pieces_demandees],
        jour_compact("finValidite", pec.valide_au),
        jour_compact("finFacturation", pec.facturable_jusqu_au),
        champ("courrier", pec.lettre),
        anomalies(pec.motifs),
    )


def facture(une: FactureReponse) -> str:
    inconnu = une.resultat is ResultatFacture.INCONNU
    return bloc(
        "facture",
        champ("numeroFacture", une.numero_facture),
        champ("referenceFacture", une.reference),
        champ("numeroDossier", une.numero_pec),
        champ("etat", une.etat_plateforme if inconnu else to_wire("etats_facture", une.resultat)),
        nombre("montantDemande", une.montant_amc_centimes),
        nombre("montantRegle", une.paye_centimes),
        anomalies(une.motifs),
    )


def bordereau(un: Bordereau) -> str:
    return bloc(
        "bordereau",
        champ("numeroBordereau", un.numero),
        jour_compact("dateEmission", un.emis_le),
        nombre("montantVirement", un.total_centimes),
        champ("referenceVirement", un.reference_virement),
        champ("codeOrganisme", un.organisme),
        *map(_ligne, un.lignes),
    )


def _ligne(une: RetourLigne) -> str:
    return bloc(
        "ligne",
        champ("nature", to_wire("lignes_bordereau", une.type)),
        champ("numeroFacture", une.numero_facture),
        champ("referenceFacture", une.reference),
        champ("numeroDossier", une.numero_pec),
        nombre("montantDemande", une.demande_centimes),
        nombre("montantRegle", une.paye_centimes),
        anomalies(une.motifs),
    )
