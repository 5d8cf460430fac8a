"""Files paid up front, former rights checks, and money by age, in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tierspayant.adapter.avances import DEBUT, Avance, Curseur, LigneAge, Orphelins, tranche
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.remittances import Retour, cursor
from tierspayant.adapter.storage.memory_retours import MemoryRetours
from tierspayant.adapter.storage.memory_table import Table, Undo
from tierspayant.schemas.messages import ResultatDroits
from tierspayant.schemas.operations import Operation

SUES = frozenset({ResultatDroits.OUVERTS, ResultatDroits.FERMES})
"""Answers that say something about a person's rights."""


class MemoryAvances(MemoryRetours):
    """The part of the tables that concerns them."""

    _entries: Table[str, Entry]

    def __init__(self, undo: Undo) -> None:
        MemoryRetours.__init__(self, undo)
        self._avances: Table[tuple[str, str], Avance] = Table(undo)
        self._personnes: Table[str, tuple[str, str]] = Table(undo)
        self._entrees_of: Table[tuple[str, str], tuple[str, ...]] = Table(undo)

    def lock_file(self, magasin: str, dossier: str) -> None:
        """One transaction at a time as it is."""

    def avance(self, magasin: str, dossier: str) -> Avance | None:
        return self._avances.rows.get((magasin, dossier))

    def put_avance(self, avance: Avance) -> None:
        self._avances.put((avance.magasin, avance.dossier), avance)

    def put_personne(self, entree: str, magasin: str, personne: str) -> None:
        qui = (magasin, personne)
        self._personnes.put(entree, qui)
        self._entrees_of.put(qui, (*self._entrees_of.rows.get(qui, ()), entree))

    def likes(self, entree: str) -> Sequence[Entry]:
        qui = self._personnes.rows.get(entree)
        same = () if qui is None else self._entrees_of.rows[qui]
        return [self._entries.rows[une] for une in same if une != entree]

    def former_rights(self, entree: str) -> Entry | None:
        known = [une for une in self.likes(entree) if une.resultat in SUES]
        return max(known, key=lambda une: (une.maj_le, une.id), default=None)

    def rights_since(
        self, magasin: str, depuis: dt.datetime, limite: int, dossier: str | None = None
    ) -> Sequence[dt.datetime]:
        found = [
            une.cree_le
            for une in self._entries.rows.values()
            if (une.magasin, une.operation) == (magasin, Operation.DROITS)
            and une.cree_le > depuis
            and dossier in {None, une.dossier}
        ]
        return sorted(found, reverse=True)[:limite]

    def ages(self, magasin: str | None, now: dt.datetime) -> Sequence[LigneAge]:
        groups: dict[tuple[str, str, str, int], list[Entry]] = {}
        for une in self._entries.rows.values():
            if une.operation is Operation.FACTURE and magasin in {None, une.magasin}:
                key = (une.plateforme, une.etat, une.resultat or "", tranche(une.cree_le, now))
                groups.setdefault(key, []).append(une)
        return [_aged(*key, entries) for key, entries in sorted(groups.items())]

    def orphans(self, magasin: str | None) -> Orphelins:
        lost = [un for un in self._retours.rows.values() if un.entree is None and magasin in {None, un.magasin}]
        return Orphelins(nombre=len(lost), paye_centimes=sum(un.paye_centimes for un in lost))

    def payments(self, magasin: str | None, depuis: dt.date, limite: int, apres: Curseur = DEBUT) -> Sequence[Retour]:
        rows = [un for un in self._retours.rows.values() if magasin in {None, un.magasin} and un.emis_le >= depuis]
        return sorted((un for un in rows if cursor(un) > apres), key=cursor)[:limite]


def _aged(plateforme: str, etat: str, resultat: str, jours: int, entries: list[Entry]) -> LigneAge:
    return LigneAge(
        plateforme=plateforme,
        etat=str(etat),
        resultat=resultat or None,
        tranche=jours,
        nombre=len(entries),
        inconnus=sum(une.amc_centimes is None for une in entries),
        amc_centimes=sum(une.amc_centimes or 0 for une in entries),
        paye_centimes=sum(une.paye_centimes or 0 for une in entries),
    )
