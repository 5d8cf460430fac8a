"""What payment returns tell: one row per line of a remittance, and what the lines of an invoice amount to. Pure.

A remittance (bordereau) groups payments, rejects and claim-backs; it may come late, split, out of order, or twice
(optical-messages.md §8.8). Each line is kept once, by remittance and rank; an invoice's money is always the sum of its
lines, so that order and repeats cannot matter. What matches no invoice of ours is kept too and stays visible.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tierspayant.adapter.entry import Entry, Etat, advance, revise
from tierspayant.schemas.messages import Bordereau, Motif, ResultatFacture, TypeRetour

ATTENDUES = frozenset({ResultatFacture.ACQUITTEE, ResultatFacture.ACCEPTEE, ResultatFacture.PAYEE_PARTIELLE})
"""Results of an invoice for which money is still to come."""
PREMIER_RELEVE = dt.timedelta(hours=12)
"""After an invoice is acknowledged its shop's returns are asked for; no platform pays on the same day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Releve:
    """When to ask a platform for a shop's returns again, and after which remittance (`curseur`, the platform's own)."""

    plateforme: str
    magasin: str
    du_le: dt.datetime
    curseur: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retour:
    """One line of a remittance. `paye_centimes` is negative when claimed back. entree: our invoice, if any."""

    plateforme: str
    magasin: str
    bordereau: str
    rang: int
    emis_le: dt.date
    reference_virement: str | None
    organisme: str | None
    type: TypeRetour
    numero_facture: str
    reference: str | None
    numero_pec: str | None
    demande_centimes: int
    paye_centimes: int
    motifs: tuple[Motif, ...]
    entree: str | None
    recu_le: dt.datetime


def lines(plateforme: str, magasin: str, bordereau: Bordereau, recu_le: dt.datetime) -> list[Retour]:
    """The lines of a remittance as they are kept; their invoices are still to be found."""
    return [
        Retour(
            plateforme=plateforme,
            magasin=magasin,
            bordereau=bordereau.numero,
            rang=rang,
            emis_le=bordereau.emis_le,
            reference_virement=bordereau.reference_virement,
            organisme=bordereau.organisme,
            type=ligne.type,
            numero_facture=ligne.numero_facture,
            reference=ligne.reference,
            numero_pec=ligne.numero_pec,
            demande_centimes=ligne.demande_centimes,
            paye_centimes=ligne.paye_centimes,
            motifs=ligne.motifs,
            entree=None,
            recu_le=recu_le,
        )
        for rang, ligne in enumerate(bordereau.lignes, 1)
    ]


def cursor(retour: Retour) -> tuple[str, str, str, str, int]:
    """The place of a line in the list of payments."""
    return (retour.emis_le.isoformat(), retour.plateforme, retour.magasin, retour.bordereau, retour.rang)


def ours(retour: Retour, candidates: Iterable[Entry | None]) -> Entry | None:
    """The invoice a line is about: by our reference when the platform repeats it, else by the invoice's number."""
    found = [une for une in candidates if une is not None and une.plateforme == retour.plateforme]
    named = next((une for une in found if retour.reference is not None and une.reference == retour.reference), None)
    if named is not None or retour.reference is not None:
        return named
    return next((une for une in found if une.numero == retour.numero_facture), None)


def amounting_to(entry: Entry, retours: Sequence[Retour], now: dt.datetime) -> Entry:
    """The invoice with what all its lines amount to; paid or rejected means the insurer has decided."""
    paid = sum(retour.paye_centimes for retour in retours)
    resultat = _result(entry, paid, {retour.type for retour in retours})
    motifs = next((retour.motifs for retour in reversed(retours) if retour.motifs), entry.motifs)
    changes = {"paye_centimes": paid, "resultat": str(resultat), "motifs": motifs}
    if entry.etat is Etat.TERMINEE:
        return revise(entry, now, **changes)
    return advance(entry, Etat.TERMINEE, now, **changes)


def _result(entry: Entry, paid: int, types: set[TypeRetour]) -> ResultatFacture:
    if TypeRetour.INDU in types:
        return ResultatFacture.REGULARISEE
    if types == {TypeRetour.REJET}:
        return ResultatFacture.REJETEE
    whole = entry.amc_centimes is not None and paid >= entry.amc_centimes
    return ResultatFacture.PAYEE if whole else ResultatFacture.PAYEE_PARTIELLE
