"""The client's reading: what zeep parsed of an answer that the XSD accepted, to a Reponse of messages.py.

A return code or a state that this dialect does not know is kept (`code_plateforme`, `etat_plateforme`) and read as
INC00 / etat_inconnu. A ValueError or KeyError here makes the reply Unreadable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tierspayant.schemas import lexique
from tierspayant.schemas.almerys import words
from tierspayant.schemas.almerys.words import PACKAGE, from_wire
from tierspayant.schemas.codes import CODE_INCONNU
from tierspayant.schemas.identity import Lpp
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Bordereau,
    Classe,
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
    PanierReponse,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
    RetourLigne,
    RetoursReponse,
    SessionReponse,
    TypePiece,
    TypeRetour,
)
from tierspayant.schemas.operations import Service

_SANS_MOTIF = frozenset({words.TRAITE, words.RIEN_TROUVE, words.SANS_MOTIF, words.INDISPONIBLE})


def _jour(compact: str) -> dt.date:
    return dt.date(int(compact[:4]), int(compact[4:6]), int(compact[6:]))


def _jour_ou_rien(compact: str | None) -> dt.date | None:
    return None if compact is None else _jour(compact)


def _motifs(blocs: list[Any]) -> tuple[Motif, ...]:
    return tuple(lexique.motif(PACKAGE, bloc.codeAnomalie, bloc.libelleAnomalie, bloc.champ) for bloc in blocs)


def _du_retour(retour: Any) -> Motif:
    return lexique.motif(PACKAGE, retour.codeRetour, retour.libelleRetour, None)


def _completes(retour: Any, motifs: tuple[Motif, ...]) -> tuple[Motif, ...]:
    """The reasons, and the return code when it is a reason that they leave out: nothing that was said is dropped."""
    dits = {motif.code_plateforme for motif in motifs}
    if retour.codeRetour in _SANS_MOTIF or retour.codeRetour in dits:
        return motifs
    return (_du_retour(retour), *motifs)


def _motifs_du_retour(retour: Any) -> tuple[Motif, ...]:
    return _completes(retour, _motifs(retour.anomalie))


def read(lecture: Callable[[Any], Reponse]) -> Callable[[Any], Reponse]:
    """`lecture`, or an Indisponible when the return code says so, whatever the operation."""

    def lit(corps: Any) -> Reponse:
        retour = corps.retour
        if retour.codeRetour != words.INDISPONIBLE:
            return lecture(corps)
        raisons = _motifs(retour.anomalie)
        return Indisponible(
            motif=raisons[0] if raisons else _generique(retour), reessayer_apres_s=retour.delaiConseille
        )

    return lit


def _generique(retour: Any) -> Motif:
    return Motif(code="TEC07", code_plateforme=retour.codeRetour, libelle=retour.libelleRetour)


# -------------------------------------------------------------------------------------------------------- blocks


def _montants(bloc: Any) -> Montants | None:
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


def _dossier(bloc: Any) -> PecReponse:
    resultat, label = words.etat_dossier(bloc.typeDemande, bloc.etat, bloc.precisionEtat)
    return PecReponse(
        resultat=resultat,
        etat_plateforme=label,
        numero=bloc.numeroDossier,
        reference=bloc.referenceDemande,
        montants=_montants(bloc.valorisation),
        motifs=_motifs(bloc.anomalie),
        pieces_demandees=tuple(from_wire("natures_piece", mot, TypePiece) for mot in bloc.pieceAttendue),
        valide_au=_jour_ou_rien(bloc.finValidite),
        facturable_jusqu_au=_jour_ou_rien(bloc.finFacturation),
        lettre=bloc.courrier,
        organisme=bloc.codeOrganisme,
    )


def _facture(bloc: Any) -> FactureReponse:
    resultat, label = words.etat_facture(bloc.etat)
    return FactureReponse(
        resultat=resultat,
        etat_plateforme=label,
        numero_facture=bloc.numeroFacture,
        reference=bloc.referenceFacture,
        numero_pec=bloc.numeroDossier,
        montant_amc_centimes=bloc.montantDemande,
        paye_centimes=bloc.montantRegle,
        motifs=_motifs(bloc.anomalie),
    )


def _bordereau(bloc: Any) -> Bordereau:
    return Bordereau(
        numero=bloc.numeroBordereau,
        emis_le=_jour(bloc.dateEmission),
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
                motifs=_motifs(ligne.anomalie),
            )
            for ligne in bloc.ligne
        ),
    )


# ------------------------------------------------------------------------------------------------------- answers


def droits(corps: Any) -> DroitsReponse:
    """A `situation` we do not know is read as INCONNU and kept as a reason."""
    motifs = _motifs_du_retour(corps.retour)
    try:
        resultat = from_wire("droits", corps.situation, ResultatDroits)
    except KeyError:
        resultat = ResultatDroits.INCONNU
        if corps.situation is not None:
            champ = "situation"
            motifs += (Motif(code=CODE_INCONNU, code_plateforme=corps.situation, libelle=corps.situation, champ=champ),)
        elif not motifs:
            raise
    bloc = corps.droitsOuverts
    return DroitsReponse(
        resultat=resultat,
        organisme=corps.codeOrganisme,
        libelle_organisme=corps.libelleOrganisme,
        motifs=motifs,
        droits=bloc
        and Droits(
            du=_jour(bloc.debutDroits),
            au=_jour(bloc.finDroits),
            pec_requise=bloc.accordPrealable,
            conventionne=bloc.conventionne,
            dernier_equipement=_jour_ou_rien(bloc.dernierEquipement),
        ),
    )


def panier(corps: Any) -> PanierReponse:
    return PanierReponse(
        motifs=_motifs_du_retour(corps.retour),
        offres=tuple(
            Offre(
                reference=bloc.referenceOffre,
                libelle=bloc.libelleOffre,
                lpp=Lpp(bloc.codeLPP),
                classe=Classe(bloc.classe),
                prix_centimes=bloc.prixNegocie,
                valide_au=_jour(bloc.finValidite),
            )
            for bloc in corps.offre
        ),
    )


def valorisation(refusee: ResultatPec) -> Callable[[Any], PecReponse]:
    """The reader for a quote or an agreement. Without a file, a known return code is a refusal that recorded nothing
    (`refusee`), an unknown one leaves the state unknown; without either there is no answer (ValueError)."""

    def lit(corps: Any) -> PecReponse:
        retour = corps.retour
        if corps.dossier is not None:
            pec = _dossier(corps.dossier)
            motifs = _completes(retour, _motifs(retour.anomalie) + pec.motifs)
            return pec if motifs == pec.motifs else replace(pec, motifs=motifs)
        motifs = _motifs_du_retour(retour)
        if not motifs:
            raise ValueError("neither a file nor a reason")
        inconnu = all(motif.code == CODE_INCONNU for motif in motifs)
        return PecReponse(
            resultat=ResultatPec.INCONNU if inconnu else refusee, etat_plateforme=retour.codeRetour, motifs=motifs
        )

    return lit


def etat_dossier(corps: Any) -> EtatPecReponse:
    return EtatPecReponse(dossiers=tuple(_dossier(bloc) for bloc in corps.dossier))


def annulation(corps: Any) -> AnnulationReponse:
    """Of a file (numeroDossier) or of an invoice (numeroFacture)."""
    numero = corps.numeroDossier if "numeroDossier" in corps else corps.numeroFacture
    return AnnulationReponse(
        resultat=from_wire("suites_annulation", corps.suite, ResultatAnnulation),
        numero=numero,
        motifs=_motifs_du_retour(corps.retour),
    )


def pieces(corps: Any) -> PiecesReponse:
    return PiecesReponse(
        resultat=from_wire("suites_pieces", corps.suite, ResultatPieces),
        pec=None if corps.dossier is None else _dossier(corps.dossier),
        motifs=_motifs_du_retour(corps.retour),
    )


def lot(corps: Any) -> LotReponse:
    arl = corps.arl
    return LotReponse(
        resultat=from_wire("lots", arl.statut, ResultatLot),
        numero_lot=arl.numeroLot,
        factures=tuple(_facture(bloc) for bloc in arl.facture),
        motifs=_motifs_du_retour(corps.retour),
    )


def etat_facture(corps: Any) -> EtatFactureReponse:
    return EtatFactureReponse(factures=tuple(_facture(bloc) for bloc in corps.facture))


def bordereaux(corps: Any) -> RetoursReponse:
    return RetoursReponse(bordereaux=tuple(_bordereau(bloc) for bloc in corps.bordereau), suivant=corps.curseurSuivant)


def session(corps: Any) -> SessionReponse:
    if corps.jetonSession is None or corps.finSession is None:
        raise ValueError("no session")
    return SessionReponse(jeton=corps.jetonSession, expire_le=corps.finSession)


def fermeture(corps: Any) -> FermetureReponse:
    if corps.fermee is None:
        raise ValueError("no answer")
    return FermetureReponse(fermee=corps.fermee)


def etat_service(corps: Any) -> EtatServiceReponse:
    if corps.disponible is None:
        raise ValueError("no answer")
    return EtatServiceReponse(
        service=Service(corps.serviceLogique),
        ouvert=corps.disponible,
        message=corps.message,
        reprise_prevue=corps.reprisePrevue,
    )
