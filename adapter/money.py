"""Money waiting as its owner reads it: by what became of it, by age, and what came without an invoice. Pure.

Ages count from the day the invoice was recorded. An amount nobody knows is in no sum; `inconnus` counts those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tierspayant.adapter.avances import TRANCHES, LigneAge, Orphelins
from tierspayant.adapter.entry import Etat
from tierspayant.adapter.remittances import Retour
from tierspayant.adapter.render import instant
from tierspayant.schemas.messages import ResultatFacture

A_ENVOYER: Final = "a_envoyer"
FACTUREES: Final = "facturees"
PAYEES: Final = "payees"
PAYEES_PARTIELLEMENT: Final = "payees_partiellement"
REJETEES: Final = "rejetees"
REPRISES: Final = "reprises"
ABANDONNEES: Final = "abandonnees"
CATEGORIES: Final = (A_ENVOYER, FACTUREES, PAYEES, PAYEES_PARTIELLEMENT, REJETEES, REPRISES, ABANDONNEES)
"""Queued, billed, paid, short-paid, rejected, claimed back, and given up (withdrawn or cancelled)."""

OUVERTES: Final = frozenset({A_ENVOYER, FACTUREES, PAYEES_PARTIELLEMENT})
"""Categories in which money is still to come: those that age."""

_PAR_RESULTAT: Final[Mapping[str, str]] = {
    ResultatFacture.PAYEE: PAYEES,
    ResultatFacture.PAYEE_PARTIELLE: PAYEES_PARTIELLEMENT,
    ResultatFacture.REJETEE: REJETEES,
    ResultatFacture.REJETEE_FORMAT: REJETEES,
    ResultatFacture.REGULARISEE: REPRISES,
    ResultatFacture.ANNULEE: ABANDONNEES,
}


def category(etat: str, resultat: str | None) -> str:
    """What an invoice counts as. A result we do not know, at the platform, is billed: it stays visible."""
    if etat in {Etat.RETIREE, Etat.PERIMEE}:
        return ABANDONNEES
    if etat not in {Etat.EN_INSTANCE, Etat.TERMINEE}:
        return A_ENVOYER
    return _PAR_RESULTAT.get(resultat or "", FACTUREES)


def summary(ages: Sequence[LigneAge], orphelins: Orphelins) -> dict[str, Any]:
    """The owner's page: categories, ages of what is still to come, and lines of remittances without an invoice."""
    kept = {nom: [une for une in ages if category(une.etat, une.resultat) == nom] for nom in CATEGORIES}
    waiting = [une for nom in OUVERTES for une in kept[nom]]
    return {
        "categories": {nom: _sum(kept[nom]) for nom in CATEGORIES},
        "anciennete": [
            {"depuis_jours": jours, **_sum(une for une in waiting if une.tranche == jours)} for jours in (0, *TRANCHES)
        ],
        "retours_sans_facture": {"nombre": orphelins.nombre, "paye_centimes": orphelins.paye_centimes},
    }


def _sum(lignes: Iterable[LigneAge]) -> dict[str, int]:
    found = list(lignes)
    amc, paye = sum(une.amc_centimes for une in found), sum(une.paye_centimes for une in found)
    return {
        "nombre": sum(une.nombre for une in found),
        "inconnus": sum(une.inconnus for une in found),
        "amc_centimes": amc,
        "paye_centimes": paye,
        "attendu_centimes": amc - paye,
    }


def payment_json(retour: Retour) -> dict[str, Any]:
    """One line of a remittance. `rapproche` false: it matches no invoice of this shop, and a person must look."""
    return {
        "plateforme": retour.plateforme,
        "magasin": retour.magasin,
        "bordereau": retour.bordereau,
        "rang": retour.rang,
        "emis_le": retour.emis_le.isoformat(),
        "reference_virement": retour.reference_virement,
        "organisme": retour.organisme,
        "type": retour.type.value,
        "numero_facture": retour.numero_facture,
        "reference": retour.reference,
        "numero_pec": retour.numero_pec,
        "demande_centimes": retour.demande_centimes,
        "paye_centimes": retour.paye_centimes,
        "ecart_centimes": retour.demande_centimes - retour.paye_centimes,
        "motifs": [{"code": un.code, "libelle": un.libelle} for un in retour.motifs],
        "rapproche": retour.entree is not None,
        "demande": retour.entree,
        "recu_le": instant(retour.recu_le),
    }
