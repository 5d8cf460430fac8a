"""Requests that look like one already made under another reference: the second is held for a person, never sent. Pure.

Like: the same PEC request of one file but for its reference (same card, person, care date, equipment number and
prices), or a second invoice for the same PEC. Another file is the shop's own word that it is another sale. What ended
badly or was taken back counts no more, nor does what it says it replaces. Which of two is the double is settled by age,
so that exactly one of them goes out. All ours (a shop that keys a request again under a new reference would have a
customer's agreement and invoice twice).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tierspayant.adapter.demandes import PecCorps
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.ordering import FACTURE_MORTE, PEC_MORTE
from tierspayant.schemas import plain
from tierspayant.schemas.operations import Operation

_GONE = frozenset({Etat.RETIREE, Etat.PERIMEE})
_WAITING = frozenset({Etat.EN_FILE, Etat.RETENUE})


def likeness(corps: PecCorps) -> bytes:
    """What two likes have in common, to be hashed with a key."""
    carte, qui = corps.carte, corps.beneficiaire
    card = [carte.numero_amc, carte.type_convention, carte.csr, carte.numero_adherent]
    person = [corps.assure.nir, qui.date_naissance, qui.rang_naissance, qui.nom, qui.prenom]
    what = [
        corps.dossier,
        corps.date_soins,
        corps.equipement.numero,
        *(ligne.prix_centimes for ligne in corps.equipement.lignes),
    ]
    return plain.to_json([*card, *person, *what])


class Likes(Protocol):
    """The part of the tables that is asked."""

    def likes(self, entree: str) -> Sequence[Entry]: ...


def double(tables: Likes, entry: Entry, dossier: Sequence[Entry]) -> Entry | None:
    """The request that this one would double; asked only before its first send."""
    if entry.etat is not Etat.EN_FILE or entry.tentatives or entry.operation not in {Operation.PEC, Operation.FACTURE}:
        return None
    return like(entry, dossier if entry.operation is Operation.FACTURE else tables.likes(entry.id))


def like(entry: Entry, others: Iterable[Entry]) -> Entry | None:
    """The request that this one would double; `others`: those with the same likeness, or of the same file."""
    if entry.operation is Operation.FACTURE:
        others = [une for une in others if une.operation is Operation.FACTURE and une.cible == entry.cible]
    found = [une for une in others if une.id != entry.id and _counts(une, entry)]
    return min(found, key=lambda une: une.id, default=None)


def _counts(other: Entry, entry: Entry) -> bool:
    if other.etat in _GONE or other.resultat in PEC_MORTE | FACTURE_MORTE:
        return False
    if other.id == entry.remplace or other.remplace == entry.id:
        return False
    return other.etat not in _WAITING or other.id < entry.id
