"""The server's writing (text): what the body element of an answer holds after its idMessage."""

from __future__ import annotations

from collections.abc import Callable

from tierspayant.schemas.almerys.server_answer_blocks import bordereau, dossier, facture, retour
from tierspayant.schemas.almerys.words import to_wire
from tierspayant.schemas.ecriture import bloc, champ, instant, jour_compact, nombre, oui_non
from tierspayant.schemas.messages import (
    AnnulationReponse,
    Droits,
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


def droits(appel: Appel, reponse: DroitsReponse) -> str:
    return "".join(
        (
            retour(reponse.motifs, refus=reponse.resultat is not ResultatDroits.OUVERTS),
            champ("situation", to_wire("droits", reponse.resultat)),
            champ("codeOrganisme", reponse.organisme),
            champ("libelleOrganisme", reponse.libelle_organisme),
            _ouverts(reponse.droits),
        )
    )


def _ouverts(droits: Droits | None) -> str:
    if droits is None:
        return ""
    return bloc(
        "droitsOuverts",
        jour_compact("debutDroits", droits.du),
        jour_compact("finDroits", droits.au),
        oui_non("accordPrealable", droits.pec_requise),
        oui_non("conventionne", droits.conventionne),
        jour_compact("dernierEquipement", droits.dernier_equipement),
    )


def panier(appel: Appel, reponse: PanierReponse) -> str:
    offres = (
        bloc(
            "offre",
            champ("referenceOffre", offre.reference),
            champ("libelleOffre", offre.libelle),
            champ("codeLPP", offre.lpp.clair),
            champ("classe", offre.classe.value),
            nombre("prixNegocie", offre.prix_centimes),
            jour_compact("finValidite", offre.valide_au),
        )
        for offre in reponse.offres
    )
    return retour(reponse.motifs, vide=not reponse.offres) + "".join(offres)


def valorisation(appel: Appel, reponse: PecReponse) -> str:
    return retour(refus=reponse.resultat in _REFUS, raisons=reponse.motifs) + dossier(appel.operation, reponse)


def etat_dossier(appel: Appel, reponse: EtatPecReponse) -> str:
    return retour(vide=not reponse.dossiers) + "".join(dossier(appel.operation, pec) for pec in reponse.dossiers)


def annulation(numero: str) -> Callable[[Appel, AnnulationReponse], str]:
    """The writer of a cancellation of a file or of an invoice: `numero` is the element that repeats its number."""

    def ecrit(appel: Appel, reponse: AnnulationReponse) -> str:
        return (
            retour(reponse.motifs, refus=reponse.resultat is ResultatAnnulation.REFUSEE)
            + champ(numero, reponse.numero)
            + champ("suite", to_wire("suites_annulation", reponse.resultat))
        )

    return ecrit


def pieces(appel: Appel, reponse: PiecesReponse) -> str:
    return (
        retour(reponse.motifs, refus=reponse.resultat is ResultatPieces.REFUSEES)
        + champ("suite", to_wire("suites_pieces", reponse.resultat))
        + ("" if reponse.pec is None else dossier(appel.operation, reponse.pec))
    )


def lot(appel: Appel, reponse: LotReponse) -> str:
    arl = bloc(
        "arl",
        champ("numeroLot", reponse.numero_lot),
        champ("statut", to_wire("lots", reponse.resultat)),
        *map(facture, reponse.factures),
    )
    return retour(reponse.motifs, refus=reponse.resultat is ResultatLot.REJETE) + arl


def etat_facture(appel: Appel, reponse: EtatFactureReponse) -> str:
    return retour(vide=not reponse.factures) + "".join(map(facture, reponse.factures))


def bordereaux(appel: Appel, reponse: RetoursReponse) -> str:
    return (
        retour(vide=not reponse.bordereaux)
        + "".join(map(bordereau, reponse.bordereaux))
        + champ("curseurSuivant", reponse.suivant)
    )


def session(appel: Appel, reponse: SessionReponse) -> str:
    return retour() + champ("jetonSession", reponse.jeton) + instant("finSession", reponse.expire_le)


def fermeture(appel: Appel, reponse: FermetureReponse) -> str:
    return retour() + oui_non("fermee", reponse.fermee)


def etat_service(appel: Appel, reponse: EtatServiceReponse) -> str:
    return (
        retour()
        + champ("serviceLogique", reponse.service.value)
        + oui_non("disponible", reponse.ouvert)
        + champ("message", reponse.message)
        + instant("reprisePrevue", reponse.reprise_prevue)
    )
