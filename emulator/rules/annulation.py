"""Whether a PEC can be cancelled (family ANN): the shop's own, and not billed."""

from __future__ import annotations

from dataclasses import dataclass

from tierspayant.emulator.rules.regle import Manque, Regle, first_broken, regle
from tierspayant.schemas.messages import Motif, ResultatPec


@dataclass(frozen=True, slots=True)
class Demande:
    """The state of the PEC named, None when this shop has no such PEC."""

    etat: ResultatPec | None


BILLED = frozenset({ResultatPec.FACTUREE, ResultatPec.SOLDEE, ResultatPec.REJET_PAIEMENT})
CANCELLABLE = frozenset(
    {
        ResultatPec.CREEE,
        ResultatPec.EN_INSTANCE,
        ResultatPec.ACCORDEE,
        ResultatPec.ACCORDEE_SOUS_RESERVE,
        ResultatPec.ANNULATION_DEMANDEE,
        ResultatPec.ANNULEE,
    }
)
"""Asking again for what is cancelled or being cancelled gets the same answer (ours: idempotent)."""


@regle("ANN_AUTRE_MAGASIN")
def autre_magasin(facts: Demande) -> Manque | None:
    return Manque("numero_pec") if facts.etat is None else None


@regle("ANN_DEJA_FACTUREE")
def deja_facturee(facts: Demande) -> Manque | None:
    return Manque("numero_pec") if facts.etat in BILLED else None


@regle("ANN_ETAT")
def etat(facts: Demande) -> Manque | None:
    return None if facts.etat is None or facts.etat in CANCELLABLE | BILLED else Manque("numero_pec")


REGLES: tuple[Regle[Demande], ...] = (autre_magasin, deja_facturee, etat)


def check(facts: Demande) -> tuple[Motif, ...]:
    """The reason why it cannot be cancelled, or nothing."""
    return first_broken(REGLES, facts)
