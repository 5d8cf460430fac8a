"""Answers of this dialect, read from zeep's parsed replies. The XSD has accepted them before they come here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tierspayant.schemas import lexique
from tierspayant.schemas.identity import Lpp, NumeroAmc
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
    Organisme,
    OrganismesReponse,
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
    RetourLigne,
    RetoursReponse,
    SessionReponse,
    TypePiece,
    TypeRetour,
)
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.viamedis import PACKAGE

_ACCUSES = {"POSITIF": ResultatLot.ACQUITTE, "NEGATIF": ResultatLot.REJETE}


def centimes(valeur: Decimal | None) -> int | None:
    """The XSD gave it exactly two decimals."""
    return None if valeur is None else int(valeur.scaleb(2))


def _somme(valeur: Decimal | None) -> int:
    lu = centimes(valeur)
    if lu is None:
        raise ValueError("montant absent")
    return lu


def _instant(valeur: dt.datetime | None) -> dt.datetime | None:
    return valeur.astimezone(dt.UTC) if valeur else None


def _motifs(lus: Iterable[Any]) -> tuple[Motif, ...]:
    return tuple(lexique.motif(PACKAGE, lu.code, lu.libelle, lu.champ) for lu in lus)


def _montants(lu: Any) -> Montants | None:
    if lu is None:
        return None
    return Montants(
        total_centimes=_somme(lu.total),
        amo_centimes=_somme(lu.partAmo),
        amc_centimes=_somme(lu.partAmc),
        reste_a_charge_centimes=_somme(lu.resteACharge),
        lignes=tuple(
            MontantsLigne(
                numero=ligne.numero,
                amo_centimes=_somme(ligne.partAmo),
                amc_centimes=_somme(ligne.partAmc),
                reste_a_charge_centimes=_somme(ligne.resteACharge),
                base_centimes=centimes(ligne.base),
                taux_pour_cent=ligne.taux,
                plafond_centimes=centimes(ligne.plafond),
            )
            for ligne in lu.detail
        ),
    )


def _une_pec(lu: Any) -> PecReponse:
    connus = lexique.mots(PACKAGE, "etats_pec").canonique
    return PecReponse(
        resultat=ResultatPec(connus.get(lu.etat, ResultatPec.INCONNU)),
        etat_plateforme=lu.etat,
        numero=lu.numero,
        reference=lu.reference,
        montants=_montants(lu.montants),
        motifs=_motifs(lu.motif),
        pieces_demandees=tuple(TypePiece[piece] for piece in lu.pieceDemandee),
        valide_au=lu.valideAu,
        facturable_jusqu_au=lu.facturableJusquAu,
        lettre=lu.lettre,
        organisme=lu.organisme,
    )


def _une_facture(lu: Any) -> FactureReponse:
    connus = lexique.mots(PACKAGE, "etats_facture").canonique
    return FactureReponse(
        resultat=ResultatFacture(connus.get(lu.etat, ResultatFacture.INCONNU)),
        etat_plateforme=lu.etat,
        numero_facture=lu.numeroFacture,
        reference=lu.reference,
        numero_pec=lu.numeroPec,
        montant_amc_centimes=centimes(lu.montantAmc),
        paye_centimes=centimes(lu.montantPaye),
        motifs=_motifs(lu.motif),
    )


def _droits(lu: Any) -> DroitsReponse:
    ouverts = lu.droits and Droits(
        du=lu.droits.du,
        au=lu.droits.au,
        pec_requise=lu.droits.pecRequise,
        conventionne=lu.droits.conventionne,
        dernier_equipement=lu.droits.dernierEquipement,
    )
    connu = lu.statutDroits in ResultatDroits.__members__
    return DroitsReponse(
        resultat=ResultatDroits[lu.statutDroits] if connu else ResultatDroits.INCONNU,
        droits=ouverts,
        organisme=lu.organisme,
        libelle_organisme=lu.libelleOrganisme,
        motifs=_motifs(lu.compteRendu.motif),
    )


def _panier(lu: Any) -> PanierReponse:
    offres = tuple(
        Offre(
            reference=une.reference,
            libelle=une.libelle,
            lpp=Lpp(une.lpp),
            classe=Classe(une.classe),
            prix_centimes=_somme(une.prix),
            valide_au=une.valideAu,
        )
        for une in lu.offre
    )
    return PanierReponse(offres=offres, motifs=_motifs(lu.compteRendu.motif))


def _organismes(lu: Any) -> OrganismesReponse:
    return OrganismesReponse(
        organismes=tuple(
            Organisme(code=un.code, libelle=un.libelle, numero_amc=NumeroAmc(un.numeroAmc)) for un in lu.organisme
        )
    )


def _devis(lu: Any) -> PecReponse:
    return _une_pec(lu.devis)


def _pec(lu: Any) -> PecReponse:
    return _une_pec(lu.priseEnCharge)


def _etat_pec(lu: Any) -> EtatPecReponse:
    return EtatPecReponse(dossiers=tuple(_une_pec(une) for une in lu.priseEnCharge))


def _annulation_pec(lu: Any) -> AnnulationReponse:
    return _annulation(lu, lu.numero)


def _annulation_facture(lu: Any) -> AnnulationReponse:
    return _annulation(lu, lu.numeroFacture)


def _annulation(lu: Any, numero: str | None) -> AnnulationReponse:
    if numero is None:
        raise ValueError("numéro absent")
    return AnnulationReponse(resultat=ResultatAnnulation[lu.suite], numero=numero, motifs=_motifs(lu.compteRendu.motif))


def _pieces(lu: Any) -> PiecesReponse:
    return PiecesReponse(
        resultat=ResultatPieces[lu.suite],
        pec=_une_pec(lu.priseEnCharge) if lu.priseEnCharge else None,
        motifs=_motifs(lu.compteRendu.motif),
    )


def _accuse(lu: Any) -> LotReponse:
    return LotReponse(
        resultat=_ACCUSES[lu.accuse],
        factures=(_une_facture(lu.facture),) if lu.facture else (),
        motifs=_motifs(lu.compteRendu.motif),
    )


def _etat_facture(lu: Any) -> EtatFactureReponse:
    return EtatFactureReponse(factures=tuple(_une_facture(une) for une in lu.facture))


def _retours(lu: Any) -> RetoursReponse:
    return RetoursReponse(bordereaux=tuple(_bordereau(un) for un in lu.bordereau), suivant=lu.suivant)


def _bordereau(lu: Any) -> Bordereau:
    return Bordereau(
        numero=lu.numero,
        emis_le=lu.dateEmission,
        total_centimes=_somme(lu.total),
        lignes=tuple(_retour(ligne) for ligne in lu.ligne),
        reference_virement=lu.referenceVirement,
        organisme=lu.organisme,
    )


def _retour(lu: Any) -> RetourLigne:
    return RetourLigne(
        type=TypeRetour[lu.type],
        numero_facture=lu.numeroFacture,
        demande_centimes=_somme(lu.montantDemande),
        paye_centimes=_somme(lu.montantPaye),
        reference=lu.reference,
        numero_pec=lu.numeroPec,
        motifs=_motifs(lu.motif),
    )


def _ouverture(lu: Any) -> SessionReponse:
    expire_le = _instant(lu.expireLe)
    if lu.jetonSession is None or expire_le is None:
        raise ValueError("session incomplète")
    return SessionReponse(jeton=lu.jetonSession, expire_le=expire_le)


def _fermeture(lu: Any) -> FermetureReponse:
    if lu.fermee is None:
        raise ValueError("réponse incomplète")
    return FermetureReponse(fermee=lu.fermee)


def _etat_service(lu: Any) -> EtatServiceReponse:
    if lu.ouvert is None:
        raise ValueError("réponse incomplète")
    return EtatServiceReponse(
        service=Service[lu.service], ouvert=lu.ouvert, message=lu.message, reprise_prevue=_instant(lu.reprisePrevue)
    )


def _ou_indisponible(lecture: Callable[[Any], Reponse]) -> Callable[[Any], Reponse]:
    def lire(lu: Any) -> Reponse:
        compte_rendu = lu.compteRendu
        if compte_rendu.statut == "INDISPONIBLE":
            motifs = _motifs(compte_rendu.motif)
            motif = (
                motifs[0] if motifs else lexique.motif(PACKAGE, "SERVICE_INDISPONIBLE", "Service indisponible", None)
            )
            return Indisponible(motif=motif, reessayer_apres_s=compte_rendu.reessayerApres)
        if compte_rendu.statut != "TRAITE":
            raise ValueError("statut inconnu")
        return lecture(lu)

    return lire


_LECTURES: dict[Operation, Callable[[Any], Reponse]] = {
    Operation.DROITS: _droits,
    Operation.PANIER: _panier,
    Operation.ORGANISMES: _organismes,
    Operation.DEVIS: _devis,
    Operation.PEC: _pec,
    Operation.ETAT_PEC: _etat_pec,
    Operation.ANNULATION_PEC: _annulation_pec,
    Operation.PIECES: _pieces,
    Operation.FACTURE: _accuse,
    Operation.ETAT_FACTURE: _etat_facture,
    Operation.ANNULATION_FACTURE: _annulation_facture,
    Operation.RETOURS: _retours,
    Operation.OUVRIR_SESSION: _ouverture,
    Operation.FERMER_SESSION: _fermeture,
    Operation.ETAT_SERVICE: _etat_service,
}
ANSWERS = {operation: _ou_indisponible(lecture) for operation, lecture in _LECTURES.items()}
