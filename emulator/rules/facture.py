"""Whether an invoice is taken (family FAC): its PEC, its dates, its lines and its amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.rules.regle import Manque, Regle, first_broken, regle
from tierspayant.schemas.messages import Facture, Ligne, Montants, Motif, PecDemande, ResultatPec


class PecConnue(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform knows of the PEC an invoice names."""

    magasin: str
    etat: ResultatPec
    demande: PecDemande
    montants: Montants | None
    accordee_le: dt.date | None
    valide_au: dt.date | None
    facturable_jusqu_au: dt.date | None


class Controle(msgspec.Struct, frozen=True, kw_only=True):
    """The facts an invoice is judged on. `numero_deja`, `pec_deja`: a living invoice has this number, this PEC."""

    facture: Facture
    magasin: str
    jour: dt.date
    pec: PecConnue | None
    amc: Amc | None
    delai_min: dt.timedelta
    numero_deja: bool
    pec_deja: bool


@regle("FAC_PEC_INCONNUE")
def pec_inconnue(facts: Controle) -> Manque | None:
    return Manque("numero_pec") if facts.pec is None else None


@regle("FAC_AUTRE_MAGASIN")
def autre_magasin(facts: Controle) -> Manque | None:
    if facts.pec is None:
        return None
    if facts.pec.magasin != facts.magasin:
        return Manque("numero_pec")
    asked, billed = facts.pec.demande.beneficiaire, facts.facture.beneficiaire
    same = (asked.date_naissance, asked.rang_naissance) == (billed.date_naissance, billed.rang_naissance)
    same_insured = facts.pec.demande.assure.nir == facts.facture.assure.nir
    return None if same and same_insured else Manque("beneficiaire")


@regle("FAC_NUMERO_AMC")
def numero_amc(facts: Controle) -> Manque | None:
    if facts.pec is None or facts.pec.demande.carte.numero_amc == facts.facture.carte.numero_amc:
        return None
    return Manque("carte.numero_amc")


@regle("FAC_DEJA_RECUE")
def deja_recue(facts: Controle) -> Manque | None:
    return Manque("numero_facture") if facts.numero_deja else None


@regle("FAC_PEC_DEJA_FACTUREE")
def pec_deja_facturee(facts: Controle) -> Manque | None:
    return Manque("numero_pec") if facts.pec_deja else None


BILLABLE = frozenset({ResultatPec.ACCORDEE, ResultatPec.REJET_PAIEMENT})
ONCE_GRANTED = BILLABLE | {ResultatPec.EXPIREE, ResultatPec.FACTUREE, ResultatPec.SOLDEE}


@regle("FAC_PEC_NON_ACCORDEE")
def pec_non_accordee(facts: Controle) -> Manque | None:
    """A lapsed PEC is left to the two rules on dates; one billed already is only met with `dedoublonnage` off."""
    return None if facts.pec is None or facts.pec.etat in ONCE_GRANTED else Manque("numero_pec")


@regle("FAC_PEC_EXPIREE")
def pec_expiree(facts: Controle) -> Manque | None:
    end = facts.pec.valide_au if facts.pec else None
    return Manque("date_delivrance") if end is not None and facts.facture.date_delivrance > end else None


@regle("FAC_TROP_TARD")
def trop_tard(facts: Controle) -> Manque | None:
    end = facts.pec.facturable_jusqu_au if facts.pec else None
    return Manque("date_facture") if end is not None and facts.jour > end else None


@regle("FAC_TROP_TOT")
def trop_tot(facts: Controle) -> Manque | None:
    granted = facts.pec.accordee_le if facts.pec else None
    if granted is None:
        return None
    days = max(facts.amc.delai_min_facturation_jours if facts.amc else 0, facts.delai_min.days)
    first = granted + dt.timedelta(days=days)
    return Manque("date_facture", f"à partir du {first:%d/%m/%Y}") if facts.jour < first else None


def _without_correction(lignes: Iterable[Ligne]) -> list[tuple[object, ...]]:
    """What must be equal on both sides: a minimised correction does not make another line."""
    return sorted(
        (
            one.numero,
            one.type,
            one.lpp.clair,
            one.classe,
            one.net_centimes,
            one.quantite,
            one.oeil or "",
            one.zone or "",
        )
        for one in lignes
    )


@regle("FAC_LIGNES")
def lignes(facts: Controle) -> Manque | None:
    if facts.pec is None:
        return None
    granted = _without_correction(facts.pec.demande.equipement.lignes)
    return None if _without_correction(facts.facture.lignes) == granted else Manque("lignes")


@regle("FAC_MONTANTS")
def montants(facts: Controle) -> Manque | None:
    granted = facts.pec.montants if facts.pec else None
    if granted is None:
        return None
    billed = facts.facture.montants
    tolerance = facts.amc.tolerance_centimes if facts.amc else 0
    if billed.amc_centimes > granted.amc_centimes:
        return Manque("montants.amc_centimes")
    if billed.amo_centimes + billed.amc_centimes + billed.reste_a_charge_centimes != billed.total_centimes:
        return Manque("montants.total_centimes")
    names = ("total_centimes", "amo_centimes", "amc_centimes", "reste_a_charge_centimes")
    for name in names:
        if abs(getattr(billed, name) - getattr(granted, name)) > tolerance:
            return Manque(f"montants.{name}")
    return None


REGLES: tuple[Regle[Controle], ...] = (
    pec_inconnue,
    autre_magasin,
    numero_amc,
    deja_recue,
    pec_deja_facturee,
    pec_non_accordee,
    pec_expiree,
    trop_tard,
    trop_tot,
    lignes,
    montants,
)


def check(facts: Controle) -> tuple[Motif, ...]:
    """The reason of a rejection at reception, or nothing."""
    return first_broken(REGLES, facts)
