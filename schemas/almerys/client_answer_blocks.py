"""The client's reading, blocks that several answers share: reasons, a file, an invoice, a remittance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from tierspayant.schemas import lexique
from tierspayant.schemas.almerys import words
from tierspayant.schemas.almerys.words import PACKAGE, from_wire
from tierspayant.schemas.messages import (
    Bordereau,
    FactureReponse,
    Indisponible,
    Montants,
    MontantsLigne,
    Motif,
    PecReponse,
    Reponse,
    RetourLigne,
    TypePiece,
    TypeRetour,
)

_SANS_MOTIF = frozenset({words.TRAITE, words.RIEN_TROUVE, words.SANS_MOTIF, words.INDISPONIBLE})


def day(compact: str) -> dt.date:
    return dt.date(int(compact[:4]), int(compact[4:6]), int(compact[6:]))


def day_or_none(compact: str | None) -> dt.date | None:
    return None if compact is None else day(compact)


def read_motifs(blocs: list[Any]) -> tuple[Motif, ...]:
    return tuple(lexique.motif(PACKAGE, bloc.codeAnomalie, bloc.libelleAnomalie, bloc.champ) for bloc in blocs)


def _du_retour(retour: Any) -> Motif:
    return lexique.motif(PACKAGE, retour.codeRetour, retour.libelleRetour, None)


def completed(retour: Any, motifs: tuple[Motif, ...]) -> tuple[Motif, ...]:
    """The reasons, and the return code when it is a reason that they leave out: nothing that was said is dropped."""
    dits = {motif.code_plateforme for motif in motifs}
    if retour.codeRetour in _SANS_MOTIF or retour.codeRetour in dits:
        return motifs
    return (_du_retour(retour), *motifs)


def retour_motifs(retour: Any) -> tuple[Motif, ...]:
    return completed(retour, read_motifs(retour.anomalie))


def read_unless_unavailable(lecture: Callable[[Any], Reponse]) -> Callable[[Any], Reponse]:
    """`lecture`, or an Indisponible when the return code says so, whatever the operation."""

    def lit(corps: Any) -> Reponse:
        retour = corps.retour
        if retour.codeRetour != words.INDISPONIBLE:
            return lecture(corps)
        raisons = read_motifs(retour.anomalie)
        return Indisponible(
            motif=raisons[0] if raisons else _generique(retour), reessayer_apres_s=retour.delaiConseille
        )

    return lit


def _generique(retour: Any) -> Motif:
    return Motif(code="TEC07", code_plateforme=retour.codeRetour, libelle=retour.libelleRetour)


# -------------------------------------------------------------------------------------------------------- blocks


def read_montants(bloc: Any) -> Montants | None:
    if bloc is None:
        return None
    return Montants(
        total_centimes=bloc.total,
        amo_centimes=bloc.partAMO,
        amc_centimes=bloc.partAMC,
        reste_a_charge_centimes=bloc.resteACharge,
        lignes=tuple(
            MontantsLigne(
                numero=part.numeroArticle,
                amo_centimes=part.partAMO,
                amc_centimes=part.partAMC,
                reste_a_charge_centimes=part.resteACharge,
                base_centimes=part.base,
                taux_pour_cent=part.taux,
                plafond_centimes=part.plafond,
            )
            for part in bloc.partArticle
        ),
    )


def read_dossier(bloc: Any) -> PecReponse:
    resultat, label = words.etat_dossier(bloc.typeDemande, bloc.etat, bloc.precisionEtat)
    return PecReponse(
        resultat=resultat,
        etat_plateforme=label,
        numero=bloc.numeroDossier,
        reference=bloc.referenceDemande,
        montants=read_montants(bloc.valorisation),
        motifs=read_motifs(bloc.anomalie),
        pieces_demandees=tuple(from_wire("natures_piece", mot, TypePiece) for mot in bloc.pieceAttendue),
        valide_au=day_or_none(bloc.finValidite),
        facturable_jusqu_au=day_or_none(bloc.finFacturation),
        lettre=bloc.courrier,
        organisme=bloc.codeOrganisme,
    )


def read_facture(bloc: Any) -> FactureReponse:
    resultat, label = words.etat_facture(bloc.etat)
    return FactureReponse(
        resultat=resultat,
        etat_plateforme=label,
        numero_facture=bloc.numeroFacture,
        reference=bloc.referenceFacture,
        numero_pec=bloc.numeroDossier,
        montant_amc_centimes=bloc.montantDemande,
        paye_centimes=bloc.montantRegle,
        motifs=read_motifs(bloc.anomalie),
    )


def read_bordereau(bloc: Any) -> Bordereau:
    return Bordereau(
        numero=bloc.numeroBordereau,
        emis_le=day(bloc.dateEmission),
        total_centimes=bloc.montantVirement,
        reference_virement=bloc.referenceVirement,
        organisme=bloc.codeOrganisme,
        lignes=tuple(
            RetourLigne(
                type=from_wire("lignes_bordereau", ligne.nature, TypeRetour),
                numero_facture=ligne.numeroFacture,
                reference=ligne.referenceFacture,
                numero_pec=ligne.numeroDossier,
                demande_centimes=ligne.montantDemande,
                paye_centimes=ligne.montantRegle,
                motifs=read_motifs(ligne.anomalie),
            )
            for ligne in bloc.ligne
        ),
    )
