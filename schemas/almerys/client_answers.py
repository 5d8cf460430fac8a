"""The client's reading: what zeep parsed of an answer that the XSD accepted, to a Reponse of messages.py.

A return code or a state that this dialect does not know is kept (`code_plateforme`, `etat_plateforme`) and read as
INC00 / etat_inconnu. A ValueError or KeyError here makes the reply Unreadable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tierspayant.schemas.almerys.client_answer_blocks import (
    completed,
    day,
    day_or_none,
    read_bordereau,
    read_dossier,
    read_facture,
    read_motifs,
    retour_motifs,
)
from tierspayant.schemas.almerys.words import from_wire
from tierspayant.schemas.codes import CODE_INCONNU
from tierspayant.schemas.identity import Lpp
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Classe,
    Droits,
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    EtatServiceReponse,
    FermetureReponse,
    LotReponse,
    Motif,
    Offre,
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
from tierspayant.schemas.operations import Service


def droits(corps: Any) -> DroitsReponse:
    """A `situation` we do not know is read as INCONNU and kept as a reason."""
    motifs = retour_motifs(corps.retour)
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
            du=day(bloc.debutDroits),
            au=day(bloc.finDroits),
            pec_requise=bloc.accordPrealable,
            conventionne=bloc.conventionne,
            dernier_equipement=day_or_none(bloc.dernierEquipement),
        ),
    )


def panier(corps: Any) -> PanierReponse:
    return PanierReponse(
        motifs=retour_motifs(corps.retour),
        offres=tuple(
            Offre(
                reference=bloc.referenceOffre,
                libelle=bloc.libelleOffre,
                lpp=Lpp(bloc.codeLPP),
                classe=Classe(bloc.classe),
                prix_centimes=bloc.prixNegocie,
                valide_au=day(bloc.finValidite),
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
            pec = read_dossier(corps.dossier)
            motifs = completed(retour, read_motifs(retour.anomalie) + pec.motifs)
            return pec if motifs == pec.motifs else replace(pec, motifs=motifs)
        motifs = retour_motifs(retour)
        if not motifs:
            raise ValueError("neither a file nor a reason")
        inconnu = all(motif.code == CODE_INCONNU for motif in motifs)
        return PecReponse(
            resultat=ResultatPec.INCONNU if inconnu else refusee, etat_plateforme=retour.codeRetour, motifs=motifs
        )

    return lit


def etat_dossier(corps: Any) -> EtatPecReponse:
    return EtatPecReponse(dossiers=tuple(read_dossier(bloc) for bloc in corps.dossier))


def annulation(corps: Any) -> AnnulationReponse:
    """Of a file (numeroDossier) or of an invoice (numeroFacture)."""
    numero = corps.numeroDossier if "numeroDossier" in corps else corps.numeroFacture
    return AnnulationReponse(
        resultat=from_wire("suites_annulation", corps.suite, ResultatAnnulation),
        numero=numero,
        motifs=retour_motifs(corps.retour),
    )


def pieces(corps: Any) -> PiecesReponse:
    return PiecesReponse(
        resultat=from_wire("suites_pieces", corps.suite, ResultatPieces),
        pec=None if corps.dossier is None else read_dossier(corps.dossier),
        motifs=retour_motifs(corps.retour),
    )


def lot(corps: Any) -> LotReponse:
    arl = corps.arl
    return LotReponse(
        resultat=from_wire("lots", arl.statut, ResultatLot),
        numero_lot=arl.numeroLot,
        factures=tuple(read_facture(bloc) for bloc in arl.facture),
        motifs=retour_motifs(corps.retour),
    )


def etat_facture(corps: Any) -> EtatFactureReponse:
    return EtatFactureReponse(factures=tuple(read_facture(bloc) for bloc in corps.facture))


def bordereaux(corps: Any) -> RetoursReponse:
    return RetoursReponse(
        bordereaux=tuple(read_bordereau(bloc) for bloc in corps.bordereau), suivant=corps.curseurSuivant
    )


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
