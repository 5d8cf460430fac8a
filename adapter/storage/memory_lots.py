"""Lots of invoices in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.memory_index import EntryIndex
from tierspayant.adapter.storage.memory_table import Table, Undo
from tierspayant.adapter.storage.protocol import DejaLa, Membre
from tierspayant.schemas.operations import Operation, Service


class MemoryLots:
    """The part of the tables that concerns them."""

    _entries: Table[str, Entry]
    _index: EntryIndex

    def __init__(self, undo: Undo) -> None:
        self._membres: Table[str, Membre] = Table(undo)
        self._lots: Table[str, tuple[str, ...]] = Table(undo)

    def membre(self, entree: str) -> Membre | None:
        return self._membres.rows.get(entree)

    def membres(self, lot: str) -> Sequence[Membre]:
        return sorted((self._membres.rows[une] for une in self._lots.rows.get(lot, ())), key=lambda un: un.rang)

    def put_membre(self, membre: Membre) -> None:
        if membre.entree in self._membres.rows or membre.rang in {un.rang for un in self.membres(membre.lot)}:
            raise DejaLa(membre.entree)
        self._membres.put(membre.entree, membre)
        self._lots.put(membre.lot, (*self._lots.rows.get(membre.lot, ()), membre.entree))

    def delete_membre(self, entree: str) -> None:
        membre = self._membres.rows.get(entree)
        if membre is not None:
            self._membres.drop(entree)
            self._lots.put(membre.lot, tuple(une for une in self._lots.rows[membre.lot] if une != entree))

    def loose_invoices(self, plateforme: str, magasin: str, now: dt.datetime, limite: int) -> Sequence[Entry]:
        due = (self._entries.rows[nom] for du_le, nom in self._index.lanes[plateforme, Service.FACTURE] if du_le <= now)
        found = [
            une
            for une in due
            if (une.magasin, une.operation, une.etat) == (magasin, Operation.FACTURE, Etat.EN_FILE)
            and une.id not in self._membres.rows
        ]
        return sorted(found, key=lambda une: (une.priorite, une.du_le, une.id))[:limite]
