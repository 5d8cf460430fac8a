"""Answers of this dialect as text, blocks that several of them share: reasons, amounts, a PEC, an invoice."""

from __future__ import annotations

from tierspayant.schemas import lexique
from tierspayant.schemas.ecriture import bloc, champ, euros, jour, nombre
from tierspayant.schemas.messages import (
    FactureReponse,
    Montants,
    MontantsLigne,
    Motif,
    PecReponse,
    ResultatFacture,
    ResultatPec,
)
from tierspayant.schemas.money import en_decimal
from tierspayant.schemas.viamedis import PACKAGE


def raisons(nom: str, motifs: tuple[Motif, ...]) -> str:
    """A block `nom` for each reason."""
    return "".join([_motif(nom, motif) for motif in motifs])


def _motif(nom: str, motif: Motif) -> str:
    return bloc(
        nom,
        champ("c:code", lexique.code_plateforme(PACKAGE, motif)),
        champ("c:libelle", motif.libelle),
        champ("c:champ", motif.champ),
    )


def _montants(montants: Montants | None) -> str:
    if montants is None:
        return ""
    total = euros("c:total", montants.total_centimes)
    return bloc("t:montants", total, _parts(montants), *map(_detail, montants.lignes))


def _parts(montants: Montants | MontantsLigne) -> str:
    return (
        f"<c:partAmo>{en_decimal(montants.amo_centimes)}</c:partAmo>"
        f"<c:partAmc>{en_decimal(montants.amc_centimes)}</c:partAmc>"
        f"<c:resteACharge>{en_decimal(montants.reste_a_charge_centimes)}</c:resteACharge>"
    )


def _detail(ligne: MontantsLigne) -> str:
    return bloc(
        "c:detail",
        nombre("c:numero", ligne.numero),
        _parts(ligne),
        euros("c:base", ligne.base_centimes),
        nombre("c:taux", ligne.taux_pour_cent),
        euros("c:plafond", ligne.plafond_centimes),
    )


def _etat_pec(reponse: PecReponse) -> str:
    """The dialect's label of a state; a state that is not canonical goes out as the platform words it."""
    if reponse.resultat is ResultatPec.INCONNU:
        return reponse.etat_plateforme
    return lexique.mots(PACKAGE, "etats_pec").plateforme[reponse.resultat.value]


def _etat_facture(reponse: FactureReponse) -> str:
    """As for a PEC."""
    if reponse.resultat is ResultatFacture.INCONNU:
        return reponse.etat_plateforme
    return lexique.mots(PACKAGE, "etats_facture").plateforme[reponse.resultat.value]


def une_pec(nom: str, reponse: PecReponse) -> str:
    """A quote or a PEC as a block `nom`."""
    return bloc(
        nom,
        champ("t:etat", _etat_pec(reponse)),
        champ("t:numero", reponse.numero),
        champ("t:reference", reponse.reference),
        _montants(reponse.montants),
        raisons("t:motif", reponse.motifs),
        *[champ("t:pieceDemandee", piece.value.upper()) for piece in reponse.pieces_demandees],
        jour("t:valideAu", reponse.valide_au),
        jour("t:facturableJusquAu", reponse.facturable_jusqu_au),
        champ("t:lettre", reponse.lettre),
        champ("t:organisme", reponse.organisme),
    )


def une_facture(une: FactureReponse) -> str:
    return bloc(
        "t:facture",
        champ("t:etat", _etat_facture(une)),
        champ("t:numeroFacture", une.numero_facture),
        champ("t:reference", une.reference),
        champ("t:numeroPec", une.numero_pec),
        euros("t:montantAmc", une.montant_amc_centimes),
        euros("t:montantPaye", une.paye_centimes),
        raisons("t:motif", une.motifs),
    )
