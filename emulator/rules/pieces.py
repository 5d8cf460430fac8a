"""Whether documents are taken: a PEC of this shop that is alive, and the documents that were asked for."""

from __future__ import annotations

from dataclasses import dataclass

from tierspayant.emulator.rules.regle import Manque, Regle, first_broken, regle
from tierspayant.schemas.messages import Motif, Piece, ResultatPec, TypePiece


@dataclass(frozen=True, slots=True)
class Depot:
    """What was sent, and what the PEC waits for. `etat` is None when this shop has no such PEC."""

    pieces: tuple[Piece, ...]
    etat: ResultatPec | None
    demandees: tuple[TypePiece, ...]


DEAD = frozenset({ResultatPec.REFUSEE, ResultatPec.ANNULEE, ResultatPec.EXPIREE, ResultatPec.ANNULATION_DEMANDEE})


@regle("PIE_AUTRE_MAGASIN")
def autre_magasin(facts: Depot) -> Manque | None:
    return Manque("numero_pec") if facts.etat is None else None


@regle("PIE_ETAT")
def etat(facts: Depot) -> Manque | None:
    return Manque("numero_pec") if facts.etat in DEAD else None


@regle("PIE_DEMANDEES")
def demandees(facts: Depot) -> Manque | None:
    """An empty document or none of those asked for leaves the PEC as it is."""
    sent = {one.type for one in facts.pieces if one.contenu}
    return Manque("pieces") if facts.demandees and not sent & set(facts.demandees) else None


REGLES: tuple[Regle[Depot], ...] = (autre_magasin, etat, demandees)


def check(facts: Depot) -> tuple[Motif, ...]:
    """The reason why the documents are refused, or nothing."""
    return first_broken(REGLES, facts)
