"""Payment returns in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tierspayant.adapter.remittances import Releve, Retour
from tierspayant.adapter.storage.memory_table import Table, Undo


class MemoryRetours:
    """The part of the tables that concerns payment returns."""

    def __init__(self, undo: Undo) -> None:
        self._releves: Table[tuple[str, str], Releve] = Table(undo)
        self._retours: Table[tuple[str, str, str, int], Retour] = Table(undo)
        self._retours_of: Table[str, tuple[Retour, ...]] = Table(undo)

    def releve(self, plateforme: str, magasin: str) -> Releve | None:
        return self._releves.rows.get((plateforme, magasin))

    def put_releve(self, releve: Releve) -> None:
        self._releves.put((releve.plateforme, releve.magasin), releve)

    def releves(self, plateforme: str) -> Sequence[Releve]:
        return [self._releves.rows[key] for key in sorted(self._releves.rows) if key[0] == plateforme]

    def add_retour(self, retour: Retour) -> bool:
        key = (retour.plateforme, retour.magasin, retour.bordereau, retour.rang)
        if key in self._retours.rows:
            return False
        self._retours.put(key, retour)
        if retour.entree is not None:
            self._retours_of.put(retour.entree, (*self._retours_of.rows.get(retour.entree, ()), retour))
        return True

    def retours_of(self, entree: str) -> Sequence[Retour]:
        found = self._retours_of.rows.get(entree, ())
        return sorted(found, key=lambda un: (un.recu_le, un.bordereau, un.rang))

    def retours(self, magasin: str | None, depuis: dt.date, limite: int) -> Sequence[Retour]:
        rows = self._retours.rows.values()
        found = [un for un in rows if magasin in {None, un.magasin} and un.emis_le >= depuis]
        return sorted(found, key=lambda un: (un.emis_le, un.bordereau, un.rang))[:limite]
